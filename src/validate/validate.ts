import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Problems } from '../errors/errors.ts'
import { printable } from '../errors/frame.ts'
import { formatPath, valueAt } from '../path.ts'
import { containsAny, formsOf, isSecretValue, looksSecret, MASK, passwordsIn, repeatsAny } from '../secrets/secret.ts'
import { nearestNode, nodeAt } from '../tree.ts'
import type { MapNode, Path, TreeNode } from '../types.ts'
import { Coercion } from './coercion.ts'
import { type Impartial, impartialWords, NOTHING_IMPARTIAL } from './impartial-words.ts'
import { ask, misbehaviourOf, pathOf, type Validation } from './validation.ts'
import { type WantedType, wantedTypes } from './wanted-types.ts'

export interface Validated {
  /** What the schema made of the configuration; absent where none was asked. */
  readonly output?: unknown
  /** Paths of values whose type the schema changed. */
  readonly coerced: ReadonlySet<string>
}

/** What a schema is asked about. */
export interface Question {
  readonly tree: MapNode
  readonly schema: StandardSchemaV1
  /** The option that gave the schema. */
  readonly option: 'schema' | 'variables'
  /** Every text that no message may repeat. */
  readonly secrets: () => Iterable<string>
  /** What to do about a value that is not there. */
  readonly remedy: (path: Path) => string
}

/** How often values are tried as other types. A schema that stops at the first problem asks for one value at a time. */
const ROUNDS = 1000

/**
 * Asks a schema about the configuration. Where it refuses a value that is text, or was typed from text, the
 * types that the text can stand for are tried: number, boolean, list. Where it silently takes `"false"` for
 * true, as JavaScript does, it is asked again with false.
 */
export function* validate(question: Question, problems: Problems): Validation<Validated> {
  const { tree, schema, option, secrets } = question
  let coercion = new Coercion(tree)
  let result = yield* converse(schema, coercion, problems)
  if (misbehaviourOf(result)) {
    // A function that is made for text throws at another type: one after the other it is clear which value that was.
    coercion = new Coercion(tree, { oneByOne: true })
    result = yield* converse(schema, coercion, problems)
  }
  if (result.issues) {
    reportMisbehaviour(result, option, problems)
    const texts = [...secrets()]
    const repeats = repeatsAny(texts)
    const hasSecret = result.issues.some((issue) => isSecretAt(tree, pathOf(issue), repeats))
    const impartial = hasSecret ? yield* impartialWords(schema, coercion.input, tree) : NOTHING_IMPARTIAL
    const wantedType = yield* wantedTypes(schema, coercion.input, result.issues)
    const search = { repeats, holds: holdsSecret(texts), impartial, wantedType }
    for (const issue of result.issues) reportIssue(issue, question, coercion.input, search, problems)
    return { output: coercion.input, coerced: coercion.coerced }
  }
  return { output: result.value, coerced: coercion.coerced }
}

/** What the schema says in the end. */
function* converse(
  schema: StandardSchemaV1,
  coercion: Coercion,
  problems: Problems,
): Validation<StandardSchemaV1.Result<unknown>> {
  let answer = yield ask(schema, coercion.input)
  let sound = answer
  for (let round = 0; round < ROUNDS; round++) {
    const changed = sound.issues
      ? coercion.retype(sound.issues)
      : yield* coercion.distrust(schema, sound.value, problems)
    if (!changed) break
    answer = yield ask(schema, coercion.input)
    if (!misbehaviourOf(answer)) sound = answer
    else if (!coercion.oneByOne) return answer
  }
  const isSettled = answer.issues !== undefined && (yield* coercion.settle(schema, answer.issues))
  return isSettled ? yield ask(schema, coercion.input) : answer
}

/** Asks a schema about the secrets. Its words are never shown, since they may repeat a value. */
export function* validateSecrets(
  values: Readonly<Record<string, string>>,
  schema: StandardSchemaV1,
  missing: 'error' | 'warn',
  problems: Problems,
): Validation<void> {
  const result = yield ask(schema, values)
  reportMisbehaviour(result, 'secrets.schema', problems)
  const holds = holdsSecret(Object.values(values))
  for (const issue of result.issues ?? []) {
    const path = pathOf(issue)
    const key = formatPath(
      path.map((step) => (Object.hasOwn(values, String(step)) || !holds(String(step)) ? step : MASK)),
    )
    if (key !== '' && problems.isReported(key)) continue
    const [name] = path
    const isMissing = name !== undefined && !Object.hasOwn(values, String(name))
    // What is wrong with all together may be that there is none of two.
    problems[isMissing || name === undefined ? missing : 'error']({
      code: isMissing ? 'SECRET_MISSING' : 'SECRET_INVALID',
      key: key === '' ? 'secrets' : key,
      message: isMissing ? 'is not set; the schema for secrets needs it' : 'is not what the schema for secrets accepts',
      remedy: isMissing
        ? 'set it; where only the environment has it, name it in secrets.required as well'
        : 'check its value where it is set',
    })
  }
}

/** It has no place in a file: what is to be mended is the schema. */
function reportMisbehaviour(result: StandardSchemaV1.Result<unknown>, option: string, problems: Problems): void {
  const misbehaviour = misbehaviourOf(result)
  if (misbehaviour) problems.error({ key: option, ...misbehaviour })
}

/** Whether a text has a secret in it, or the password of one. */
function holdsSecret(secrets: readonly string[]): (text: string) => boolean {
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
      message: 'is missing; the schema needs it',
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

/** What to do about a key of the configuration that is missing. */
export function remedyForKey(path: Path): string {
  const variable = variableFor(path)
  if (variable !== undefined) return `add it to the profile, or set ${variable}`
  return isCalledAsVariable(path)
    ? 'give a schema for variables as the option variables, or add it to the profile'
    : 'add it to the profile'
}

function isCalledAsVariable([name, ...rest]: Path): boolean {
  return rest.length === 0 && typeof name === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name)
}

/** The variable that sets a key, where one can: names are read in lower case, two underscores are a step. */
function variableFor(path: Path): string | undefined {
  const canBeNamed = path.every((segment) => typeof segment === 'string' && /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(segment))
  return canBeNamed ? `SYSTEMPROMPT__${path.join('__').toUpperCase()}` : undefined
}

function oneLine(message: string): string {
  return printable(message.replace(/\s+/g, ' ')).slice(0, 300)
}
