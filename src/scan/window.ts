import type { SecretText } from './secret-parts.ts'
import { isUnchangedCode } from './window-spellings.ts'

/** Which characters of a pattern to search for. */
interface Window {
  readonly from: number
  readonly to: number
}

const WINDOW_BYTES = 8
/** Only windows that begin within this many characters are compared. */
const MAX_COMPARED = 512

/**
 * The best part of a pattern to search for: one that has no characters that encodings change, is in no other secret
 * (many begin alike), is rare in text, and comes early.
 */
export function windowOf(codes: Uint32Array, shared: ReadonlyMap<string, number> | undefined): Window {
  let best: Window = { from: 0, to: codes.length }
  let lowestCost = Number.POSITIVE_INFINITY
  for (let from = 0; from < Math.min(codes.length, MAX_COMPARED); from++) {
    const positionCost = from / 4
    // No window costs less than its position.
    if (positionCost >= lowestCost) break
    const to = windowEnd(codes, from)
    if (to === undefined) break
    let cost = positionCost
    for (let at = from; at < to && cost < lowestCost; at++) cost += costOf(codes[at] ?? 0)
    if (cost >= lowestCost) continue
    const window = codes.subarray(from, to)
    const others = shared === undefined ? 0 : (shared.get(String.fromCodePoint(...window)) ?? 1) - 1
    cost += others * 200 + repetition(window)
    if (cost < lowestCost) {
      lowestCost = cost
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

/** If a repetitive window is in repetitive text, it would match at every offset. */
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

/** How many texts contain each window of eight characters. */
export function gramsIn(texts: readonly SecretText[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of texts) {
    const grams = new Set<string>()
    for (let at = 0; at + WINDOW_BYTES <= Math.min(text.length, MAX_COMPARED); at++)
      grams.add(text.slice(at, at + WINDOW_BYTES))
    for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}
