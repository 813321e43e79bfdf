import { isEscapeLead, MAX_SPELLING_LENGTH, mayEndEscape, type SpellingReader } from './spelling.ts'

/** Follows characters through text, in any spelling, forwards and backwards from an offset. */
export class Walk {
  readonly #text: Uint8Array
  readonly #reader: SpellingReader
  /** Whether the last forward walk reached the end of the text and could have continued. */
  isOpen = false

  constructor(text: Uint8Array, reader: SpellingReader) {
    this.#text = text
    this.#reader = reader
  }

  /** Where `codes[from..to)` ends if it begins at `at`; the farthest of several ends, -1 for none. */
  forwards(at: number, codes: Uint32Array, from: number, to: number): number {
    const text = this.#text
    this.isOpen = false
    let place = at
    for (let index = from; index < to; index++) {
      const byte = text[place]
      if (byte === undefined) {
        this.isOpen = true
        return -1
      }
      if (byte >= 0x80 || isEscapeLead(byte)) return this.#forwardsFrom([place], codes, index, to)
      if (byte !== codes[index]) return -1
      place++
    }
    return place
  }

  /** The same, if there may be several readings. */
  #forwardsFrom(start: readonly number[], codes: Uint32Array, from: number, to: number): number {
    const reader = this.#reader
    let places = start
    for (let index = from; index < to; index++) {
      const next: number[] = []
      for (const place of places) {
        const { readings, isCut } = reader.read(place)
        for (const { code, end } of readings) if (code === codes[index]) addOnce(next, end)
        if (isCut) this.isOpen = true
      }
      if (next.length === 0) return -1
      places = next
    }
    return Math.max(...places)
  }

  /** Where `codes[0..to)` begins if it ends at `end`; the first of several offsets, -1 for none. */
  backwards(end: number, codes: Uint32Array, to: number): number {
    let places = [end]
    for (let index = to - 1; index >= 0; index--) {
      const code = codes[index] as number
      const before: number[] = []
      for (const place of places) this.#before(place, code, before)
      if (before.length === 0) return -1
      places = before
    }
    return Math.min(...places)
  }

  #before(end: number, code: number, starts: number[]): void {
    const text = this.#text
    const last = text[end - 1]
    if (last === undefined) return
    if (code < 0x80 && last === code) addOnce(starts, end - 1)
    const isOther = last >= 0x80 || (code === 0x20 && last === 0x2b) || (code === 0x0a && text[end - 2] === 0x0d)
    if (!isOther && !mayEndEscape(text, end)) return
    const reader = this.#reader
    for (let at = end - 1; at >= Math.max(0, end - MAX_SPELLING_LENGTH); at--) {
      const byte = text[at] as number
      if (byte < 0x80 && !isEscapeLead(byte)) continue
      if (reader.read(at).readings.some((reading) => reading.code === code && reading.end === end)) addOnce(starts, at)
    }
  }
}

function addOnce(list: number[], item: number): void {
  if (!list.includes(item)) list.push(item)
}
