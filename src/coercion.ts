import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { toBoolean, toList, toNumber } from './coerce.ts'
import type { Problems } from './errors.ts'
import { formatPath, valueAt } from './path.ts'
import { nearestNode, nodeAt, setOwn, toPlain } from './tree.ts'
import type { MapNode, Path } from './types.ts'
import { ask, pathOf, type Validation } from './validation.ts'

/** One value that is being tried as other types. */
interface Attempt {
  readonly original: unknown
  readonly candidates: readonly unknown[]
  next: number
}

/** The input of a schema while types are being tried on it. */
export class Coercion {
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
      const made = madeAt(output, path)
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

/** What is made may throw when it is read, which is told where it is handed out. */
function madeAt(output: unknown, path: Path): unknown {
  try {
    return valueAt(output, path)
  } catch {
    return undefined
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

function distinctPaths(issues: readonly StandardSchemaV1.Issue[]): readonly Path[] {
  return [...new Map(issues.map((issue) => [formatPath(pathOf(issue)), pathOf(issue)])).values()]
}

function setAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  if (Array.isArray(parent)) parent[Number(last)] = value
  else setOwn(parent as Record<string, unknown>, String(last), value)
}
