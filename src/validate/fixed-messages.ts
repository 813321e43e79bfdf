import type { StandardSchemaV1 } from '@standard-schema/spec'
import { formatPath } from '../path.ts'
import { MASK } from '../secrets/secret.ts'
import { nodeAt, setOwn } from '../tree.ts'
import type { MapNode, Path } from '../types.ts'
import { ask, pathOf, type Validation } from './ask-schema.ts'

/**
 * A schema may reject a short value for one reason, and a long one for another. Much longer ones could keep a pattern
 * busy that is fast for ordinary values. The first is tried twice, since keys that the schema names are kept in the
 * next round.
 */
const PLACEHOLDERS = [MASK, MASK, MASK.repeat(200)]

/** What a schema says whatever the values are. Keys are formatted paths. */
export interface FixedMessages {
  readonly has: (key: string, message: string) => boolean
  /** Whether it mentions this path at all, or anything below it. */
  readonly mentions: (path: Path) => boolean
}

export const NO_FIXED_MESSAGES: FixedMessages = { has: () => false, mentions: () => false }

/**
 * Asks a schema about the same input with all values replaced, and with them the keys from JSON text. What it says both
 * times gives no value away.
 */
export function* findFixedMessages(schema: StandardSchemaV1, input: unknown, tree: MapNode): Validation<FixedMessages> {
  const messages = new Set<string>()
  const mentioned = new Set<string>()
  const entry = (key: string, message: string): string => JSON.stringify([key, message])
  const isOwnKey = (path: Path): boolean => nodeAt(tree, path)?.kind === 'map'
  const withPlaceholders = (value: unknown, text: string, path: Path = []): unknown => {
    if (typeof value !== 'object' || value === null) return text
    if (Array.isArray(value)) return value.map((item, index) => withPlaceholders(item, text, [...path, index]))
    const copy = {}
    for (const [key, item] of Object.entries(value)) {
      const at = [...path, key]
      const isKept = isOwnKey(path) || mentioned.has(formatPath(at))
      setOwn(copy, isKept ? key : MASK, withPlaceholders(item, text, at))
    }
    return copy
  }
  for (const text of PLACEHOLDERS) {
    const { issues = [] } = yield ask(schema, withPlaceholders(input, text))
    for (const issue of issues) {
      const path = pathOf(issue)
      messages.add(entry(formatPath(path), issue.message))
      for (let length = 1; length <= path.length; length++) mentioned.add(formatPath(path.slice(0, length)))
    }
  }
  return {
    has: (key, message) => messages.has(entry(key, message)),
    mentions: (path) => mentioned.has(formatPath(path)),
  }
}
