import type { Inlined, InlineOptions } from './inline.ts'
import { type Source, valueText } from './literal.ts'
import { type Replacement, replaced } from './replacement.ts'

/**
 * What `inlineValues` does, for code whose reads are as plain as most are: `import.meta.env.X` and `process.env.X`
 * where only an expression can stand. That takes no parser, which costs ten times as much. Undefined wherever there is
 * a doubt, and where code asks for a secret: a parser has to tell then.
 *
 * @param isJsx whether there may be elements in the code: in their text, quotes mean nothing
 */
export function inlinePlainReads(code: string, isJsx: boolean, options: InlineOptions): Inlined | undefined {
  const replacements: Replacement[] = []
  const last = lastMention(code)
  const reader: Reader = { code, isJsx, options, at: 0, behind: ';', depths: [], assigns: undefined }
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
  behind: string
  /** For each template that is open around `at`, how many braces are open in its `${…}`. */
  readonly depths: number[]
  /** Whether something may be assigned to what stands in brackets, once that was asked. */
  assigns: boolean | undefined
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

/** Code in which nothing else begins. Escapes in names are none of it. */
const CODE = /[^'"`/<\\#{}]+|#(?=[\w$])/y
const QUOTED = /'(?:[^'\\\r\n]|\\[^\r\n])*'|"(?:[^"\\\r\n]|\\[^\r\n])*"/y
const COMMENT = /\/\/[^\r\n\u2028\u2029]*|\/\*[\s\S]*?\*\//y
/** From a backtick, or from the end of `${…}`, to the next backtick or the next `${`. */
const TEMPLATE = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y
const REGULAR_EXPRESSION = /\/(?:[^\\/[\r\n]|\\[^\r\n]|\[(?:[^\]\\\r\n]|\\[^\r\n])*\])+\/[a-z]*/y

/** Goes on by a piece, and gives what is to be replaced in it; undefined where that cannot be told. */
function readPiece(reader: Reader): readonly Replacement[] | undefined {
  const { code, at } = reader
  switch (code[at]) {
    case "'":
    case '"':
      return goOn(reader, match(QUOTED, reader), '"')
    case '`':
      return readTemplate(reader)
    case '/':
      return readSlash(reader)
    case '<':
      return reader.isJsx && !isBehindOperand(reader) ? undefined : goOn(reader, '<', '<')
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

/** What was read stands for `behind` to whoever looks back. */
function goOn(reader: Reader, text: string | undefined, behind: string): [] | undefined {
  if (text === undefined) return undefined
  reader.at += text.length
  reader.behind += behind
  return []
}

function readBrace(reader: Reader, step: number): [] {
  const depth = reader.depths.pop()
  if (depth !== undefined) reader.depths.push(depth + step)
  const brace = step > 0 ? '{' : '}'
  reader.at++
  reader.behind += brace
  return []
}

function readTemplate(reader: Reader): [] | undefined {
  const text = match(TEMPLATE, reader)
  if (text?.startsWith('}')) reader.depths.pop()
  if (text?.endsWith('{')) reader.depths.push(0)
  return goOn(reader, text, text?.endsWith('{') ? '${' : '"')
}

/** Behind these stands a regular expression, behind a name or a number a division; an element behind neither. */
const OPERATOR = /(?:[([{,;:?=&|^~*%]|=>|[^+]\+|[^-]-)$/
const OPERAND = /[\w$\]]$/
const KEYWORD =
  /(?:^|[^\w$])(?:return|case|typeof|delete|void|throw|new|in|of|do|else|await|yield|instanceof|default|extends|break|continue|debugger)$/

function readSlash(reader: Reader): [] | undefined {
  const comment = match(COMMENT, reader)
  if (comment !== undefined) return goOn(reader, comment, ' ')
  if (isBehindOperand(reader)) return goOn(reader, '/', '/')
  return OPERATOR.test(lastCode(reader.behind)) ? goOn(reader, match(REGULAR_EXPRESSION, reader), '"') : undefined
}

function isBehindOperand({ behind }: Reader): boolean {
  const last = lastCode(behind)
  return OPERAND.test(last) && !KEYWORD.test(last)
}

/** Enough of it to tell a keyword. */
function lastCode(behind: string): string {
  return behind.trimEnd().slice(-12)
}

const READ = /(process|import\.meta)\.env\.([A-Za-z_$][\w$]*)/g

function readCode(reader: Reader): readonly Replacement[] | undefined {
  const { code, at, options } = reader
  const piece = match(CODE, reader)
  // Old scripts take what is behind it for a comment.
  if (piece === undefined || piece.includes('-->')) return undefined
  const mentions = piece.match(MENTION)?.length ?? 0
  const reads = mentions === 0 ? [] : [...piece.matchAll(READ)]
  if (reads.length !== mentions) return undefined
  const replacements: Replacement[] = []
  for (const { 0: read, 1: object, 2: name = '', index } of reads) {
    const source: Source = object === 'process' ? 'process' : 'import.meta'
    const start = at + index
    const end = start + read.length
    const behind = lastCode(reader.behind + piece.slice(0, index))
    if (!BEGINS.test(behind) || !isBefore(code.slice(end), behind, reader) || options.isSecret(name)) return undefined
    if (!Object.hasOwn(options.values, name)) continue
    const text = valueText(name, source, options)
    if (!STANDS_ANYWHERE.test(text)) return undefined
    replacements.push({ start, end, text })
  }
  reader.at += piece.length
  reader.behind = lastPart(reader.behind + piece)
  return replacements
}

/** Spaces may stand between: no more is kept than what may be looked back at. */
function lastPart(behind: string): string {
  return `${lastCode(behind)}${/\s$/.test(behind) ? ' ' : ''}`
}

/** Text, a word, a number from zero on, a reference: what needs no parentheses, and joins nothing with what is before. */
const STANDS_ANYWHERE = /^["\w]/

/** Behind these an expression begins. */
const BEGINS = /(?:[([{},;:?=!&|^~*%)]|=>|[^+]\+|[^-]-|(?:^|[^.\w$#])(?:return|case|await|default|else|throw|yield))$/
/** With these an expression ends, and nothing is assigned to it, called or looked up in it. */
const ENDS =
  /^\s*(?:$|[;:]|\?(?![.?])|\?\?(?!=)|\+(?![+=])|-(?![-=])|[%^](?!=)|\*\*?(?![*=])|===?(?!>)|!==?|&&?(?![&=])|\|\|?(?![|=])|>(?![>=])|>=)|^[^\S\n]*\n\s*(?!(?:of|in)\b)[A-Za-z_$]/
/** These may end what is assigned to as well. */
const ENDS_BRACKETS = /^\s*[)\]},]/
/** Whether something is assigned to what stands in brackets, or it is deleted. */
const ASSIGNS = /[)\]}]\s*(?:[-+*%&|^?<>/]{0,3}=(?![=>])|\+\+|--|of\b|in\b)|(?:\+\+|--)\s*\(|\bdelete\b/
/** Nothing is assigned to what something is called with. */
const CALLED = /[\w$]\($/

function isCalledWith(behind: string): boolean {
  return CALLED.test(behind) && !KEYWORD.test(behind.slice(0, -1))
}

function isBefore(rest: string, behind: string, reader: Reader): boolean {
  if (ENDS.test(rest)) return true
  const isWholePart = reader.depths.at(-1) === 0 && /^\s*\}/.test(rest)
  return isWholePart || (ENDS_BRACKETS.test(rest) && (isCalledWith(behind) || !mayAssign(reader)))
}

function mayAssign(reader: Reader): boolean {
  reader.assigns ??= ASSIGNS.test(reader.code)
  return reader.assigns
}
