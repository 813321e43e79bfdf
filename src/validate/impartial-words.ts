import type { StandardSchemaV1 } from '@standard-schema/spec'
import { formatPath } from '../path.ts'
import { MASK } from '../secrets/secret.ts'
import { setOwn } from '../tree.ts'
import { ask, pathOf, type Validation } from './validation.ts'

/** A schema may refuse a short value for one reason, and a long one for another. */
const MADE_UP = [MASK, MASK.repeat(1000)]

/** Whether a schema says a message of a key whatever the values are. */
export type Impartial = (path: ReturnType<typeof pathOf>, message: string) => boolean

/** Asks a schema about the same with every value made up. What it says then as well gives no value away. */
export function* impartialWords(schema: StandardSchemaV1, input: unknown): Validation<Impartial> {
  const said = new Set<string>()
  const entry = (key: string, message: string): string => JSON.stringify([key, message])
  for (const text of MADE_UP) {
    const { issues = [] } = yield ask(schema, withEveryValue(input, text))
    for (const issue of issues) said.add(entry(formatPath(pathOf(issue)), issue.message))
  }
  return (path, message) => said.has(entry(formatPath(path), message))
}

function withEveryValue(input: unknown, text: string): unknown {
  if (typeof input !== 'object' || input === null) return text
  if (Array.isArray(input)) return input.map((item) => withEveryValue(item, text))
  const made = {}
  for (const [key, value] of Object.entries(input)) setOwn(made, key, withEveryValue(value, text))
  return made
}
