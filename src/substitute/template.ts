/**
 * The grammar of references (formats.md, section 4): text in, parts out. What a reference means is
 * `variables.ts`'s business.
 */

/** How deep defaults may nest: `${A:-${B:-${C}}}` is three. */
const MAX_NESTING = 32

export type Operator = '' | '-' | ':-' | '?' | ':?' | '+' | ':+'

export interface Reference {
  readonly name: string
  readonly operator: Operator
  /** What follows the operator: a default, a message, an alternative. */
  readonly operand: Template
  /** The reference as it was written. */
  readonly raw: string
}

/** Text and references in the order they stand. */
export type Template = readonly (string | Reference)[]

export interface TemplateOptions {
  /** Also take `$VAR`, and `\$` for a literal dollar sign, as dotenv-expand does. */
  readonly bare?: boolean
}

/** A reference whose end has not been seen yet. */
interface Open {
  readonly name: string
  readonly operator: Operator
  readonly start: number
  readonly bodyStart: number
  readonly close: '}' | '>'
  /** Brackets that plain text in the operand opened, so that a JSON default ends where it should. */
  braces: number
  readonly parts: (string | Reference)[]
}

/** How far a text has been read. */
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
 * Splits a text into literal text and references in one pass over it, whatever it holds; what is not a
 * reference (`$`, `$VAR`, `${}`, `${A B}`, one that never ends) stays text.
 *
 * @returns undefined when the text has neither references nor escapes and so stands for itself,
 *   `'too deep'` when defaults nest deeper than {@link MAX_NESTING}.
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

/** A whole reference, or what stands before the operand of one. */
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

/** What closes the innermost reference. */
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

/** Text up to the next character that could mean something. */
function readLiteral(reader: Reader): void {
  const { text, at, open } = reader
  const inner = open.at(-1)
  if (inner?.close === '}' && text[at] === '{') inner.braces++
  else if (inner && text[at] === inner.close) inner.braces--
  reader.at = nextSpecial(text, at + 1, inner !== undefined)
  reader.literal += text.slice(at, reader.at)
}

/** Adds the text read so far to the parts that it stands among; what follows it belongs there as well. */
function endLiteral(reader: Reader): (string | Reference)[] {
  const parts = reader.open.at(-1)?.parts ?? reader.root
  if (reader.literal !== '') parts.push(reader.literal)
  reader.literal = ''
  return parts
}

/** An unfinished `${A:-…` was no reference after all: its opening is text, and so is what follows. */
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

/** The next character that could mean something, so that plain stretches are copied whole. */
function nextSpecial(text: string, from: number, nested: boolean): number {
  const special = nested ? /[$\\{}>]/g : /[$\\]/g
  special.lastIndex = from
  return special.exec(text)?.index ?? text.length
}
