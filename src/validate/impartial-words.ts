import type { StandardSchemaV1 } from '@standard-schema/spec'
import { formatPath } from '../path.ts'
import { MASK } from '../secrets/secret.ts'
import { nodeAt, setOwn } from '../tree.ts'
import type { MapNode, Path } from '../types.ts'
import { ask, pathOf, type Validation } from './validation.ts'

/**
 * A schema may reject a short value for one reason, and a long one for another. Much longer ones could keep a pattern
 * busy that is fast for ordinary values. The first is tried twice, since keys that the schema names are kept in the
 * next round.
 */
const MADE_UP = [MASK, MASK, MASK.repeat(200)]

/** What a schema says whatever the values are. Keys are formatted paths. */
export interface Impartial {
  readonly says: (key: string, message: string) => boolean
  /** Whether it mentions this path at all, or anything below it. */
  readonly names: (path: Path) => boolean
}

export const NOTHING_IMPARTIAL: Impartial = { says: () => false, names: () => false }

/**
 * Asks a schema about the same input with all values replaced, and with them the keys from JSON text. What it says both
 * times gives no value away.
 */
export function* impartialWords(schema: StandardSchemaV1, input: unknown, tree: MapNode): Validation<Impartial> {
  const said = new Set<string>()
  const named = new Set<string>()
  const entry = (key: string, message: string): string => JSON.stringify([key, message])
  const isOwnKey = (path: Path): boolean => nodeAt(tree, path)?.kind === 'map'
  const madeUp = (value: unknown, text: string, path: Path = []): unknown => {
    if (typeof value !== 'object' || value === null) return text
    if (Array.isArray(value)) return value.map((item, index) => madeUp(item, text, [...path, index]))
    const made = {}
    for (const [key, item] of Object.entries(value)) {
      const at = [...path, key]
      const isKept = isOwnKey(path) || named.has(formatPath(at))
      setOwn(made, isKept ? key : MASK, madeUp(item, text, at))
    }
    return made
  }
  for (const text of MADE_UP) {
    const { issues = [] } = yield ask(schema, madeUp(input, text))
    for (const issue of issues) {
      const path = pathOf(issue)
      said.add(entry(formatPath(path), issue.message))
      for (let length = 1; length <= path.length; length++) named.add(formatPath(path.slice(0, length)))
    }
  }
  return {
    says: (key, message) => said.has(entry(key, message)),
    names: (path) => named.has(formatPath(path)),
  }
}
