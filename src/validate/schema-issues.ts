import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Problems } from '../errors/errors.ts'
import { printable } from '../errors/frame.ts'
import { formatPath, valueAt } from '../path.ts'
import { containsAny, formsOf, isSecretValue, looksSecret, MASK, passwordsIn, repeatsAny } from '../secrets/secret.ts'
import { nearestNode, nodeAt, referencesIn } from '../tree.ts'
import type { MapNode, Path, TreeNode } from '../types.ts'
import { pathOf, type Question, type Validation } from './ask-schema.ts'
import { type FixedMessages, findFixedMessages, NO_FIXED_MESSAGES } from './fixed-messages.ts'
import { type WantedType, wantedTypes } from './wanted-types.ts'

/** Reports what a schema rejected, and asks it about other values to find out what its messages give away. */
export function* reportIssues(
  question: Question,
  input: unknown,
  issues: readonly StandardSchemaV1.Issue[],
  problems: Problems,
): Validation<void> {
  const { tree, schema, secrets } = question
  const texts = [...secrets()]
  const repeats = repeatsAny(texts)
  const hasSecret = issues.some((issue) => isSecretAt(tree, pathOf(issue), repeats))
  const fixedMessages = hasSecret ? yield* findFixedMessages(schema, input, tree) : NO_FIXED_MESSAGES
  const wantedType = yield* wantedTypes(schema, input, issues)
  const search = { repeats, holds: holdsSecret(texts), fixedMessages, wantedType }
  for (const issue of issues) reportIssue(issue, question, input, search, problems)
}

/** Whether a text contains a secret, or the password in one. */
export function holdsSecret(secrets: readonly string[]): (text: string) => boolean {
  return containsAny(formsOf([...secrets, ...secrets.flatMap((secret) => [...passwordsIn(secret)])]))
}

/** What is needed to report an issue safely. */
interface IssueSearch {
  /** Whether a text repeats a part of a secret. */
  readonly repeats: (text: string) => boolean
  /** Whether a text contains a whole secret. */
  readonly holds: (text: string) => boolean
  /** What the schema says whatever the values are. */
  readonly fixedMessages: FixedMessages
  readonly wantedType: WantedType
}

function reportIssue(
  issue: StandardSchemaV1.Issue,
  { tree, remedy }: Question,
  input: unknown,
  search: IssueSearch,
  problems: Problems,
): void {
  const path = pathOf(issue)
  const { repeats, fixedMessages, wantedType } = search
  const shown = shownPath(path, tree, search)
  const key = formatPath(shown)
  if (problems.isReported(key)) return
  // A part of a list or object that was made from a string has no node: its problem is reported at the string.
  const node = nearestNode(tree, path)
  if (node.kind !== 'scalar' && nodeAt(tree, path) === undefined && valueAt(input, path) === undefined) {
    problems.error({
      code: 'MISSING_KEY',
      key,
      message: 'is missing; the schema requires it',
      remedy: remedy(shown),
      ...(node.source.file === undefined ? {} : { at: node }),
      unframed: true,
    })
    return
  }
  const isSecret = isSecretAt(tree, path, repeats)
  const mayReveal = isSecret && !fixedMessages.has(key, issue.message)
  const isMessageHidden =
    mayReveal || repeats(issue.message) || quotesVariable(issue.message, node, valueAt(input, path))
  const message = isMessageHidden ? 'is not what the schema accepts' : oneLine(issue.message)
  problems.error({
    code: 'SCHEMA',
    ...(key === '' ? {} : { key }),
    message,
    remedy: remedyForValue(node, wantedType(path)),
    at: node,
    references: referencesIn(node),
    ...(isSecret ? { unframed: true } : {}),
  })
}

/**
 * Masks keys that may give a secret away: those that a schema made from values, and those of secret JSON text that the
 * schema does not name. Keys of the configuration stay, since they may be words of a secret, such as `database`.
 */
function shownPath(path: Path, tree: MapNode, { repeats, holds, fixedMessages }: IssueSearch): Path {
  const own = ownPath(path, tree)
  const isOfSecret = isSecretNode(nearestNode(tree, path), own, repeats)
  return path.map((step, index) => {
    if (index < own.length) return step
    const isUnknownKey = isOfSecret && typeof step === 'string' && !fixedMessages.mentions(path.slice(0, index + 1))
    return isUnknownKey || holds(String(step)) ? MASK : step
  })
}

/** The part of the path that exists in the tree: the rest was made from a string. */
function ownPath(path: Path, tree: MapNode): Path {
  return path.filter((_, index) => nodeAt(tree, path.slice(0, index + 1)) !== undefined)
}

/** Whether the path leads to a secret, or into the string of one. */
function isSecretAt(tree: MapNode, path: Path, repeats: IssueSearch['repeats']): boolean {
  const node = nearestNode(tree, path)
  return isSecretNode(node, path, repeats) || isSecretNode(node, ownPath(path, tree), repeats)
}

function isSecretNode(node: TreeNode, path: Path, repeats: IssueSearch['repeats']): boolean {
  if (node.kind === 'map') return false
  const key = path.findLast((segment) => typeof segment === 'string')
  if (node.taint !== undefined || (key !== undefined && looksSecret(key))) return true
  if (node.kind === 'list' || typeof node.value !== 'string') return false
  return isSecretValue(node.value) || repeats(node.value)
}

/** Some schemas quote what they reject; nothing is repeated of a variable, which may come from a .env file. */
function quotesVariable(message: string, node: TreeNode, tried: unknown): boolean {
  if (node.kind !== 'scalar' || (typeof node.value !== 'string' && typeof node.value !== 'number')) return false
  const isVariable = node.source.confidential || node.references !== undefined
  if (!isVariable || tried === undefined) return isVariable
  // An item of a list or a number may be quoted in another form than in the text.
  return repeatsAny([node.text ?? String(node.value), ...[tried].flat().map(String)])(message)
}

function remedyForValue(node: TreeNode, wanted: string | undefined): string {
  if (wanted !== undefined) return `${wanted}, or change the schema`
  const hint = isTypedByYaml(node) ? ' (put it in quotes if it is a string)' : ''
  return `change the value${hint}, or the schema`
}

/** `1.10` is a number in YAML, and `on` is a string: the other type may have been meant. */
function isTypedByYaml(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.style === 'plain' && typeof node.value !== 'string' && node.value !== null
}

function oneLine(message: string): string {
  return printable(message.replace(/\s+/g, ' ')).slice(0, 300)
}
