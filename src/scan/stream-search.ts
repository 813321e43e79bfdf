import type { Match, Matcher } from './matcher.ts'

/** A match in text that arrives in chunks, with its position. */
export interface LocatedMatch extends Match {
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 units, as editors count. */
  readonly column: number
}

/** Finds secrets in text that arrives in chunks; `start` and `end` are offsets in the whole text. */
export interface StreamSearch {
  /** Returns the matches that this chunk has made certain. */
  push(chunk: Uint8Array): readonly LocatedMatch[]
  end(): readonly LocatedMatch[]
}

/** Searches text of any length with little memory: it keeps only an end that may be the beginning of a secret. */
export function createStreamSearch(matcher: Matcher): StreamSearch {
  return new Search(matcher)
}

class Search implements StreamSearch {
  readonly #matcher: Matcher
  #kept: Uint8Array = new Uint8Array()
  /** The offset at which the kept text begins. */
  #offset = 0
  /** Where the last match ends. */
  #reached = -1
  #line = 1
  #column = 1

  constructor(matcher: Matcher) {
    this.#matcher = matcher
  }

  push(chunk: Uint8Array): readonly LocatedMatch[] {
    const text = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    const { matches, openFrom } = this.#matcher.findOpen(text)
    return this.#take(text, matches, openFrom)
  }

  end(): readonly LocatedMatch[] {
    return this.#take(this.#kept, this.#matcher.find(this.#kept), this.#kept.length)
  }

  #take(text: Uint8Array, matches: readonly Match[], cut: number): readonly LocatedMatch[] {
    const offset = this.#offset
    let at = 0
    const located: LocatedMatch[] = []
    for (const match of matches) {
      if (match.start >= cut) break
      // A match inside one that was reported before is not reported.
      if (offset + match.end <= this.#reached) continue
      this.#advance(text.subarray(at, match.start))
      at = match.start
      const [start, end] = [offset + match.start, offset + match.end]
      located.push({ ...match, start, end, line: this.#line, column: this.#column })
      this.#reached = end
    }
    this.#advance(text.subarray(at, cut))
    this.#kept = Uint8Array.prototype.slice.call(text, cut)
    this.#offset += cut
    return located
  }

  #advance(text: Uint8Array): void {
    let from = 0
    for (let at = text.indexOf(0x0a); at >= 0; at = text.indexOf(0x0a, from)) {
      this.#line++
      this.#column = 1
      from = at + 1
    }
    // Bytes that begin a character; a character of four bytes takes two units.
    for (let at = from; at < text.length; at++) {
      const byte = text[at] as number
      if (byte < 0x80 || byte >= 0xc0) this.#column += byte >= 0xf0 ? 2 : 1
    }
  }
}
