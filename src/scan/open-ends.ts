import type { Anchor } from './anchor-search.ts'
import type { Pattern } from './patterns.ts'
import { isEscapeLead, LONGEST_SPELLING, SpellingReader } from './spelling.ts'
import { Walk } from './walk.ts'

const GRAM = 3
const SLOTS = 1 << 16

/**
 * Tells whether text ends with the beginning of a pattern. Where its anchor is in the text already, the search
 * itself has seen that; so only the first characters, up to the anchor's end, have to be followed.
 */
export class OpenEnds {
  readonly #byFirst = new Map<number, Pattern[]>()
  /** Whether a pattern begins with these three bytes. */
  readonly #beginnings = new Uint8Array(SLOTS)
  #longest = 0

  constructor(patterns: readonly Pattern[], anchors: readonly Anchor[]) {
    for (const pattern of patterns) {
      const first = pattern.codes[0] ?? 0
      const same = this.#byFirst.get(first)
      if (same) same.push(pattern)
      else this.#byFirst.set(first, [pattern])
      const start = Buffer.from(String.fromCodePoint(...pattern.codes.subarray(0, GRAM)), 'utf8')
      this.#beginnings[hash(start[0] ?? 0, start[1] ?? 0, start[2] ?? 0)] = 1
    }
    for (const { to } of anchors) this.#longest = Math.max(this.#longest, to * LONGEST_SPELLING)
  }

  /** The first place from which the text may be the beginning of a pattern; its length where there is none. */
  firstIn(text: Uint8Array): number {
    const walk = new Walk(text)
    const reader = new SpellingReader(text)
    for (let at = Math.max(0, text.length - this.#longest); at < text.length; at++) {
      if (this.#mayBegin(text, at) && this.#isOpenAt(at, walk, reader)) return at
    }
    return text.length
  }

  /** A look at three bytes, which are enough for nearly every place. */
  #mayBegin(text: Uint8Array, at: number): boolean {
    const [one, two, three] = [text[at], text[at + 1], text[at + 2]]
    if (three === undefined || one === undefined || two === undefined) return true
    if (isEscapeLead(one) || isEscapeLead(two) || isEscapeLead(three)) return true
    return this.#beginnings[hash(one, two, three)] === 1
  }

  #isOpenAt(at: number, walk: Walk, reader: SpellingReader): boolean {
    const readings = reader.read(at)
    if (reader.isCut) return true
    return readings.some(({ code }) =>
      this.#byFirst.get(code)?.some(({ codes }) => {
        walk.forwards(at, codes, 0, codes.length)
        return walk.isOpen
      }),
    )
  }
}

function hash(one: number, two: number, three: number): number {
  return ((one << 10) ^ (two << 5) ^ three) & (SLOTS - 1)
}
