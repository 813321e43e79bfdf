import { looksSecret, maskOpaque } from '../secrets/secret.ts'
import type { Origin, Site, Source } from '../types.ts'

const WIDEST = 160

/** 1-based. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Line and column of a site; undefined where it has no place in a text. */
export function positionOf({ source, offset }: Site, lines?: Lines): Position | undefined {
  if (source.text === undefined || offset === undefined) return undefined
  if (lines) return lines.positionAt(offset)
  const before = source.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}

/** The public form of a site. */
export function originOf(site: Site, linesOf: LinesOf): Origin {
  const { layer, file, name } = site.source
  return {
    layer,
    ...(file === undefined ? {} : { file }),
    ...(name === undefined ? {} : { name }),
    ...(positionOf(site, linesOf(site.source)) ?? {}),
  }
}

export type LinesOf = (source: Source) => Lines

/** Every text is taken apart once, however much of it is asked about. */
export function rememberedLines(): LinesOf {
  const known = new Map<Source, Lines>()
  return (source) => {
    const lines = known.get(source) ?? new Lines(source.text ?? '')
    known.set(source, lines)
    return lines
  }
}

/**
 * The source line with a caret below the site, as compilers show it. Undefined for a source that may hold
 * secrets, and for a line whose key sounds like one; in other lines every opaque run is masked, so that a
 * key pasted into the wrong file is not repeated in a log.
 */
export function frameAt({ source, offset }: Site, lines = new Lines(source.text ?? '')): string | undefined {
  if (source.confidential || source.text === undefined || offset === undefined) return undefined
  const { line, column } = lines.positionAt(offset)
  const text = lines.at(line)
  if (text.length > WIDEST || lines.mayBeSecret(line)) return undefined
  const gutter = String(line).padStart(7)
  const caret = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
  return `${gutter} | ${printable(maskOpaque(text))}\n${' '.repeat(7)} | ${caret}^`
}

/** Indexes of lines. */
interface Above {
  /** The nearest line that says something. */
  readonly next: number | undefined
  /** The nearest of those that is less indented. */
  readonly around: number | undefined
}

/**
 * A text by its lines, which are numbered from 1. Made once for all that is wrong in a text: it may be every line, and
 * each asks for those above it.
 */
export class Lines {
  readonly #lines: readonly string[]
  readonly #starts: readonly number[]
  readonly #mentions = new Map<number, boolean>()
  #above: readonly Above[] | undefined

  constructor(text: string) {
    this.#lines = text.split('\n')
    let next = 0
    this.#starts = this.#lines.map(({ length }) => {
      const start = next
      next += length + 1
      return start
    })
  }

  at(line: number): string {
    return this.#lines[line - 1] ?? ''
  }

  positionAt(offset: number): Position {
    let index = 0
    for (let end = this.#lines.length; end - index > 1; ) {
      const middle = (index + end) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) index = middle
      else end = middle
    }
    return { line: index + 1, column: offset - (this.#starts[index] ?? 0) + 1 }
  }

  /** The line names a secret itself, or stands right below a line that does, or further in than one. */
  mayBeSecret(line: number): boolean {
    this.#above ??= linesAbove(this.#lines)
    const above = this.#above[line - 1]
    if (this.#mentionsSecret(line - 1) || this.#mentionsSecret(above?.next)) return true
    for (let at = above?.around; at !== undefined; at = this.#above[at]?.around)
      if (this.#mentionsSecret(at)) return true
    return false
  }

  #mentionsSecret(index: number | undefined): boolean {
    if (index === undefined) return false
    const mentions = this.#mentions.get(index) ?? mentionsSecret(this.#lines[index] ?? '')
    this.#mentions.set(index, mentions)
    return mentions
  }
}

function linesAbove(lines: readonly string[]): readonly Above[] {
  const indents = lines.map(indentOf)
  /** Each further in than the one before. */
  const open: number[] = []
  let next: number | undefined
  return lines.map((line, index) => {
    const indent = indents[index] ?? 0
    const isLess = (at: number): boolean => (indents[at] ?? 0) < indent
    const above = { next, around: open.findLast(isLess) }
    if (/^\s*[^\s#]/.test(line)) {
      open.length = 1 + open.findLastIndex(isLess)
      open.push(index)
      next = index
    }
    return above
  })
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

/** Control characters would let a hostile file write to the terminal, and a line break write lines of a message. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    '\u00b7',
  )
}
