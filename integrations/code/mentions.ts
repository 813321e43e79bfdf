import type { Node } from './syntax.ts'

/** Whether a node's text holds one of the words that were looked for. */
export type IsMentioned = (node: Node) => boolean

/**
 * Where a text holds any of some words, so that a walk through its syntax tree can leave out what holds none. An
 * identifier that is written with escapes has no word to look for: where there are any, every node counts.
 *
 * @param words global, and matching whole words of identifiers
 */
export function mentionsOf(code: string, words: RegExp): IsMentioned {
  if (code.includes('\\u')) return () => true
  const offsets = Array.from(code.matchAll(words), ({ index }) => index)
  return ({ start, end }) => {
    const next = offsets[firstFrom(start, offsets)]
    return next !== undefined && next < end
  }
}

/** The index of the first offset that is not below the one given. */
function firstFrom(start: number, offsets: readonly number[]): number {
  let [low, high] = [0, offsets.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((offsets[middle] ?? start) < start) low = middle + 1
    else high = middle
  }
  return low
}
