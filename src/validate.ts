import type { StandardSchemaV1 } from '@standard-schema/spec'
import { toBoolean, toList, toNumber } from './coerce.ts'
import { configError, type Problems } from './errors.ts'
import { formatPath } from './path.ts'
import { looksSecret, repeatsSecret } from './secret.ts'
import { nearestNode, nodeAt, setOwn, toPlain } from './tree.ts'
import type { MapNode, Path } from './types.ts'

/**
 * A validation that may have to wait: it yields what the schema answered, a result or a promise of one,
 * and goes on when it is handed the result. So one body serves `loadConfig` and `loadConfigSync`.
 */
export type Validation<T> = Generator<Answer, T, StandardSchemaV1.Result<unknown>>
type Answer = StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>

/** @throws ConfigError ASYNC_SCHEMA when the schema answers with a promise */
export function runSync<T>(validation: Validation<T>): T {
  for (let step = validation.next(); ; ) {
    if (step.done) return step.value
    if (step.value instanceof Promise) {
      step.value.catch(() => undefined)
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
    step = validation.next(await step.value)
  }
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
    problems.error({
      code: values[key] === undefined ? 'SECRET_MISSING' : 'SECRET_INVALID',
      key,
      message: values[key] === undefined ? 'is not set' : 'is not what the schema for secrets accepts',
      remedy: 'check its value where it is set',
    })
  }
}

function ask(schema: StandardSchemaV1, value: unknown): Answer {
  return schema['~standard'].validate(value)
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
    for (const path of textsTakenForTrue(this.input, output)) {
      const key = formatPath(path)
      const given = valueAt(this.input, path)
      const meant = toBoolean(given)
      if (meant === true || this.#attempts.has(key)) continue
      setAt(this.input, path, 'neither true nor false')
      const probe = yield ask(schema, this.input)
      const trustsAnything = !probe.issues && valueAt(probe.value, path) === true
      setAt(this.input, path, trustsAnything ? (meant ?? false) : given)
      this.#attempts.set(key, { original: given, candidates: [], next: 1 })
      if (!trustsAnything) continue
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

/** Texts of the input in whose place the output has `true`. */
function* textsTakenForTrue(input: unknown, output: unknown, path: Path = []): Generator<Path> {
  if (output === true && typeof input === 'string') yield path
  if (typeof input !== 'object' || input === null || typeof output !== 'object' || output === null) return
  if (Array.isArray(input)) {
    for (const [index, item] of input.entries())
      yield* textsTakenForTrue(item, Reflect.get(output, index), [...path, index])
    return
  }
  for (const [key, value] of Object.entries(input))
    yield* textsTakenForTrue(value, Reflect.get(output, key), [...path, key])
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
  const site = at.source.file === undefined && at.source.name === undefined ? {} : { at }
  if (node === undefined && path.length > 0) {
    const variable = `SYSTEMPROMPT__${path.join('__').toUpperCase()}`
    const remedy = `add it to the profile, or set ${variable}`
    problems.error({ code: 'MISSING_KEY', key, message: 'is missing; the schema needs it', remedy, ...site })
    return
  }
  const isSecret = (node?.kind === 'scalar' && node.taint !== undefined) || looksSecret(String(path.at(-1) ?? ''))
  const message =
    isSecret || repeatsSecret(issue.message, secrets()) ? 'is not what the schema accepts' : oneLine(issue.message)
  problems.error({
    code: 'SCHEMA',
    ...(key === '' ? {} : { key }),
    message,
    remedy: 'change the value, or the schema',
    ...site,
  })
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
  return message.replace(/\s+/g, ' ').slice(0, 300)
}
