import type { Inlined, InlineOptions } from './inline.ts'
import { type Source, valueText } from './literal.ts'
import { type Replacement, replaced } from './replacement.ts'

/**
 * What `inlineValues` does, for code whose reads are as plain as most are: `import.meta.env.X` and `process.env.X`
 * where only an expression can stand. That takes no parser, which costs ten times as much. Undefined wherever there is
 * a doubt, and where code asks for a secret: a parser has to tell then.
 */
export function inlinePlainReads(code: string, options: InlineOptions): Inlined | undefined {
  const replacements: Replacement[] = []
  for (let [at, last] = [0, lastMention(code)]; at <= last; ) {
    const piece = pieceAt(code, at)
    if (piece === undefined) return undefined
    const found = isQuoted(piece) ? [] : readsIn(piece, { code, at, options })
    if (!found) return undefined
    replacements.push(...found)
    at += piece.length
  }
  const nothing = { replacements, reads: [], assets: [] }
  return replacements.length === 0 ? nothing : { ...nothing, code: replaced(code, replacements) }
}

/** A word that `process` and `import.meta` have in them; who means something else by it needs a parser. */
const MENTION = /\b(?:process|meta)\b/g

/** The offset of the last one, after which nothing is looked at. */
function lastMention(code: string): number {
  let last = -1
  MENTION.lastIndex = 0
  for (let found = MENTION.exec(code); found; found = MENTION.exec(code)) last = found.index
  return last
}

/**
 * A string, a comment, or code in which neither can begin. Not: what may be a template, a regular expression, a
 * division, an element of JSX, a type, or an identifier with escapes.
 */
const PIECE =
  /[^'"`/<\\#]+|'(?:[^'\\\r\n]|\\[^\r\n])*'|"(?:[^"\\\r\n]|\\[^\r\n])*"|\/\/[^\r\n\u2028\u2029]*|\/\*[\s\S]*?\*\/|<[\s=\d]|#(?=[\w$])/y

function pieceAt(code: string, at: number): string | undefined {
  PIECE.lastIndex = at
  return PIECE.exec(code)?.[0]
}

function isQuoted(piece: string): boolean {
  return /^['"/]/.test(piece)
}

interface Context {
  readonly code: string
  /** Where the piece begins. */
  readonly at: number
  readonly options: InlineOptions
}

const READ = /(process|import\.meta)\.env\.([A-Za-z_$][\w$]*)/g

/** The replacements in a piece of code; undefined where a mention is not a plain read. */
function readsIn(piece: string, { code, at, options }: Context): readonly Replacement[] | undefined {
  const replacements: Replacement[] = []
  const mentions = piece.match(MENTION)?.length ?? 0
  const reads = mentions === 0 ? [] : [...piece.matchAll(READ)]
  if (reads.length !== mentions) return undefined
  for (const { 0: read, 1: object, 2: name = '', index } of reads) {
    const source: Source = object === 'process' ? 'process' : 'import.meta'
    const start = at + index
    const end = start + read.length
    const isPlain = isBehind(piece.slice(0, index), at === 0) && isBefore(code.slice(end), code)
    if (!isPlain || options.isSecret(name)) return undefined
    if (!Object.hasOwn(options.values, name)) continue
    const text = valueText(name, source, options)
    if (!STANDS_ANYWHERE.test(text)) return undefined
    replacements.push({ start, end, text })
  }
  return replacements
}

/** Text, a word, a number from zero on, a reference: what needs no parentheses, and joins nothing with what is before. */
const STANDS_ANYWHERE = /^["\w]/

/** Behind these an expression begins. */
const BEGINS = /(?:[([{},;:?=!&|^~*%>)]|[^+]\+|[^-]-|(?:^|[^.\w$#])(?:return|case|await|default|else|throw|yield))$/

function isBehind(piece: string, isFirst: boolean): boolean {
  const before = piece.trimEnd()
  return before === '' ? isFirst : BEGINS.test(before.slice(-12))
}

/** With these an expression ends, and nothing is assigned to it, called or looked up in it. */
const ENDS =
  /^\s*(?:$|[;:]|\?(?![.?])|\?\?(?!=)|\+(?![+=])|-(?![-=])|[%^](?!=)|\*\*?(?![*=])|===?(?!>)|!==?|&&?(?![&=])|\|\|?(?![|=])|>(?![>=])|>=)|^[^\S\n]*\n\s*(?!(?:of|in)\b)[A-Za-z_$]/
/** These may end what is assigned to as well. */
const ENDS_BRACKETS = /^\s*[)\]},]/
/** Whether something is assigned to what stands in brackets, or it is deleted. */
const ASSIGNS = /[)\]}]\s*(?:[-+*%&|^?<>/]{0,3}=(?![=>])|\+\+|--|of\b|in\b)|\bdelete\b/

function isBefore(rest: string, code: string): boolean {
  return ENDS.test(rest) || (ENDS_BRACKETS.test(rest) && !ASSIGNS.test(code))
}
