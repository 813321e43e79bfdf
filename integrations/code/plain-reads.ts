import type { Inlined, InlineOptions } from './inline.ts'
import { type Source, valueText } from './literal.ts'
import { type Replacement, replaced } from './replacement.ts'

/**
 * Does what `inlineValues` does, for plain reads, as most are: `import.meta.env.X` and `process.env.X` where only an
 * expression can be. It needs no parser, which would take ten times as long. Undefined when in doubt, and if the code
 * reads a secret: then a parser has to decide.
 *
 * @param isJsx whether the code may contain elements, in whose text quotes have no meaning
 */
export function inlinePlainReads(code: string, isJsx: boolean, options: InlineOptions): Inlined | undefined {
  const replacements: Replacement[] = []
  const last = lastMention(code)
  const reader: Reader = { code, isJsx, options, at: 0, preceding: ';', depths: [], assigns: undefined }
  while (reader.at <= last) {
    const found = readPiece(reader)
    if (!found) return undefined
    replacements.push(...found)
  }
  const nothing = { replacements, reads: [], assets: [] }
  return replacements.length === 0 ? nothing : { ...nothing, code: replaced(code, replacements) }
}

interface Reader {
  readonly code: string
  readonly isJsx: boolean
  readonly options: InlineOptions
  at: number
  /** The end of the code before `at`, without comments. */
  preceding: string
  /** For each template literal that is open at `at`, how many braces are open in its `${…}`. */
  readonly depths: number[]
  /** Whether the code may assign to something in brackets; undefined until it is needed. */
  assigns: boolean | undefined
}

/** The words in `process` and `import.meta`. Any other use of them needs a parser. */
const MENTION = /\b(?:process|meta)\b/g

/** The offset of the last mention; nothing after it is looked at. */
function lastMention(code: string): number {
  let last = -1
  MENTION.lastIndex = 0
  for (let found = MENTION.exec(code); found; found = MENTION.exec(code)) last = found.index
  return last
}

/** Code in which no other kind of piece begins. Escapes in names are not part of it. */
const CODE = /[^'"`/<\\#{}]+|#(?=[\w$])/y
const QUOTED = /'(?:[^'\\\r\n]|\\[^\r\n])*'|"(?:[^"\\\r\n]|\\[^\r\n])*"/y
const COMMENT = /\/\/[^\r\n\u2028\u2029]*|\/\*[\s\S]*?\*\//y
/** From a backtick, or from the end of `${…}`, to the next backtick or the next `${`. */
const TEMPLATE = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y
const REGULAR_EXPRESSION = /\/(?:[^\\/[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n])*\])+\/[a-z]*/y

/** Advances by one piece and returns its replacements; undefined if they cannot be determined. */
function readPiece(reader: Reader): readonly Replacement[] | undefined {
  const { code, at } = reader
  switch (code[at]) {
    case "'":
    case '"':
      return advance(reader, match(QUOTED, reader), '"')
    case '`':
      return readTemplate(reader)
    case '/':
      return readSlash(reader)
    case '<':
      return reader.isJsx && !followsOperand(reader) ? undefined : advance(reader, '<', '<')
    case '{':
      return readBrace(reader, 1)
    case '}':
      return reader.depths.at(-1) === 0 ? readTemplate(reader) : readBrace(reader, -1)
    default:
      return readCode(reader)
  }
}

function match(pattern: RegExp, { code, at }: Reader): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(code)?.[0]
}

/** Moves past `text`; `preceding` stands for it when the reader looks back. */
function advance(reader: Reader, text: string | undefined, preceding: string): [] | undefined {
  if (text === undefined) return undefined
  reader.at += text.length
  reader.preceding += preceding
  return []
}

function readBrace(reader: Reader, step: number): [] {
  const depth = reader.depths.pop()
  if (depth !== undefined) reader.depths.push(depth + step)
  const brace = step > 0 ? '{' : '}'
  reader.at++
  reader.preceding += brace
  return []
}

function readTemplate(reader: Reader): [] | undefined {
  const text = match(TEMPLATE, reader)
  if (text?.startsWith('}')) reader.depths.pop()
  if (text?.endsWith('{')) reader.depths.push(0)
  return advance(reader, text, text?.endsWith('{') ? '${' : '"')
}

/**
 * After these a slash begins a regular expression, after a name or a number it divides; an element begins after
 * neither.
 */
const OPERATOR = /(?:[([{,;:?=&|^~*%]|=>|[^+]\+|[^-]-)$/
const OPERAND = /[\w$\]]$/
const KEYWORD =
  /(?:^|[^\w$])(?:return|case|typeof|delete|void|throw|new|in|of|do|else|await|yield|instanceof|default|extends|break|continue|debugger)$/

function readSlash(reader: Reader): [] | undefined {
  const comment = match(COMMENT, reader)
  if (comment !== undefined) return advance(reader, comment, ' ')
  if (followsOperand(reader)) return advance(reader, '/', '/')
  return OPERATOR.test(lastCode(reader.preceding)) ? advance(reader, match(REGULAR_EXPRESSION, reader), '"') : undefined
}

function followsOperand({ preceding }: Reader): boolean {
  const last = lastCode(preceding)
  return OPERAND.test(last) && !KEYWORD.test(last)
}

/** Enough of the end to recognise a keyword. */
function lastCode(preceding: string): string {
  return preceding.trimEnd().slice(-12)
}

const READ = /(process|import\.meta)\.env\.([A-Za-z_$][\w$]*)/g

function readCode(reader: Reader): readonly Replacement[] | undefined {
  const { code, at, options } = reader
  const piece = match(CODE, reader)
  // In old scripts `-->` begins a comment.
  if (piece === undefined || piece.includes('-->')) return undefined
  const mentions = piece.match(MENTION)?.length ?? 0
  const reads = mentions === 0 ? [] : [...piece.matchAll(READ)]
  if (reads.length !== mentions) return undefined
  const replacements: Replacement[] = []
  for (const { 0: read, 1: object, 2: name = '', index } of reads) {
    const source: Source = object === 'process' ? 'process' : 'import.meta'
    const start = at + index
    const end = start + read.length
    const preceding = lastCode(reader.preceding + piece.slice(0, index))
    if (!BEGINS.test(preceding) || !isBefore(code.slice(end), preceding, reader) || options.isSecret(name))
      return undefined
    if (!Object.hasOwn(options.values, name)) continue
    const text = valueText(name, source, options)
    if (!STANDS_ANYWHERE.test(text)) return undefined
    replacements.push({ start, end, text })
  }
  reader.at += piece.length
  reader.preceding = lastPart(reader.preceding + piece)
  return replacements
}

/** Keeps only what may be looked back at, with one space for any at the end. */
function lastPart(preceding: string): string {
  return `${lastCode(preceding)}${/\s$/.test(preceding) ? ' ' : ''}`
}

/**
 * A string, a word, a non-negative number or a reference: needs no parentheses, and does not join with what precedes
 * it.
 */
const STANDS_ANYWHERE = /^["\w]/

/** An expression begins after these. */
const BEGINS = /(?:[([{},;:?=!&|^~*%)]|=>|[^+]\+|[^-]-|(?:^|[^.\w$#])(?:return|case|await|default|else|throw|yield))$/
/** An expression ends before these, and is not assigned to, called or accessed. */
const ENDS =
  /^\s*(?:$|[;:]|\?(?![.?])|\?\?(?!=)|\+(?![+=])|-(?![-=])|[%^](?!=)|\*\*?(?![*=])|===?(?!>)|!==?|&&?(?![&=])|\|\|?(?![|=])|>(?![>=])|>=)|^[^\S\n]*\n\s*(?!(?:of|in)\b)[A-Za-z_$]/
/** An assignment target may end before these too. */
const ENDS_BRACKETS = /^\s*[)\]},]/
/** Whether something in brackets is assigned to or deleted. */
const ASSIGNS = /[)\]}]\s*(?:[-+*%&|^?<>/]{0,3}=(?![=>])|\+\+|--|of\b|in\b)|(?:\+\+|--)\s*\(|\bdelete\b/
/** Arguments of a call are not assigned to. */
const CALLED = /[\w$]\($/

function isCalledWith(preceding: string): boolean {
  return CALLED.test(preceding) && !KEYWORD.test(preceding.slice(0, -1))
}

function isBefore(rest: string, preceding: string, reader: Reader): boolean {
  if (ENDS.test(rest)) return true
  const isWholePart = reader.depths.at(-1) === 0 && /^\s*\}/.test(rest)
  return isWholePart || (ENDS_BRACKETS.test(rest) && (isCalledWith(preceding) || !mayAssign(reader)))
}

function mayAssign(reader: Reader): boolean {
  reader.assigns ??= ASSIGNS.test(reader.code)
  return reader.assigns
}
