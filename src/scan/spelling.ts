/** Bytes with which another spelling of a character may begin. */
const BACKSLASH = 0x5c
const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const CARRIAGE_RETURN = 0x0d
const LETTER_U = 0x75
const LETTER_X = 0x78

/** Escapes within escapes: JSON in JSON in a URL. */
const MAX_NESTING = 3
/** Longer spellings of one character are not read, in bytes: `%25255C%252522` has 14. */
export const MAX_SPELLING_LENGTH = 48

const LETTER_ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 10, r: 13, t: 9, b: 8, f: 12, v: 11, 0: 0 }).map(([letter, code]) => [
    letter.charCodeAt(0),
    code,
  ]),
)

const NAMED_ENTITIES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    Tab: '\t',
    NewLine: '\n',
    nbsp: '\u00a0',
    excl: '!',
    quot: '"',
    QUOT: '"',
    num: '#',
    dollar: '$',
    percnt: '%',
    amp: '&',
    AMP: '&',
    apos: "'",
    lpar: '(',
    rpar: ')',
    ast: '*',
    plus: '+',
    comma: ',',
    hyphen: '-',
    period: '.',
    sol: '/',
    colon: ':',
    semi: ';',
    lt: '<',
    LT: '<',
    equals: '=',
    gt: '>',
    GT: '>',
    quest: '?',
    commat: '@',
    lsqb: '[',
    lbrack: '[',
    bsol: '\\',
    rsqb: ']',
    rbrack: ']',
    Hat: '^',
    lowbar: '_',
    grave: '`',
    lcub: '{',
    lbrace: '{',
    verbar: '|',
    vert: '|',
    rcub: '}',
    rbrace: '}',
  }).map(([name, character]) => [name, character.charCodeAt(0)]),
)

/** One reading: the code point, and where it ends. */
export interface Reading {
  readonly code: number
  readonly end: number
}

export interface Readings {
  readonly readings: readonly Reading[]
  /** Whether more text after the end could give another reading. */
  readonly isCut: boolean
}

/** How many offsets readings are cached for; several patterns ask for the same ones. */
const MAX_CACHED = 4096

/**
 * Reads characters from bytes in every way they may be spelled: plain, URL-encoded, HTML-escaped, with the escapes of
 * JSON and JavaScript strings, or one of these inside another. One offset may have several readings: `%41` is a percent
 * sign or an A.
 */
export class SpellingReader {
  readonly #text: Uint8Array
  readonly #cache = new Map<number, Readings>()
  #isCut = false

  constructor(text: Uint8Array) {
    this.#text = text
  }

  read(at: number): Readings {
    const known = this.#cache.get(at)
    if (known) return known
    this.#isCut = false
    const readings = this.#read(at, MAX_NESTING)
    const result = { readings, isCut: this.#isCut }
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear()
    this.#cache.set(at, result)
    return result
  }

  /** The readings of a character that was escaped at most `depth` times. */
  #read(at: number, depth: number): readonly Reading[] {
    const byte = this.#text[at]
    if (byte === undefined) {
      this.#isCut = true
      return []
    }
    if (byte >= 0x80) return this.#plain(at)
    if (depth === 0 || !isEscapeLead(byte)) return [{ code: byte, end: at + 1 }]
    const inner = this.#read(at, depth - 1)
    const readings = new Map(inner.map((reading) => [reading.code + reading.end * CODES, reading]))
    const add = (code: number, end: number): void => {
      if (end - at <= MAX_SPELLING_LENGTH) readings.set(code + end * CODES, { code, end })
    }
    for (const { code, end } of inner) {
      if (code === BACKSLASH) this.#readBackslash(at, end, depth - 1, add)
      else if (code === PERCENT) this.#readPercent(at, end, add)
      else if (code === AMPERSAND) this.#readEntity(end, depth - 1, add)
      else if (code === PLUS) add(0x20, end)
      else if (code === CARRIAGE_RETURN && this.#byte(end) === 0x0a) add(0x0a, end + 1)
    }
    return [...readings.values()]
  }

  #plain(at: number): readonly Reading[] {
    let end = at
    const code = decodeUtf8(() => {
      const byte = this.#byte(end)
      end++
      return byte
    })
    return code < 0 ? [] : [{ code, end }]
  }

  /** The percent signs of a character's further bytes are spelled like the first. */
  #readPercent(lead: number, at: number, add: Add): void {
    let end = at
    const code = decodeUtf8((isFirst) => {
      if (!isFirst) end = this.#again(lead, at, end)
      return this.#hex(end, 2, () => {
        end += 2
      })
    })
    if (code >= 0) add(code, end)
  }

  #readBackslash(lead: number, at: number, depth: number, add: Add): void {
    for (const { code, end } of this.#read(at, depth)) {
      const control = LETTER_ESCAPES.get(code)
      if (control !== undefined) add(control, end)
      if (code === LETTER_X) this.#readBytes(lead, end, add)
      else if (code === LETTER_U) this.#readUnicode(lead, end, depth, add)
      else if (code < 0x80 && !isWordByte(code)) add(code, end)
    }
  }

  /** `\xe9` is a character in JavaScript; `\xc3\xa9` is one elsewhere. */
  #readBytes(lead: number, at: number, add: Add): void {
    let end = at
    const code = decodeUtf8((isFirst) => {
      if (!isFirst) end = this.#again(lead, at, end)
      return this.#hex(end, 2, (value) => {
        end += 2
        if (isFirst) add(value, end)
      })
    })
    if (code >= 0) add(code, end)
  }

  #readUnicode(lead: number, at: number, depth: number, add: Add): void {
    const brace = this.#endOf(at, 0x7b, depth)
    if (brace >= 0) {
      let digits = 0
      while (digits < 6 && hexDigit(this.#byte(brace + digits)) >= 0) digits++
      const end = this.#endOf(brace + digits, 0x7d, depth)
      this.#hex(brace, digits, (code) => end >= 0 && digits > 0 && add(code, end))
      return
    }
    this.#hex(at, 4, (unit) => {
      add(unit, at + 4)
      if (unit < 0xd800 || unit > 0xdbff) return
      const second = this.#again(lead, at, at + 4)
      this.#hex(second, 4, (low) => {
        if (low >= 0xdc00 && low <= 0xdfff) add(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00), second + 4)
      })
    })
  }

  #readEntity(at: number, depth: number, add: Add): void {
    const number = this.#endOf(at, 0x23, depth)
    const body = number < 0 ? at : number
    let end = body
    while (end < body + MAX_ENTITY_LENGTH && isWordByte(this.#byte(end))) end++
    const semicolon = this.#endOf(end, 0x3b, depth)
    if (semicolon < 0) return
    const name = String.fromCharCode(...this.#text.subarray(body, end))
    const code = number < 0 ? NAMED_ENTITIES.get(name) : numberOf(name)
    if (code !== undefined) add(code, semicolon)
  }

  /** Where the bytes from `from` to `to` end if they are repeated here; -1 if they are not. */
  #again(from: number, to: number, at: number): number {
    for (let index = from; index < to; index++) {
      if (this.#byte(at + index - from) !== this.#text[index]) return -1
    }
    return at + to - from
  }

  /** Where this character ends if it begins here; -1 if it does not. */
  #endOf(at: number, character: number, depth: number): number {
    if (at < 0) return -1
    if (this.#byte(at) === character) return at + 1
    return depth === 0 ? -1 : (this.#read(at, depth).find(({ code }) => code === character)?.end ?? -1)
  }

  /** -1 after the end. */
  #byte(at: number): number {
    const byte = this.#text[at]
    if (byte === undefined && at >= 0) this.#isCut = true
    return byte ?? -1
  }

  /** Calls back with the number that these hexadecimal digits form, and returns it; -1 if they are not digits. */
  #hex(at: number, digits: number, found: (value: number) => unknown): number {
    if (at < 0) return -1
    let value = 0
    for (let index = at; index < at + digits; index++) {
      const digit = hexDigit(this.#byte(index))
      if (digit < 0) return -1
      value = value * 16 + digit
    }
    found(value)
    return value
  }
}

type Add = (code: number, end: number) => void

/** Larger than any code point. */
const CODES = 0x200000
const MAX_ENTITY_LENGTH = 8

/** Decodes one code point from its bytes; -1 if they are invalid. */
function decodeUtf8(next: (isFirst: boolean) => number): number {
  const first = next(true)
  if (first < 0x80) return first
  const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0
  if (more === 0) return -1
  let code = first & (0x3f >> more)
  for (let index = 0; index < more; index++) {
    const byte = next(false)
    if (byte < 0x80 || byte > 0xbf) return -1
    code = (code << 6) | (byte & 0x3f)
  }
  return code
}

/** Whether the bytes before an offset could be the end of an escaped spelling. */
export function mayEndEscape(text: Uint8Array, end: number): boolean {
  const last = text[end - 1]
  const before = text[end - 2]
  if (last === 0x3b || last === 0x7d || before === BACKSLASH) return true
  // `%5Cn`, `&#92;n`
  if (before === 0x43 || before === 0x63 || before === 0x3b) return true
  if (hexDigit(last) < 0 || hexDigit(before) < 0) return false
  const third = text[end - 3]
  return third === PERCENT || third === LETTER_X || third === 0x35 || text[end - 5] === LETTER_U
}

/** Whether an escaped spelling can begin with this byte. */
export function isEscapeLead(byte: number | undefined): boolean {
  return byte === BACKSLASH || byte === PERCENT || byte === AMPERSAND || byte === PLUS || byte === CARRIAGE_RETURN
}

function numberOf(reference: string): number | undefined {
  const isHex = /^x[0-9a-f]+$/i.test(reference)
  if (!isHex && !/^[0-9]+$/.test(reference)) return undefined
  return Number.parseInt(isHex ? reference.slice(1) : reference, isHex ? 16 : 10)
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
