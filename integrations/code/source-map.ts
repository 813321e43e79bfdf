import { basename } from 'node:path'
import { type EncodedSourceMap, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import MagicString, { type SourceMap } from 'magic-string'
import type { SecretRead } from '../virtual-module.ts'
import type { Replacement } from './replacement.ts'

/** Maps code with inserted values back to the original. */
export function sourceMapOf(code: string, id: string, replacements: readonly Replacement[]): SourceMap {
  const text = new MagicString(code)
  for (const { start, end, text: value } of replacements) text.overwrite(start, end, value)
  return text.generateMap({ source: id, includeContent: true, hires: 'boundary' })
}

/** The reads with their positions in the original file, if the source map of earlier plugins has them. */
export function placedInSource(reads: readonly SecretRead[], id: string, map: unknown): readonly SecretRead[] {
  const trace = new TraceMap(map as EncodedSourceMap)
  const [path = ''] = id.split('?')
  return reads.map((read) => {
    const { source, line, column } = originalPositionFor(trace, { line: read.line, column: read.column - 1 })
    if (source === null || basename(source) !== basename(path)) return read
    return { ...read, line, column: column + 1 }
  })
}
