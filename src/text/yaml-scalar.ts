import type { Scalar } from '../types.ts'

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF'].flatMap((word) => [
    [word, Number.POSITIVE_INFINITY] as const,
    [`+${word}`, Number.POSITIVE_INFINITY] as const,
    [`-${word}`, Number.NEGATIVE_INFINITY] as const,
  ]),
])
const INTEGER = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

/**
 * The value of an unquoted YAML 1.2 scalar (core schema): `null`, `~` and the empty string are null, `0x1f` and `0o17`
 * are integers, `yes` and `on` are strings. Integers beyond ±2^53 stay strings, so that no digit is lost.
 */
export function typedScalar(text: string): Scalar {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (INTEGER.test(text)) {
    const integer = Number(text)
    return Number.isSafeInteger(integer) ? integer : text
  }
  return FLOAT.test(text) ? Number(text) : text
}
