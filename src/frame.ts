import { looksSecret, maskOpaque } from './secret.ts'
import type { Origin, Site } from './types.ts'

const WIDEST = 160

/** Line and column, 1-based, of a site; undefined where it has no place in a text. */
export function positionOf({ source, offset }: Site): { line: number; column: number } | undefined {
  if (source.text === undefined || offset === undefined) return undefined
  const before = source.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}

/** The public form of a site. */
export function originOf(site: Site): Origin {
  const { layer, file, name } = site.source
  return {
    layer,
    ...(file === undefined ? {} : { file }),
    ...(name === undefined ? {} : { name }),
    ...(positionOf(site) ?? {}),
  }
}

/**
 * The source line with a caret below the site, as compilers show it. Undefined for a source that may hold
 * secrets, and for a line whose key sounds like one; in other lines every opaque run is masked, so that a
 * key pasted into the wrong file is not repeated in a log.
 */
export function frameAt(site: Site): string | undefined {
  const { source, offset } = site
  const position = positionOf(site)
  if (source.confidential || source.text === undefined || offset === undefined || !position) return undefined
  const start = offset - position.column + 1
  const end = source.text.indexOf('\n', start)
  const line = source.text.slice(start, end === -1 ? undefined : end)
  if (line.length > WIDEST || mayBeSecret(line, source.text.slice(0, start))) return undefined
  const gutter = String(position.line).padStart(7)
  const caret = line.slice(0, position.column - 1).replace(/[^\t]/g, ' ')
  return `${gutter} | ${printable(maskOpaque(line))}\n${' '.repeat(7)} | ${caret}^`
}

/** The line names a secret itself, or stands right below a line that does, or further in than one. */
function mayBeSecret(line: string, before: string): boolean {
  if (mentionsSecret(line)) return true
  let indent = indentOf(line)
  const above = before.split('\n').filter((text) => /^\s*[^\s#]/.test(text))
  for (const [distance, text] of above.toReversed().entries()) {
    const isAround = indentOf(text) < indent
    if ((distance === 0 || isAround) && mentionsSecret(text)) return true
    if (isAround) indent = indentOf(text)
  }
  return false
}

function indentOf(line: string): number {
  return line.search(/\S|$/)
}

/** `password:`, `"password" =`, `? password`. A search begins at a word's beginning alone: a line may be one of a megabyte. */
function mentionsSecret(line: string): boolean {
  const names = line.match(/(?<![\w.-])[\w.-]+(?=["']?\s*[:=])/g) ?? []
  const [, asked = ''] = /^\s*(?:- )?\?\s+["']?([\w.-]+)/.exec(line) ?? []
  return [...names, asked].some(looksSecret)
}

/** Control characters would let a hostile file write to the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u00b7')
}
