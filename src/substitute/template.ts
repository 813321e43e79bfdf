/** The grammar of references (formats.md, section 4): text in, parts out. `variables.ts` resolves the references. */

/** How deep defaults may be nested: `${A:-${B:-${C}}}` has three levels. */
const MAX_NESTING = 32

export type Operator = '' | '-' | ':-' | '?' | ':?' | '+' | ':+'

export interface Reference {
  readonly name: string
  readonly operator: Operator
  /** What follows the operator: a default, a message or an alternative. */
  readonly operand: Template
  /** The reference as written. */
  readonly raw: string
}

/** Text and references in order. */
export type Template = readonly (string | Reference)[]

export interface TemplateOptions {
  /** Also recognize `$VAR`, and `\$` for a literal dollar sign, as dotenv-expand does. */
  readonly bare?: boolean
}

/** A reference whose end has not been reached. */
interface Open {
  readonly name: string
  readonly operator: Operator
  readonly start: number
  readonly bodyStart: number
  readonly close: '}' | '>'
  /** Brackets that plain text in the operand has opened, so that a JSON default ends where it should. */
  braces: number
  readonly parts: (string | Reference)[]
}

/** The state of reading a text. */
interface Reader {
  readonly text: string
  readonly bare: boolean
  at: number
  /** The text since the last part. */
  literal: string
  readonly root: (string | Reference)[]
  /** From the outermost to the innermost. */
  readonly open: Open[]
}

const HEADER = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(\}|:?[-?+])|<([A-Za-z_][A-Za-z0-9_]*)(>|:?[-?+]))/y
const BARE = /\$([A-Za-z_][A-Za-z0-9_]*)/y

/**
 * Splits a string into literal text and references in one pass. What is not a reference (`$`, `$VAR`, `${}`, `${A B}`,
 * one that never ends) stays text.
 *
 * @returns undefined if there are neither references nor escapes, so that the string stands for itself; `'too deep'` if
 * defaults are nested deeper than {@link MAX_NESTING}
 */
export function parseTemplate(text: string, { bare = false }: TemplateOptions = {}): Template | 'too deep' | undefined {
  if (!text.includes('$')) return undefined
  const reader: Reader = { text, bare, at: 0, literal: '', root: [], open: [] }
  while (reader.at < text.length) {
    if (!readEscape(reader) && !readReference(reader) && !readEnd(reader)) readLiteral(reader)
    if (reader.open.length > MAX_NESTING) return 'too deep'
  }
  endLiteral(reader)
  return closeUnfinished(reader)
}

function readEscape(reader: Reader): boolean {
  const escaped = escapeAt(reader)
  if (escaped === undefined) return false
  const inner = reader.open.at(-1)
  if (inner !== undefined && escaped.stands === (inner.close === '}' ? '${' : '$<')) inner.braces++
  reader.literal += escaped.stands
  reader.at += escaped.length
  return true
}

function escapeAt({ text, at, bare }: Reader): { stands: string; length: number } | undefined {
  const character = text[at]
  if (character !== '$' && character !== '\\') return undefined
  if (text[at + 1] !== '$') return undefined
  const bracket = text[at + 2]
  if (bracket === '{' || bracket === '<') return { stands: `$${bracket}`, length: 3 }
  return bare && character === '\\' ? { stands: '$', length: 2 } : undefined
}

/** Reads a whole reference, or the part of one before its operand. */
function readReference(reader: Reader): boolean {
  const { text, at } = reader
  if (text[at] !== '$') return false
  const header = matchAt(HEADER, text, at)
  if (header === undefined) return reader.bare && readBareReference(reader)
  const [raw, braced, bracedTail, angled, angledTail] = header
  const name = braced ?? angled ?? ''
  const tail = bracedTail ?? angledTail
  const parts = endLiteral(reader)
  reader.at += raw.length
  if (tail === '}' || tail === '>') parts.push({ name, operator: '', operand: [], raw })
  else {
    const close = braced === undefined ? '>' : '}'
    reader.open.push({ name, operator: tail as Operator, start: at, bodyStart: reader.at, close, braces: 0, parts: [] })
  }
  return true
}

function readBareReference(reader: Reader): boolean {
  const [raw, name] = matchAt(BARE, reader.text, reader.at) ?? []
  if (raw === undefined || name === undefined) return false
  endLiteral(reader).push({ name, operator: '', operand: [], raw })
  reader.at += raw.length
  return true
}

/** Reads the end of the innermost reference. */
function readEnd(reader: Reader): boolean {
  const { text, at, open } = reader
  const inner = open.at(-1)
  if (inner === undefined || inner.braces > 0 || text[at] !== inner.close) return false
  endLiteral(reader)
  open.pop()
  const { name, operator, parts, start } = inner
  reader.at++
  endLiteral(reader).push({ name, operator, operand: parts, raw: text.slice(start, reader.at) })
  return true
}

/** Reads text up to the next character that could have a meaning. */
function readLiteral(reader: Reader): void {
  const { text, at, open } = reader
  const inner = open.at(-1)
  if (inner?.close === '}' && text[at] === '{') inner.braces++
  else if (inner && text[at] === inner.close) inner.braces--
  reader.at = nextSpecial(text, at + 1, inner !== undefined)
  reader.literal += text.slice(at, reader.at)
}

/** Adds the text read so far to the parts of the innermost reference, and returns those for what follows. */
function endLiteral(reader: Reader): (string | Reference)[] {
  const parts = reader.open.at(-1)?.parts ?? reader.root
  if (reader.literal !== '') parts.push(reader.literal)
  reader.literal = ''
  return parts
}

/** An unfinished `${A:-…` is not a reference: its opening is text, and its parts move up. */
function closeUnfinished({ root, open, text }: Reader): Template {
  for (const unfinished of open) {
    root.push(text.slice(unfinished.start, unfinished.bodyStart))
    for (const part of unfinished.parts) root.push(part)
  }
  return root
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

/** The next character that could have a meaning, so that plain text is copied as a whole. */
function nextSpecial(text: string, from: number, nested: boolean): number {
  const special = nested ? /[$\\{}>]/g : /[$\\]/g
  special.lastIndex = from
  return special.exec(text)?.index ?? text.length
}
