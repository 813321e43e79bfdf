/** A part of a pattern that is in the text byte by byte wherever the pattern is. */
export interface Anchor {
  readonly bytes: Uint8Array
  /** The index of its pattern, and the range of the pattern's characters that it covers. */
  readonly pattern: number
  readonly from: number
  readonly to: number
}

/** Tables for finding many anchors at once; up to 1.6 MB, and 8 bytes per anchor. */
export interface AnchorIndex {
  readonly anchors: readonly Anchor[]
  /** How many bytes of each anchor are in the tables: the length of the shortest, at most eight. */
  readonly width: number
  /** One less than the number of slots in each table, which is a power of two. */
  readonly mask: number
  /** How far to advance if these three bytes are at the end of the window; 0 if an anchor may end there. */
  readonly shifts: Uint8Array
  /** Whether an anchor begins with these three bytes. */
  readonly beginnings: Uint8Array
  /** The first anchor whose indexed bytes end with these three, and for each anchor the next one; -1 for none. */
  readonly first: Int32Array
  readonly next: Int32Array
}

const MAX_WIDTH = 8
const GRAM = 3
const MIN_SLOTS = 1 << 14
const MAX_SLOTS = 1 << 18
/** Enough to keep few slots occupied: each occupied one stops the search where nothing is to be found. */
const SLOTS_PER_ANCHOR = 32

/** The shortest anchor that can be searched for, in bytes. */
export const MIN_ANCHOR_LENGTH = GRAM + 1

export function indexAnchors(anchors: readonly Anchor[]): AnchorIndex {
  const width = anchors.reduce((shortest, { bytes }) => Math.min(shortest, bytes.length), MAX_WIDTH)
  const maxShift = width - GRAM + 1
  const slots = slotsFor(anchors.length)
  const mask = slots - 1
  const shifts = new Uint8Array(slots).fill(maxShift)
  const beginnings = new Uint8Array(slots)
  const first = new Int32Array(slots).fill(-1)
  const next = new Int32Array(anchors.length).fill(-1)
  for (const [index, { bytes }] of anchors.entries()) {
    for (let end = GRAM; end <= width; end++) {
      const slot = slotOf(bytes, end, mask)
      shifts[slot] = Math.min(shifts[slot] ?? 0, width - end)
    }
    beginnings[slotOf(bytes, GRAM, mask)] = 1
    const slot = slotOf(bytes, width, mask)
    next[index] = first[slot] ?? -1
    first[slot] = index
  }
  return { anchors, width, mask, shifts, beginnings, first, next }
}

/**
 * Calls back for every anchor in the text, with its offset. Uses the Wu-Manber algorithm: it looks at the end of a
 * window and advances as far as it can without missing an anchor, five or six bytes in most cases.
 */
export function eachAnchor(index: AnchorIndex, text: Uint8Array, found: (anchor: Anchor, at: number) => void): void {
  const { width, mask, shifts, beginnings, first, next, anchors } = index
  if (anchors.length === 0) return
  const { length } = text
  let end = width
  while (end <= length) {
    const slot = hash(text[end - 3] as number, text[end - 2] as number, text[end - 1] as number, mask)
    const shift = shifts[slot] as number
    if (shift > 0) {
      end += shift
      continue
    }
    const at = end - width
    if (beginnings[hash(text[at] as number, text[at + 1] as number, text[at + 2] as number, mask)] === 1) {
      for (let candidate = first[slot] as number; candidate >= 0; candidate = next[candidate] as number) {
        const anchor = anchors[candidate] as Anchor
        if (startsWith(text, at, anchor.bytes)) found(anchor, at)
      }
    }
    end++
  }
}

function slotsFor(anchors: number): number {
  let slots = MIN_SLOTS
  while (slots < anchors * SLOTS_PER_ANCHOR && slots < MAX_SLOTS) slots *= 2
  return slots
}

function slotOf(bytes: Uint8Array, end: number, mask: number): number {
  return hash(bytes[end - 3] ?? 0, bytes[end - 2] ?? 0, bytes[end - 1] ?? 0, mask)
}

/** The slot of three bytes in a table; `mask` is one less than the number of its slots, a power of two. */
export function hash(one: number, two: number, three: number, mask: number): number {
  return ((one << 10) ^ (two << 5) ^ three) & mask
}

function startsWith(text: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (text[at + index] !== bytes[index]) return false
  return true
}
