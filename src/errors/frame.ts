import { looksSecret, maskOpaque } from '../secrets/secret.ts'
import type { Origin, Site, Source } from '../types.ts'

const MAX_LINE_LENGTH = 160

/** 1-based. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Line and column of a site; undefined if it has no position in a text. */
export function positionOf({ source, offset }: Site, lines = new Lines(source.text ?? '')): Position | undefined {
  return source.text === undefined || offset === undefined ? undefined : lines.positionAt(offset)
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

/** Splits each text into lines only once, however often it is asked about. */
export function cachedLines(): LinesOf {
  const known = new Map<Source, Lines>()
  return (source) => {
    const lines = known.get(source) ?? new Lines(source.text ?? '')
    known.set(source, lines)
    return lines
  }
}

/**
 * The source line with a caret below the site, as compilers show it. Undefined for a source that may hold secrets, and
 * for a line whose key suggests one; in other lines every opaque run is masked, so that a key that was pasted into the
 * wrong file does not appear in a log.
 */
export function frameAt({ source, offset }: Site, lines = new Lines(source.text ?? '')): string | undefined {
  if (source.confidential || source.text === undefined || offset === undefined) return undefined
  const { line, column } = lines.positionAt(offset)
  const text = lines.at(line)
  if (text.length > MAX_LINE_LENGTH || lines.mayBeSecret(line)) return undefined
  const gutter = String(line).padStart(7)
  const caret = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
  return `${gutter} | ${printable(maskOpaque(text))}\n${' '.repeat(7)} | ${caret}^`
}

/** Indexes of lines. */
interface Above {
  /** The nearest line above that is neither empty nor a comment. */
  readonly next: number | undefined
  /** The nearest such line with less indentation. */
  readonly around: number | undefined
}

/**
 * The lines of a text, numbered from 1. Shared by all problems of a text: there may be one in every line, and each
 * needs the lines above it.
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

  /** Whether the line names a secret, follows a line that does, or is indented below one. */
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
  /** The enclosing lines, each indented further than the one before. */
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

/** `password:`, `"password" =`, `? password`. Matches start only where a word does, since a line may be a megabyte. */
function mentionsSecret(line: string): boolean {
  const names = line.match(/(?<![\w.-])[\w.-]+(?=["']?\s*[:=])/g) ?? []
  const [, explicitKey = ''] = /^\s*(?:- )?\?\s+["']?([\w.-]+)/.exec(line) ?? []
  return [...names, explicitKey].some(looksSecret)
}

/** Replaces control characters and line breaks: no file may control the terminal or add lines to a message. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    '\u00b7',
  )
}
