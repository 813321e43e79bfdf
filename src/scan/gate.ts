import type { Match, Matcher } from './matcher.ts'

/** Passes on bytes that arrive in chunks, until a secret is found in them. */
export interface Gate {
  /**
   * Returns what can be passed on, which is the chunk itself if nothing is held back, or the secret that was found. Only
   * an end that may be the beginning of a secret is held back.
   */
  push(chunk: Uint8Array): Uint8Array | Match
  /**
   * Returns the rest, with the last chunk, or the secret that was found in it. Changes nothing, so that an end that fails
   * can be tried again.
   */
  end(last?: Uint8Array): Uint8Array | Match
}

/** Creates a gate for one stream. After a match it must not be used again. */
export function createGate(matcher: Matcher): Gate {
  let held: Uint8Array = new Uint8Array()
  const afterHeld = (chunk: Uint8Array): Uint8Array => (held.length === 0 ? chunk : Buffer.concat([held, chunk]))
  return {
    push(chunk) {
      const text = afterHeld(chunk)
      const { matches, openFrom } = matcher.findOpen(text)
      const [found] = matches
      if (found) return found
      // A copy, since the owner of the chunk may overwrite it.
      held = Uint8Array.prototype.slice.call(text, openFrom)
      return openFrom === text.length ? text : text.subarray(0, openFrom)
    },
    end(last) {
      const text = last ? afterHeld(last) : held
      const [found] = matcher.find(text)
      return found ?? text
    },
  }
}
