import type { StandardSchemaV1 } from '@standard-schema/spec'
import { formatPath, valueAt } from '../path.ts'
import type { Path } from '../types.ts'
import { ask, schemaFault, type Validation } from './ask-schema.ts'
import { complaintsIn, setAt } from './coercion.ts'

/** A value of each type that a string can be converted to, and how to write one. */
const TYPES = [
  [1, 'write a number such as 8080'],
  [true, 'write true or false'],
  [[], 'write a list, such as a,b or ["a", "b"]'],
  [{}, 'write an object as JSON, such as {"name": "value"}'],
] as const

/** How to write a value of the type that a schema expects; undefined if that is not known. */
export type WantedType = (path: Path) => string | undefined

/**
 * Finds out which type a schema expects where it rejected a string: it rejects values of all other types with the same
 * message. `input` is restored at the end.
 */
export function* wantedTypes(
  schema: StandardSchemaV1,
  input: unknown,
  issues: readonly StandardSchemaV1.Issue[],
): Validation<WantedType> {
  const texts = [...complaintsIn(issues)].filter(([, { path }]) => typeof valueAt(input, path) === 'string')
  const refused = texts.map(([key, { path, complaint }]) => ({ key, path, complaint, text: valueAt(input, path) }))
  const remedies = new Map<string, string[]>()
  for (const [value, remedy] of refused.length === 0 ? [] : TYPES) {
    for (const { path } of refused) setAt(input, path, value)
    const result = yield ask(schema, input)
    if (schemaFault(result)) continue
    const complaints = complaintsIn(result.issues ?? [])
    for (const { key, complaint } of refused)
      if (complaints.get(key)?.complaint !== complaint) remedies.set(key, [...(remedies.get(key) ?? []), remedy])
  }
  for (const { path, text } of refused) setAt(input, path, text)
  return (path) => {
    const [remedy, ...others] = remedies.get(formatPath(path)) ?? []
    return others.length === 0 ? remedy : undefined
  }
}
