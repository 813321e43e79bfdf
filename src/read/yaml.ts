import type { Problems } from '../errors/errors.ts'
import type { MapNode, Source } from '../types.ts'
import { parseFullYaml } from './yaml-full.ts'
import { readPlainYaml } from './yaml-plain.ts'

/**
 * Parses a YAML 1.2 map (core schema, merge keys); a text without a value is an empty map. Returns undefined after an
 * error, which is reported: SYNTAX, UNSUPPORTED_YAML, TOO_DEEP, LIMIT_EXCEEDED, DUPLICATE_KEY, FORBIDDEN_KEY, ENCODING.
 */
export function parseYaml(source: Source, problems: Problems): MapNode | undefined {
  return readPlainYaml(source) ?? parseFullYaml(source, problems)
}
