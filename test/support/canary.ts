import type { Random } from './random.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const WINDOW = 8

/** A string of 32 characters that occurs nowhere by chance. */
export function newCanary(random: Random): string {
  return Array.from({ length: 32 }, () => ALPHABET[random.below(ALPHABET.length)]).join('')
}

/**
 * The first eight consecutive characters of a canary, plain or encoded, that a text contains; undefined if it contains
 * none.
 */
export function traceOf(text: string, canary: string): string | undefined {
  const windows = new Set<string>()
  for (let at = 0; at + WINDOW <= text.length; at++) windows.add(text.slice(at, at + WINDOW))
  for (const form of formsOf(canary)) {
    for (let at = 0; at + WINDOW <= form.length; at++) {
      const piece = form.slice(at, at + WINDOW)
      if (windows.has(piece)) return piece
    }
  }
  return undefined
}

/** Plain, in base64 at each of three alignments, in base64url, in hex, percent-encoded and as JSON escapes it. */
function formsOf(canary: string): readonly string[] {
  const bytes = Buffer.from(canary)
  // The characters at the edges also depend on their neighbours.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  const escaped = [...canary].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  return [canary, ...base64, bytes.toString('hex'), percent, percent.toUpperCase(), escaped]
}
