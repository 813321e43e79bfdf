import type { SecretForm } from './patterns.ts'

type Spell = (character: string) => string

/** Up to this many changing characters, every mixture of plain and URL-encoded ones is searched for. */
const MAX_MIXED = 3

/** Every spelling of a window by which a pattern is found; the text around it may be spelled differently. */
export function spellingsOf(window: readonly number[], form: SecretForm, spell: Speller): readonly Uint8Array[] {
  const characters = window.map((code) => String.fromCodePoint(code))
  const spellings = new Set([characters.join('')])
  if (form !== 'bytes' && form !== 'utf-16') {
    const changing = characters.filter((character) => !isUnchanged(character)).length
    if (changing > 0) for (const text of spell(characters, 'changing')) spellings.add(text)
    if (changing > 0 && changing <= MAX_MIXED) for (const text of mixturesOf(characters)) spellings.add(text)
    if (form === 'plain') for (const text of spell(characters, 'everything')) spellings.add(text)
  }
  return [...spellings].map((text) => Buffer.from(text, 'utf8'))
}

type Speller = (characters: readonly string[], kind: keyof typeof WAYS) => ReadonlySet<string>

interface Spellings {
  readonly ways: readonly Spell[]
  /** How each way spells a character; filled on demand. */
  readonly known: Map<string, readonly string[]>
}

/** Spells characters in each of several ways; each result is computed once. */
export function speller(): Speller {
  const kinds = new Map<keyof typeof WAYS, Spellings>()
  return (characters, kind) => {
    const { ways, known } = kinds.get(kind) ?? { ways: WAYS[kind](), known: new Map<string, readonly string[]>() }
    kinds.set(kind, { ways, known })
    const written = characters.map((character) => {
      // Characters that no escape changes are the same in all ways.
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

/** Ways that leave letters and digits unchanged. */
const ESCAPES: readonly Spell[] = [
  encodeURIComponent,
  (character) => lowerHex(encodeURIComponent(character)),
  // As in the query of a URL.
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
  // As `inspect` writes it: in single quotes, or in backticks if the text contains both other quotes.
  (character) => json(character).replace('\\"', '"').replace("'", "\\'"),
  (character) => json(character).replace('\\"', '"'),
  (character) => character.replace(/[`$\\]/, '\\$&'),
  ...[/["\\]/, /['\\]/, /[`\\]/].map(
    (some): Spell =>
      (character) =>
        character.replace(some, '\\$&'),
  ),
  (character) => character.replace(/[&<>"'`=/]/, (char) => HTML_NAMES[char] ?? char),
  (character) => character.replace(/[&<>"']/, (char) => ({ ...HTML_NAMES, "'": '&#39;' })[char] ?? char),
  (character) => character.replace(/[&<>"']/, (char) => ({ ...HTML_NAMES, "'": '&#x27;' })[char] ?? char),
  (character) => character.replace(/[&<>"]/, (char) => HTML_NAMES[char] ?? char),
  (character) => character.replace(/[&<>"'`=/]/, (char) => entity(char, 10)),
  (character) => character.replace(/[&<>"'`=/]/, (char) => entity(char, 16)),
  (character) =>
    character.replace(
      /[&<>"'`=/]/,
      inCapitals((char) => entity(char, 16)),
    ),
  unlessUnchanged((character) => entity(character, 10)),
  unlessUnchanged((character) => entity(character, 16)),
]

/** Created when first needed: there are hundreds. */
const WAYS = {
  /** One escape inside another: a URL in JSON, JSON in HTML, JSON in JSON in JSON. */
  changing: (): readonly Spell[] => [
    ...ESCAPES,
    ...ESCAPES.flatMap((outer) => ESCAPES.map((inner) => inside(inner, outer))),
    ...ESCAPES.map((spell) => inside(inside(spell, spell), spell)),
  ],
  /** Those that also change letters and digits. */
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

/** Capitalises the digits, but not the letter before them. */
function inCapitals(spell: Spell): Spell {
  return (character) =>
    spell(character)
      .toUpperCase()
      .replace(/[UX]/g, (letter) => letter.toLowerCase())
}

/** What `inner` writes, with each character written by `outer`. */
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

/** Characters beyond the range of `\x` are written with `\u`. */
function latin(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code > 0xff ? unicode(character) : `\\x${code.toString(16).padStart(2, '0')}`
}

/** As written by languages that only have bytes. */
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

function isUnchanged(character: string): boolean {
  return isUnchangedCode(character.codePointAt(0) ?? 0)
}

/** Letters, digits and what stands for itself in every encoding: `-`, `.`, `_`. Forms encode `~` as `%7E`. */
export function isUnchangedCode(code: number): boolean {
  if (code >= 0x61 && code <= 0x7a) return true
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)) return true
  return code === 0x2d || code === 0x2e || code === 0x5f
}
