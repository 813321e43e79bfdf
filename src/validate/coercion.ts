import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Problems } from '../errors/errors.ts'
import { formatPath, valueAt } from '../path.ts'
import { toBoolean, toJson, toList, toNumber } from '../text/coerce.ts'
import { nearestNode, nodeAt, setOwn, toPlain } from '../tree.ts'
import type { MapNode, Path } from '../types.ts'
import { ask, pathOf, schemaFault, type Validation } from './ask-schema.ts'

/** One value that is being tried with other types. */
interface Attempt {
  readonly path: Path
  readonly original: unknown
  readonly candidates: readonly unknown[]
  next: number
  /** What the schema said about the original, and then about each candidate. */
  readonly complaints: string[]
}

/** A function, since no string can be converted to one; JSON text could be an object. */
const UNREACHABLE_TYPE = (): void => undefined

/** The input of a schema while types are being tried. */
export class Coercion {
  readonly input: unknown
  readonly coerced = new Set<string>()
  readonly oneByOne: boolean
  readonly #tree: MapNode
  readonly #attempts = new Map<string, Attempt>()

  constructor(tree: MapNode, { oneByOne = false } = {}) {
    this.#tree = tree
    this.input = toPlain(tree)
    this.oneByOne = oneByOne
  }

  /** Gives each rejected value its next type, or its original if all were rejected. False if nothing is left to try. */
  retype(issues: readonly StandardSchemaV1.Issue[]): boolean {
    let changed = false
    for (const [key, { path, complaint }] of complaintsIn(issues)) {
      const attempt = this.#attempts.get(key) ?? this.#begin(path)
      if (!attempt || attempt.next > attempt.candidates.length) continue
      this.#attempts.set(key, attempt)
      attempt.complaints.push(complaint)
      this.#choose(key, attempt, attempt.next++)
      changed = true
      if (this.oneByOne) break
    }
    return changed
  }

  /** The index after the last candidate selects the original. */
  #choose(key: string, { path, original, candidates }: Attempt, index: number): void {
    const isCandidate = index < candidates.length
    setAt(this.input, path, isCandidate ? candidates[index] : original)
    if (isCandidate) this.coerced.add(key)
    else this.coerced.delete(key)
  }

  #begin(path: Path): Attempt | undefined {
    // A list in a list, but no deeper: each string could be turned into one more list.
    if (nodeAt(this.#tree, path.slice(0, -2)) === undefined) return undefined
    const original = valueAt(this.input, path)
    const node = nodeAt(this.#tree, path)
    const text = node?.kind === 'scalar' ? node.text : undefined
    const candidates = candidatesFor(original, text)
    return candidates.length === 0 ? undefined : { path, original, candidates, next: 0, complaints: [] }
  }

  /**
   * If a value and all its candidates were rejected, chooses the first that was not rejected for its type: the schema's
   * message about `99999` as a number is more helpful. Its message about a wrong type is learned from a value of a type
   * that no string has.
   */
  *settle(schema: StandardSchemaV1, issues: readonly StandardSchemaV1.Issue[]): Validation<boolean> {
    const current = complaintsIn(issues)
    const refused = [...this.#attempts].filter(
      ([key, { complaints, candidates }]) => current.has(key) && complaints.length > candidates.length,
    )
    if (refused.length === 0) return false
    for (const [, { path }] of refused) setAt(this.input, path, UNREACHABLE_TYPE)
    const typeComplaints = complaintsIn((yield ask(schema, this.input)).issues ?? [])
    let changed = false
    for (const [key, attempt] of refused) {
      const typeComplaint = typeComplaints.get(key)?.complaint
      const index =
        typeComplaint === undefined ? 0 : attempt.complaints.findIndex((complaint) => complaint !== typeComplaint)
      this.#choose(key, attempt, index > 0 ? index - 1 : attempt.candidates.length)
      changed ||= index > 0
    }
    return changed
  }

  /**
   * A schema that turns every string into true (`z.coerce.boolean()`) is given the boolean that the string spells; a
   * string that spells none is an error. A schema that knows its words rejects nonsense, and is left alone.
   */
  *correctBooleans(schema: StandardSchemaV1, output: unknown, problems: Problems): Validation<boolean> {
    let changed = false
    for (const [path, text] of textsIn(this.input)) {
      const key = formatPath(path)
      const meant = toBoolean(text)
      const made = madeAt(output, path)
      // It became true without meaning it; or it means false, and what the schema made of it may now have another name.
      const isSuspect = made === true ? meant !== true : meant === false && made !== text
      if (!isSuspect || this.#attempts.has(key)) continue
      this.#attempts.set(key, { path, original: text, candidates: [], next: 1, complaints: [] })
      if (!(yield* this.#acceptsAnyTextAsTrue(schema, path, text))) continue
      setAt(this.input, path, meant ?? false)
      this.coerced.add(key)
      changed = true
      if (meant !== undefined) continue
      problems.error({
        code: 'INVALID_VALUE',
        key,
        message: 'is neither true nor false',
        remedy: 'write true or false (1/0, yes/no and on/off work too)',
        at: nearestNode(this.#tree, path),
      })
    }
    return changed
  }

  /** Whether nonsense has the same result for the whole input as `true`. */
  *#acceptsAnyTextAsTrue(schema: StandardSchemaV1, path: Path, text: string): Validation<boolean> {
    setAt(this.input, path, 'neither true nor false')
    const ofNonsense = yield ask(schema, this.input)
    setAt(this.input, path, true)
    const ofTrue = yield ask(schema, this.input)
    setAt(this.input, path, false)
    const ofFalse = yield ask(schema, this.input)
    setAt(this.input, path, text)
    if (ofNonsense.issues || ofTrue.issues || schemaFault(ofFalse)) return false
    if (!isDeepStrictEqual(ofNonsense.value, ofTrue.value)) return false
    // A schema that accepts only true rejects `false`, and may still accept any string.
    return ofFalse.issues ? madeAt(ofNonsense.value, path) === true : !isDeepStrictEqual(ofFalse.value, ofTrue.value)
  }
}

/** The output may throw when it is read, which is reported when the result is exposed. */
function madeAt(output: unknown, path: Path): unknown {
  try {
    return valueAt(output, path)
  } catch {
    return undefined
  }
}

function candidatesFor(value: unknown, text: string | undefined): readonly unknown[] {
  if (typeof value === 'string') {
    return [toNumber(value), toBoolean(value), toJson(value), toList(value)].filter(
      (candidate) => candidate !== undefined,
    )
  }
  if (typeof value !== 'number' && typeof value !== 'boolean' && value !== null) return []
  const boolean = typeof value === 'number' ? toBoolean(value) : undefined
  const written = text === undefined ? [] : [text, toList(text)]
  return [boolean, ...written].filter((candidate) => candidate !== undefined)
}

function* textsIn(input: unknown, path: Path = []): Generator<[Path, string]> {
  if (typeof input === 'string') yield [path, input]
  if (typeof input !== 'object' || input === null) return
  const entries: Iterable<[string | number, unknown]> = Array.isArray(input) ? input.entries() : Object.entries(input)
  for (const [key, value] of entries) yield* textsIn(value, [...path, key])
}

/** The first complaint about each value, by key. */
export function complaintsIn(
  issues: readonly StandardSchemaV1.Issue[],
): ReadonlyMap<string, { path: Path; complaint: string }> {
  const complaints = new Map<string, { path: Path; complaint: string }>()
  for (const issue of issues) {
    const path = pathOf(issue)
    const key = formatPath(path)
    if (!complaints.has(key)) complaints.set(key, { path, complaint: withoutValue(issue.message) })
  }
  return complaints
}

/**
 * Cuts a message off where it mentions the value: `expected number, received "a"`, `must be a number (was a string)`.
 */
function withoutValue(message: string): string {
  return message.split(/\b(?:received|actual|was)\b/)[0] ?? message
}

/** Replaces a value; does nothing if its parent does not exist. */
export function setAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  if (Array.isArray(parent)) parent[Number(last)] = value
  else setOwn(parent as Record<string, unknown>, String(last), value)
}
