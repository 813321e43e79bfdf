/**
 * The grammar of .env files: text in, assignments out, with the same names and values as dotenv 18. `template.ts` and
 * `variables.ts` handle the references in values.
 */

export type Quote = 'none' | 'single' | 'double' | 'backtick'

export interface DotenvEntry {
  /** Any of `A-Z a-z 0-9 _ . -`, even `__proto__`: do not use it as a key of a plain object. */
  readonly name: string
  /** Without quotes and surrounding space; `\n` and `\r` are replaced by their characters if it started with `"`. */
  readonly value: string
  /** The quotes that were removed; `none` also if a quote was opened and never closed. */
  readonly quote: Quote
  /** Where the name starts, in UTF-16 units. */
  readonly offset: number
  /** Where the value starts, after its opening quote; for an empty one, where it would start. */
  readonly valueOffset: number
}

export interface DotenvScan {
  /** In file order, with repeated names: the last one counts. */
  readonly entries: readonly DotenvEntry[]
  /** The entries whose value starts with a quote and has no second one: the quote became part of the value. */
  readonly unclosed: readonly DotenvEntry[]
  /** The entries whose value ends at a `#` between two characters, which may have been meant as part of the value. */
  readonly cut: readonly DotenvEntry[]
  /** Where lines start that are neither an assignment nor a comment. They are skipped, as in dotenv. */
  readonly ignored: readonly number[]
}

const QUOTES: ReadonlyMap<string | undefined, Quote> = new Map([
  ["'", 'single'],
  ['"', 'double'],
  ['`', 'backtick'],
])

// In each of these, no repeated class shares a character with what may follow it, so a failed match takes linear time.
const HEAD = /(export\s+)?([\w.-]+)(?:\s*=|:(?:\r\n|\s))/y
const BLANK_TO_END = /[^\S\n\r\u2028\u2029]*(?:[#\n\r\u2028\u2029]|$)/y

// One character each, for `find`.
const SOLID = /\S/g
const LINE_END = /[\n\r\u2028\u2029]/g
const PLAIN_END = /[#\n\r]/g

/**
 * Finds the assignments of a .env file in linear time, whatever its contents; other lines are skipped. Lines may end
 * with LF, CRLF or CR (LF in values), and a BOM counts as space.
 *
 * @example
 * scanDotenv("export HOST='a b' # where").entries
 * //=> [{ name: 'HOST', value: 'a b', quote: 'single', offset: 7, valueOffset: 13 }]
 */
export function scanDotenv(text: string): DotenvScan {
  const entries: DotenvEntry[] = []
  const cut: DotenvEntry[] = []
  const ignored: number[] = []
  let at = find(SOLID, text, 0)
  while (at < text.length) {
    const assignment = assignmentAt(text, at)
    if (assignment) {
      entries.push(assignment.entry)
      if (isCut(text, assignment)) cut.push(assignment.entry)
    } else if (text[at] !== '#') ignored.push(at)
    at = find(SOLID, text, find(LINE_END, text, assignment?.end ?? at))
  }
  return { entries, unclosed: entries.filter(isUnclosed), cut, ignored }
}

interface Assignment {
  readonly entry: DotenvEntry
  readonly end: number
}

function assignmentAt(text: string, at: number): Assignment | undefined {
  HEAD.lastIndex = at
  const head = HEAD.exec(text)
  const name = head?.[2]
  if (!head || name === undefined) return undefined
  const { value, quote, valueOffset, end } = valueAt(text, at + head[0].length)
  return { entry: { name, value, quote, offset: at + (head[1]?.length ?? 0), valueOffset }, end }
}

interface Value extends Pick<DotenvEntry, 'value' | 'quote' | 'valueOffset'> {
  readonly end: number
}

function valueAt(text: string, from: number): Value {
  const open = find(SOLID, text, from)
  const quote = QUOTES.get(text[open])
  const close = quote && closingQuote(text, open)
  if (quote && close !== undefined) {
    const written = text.slice(open + 1, close)
    const lines = written.split(/\r\n?/).join('\n')
    return { value: quote === 'double' ? expandEscapes(lines) : lines, quote, valueOffset: open + 1, end: close + 1 }
  }
  return plainValueAt(text, from, open)
}

/** `first` is the offset of the first character that is not space. If it is on a later line, the value is empty. */
function plainValueAt(text: string, from: number, first: number): Value {
  const end = find(PLAIN_END, text, from)
  const valueOffset = Math.min(first, end)
  const written = text.slice(valueOffset, end).trimEnd()
  const value = written.startsWith('"') ? expandEscapes(written) : written
  // `"a" or "b"`: no quote in it closes the value, but the outer two are removed, as in dotenv.
  const quote = written.length > 1 && written.at(-1) === written[0] ? QUOTES.get(written[0]) : undefined
  if (quote === undefined) return { value, quote: 'none', valueOffset, end }
  return { value: value.slice(1, -1), quote, valueOffset: valueOffset + 1, end }
}

/**
 * A quote closes a value if only a comment follows it on its line. One after a backslash closes it only if no later
 * quote does, up to and including the first without a backslash: `'C:\'` is closed, and so is `'\' #'`.
 *
 * A search ends at a quote without a backslash, and only such a quote opens a value, so no part of the text is searched
 * twice for the same quote, however many stay open.
 */
function closingQuote(text: string, open: number): number | undefined {
  const mark = text.charAt(open)
  let close: number | undefined
  for (let at = text.indexOf(mark, open + 1); at !== -1; at = text.indexOf(mark, at + 1)) {
    BLANK_TO_END.lastIndex = at + 1
    if (BLANK_TO_END.test(text)) close = at
    if (text[at - 1] !== '\\') break
  }
  return close
}

function expandEscapes(value: string): string {
  return value.replace(/\\[nr]/g, (written) => (written === '\\n' ? '\n' : '\r'))
}

/** At the end of a line the value may have been meant to end with the `#`. */
function isCut(text: string, { entry, end }: Assignment): boolean {
  return entry.quote === 'none' && text[end] === '#' && /^\S#(?:[\S\r\n]|$)/.test(text.slice(end - 1, end + 2))
}

function isUnclosed({ value, quote }: DotenvEntry): boolean {
  const mark = value.charAt(0)
  if (quote !== 'none' || !QUOTES.has(mark)) return false
  let second = value.indexOf(mark, 1)
  while (second !== -1 && value[second - 1] === '\\') second = value.indexOf(mark, second + 1)
  return second === -1
}

/** Index of the first such character at or after `from`, else the length of the text. */
function find(character: RegExp, text: string, from: number): number {
  character.lastIndex = from
  return character.test(text) ? character.lastIndex - 1 : text.length
}
