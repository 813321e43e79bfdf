import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Problems } from '../errors/errors.ts'
import { printable } from '../errors/frame.ts'
import { formatPath, valueAt } from '../path.ts'
import { containsAny, formsOf, isSecretValue, looksSecret, MASK, passwordsIn, repeatsAny } from '../secrets/secret.ts'
import { nearestNode, nodeAt } from '../tree.ts'
import type { MapNode, Path, TreeNode } from '../types.ts'
import { type Impartial, impartialWords, NOTHING_IMPARTIAL } from './impartial-words.ts'
import { pathOf, type Question, type Validation } from './validation.ts'
import { type WantedType, wantedTypes } from './wanted-types.ts'

/** Reports what a schema has refused. It is asked more, about other values, to tell what its words give away. */
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
  const impartial = hasSecret ? yield* impartialWords(schema, input, tree) : NOTHING_IMPARTIAL
  const wantedType = yield* wantedTypes(schema, input, issues)
  const search = { repeats, holds: holdsSecret(texts), impartial, wantedType }
  for (const issue of issues) reportIssue(issue, question, input, search, problems)
}

/** Whether a text has a secret in it, or the password of one. */
export function holdsSecret(secrets: readonly string[]): (text: string) => boolean {
  return containsAny(formsOf([...secrets, ...secrets.flatMap((secret) => [...passwordsIn(secret)])]))
}

/** What an issue may be asked. */
interface IssueSearch {
  /** Whether it repeats a part of a secret. */
  readonly repeats: (text: string) => boolean
  /** Whether it has a whole one in it. */
  readonly holds: (text: string) => boolean
  /** What the schema says whatever the values are. */
  readonly impartial: Impartial
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
  const { repeats, impartial, wantedType } = search
  const shown = shownPath(path, tree, search)
  const key = formatPath(shown)
  if (problems.isReported(key)) return
  // What a text was made to hold, by a list or by the schema, has no node of its own: what is wrong stands in the text.
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
  const hidden = isSecretAt(tree, path, repeats)
  const isTelling = hidden && !impartial.says(key, issue.message)
  const isQuiet = isTelling || repeats(issue.message) || quotesVariable(issue.message, node, valueAt(input, path))
  const message = isQuiet ? 'is not what the schema accepts' : oneLine(issue.message)
  problems.error({
    code: 'SCHEMA',
    ...(key === '' ? {} : { key }),
    message,
    remedy: remedyForValue(node, wantedType(path)),
    at: node,
    ...(hidden ? { unframed: true } : {}),
  })
}

/**
 * A schema may make keys of values, and JSON text that is a secret has keys too, which it may know. Those of the
 * configuration can be words of a secret, such as `database`.
 */
function shownPath(path: Path, tree: MapNode, { repeats, holds, impartial }: IssueSearch): Path {
  const own = ownPath(path, tree)
  const isOfSecret = isSecretNode(nearestNode(tree, path), own, repeats)
  return path.map((step, index) => {
    if (index < own.length) return step
    const isUnknownKey = isOfSecret && typeof step === 'string' && !impartial.names(path.slice(0, index + 1))
    return isUnknownKey || holds(String(step)) ? MASK : step
  })
}

/** As far as the tree goes: what is behind it was made of a text. */
function ownPath(path: Path, tree: MapNode): Path {
  return path.filter((_, index) => nodeAt(tree, path.slice(0, index + 1)) !== undefined)
}

/** Whether it is a secret, or in the text of one. */
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

/** Some schemas quote what they refuse; of a variable, which may stand in a .env file, nothing is repeated. */
function quotesVariable(message: string, node: TreeNode, tried: unknown): boolean {
  if (node.kind !== 'scalar' || (typeof node.value !== 'string' && typeof node.value !== 'number')) return false
  const isVariable = node.source.confidential || node.references !== undefined
  if (!isVariable || tried === undefined) return isVariable
  // As an item of its own, or as a number, it may be told in other letters than the text has.
  return repeatsAny([node.text ?? String(node.value), ...[tried].flat().map(String)])(message)
}

function remedyForValue(node: TreeNode, wanted: string | undefined): string {
  if (wanted !== undefined) return `${wanted}, or change the schema`
  const hint = isTypedByYaml(node) ? ' (put it in quotes if it is text)' : ''
  return `change the value${hint}, or the schema`
}

/** `1.10` is a number in YAML, and `on` is text: what somebody meant may be the other. */
function isTypedByYaml(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.style === 'plain' && typeof node.value !== 'string' && node.value !== null
}

function oneLine(message: string): string {
  return printable(message.replace(/\s+/g, ' ')).slice(0, 300)
}
