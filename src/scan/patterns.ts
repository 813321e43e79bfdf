import type { Anchor } from './anchor-search.ts'
import type { SecretText } from './secret-parts.ts'

/** How a secret was written where it was found; `docs/leak-guard.md` has an example of each. */
export type SecretForm = 'plain' | 'url' | 'html' | 'escaped' | 'base64' | 'hex' | 'bytes' | 'utf-16'

/** One text to look for, in any spelling of its characters. */
export interface Pattern {
  readonly secret: SecretText
  /** `plain` covers the spellings too: which of them it is shows when it is found. */
  readonly form: SecretForm
  /** Code points. */
  readonly codes: Uint32Array
}

export interface Patterns {
  readonly patterns: readonly Pattern[]
  readonly anchors: readonly Anchor[]
}

/** What to look for, and by which pieces to find it. */
export function patternsOf(texts: readonly SecretText[]): Patterns {
  const patterns: Pattern[] = []
  const anchors: Anchor[] = []
  const shared = gramsIn(texts)
  const spell = speller()
  for (const secret of texts) {
    for (const { form, text } of formsOf(secret.text)) {
      const codes = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0)
      const pattern = patterns.push({ secret, form, codes }) - 1
      const { from, to } = windowOf(codes, form === 'plain' ? shared : undefined)
      for (const bytes of spellingsOf([...codes.subarray(from, to)], form, spell)) {
        anchors.push({ bytes, pattern, from, to })
      }
    }
  }
  return { patterns, anchors }
}

interface Form {
  readonly form: SecretForm
  readonly text: string
}

/** `inspect` and `console.log` show this many bytes of a Buffer. */
const INSPECTED_BYTES = 50
/** Where `base64`, MIME and PEM break lines. */
const LINE_WIDTHS = [64, 76]
const SHORTEST_BROKEN_LINE = 8

function formsOf(text: string): readonly Form[] {
  const bytes = Buffer.from(text, 'utf8')
  const forms: Form[] = [{ form: 'plain', text }]
  const add = (form: SecretForm, ...list: string[]): void => {
    for (const each of list) if (!forms.some((known) => known.text === each)) forms.push({ form, text: each })
  }
  for (const alignment of [0, 1, 2]) {
    const encoded = base64At(bytes, alignment)
    add('base64', encoded, toUrlAlphabet(encoded))
  }
  for (const line of brokenLines(base64At(bytes, 0))) add('base64', line, toUrlAlphabet(line))
  const hex = bytes.toString('hex')
  add('hex', hex, hex.toUpperCase())
  const pairs = hex.match(/../g) ?? []
  add('bytes', pairs.join(' '), pairs.join(':'), pairs.join(':').toUpperCase(), bytes.join(','), bytes.join(', '))
  if (pairs.length > INSPECTED_BYTES) add('bytes', pairs.slice(0, INSPECTED_BYTES).join(' '))
  if (/^[\0-\x7f]*$/.test(text)) add('utf-16', [...text].join('\0'))
  return forms
}

/** The characters of the encoding that depend on the secret alone when so many bytes stand before it. */
function base64At(bytes: Buffer, alignment: number): string {
  const encoded = Buffer.concat([Buffer.alloc(alignment), bytes]).toString('base64')
  const first = Math.ceil((alignment * 8) / 6)
  const last = Math.floor(((alignment + bytes.length) * 8) / 6)
  return encoded.slice(first, last)
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

function* brokenLines(encoded: string): Generator<string> {
  for (const width of LINE_WIDTHS) {
    if (encoded.length <= width) continue
    for (let at = 0; at + SHORTEST_BROKEN_LINE <= encoded.length; at += width) yield encoded.slice(at, at + width)
  }
}

// Windows: which characters of a pattern to look for

interface Window {
  readonly from: number
  readonly to: number
}

const WINDOW_BYTES = 8
/** In a longer text the windows of this many characters are compared. */
const COMPARED = 512

/**
 * The best piece of a pattern to look for: one without characters that encodings change, that stands in no
 * other secret (many begin alike), is rare in text, and comes early.
 */
function windowOf(codes: Uint32Array, shared: ReadonlyMap<string, number> | undefined): Window {
  let best: Window = { from: 0, to: codes.length }
  let least = Number.POSITIVE_INFINITY
  for (let from = 0; from < Math.min(codes.length, COMPARED); from++) {
    const late = from / 4
    // No window costs less than its place.
    if (late >= least) break
    const to = windowEnd(codes, from)
    if (to === undefined) break
    let cost = late
    for (let at = from; at < to && cost < least; at++) cost += costOf(codes[at] ?? 0)
    if (cost >= least) continue
    const window = codes.subarray(from, to)
    const others = shared === undefined ? 0 : (shared.get(String.fromCodePoint(...window)) ?? 1) - 1
    cost += others * 200 + repetition(window)
    if (cost < least) {
      least = cost
      best = { from, to }
    }
  }
  return best
}

function windowEnd(codes: Uint32Array, from: number): number | undefined {
  let bytes = 0
  for (let at = from; at < codes.length; at++) {
    bytes += bytesIn(codes[at] ?? 0)
    if (bytes >= WINDOW_BYTES) return at + 1
  }
  return undefined
}

function bytesIn(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

/** Text that repeats a window which repeats itself would hold it at every place. */
function repetition(window: Uint32Array): number {
  const repeats = [1, 2, 3].some((period) => window.every((code, at) => at < period || code === window[at - period]))
  return repeats ? 2000 : 0
}

const FREQUENT = ' etaoinsrlcdupmhgfbyv.,()=;0'

/** A character that encodings change costs more than any number of frequent ones. */
function costOf(code: number): number {
  if (!isUnchangedCode(code)) return 1000
  const rank = FREQUENT.indexOf(String.fromCharCode(code))
  return rank === -1 ? 1 : 2 + FREQUENT.length - rank
}

function isUnchanged(character: string): boolean {
  return isUnchangedCode(character.codePointAt(0) ?? 0)
}

/** Letters, digits and what stands for itself in every encoding: `-`, `.`, `_`. Forms have `%7E` for `~`. */
function isUnchangedCode(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return true
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)) return true
  return code === 0x2d || code === 0x2e || code === 0x5f
}

/** How many texts hold each window of eight characters. */
function gramsIn(texts: readonly SecretText[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of texts) {
    const grams = new Set<string>()
    for (let at = 0; at + WINDOW_BYTES <= Math.min(text.length, COMPARED); at++)
      grams.add(text.slice(at, at + WINDOW_BYTES))
    for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

// Spellings of a window

type Spell = (character: string) => string

/** With so many characters that change, every mixture of plain and URL-encoded ones is looked for. */
const MOST_MIXED = 3

/** Every spelling of a window by which a pattern is found; what is around it may be spelled otherwise. */
function spellingsOf(window: readonly number[], form: SecretForm, spell: Speller): readonly Uint8Array[] {
  const characters = window.map((code) => String.fromCodePoint(code))
  const spellings = new Set([characters.join('')])
  if (form !== 'bytes' && form !== 'utf-16') {
    const changing = characters.filter((character) => !isUnchanged(character)).length
    if (changing > 0) for (const text of spell(characters, 'changing')) spellings.add(text)
    if (changing > 0 && changing <= MOST_MIXED) for (const text of mixturesOf(characters)) spellings.add(text)
    if (form === 'plain') for (const text of spell(characters, 'everything')) spellings.add(text)
  }
  return [...spellings].map((text) => Buffer.from(text, 'utf8'))
}

type Speller = (characters: readonly string[], kind: keyof typeof WAYS) => ReadonlySet<string>

interface Spellings {
  readonly ways: readonly Spell[]
  /** What each way makes of a character, once that was asked. */
  readonly known: Map<string, readonly string[]>
}

/** Writes characters in each of several ways; what one of them gives is worked out once. */
function speller(): Speller {
  const kinds = new Map<keyof typeof WAYS, Spellings>()
  return (characters, kind) => {
    const { ways, known } = kinds.get(kind) ?? { ways: WAYS[kind](), known: new Map<string, readonly string[]>() }
    kinds.set(kind, { ways, known })
    const written = characters.map((character) => {
      // What no escape changes is the same in all of them.
      if (kind === 'changing' && isUnchanged(character)) return character
      const spelled = known.get(character) ?? ways.map((way) => way(character))
      known.set(character, spelled)
      return spelled
    })
    const all = new Set<string>()
    for (let way = 0; way < ways.length; way++) {
      let text = ''
      for (const spelled of written) text += typeof spelled === 'string' ? spelled : spelled[way]
      all.add(text)
    }
    return all
  }
}

function mixturesOf(characters: readonly string[]): readonly string[] {
  return characters.reduce<readonly string[]>(
    (all, character) => {
      const ways = isUnchanged(character)
        ? [character]
        : [character, percent(character), percent(character).toLowerCase()]
      return all.flatMap((text) => ways.map((way) => text + way))
    },
    [''],
  )
}

/** Ways that leave letters and digits as they are. */
const ESCAPES: readonly Spell[] = [
  encodeURIComponent,
  (character) => lowerHex(encodeURIComponent(character)),
  // As the query of a URL has it.
  (character) => (character === "'" ? '%27' : encodeURIComponent(character)),
  formEncoded,
  (character) => lowerHex(formEncoded(character)),
  encodeURI,
  unlessUnchanged(percent),
  json,
  (character) => json(character).replace('/', '\\/'),
  ...[/[^\0-\x7f]|[<>&'/+=]/u, /[^\0-\x7f]/u, /[<>&']/, /[<>&]/, /</].flatMap((some): Spell[] => [
    (character) => json(character).replace(some, unicode),
    (character) => json(character).replace(some, inCapitals(unicode)),
  ]),
  unlessUnchanged(unicode),
  unlessUnchanged(latin),
  unlessUnchanged(hexBytes),
  // As `inspect` has it: in single quotes, and in backticks where both others are in the text.
  (character) => json(character).replace('\\"', '"').replace("'", "\\'"),
  (character) => json(character).replace('\\"', '"'),
  (character) => character.replace(/[`$\\]/, '\\$&'),
  ...[/["\\]/, /['\\]/, /[`\\]/].map(
    (some): Spell =>
      (character) =>
        character.replace(some, '\\$&'),
  ),
  (character) => character.replace(/[&<>"'`=/]/, (each) => HTML_NAMES[each] ?? each),
  (character) => character.replace(/[&<>"']/, (each) => ({ ...HTML_NAMES, "'": '&#39;' })[each] ?? each),
  (character) => character.replace(/[&<>"']/, (each) => ({ ...HTML_NAMES, "'": '&#x27;' })[each] ?? each),
  (character) => character.replace(/[&<>"]/, (each) => HTML_NAMES[each] ?? each),
  (character) => character.replace(/[&<>"'`=/]/, (each) => entity(each, 10)),
  (character) => character.replace(/[&<>"'`=/]/, (each) => entity(each, 16)),
  (character) =>
    character.replace(
      /[&<>"'`=/]/,
      inCapitals((each) => entity(each, 16)),
    ),
  unlessUnchanged((character) => entity(character, 10)),
  unlessUnchanged((character) => entity(character, 16)),
]

/** Made when a character first needs them: there are hundreds. */
const WAYS = {
  /** One escape in another: a URL in JSON, JSON in HTML, JSON in JSON in JSON. */
  changing: (): readonly Spell[] => [
    ...ESCAPES,
    ...ESCAPES.flatMap((outer) => ESCAPES.map((inner) => inside(inner, outer))),
    ...ESCAPES.map((spell) => inside(inside(spell, spell), spell)),
  ],
  /** Those that change letters and digits too. */
  everything: (): readonly Spell[] => [
    percent,
    (character) => percent(character).toLowerCase(),
    unicode,
    inCapitals(unicode),
    (character) => json(unicode(character)),
    latin,
    inCapitals(latin),
    (character) => json(latin(character)),
    hexBytes,
    inCapitals(hexBytes),
    (character) => `\\u{${hexOf(character)}}`,
    (character) => `\\u{${hexOf(character).toUpperCase()}}`,
    (character) => entity(character, 10),
    (character) => entity(character, 16),
    inCapitals((character) => entity(character, 16)),
  ],
}

const HTML_NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '`': '&#x60;',
  '=': '&#x3D;',
  '/': '&#x2F;',
}

function unlessUnchanged(spell: Spell): Spell {
  return (character) => (isUnchanged(character) ? character : spell(character))
}

/** The digits, not the letter that announces them. */
function inCapitals(spell: Spell): Spell {
  return (character) =>
    spell(character)
      .toUpperCase()
      .replace(/[UX]/g, (letter) => letter.toLowerCase())
}

/** What `inner` writes, each character of it written by `outer`. */
function inside(inner: Spell, outer: Spell): Spell {
  return (character) => [...inner(character)].map(outer).join('')
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function percent(character: string): string {
  return Buffer.from(character, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&')
}

function formEncoded(character: string): string {
  return new URLSearchParams([['', character]]).toString().slice(1)
}

function lowerHex(text: string): string {
  return text.replace(/%../g, (hex) => hex.toLowerCase())
}

function unicode(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
}

/** Beyond what `\x` can write, a character is written with `\u`. */
function latin(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code > 0xff ? unicode(character) : `\\x${code.toString(16).padStart(2, '0')}`
}

/** As languages write it that know bytes only. */
function hexBytes(character: string): string {
  return Buffer.from(character, 'utf8').toString('hex').replace(/../g, '\\x$&')
}

function entity(character: string, base: 10 | 16): string {
  const code = character.codePointAt(0) ?? 0
  return base === 10 ? `&#${code};` : `&#x${code.toString(16)};`
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16)
}
