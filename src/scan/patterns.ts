import type { Anchor } from './anchor-search.ts'
import type { SecretText } from './secret-parts.ts'
import { gramsIn, windowOf } from './window.ts'
import { speller, spellingsOf } from './window-spellings.ts'

/** How the secret was written where it was found; `docs/leak-guard.md` has an example of each. */
export type SecretForm = 'plain' | 'url' | 'html' | 'escaped' | 'base64' | 'hex' | 'bytes' | 'utf-16'

/** A string to search for, in any spelling of its characters. */
export interface Pattern {
  readonly secret: SecretText
  /** `plain` includes other spellings: which one it is becomes known with the match. */
  readonly form: SecretForm
  /** Code points. */
  readonly codes: Uint32Array
}

export interface Patterns {
  readonly patterns: readonly Pattern[]
  readonly anchors: readonly Anchor[]
}

/** The patterns to search for, and the anchors to find them by. */
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
/** The line widths of `base64`, MIME and PEM. */
const LINE_WIDTHS = [64, 76]
const MIN_BROKEN_LINE_LENGTH = 8

function formsOf(text: string): readonly Form[] {
  const bytes = Buffer.from(text, 'utf8')
  const forms = new Map<string, Form>([[text, { form: 'plain', text }]])
  const add = (form: SecretForm, ...list: string[]): void => {
    for (const spelling of list) if (!forms.has(spelling)) forms.set(spelling, { form, text: spelling })
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
  return [...forms.values()]
}

/** The base64 characters that depend only on the secret, if this many bytes precede it. */
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
    for (let at = 0; at + MIN_BROKEN_LINE_LENGTH <= encoded.length; at += width) yield encoded.slice(at, at + width)
  }
}
