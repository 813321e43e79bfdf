import { type Anchor, hash } from './anchor-search.ts'
import type { Pattern } from './patterns.ts'
import { isEscapeLead, SpellingReader } from './spelling.ts'
import { Walk } from './walk.ts'

/** On average, no character before an anchor takes more bytes than this: `&amp;#x2F;` has 10. */
const MAX_BYTES_PER_CHARACTER = 16
const SLOTS = 1 << 16
const MASK = SLOTS - 1

/**
 * Checks whether text ends with the beginning of a pattern. If the pattern's anchor is already in the text, the search
 * itself notices that; so only the first characters, up to the anchor's end, have to be followed.
 */
export class OpenEnds {
  readonly #byFirst = new Map<number, Pattern[]>()
  /** Whether a pattern begins with this byte, these two, or these three. */
  readonly #beginnings = new Uint8Array(SLOTS)
  #longest = 0

  constructor(patterns: readonly Pattern[], anchors: readonly Anchor[]) {
    for (const pattern of patterns) {
      const first = pattern.codes[0] ?? 0
      const same = this.#byFirst.get(first)
      if (same) same.push(pattern)
      else this.#byFirst.set(first, [pattern])
      const [one = 0, two = 0, three = 0] = Buffer.from(String.fromCodePoint(...pattern.codes.subarray(0, 3)), 'utf8')
      this.#beginnings[hash(one, 0, 0, MASK)] = 1
      this.#beginnings[hash(one, two, 0, MASK)] = 1
      this.#beginnings[hash(one, two, three, MASK)] = 1
    }
    for (const { to } of anchors) this.#longest = Math.max(this.#longest, to * MAX_BYTES_PER_CHARACTER)
  }

  /**
   * The first offset at which the rest of the text may be the beginning of a pattern; the text's length if there is
   * none.
   */
  firstIn(text: Uint8Array): number {
    const reader = new SpellingReader(text)
    const walk = new Walk(text, reader)
    for (let at = Math.max(0, text.length - this.#longest); at < text.length; at++) {
      if (this.#mayBegin(text, at) && this.#isOpenAt(at, walk, reader)) return at
    }
    return text.length
  }

  /** Checks three bytes, which decides nearly every case. */
  #mayBegin(text: Uint8Array, at: number): boolean {
    const one = text[at] as number
    if (isEscapeLead(one)) return true
    const two = isEscapeLead(text[at + 1]) ? 0 : (text[at + 1] ?? 0)
    const three = two === 0 || isEscapeLead(text[at + 2]) ? 0 : (text[at + 2] ?? 0)
    return this.#beginnings[hash(one, two, three, MASK)] === 1
  }

  #isOpenAt(at: number, walk: Walk, reader: SpellingReader): boolean {
    const { readings, isCut } = reader.read(at)
    if (isCut) return true
    return readings.some(({ code }) =>
      this.#byFirst.get(code)?.some(({ codes }) => {
        walk.forwards(at, codes, 0, codes.length)
        return walk.isOpen
      }),
    )
  }
}
