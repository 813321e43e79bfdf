import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { toBoolean, toList, toNumber } from './coerce.ts'
import { configError, type Problems } from './errors.ts'
import { printable } from './frame.ts'
import { formatPath } from './path.ts'
import { isSecretValue, looksSecret, repeatsSecret } from './secret.ts'
import { nearestNode, nodeAt, setOwn, toPlain } from './tree.ts'
import type { MapNode, Path, TreeNode } from './types.ts'

/**
 * A validation that may have to wait: it yields what the schema answered, a result or a promise of one,
 * and goes on when it is handed the result. So one body serves `loadConfig` and `loadConfigSync`.
 */
export type Validation<T> = Generator<Answer, T, StandardSchemaV1.Result<unknown>>
type Answer = StandardSchemaV1.Result<unknown> | PromiseLike<StandardSchemaV1.Result<unknown>>

/** @throws ConfigError ASYNC_SCHEMA when the schema answers with a promise */
export function runSync<T>(validation: Validation<T>): T {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    if (isPromise(step.value)) {
      // Nobody waits for it: its rejection must not end the process.
      const ignore = (): void => undefined
      step.value.then(ignore, ignore)
      throw configError({
        code: 'ASYNC_SCHEMA',
        key: 'schema',
        message: 'validates asynchronously, which loadConfigSync cannot wait for',
        remedy: 'use await loadConfig(), or a schema without asynchronous checks',
      })
    }
    step = validation.next(step.value)
  }
}

export async function runAsync<T>(validation: Validation<T>): Promise<T> {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    step = validation.next(await answerOf(step.value))
  }
}

async function answerOf(answer: Answer): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await answer
  } catch {
    return THREW
  }
}

function isPromise(answer: Answer): answer is PromiseLike<StandardSchemaV1.Result<unknown>> {
  return 'then' in answer && typeof answer.then === 'function'
}

/** What a schema throws may repeat the value it was given, so nothing of it is passed on. */
const THREW: StandardSchemaV1.FailureResult = {
  issues: [{ message: 'could not be checked: the schema threw an error' }],
}

export interface Validated {
  /** What the schema made of the configuration. */
  readonly output: unknown
  /** Paths of values whose type the schema changed. */
  readonly coerced: ReadonlySet<string>
}

/** How often values are tried as other types: text → list → numbers in it is the longest way. */
const ROUNDS = 8

/**
 * Asks a schema about the configuration. Where it refuses a value that is text, or was typed from text, the
 * types that the text can stand for are tried: number, boolean, list. Where it silently takes `"false"` for
 * true, as JavaScript does, it is asked again with false.
 */
export function* validate(
  tree: MapNode,
  schema: StandardSchemaV1,
  secrets: () => Iterable<string>,
  problems: Problems,
): Validation<Validated> {
  const trial = new Trial(tree)
  let result = yield ask(schema, trial.input)
  for (let round = 0; round < ROUNDS; round++) {
    const changed = result.issues ? trial.retype(result.issues) : yield* trial.distrust(schema, result.value, problems)
    if (!changed) break
    result = yield ask(schema, trial.input)
  }
  if (result.issues) {
    for (const issue of result.issues) reportIssue(issue, tree, secrets, problems)
    return { output: trial.input, coerced: trial.coerced }
  }
  return { output: result.value, coerced: trial.coerced }
}

/** Asks a schema about the secrets. Its words are never shown, since they may repeat a value. */
export function* validateSecrets(
  values: Readonly<Record<string, string>>,
  schema: StandardSchemaV1,
  problems: Problems,
): Validation<void> {
  const result = yield ask(schema, values)
  for (const issue of result.issues ?? []) {
    const key = formatPath(pathOf(issue))
    if (key !== '' && problems.isReported(key)) continue
    const isMissing = key !== '' && values[key] === undefined
    problems.error({
      code: isMissing ? 'SECRET_MISSING' : 'SECRET_INVALID',
      key: key === '' ? 'secrets' : key,
      message: isMissing ? 'is not set; the schema for secrets needs it' : 'is not what the schema for secrets accepts',
      remedy: isMissing
        ? 'set it; where only the environment has it, name it in secrets.required as well'
        : 'check its value where it is set',
    })
  }
}

function ask(schema: StandardSchemaV1, value: unknown): Answer {
  try {
    return schema['~standard'].validate(value)
  } catch {
    return THREW
  }
}

/** One value that is being tried as other types. */
interface Attempt {
  readonly original: unknown
  readonly candidates: readonly unknown[]
  next: number
}

/** The input of a schema while types are being tried on it. */
class Trial {
  readonly input: unknown
  readonly coerced = new Set<string>()
  readonly #tree: MapNode
  readonly #attempts = new Map<string, Attempt>()

  constructor(tree: MapNode) {
    this.#tree = tree
    this.input = toPlain(tree)
  }

  /** Gives every refused value its next type, or its own again when all were refused. False: nothing left to try. */
  retype(issues: readonly StandardSchemaV1.Issue[]): boolean {
    let changed = false
    for (const path of distinctPaths(issues)) {
      const key = formatPath(path)
      const attempt = this.#attempts.get(key) ?? this.#begin(path)
      if (!attempt || attempt.next > attempt.candidates.length) continue
      this.#attempts.set(key, attempt)
      const isSpent = attempt.next === attempt.candidates.length
      setAt(this.input, path, isSpent ? attempt.original : attempt.candidates[attempt.next])
      if (isSpent) this.coerced.delete(key)
      else this.coerced.add(key)
      attempt.next++
      changed = true
    }
    return changed
  }

  #begin(path: Path): Attempt | undefined {
    const original = valueAt(this.input, path)
    const node = nodeAt(this.#tree, path)
    const text = node?.kind === 'scalar' ? node.text : undefined
    const candidates = candidatesFor(original, text)
    return candidates.length === 0 ? undefined : { original, candidates, next: 0 }
  }

  /**
   * A schema that turns every text into true (`z.coerce.boolean()`) is given the boolean that the text spells;
   * for a text that spells none it is an error. A schema that knows its words refuses nonsense and is left alone.
   */
  *distrust(schema: StandardSchemaV1, output: unknown, problems: Problems): Validation<boolean> {
    let changed = false
    for (const [path, text] of textsIn(this.input)) {
      const key = formatPath(path)
      const meant = toBoolean(text)
      const made = valueAt(output, path)
      // Taken for true where it stands; or, where `false` was meant, taken elsewhere, under a name of the schema's.
      const isSuspect = made === true ? meant !== true : meant === false && made !== text
      if (!isSuspect || this.#attempts.has(key)) continue
      this.#attempts.set(key, { original: text, candidates: [], next: 1 })
      if (!(yield* this.#takesAnyTextForTrue(schema, path, text))) continue
      setAt(this.input, path, meant ?? false)
      this.coerced.add(key)
      changed = true
      if (meant !== undefined) continue
      problems.error({
        code: 'INVALID_VALUE',
        key,
        message: 'is neither true nor false',
        remedy: 'write true or false (1/0, yes/no and on/off are taken too)',
        at: nearestNode(this.#tree, path),
      })
    }
    return changed
  }

  /** Whether nonsense makes the same of the whole as `true` does. */
  *#takesAnyTextForTrue(schema: StandardSchemaV1, path: Path, text: string): Validation<boolean> {
    setAt(this.input, path, 'neither true nor false')
    const nonsense = yield ask(schema, this.input)
    setAt(this.input, path, true)
    const truth = yield ask(schema, this.input)
    setAt(this.input, path, false)
    const lie = yield ask(schema, this.input)
    setAt(this.input, path, text)
    if (nonsense.issues || truth.issues || lie.issues) return false
    return isDeepStrictEqual(nonsense.value, truth.value) && !isDeepStrictEqual(lie.value, truth.value)
  }
}

function candidatesFor(value: unknown, text: string | undefined): readonly unknown[] {
  if (typeof value === 'string') {
    const typed = [toNumber(value), toBoolean(value)].filter((candidate) => candidate !== undefined)
    return [...typed, toList(value)]
  }
  if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null) return []
  const boolean = typeof value === 'number' ? toBoolean(value) : undefined
  return [...(boolean === undefined ? [] : [boolean]), ...(text === undefined ? [] : [text, toList(text)])]
}

function* textsIn(input: unknown, path: Path = []): Generator<[Path, string]> {
  if (typeof input === 'string') yield [path, input]
  if (typeof input !== 'object' || input === null) return
  const entries: Iterable<[string | number, unknown]> = Array.isArray(input) ? input.entries() : Object.entries(input)
  for (const [key, value] of entries) yield* textsIn(value, [...path, key])
}

function reportIssue(
  issue: StandardSchemaV1.Issue,
  tree: MapNode,
  secrets: () => Iterable<string>,
  problems: Problems,
): void {
  const path = pathOf(issue)
  const key = formatPath(path)
  if (problems.isReported(key)) return
  const node = nodeAt(tree, path)
  const at = node ?? nearestNode(tree, path)
  const site = at.source.file === undefined && node === undefined ? {} : { at }
  if (node === undefined && path.length > 0) {
    const variable = variableFor(path)
    const remedy = variable === undefined ? 'add it to the profile' : `add it to the profile, or set ${variable}`
    problems.error({
      code: 'MISSING_KEY',
      key,
      message: 'is missing; the schema needs it',
      remedy,
      ...site,
      unframed: true,
    })
    return
  }
  const hidden = isSecretAt(node, path, secrets)
  const message =
    hidden || repeatsSecret(issue.message, secrets()) ? 'is not what the schema accepts' : oneLine(issue.message)
  problems.error({
    code: 'SCHEMA',
    ...(key === '' ? {} : { key }),
    message,
    remedy: isTypedByYaml(node)
      ? 'put it in quotes if it is text, or change the schema'
      : 'change the value, or the schema',
    ...site,
    ...(hidden ? { unframed: true } : {}),
  })
}

function isSecretAt(node: TreeNode | undefined, path: Path, secrets: () => Iterable<string>): boolean {
  if (node === undefined || node.kind === 'map') return false
  const key = path.findLast((segment) => typeof segment === 'string')
  if (node.taint !== undefined || (key !== undefined && looksSecret(key))) return true
  if (node.kind === 'list' || typeof node.value !== 'string') return false
  return isSecretValue(node.value) || repeatsSecret(node.value, secrets())
}

/** `1.10` is a number in YAML, and `on` is text: what somebody meant may be the other. */
function isTypedByYaml(node: TreeNode | undefined): boolean {
  return node?.kind === 'scalar' && node.style === 'plain' && typeof node.value !== 'string' && node.value !== null
}

/** The variable that sets a key, where one can: names are read in lower case, two underscores are a step. */
function variableFor(path: Path): string | undefined {
  const canBeNamed = path.every((segment) => typeof segment === 'string' && /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(segment))
  return canBeNamed ? `SYSTEMPROMPT__${path.join('__').toUpperCase()}` : undefined
}

function distinctPaths(issues: readonly StandardSchemaV1.Issue[]): readonly Path[] {
  return [...new Map(issues.map((issue) => [formatPath(pathOf(issue)), pathOf(issue)])).values()]
}

function pathOf(issue: StandardSchemaV1.Issue): Path {
  return (issue.path ?? []).map((segment) => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined
    at = Reflect.get(at, segment)
  }
  return at
}

function setAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  if (Array.isArray(parent)) parent[Number(last)] = value
  else setOwn(parent as Record<string, unknown>, String(last), value)
}

function oneLine(message: string): string {
  return printable(message.replace(/\s+/g, ' ')).slice(0, 300)
}
