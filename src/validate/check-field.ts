import type { Problems } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import type { ProfileField } from '../schema/profile-fields.ts'
import { isHttpOrigin, isHttpUrl } from '../schema/rules.ts'
import { toBoolean, toList, toNumber } from '../text/coerce.ts'
import { literal, referencesIn, siteOf } from '../tree.ts'
import type { ListNode, ScalarNode, TreeNode } from '../types.ts'

/** The node with the type in the table; undefined after reporting that it cannot have it. */
export function checkField(field: ProfileField, node: TreeNode, problems: Problems): TreeNode | undefined {
  const invalid = (at: TreeNode): undefined => {
    const references = referencesIn(at)
    problems.error({ code: 'INVALID_VALUE', key: field.path, at, references, ...describeInvalid(field, at) })
  }
  if (field.nullable && node.kind === 'scalar' && node.value === null) return node
  const isReported = (index: number): boolean => problems.isReported(`${field.path}[${index}]`)
  if (field.type === 'string[]') return checkList(field, node, { invalid, isReported })
  if (node.kind !== 'scalar') return invalid(node)
  const typed = typedNode(field, node)
  if (!typed || !isAllowed(field, typed.value)) return invalid(node)
  if (field.formerly && typeof node.value === 'string' && Object.hasOwn(field.formerly, node.value)) {
    problems.warn({
      code: 'OLD_SPELLING',
      key: field.path,
      message: 'has the old spelling of its value',
      remedy: `write ${typed.value}`,
      at: node,
    })
  }
  return typed
}

interface ListReports {
  readonly invalid: (at: TreeNode) => undefined
  /** Whether something is known to be wrong with an item already, such as a reference without a value. */
  readonly isReported: (index: number) => boolean
}

function checkList(field: ProfileField, node: TreeNode, { invalid, isReported }: ListReports): TreeNode | undefined {
  const list = node.kind === 'scalar' && typeof node.value === 'string' ? splitNode(node, node.value) : node
  if (list.kind !== 'list') return invalid(node)
  const wrong = list.items.find(
    (item, index) =>
      (item.kind !== 'scalar' || typeof item.value !== 'string' || !isAllowed(field, item.value)) && !isReported(index),
  )
  return wrong ? invalid(wrong) : list
}

/** The node itself if its string is not a list. */
function splitNode(node: ScalarNode, text: string): ListNode | ScalarNode {
  const { taint, shadowed } = node
  const items = toList(text)
  if (!items) return node
  return {
    kind: 'list',
    items: items.map((item) => ({ ...literal(item, node), ...(taint ? { taint } : {}) })),
    coercedFrom: text,
    ...siteOf(node),
    ...(shadowed ? { shadowed } : {}),
    ...(taint ? { taint } : {}),
  }
}

function typedNode(field: ProfileField, node: ScalarNode): ScalarNode | undefined {
  const value = typedValue(field, node)
  if (value === undefined) return undefined
  return value === node.value ? node : { ...node, value, coercedFrom: node.value }
}

function typedValue(field: ProfileField, node: ScalarNode): string | number | boolean | undefined {
  const { value, text } = node
  if (field.type === 'boolean') {
    const boolean = toBoolean(value)
    return node.isNegated && boolean !== undefined ? !boolean : boolean
  }
  if (field.type === 'string') {
    const string = typeof value === 'string' ? value : text
    if (string === undefined || !field.formerly || !Object.hasOwn(field.formerly, string)) return string
    return field.formerly[string]
  }
  const number = toNumber(value)
  return field.type === 'integer' && !Number.isSafeInteger(number) ? undefined : number
}

function isAllowed({ oneOf, min, max, format, type }: ProfileField, value: unknown): boolean {
  if (typeof value === 'number') {
    if (min !== undefined && value < min) return false
    return max === undefined || value <= max
  }
  if (typeof value !== 'string') return true
  if (oneOf && !oneOf.includes(value)) return false
  if (format !== undefined) return format === 'http-url' ? isHttpUrl(value) : isHttpOrigin(value)
  return value !== '' || type !== 'string'
}

/** The rule in words, and an example of a value that follows it. */
function describeInvalid(field: ProfileField, node: TreeNode): { message: string; remedy: string } {
  const { type, oneOf, min, max, format } = field
  if (oneOf) {
    const near = node.kind === 'scalar' && typeof node.value === 'string' ? nearest(node.value, oneOf) : undefined
    return {
      message: `is not one of ${oneOf.join(', ')}`,
      remedy: near ? `did you mean ${near}?` : `write one of ${oneOf.join(', ')}`,
    }
  }
  if (format === 'http-url')
    return { message: 'is not an absolute http(s) URL', remedy: 'write one such as https://api.example.com' }
  if (format === 'http-origin') {
    return {
      message: 'contains something that is not an http(s) origin',
      remedy: 'write scheme, host and port only: https://example.com:8443',
    }
  }
  if (type === 'boolean')
    return {
      message: 'is neither true nor false',
      remedy: 'write true or false (1/0, yes/no and on/off work too)',
    }
  if (type === 'string[]') {
    const isUnquoted = node.kind === 'scalar' && node.value !== null && typeof node.value !== 'string'
    return {
      message: 'is not a list of strings',
      remedy: isUnquoted ? 'write one item per line, in quotes: - "item"' : 'write one item per line: - item',
    }
  }
  if (type === 'string') {
    const isEmpty = node.kind === 'scalar' && node.value === ''
    return isEmpty
      ? { message: 'is empty', remedy: 'give it a value, or remove the key' }
      : { message: 'is not a string', remedy: 'put the value in quotes' }
  }
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  const range = max !== undefined ? ` from ${min} to ${max}` : ` of at least ${min ?? 0}`
  return {
    message: `is not ${kind}${range}`,
    remedy: `write ${kind} such as ${field.default ?? (max === undefined ? 3600 : 8080)}`,
  }
}
