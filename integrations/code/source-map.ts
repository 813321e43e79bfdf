import { basename } from 'node:path'
import { type EncodedSourceMap, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import MagicString, { type SourceMap } from 'magic-string'
import type { SecretRead } from '../virtual-module.ts'
import type { Replacement } from './replacement.ts'

/** The way back from code with values in it to what was written. */
export function sourceMapOf(code: string, id: string, replacements: readonly Replacement[]): SourceMap {
  const text = new MagicString(code)
  for (const { start, end, text: value } of replacements) text.overwrite(start, end, value)
  return text.generateMap({ source: id, includeContent: true, hires: 'boundary' })
}

/** Reads with their places in the file as it was written, where those who have made this code of it say so. */
export function placedInSource(reads: readonly SecretRead[], id: string, map: unknown): readonly SecretRead[] {
  const trace = new TraceMap(map as EncodedSourceMap)
  const [path = ''] = id.split('?')
  return reads.map((read) => {
    const { source, line, column } = originalPositionFor(trace, { line: read.line, column: read.column - 1 })
    if (source === null || basename(source) !== basename(path)) return read
    return { ...read, line, column: column + 1 }
  })
}
