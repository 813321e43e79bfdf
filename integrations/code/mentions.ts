import type { Node } from './syntax.ts'

/** Whether a node's text contains one of the words. */
export type IsMentioned = (node: Node) => boolean

/**
 * Finds where a text contains any of some words, so that a walk through its syntax tree can skip nodes without any.
 * Identifiers may be written with escapes, which hide the word: if the text has such escapes, every node counts.
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

/** The index of the first offset that is at or after the given one. */
function firstFrom(start: number, offsets: readonly number[]): number {
  let [low, high] = [0, offsets.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((offsets[middle] ?? start) < start) low = middle + 1
    else high = middle
  }
  return low
}
