import MagicString, { type SourceMap } from 'magic-string'
import type { Replacement } from './replacement.ts'

/** The way back from code with values in it to what was written. */
export function sourceMapOf(code: string, id: string, replacements: readonly Replacement[]): SourceMap {
  const text = new MagicString(code)
  for (const { start, end, text: value } of replacements) text.overwrite(start, end, value)
  return text.generateMap({ source: id, includeContent: true, hires: 'boundary' })
}
