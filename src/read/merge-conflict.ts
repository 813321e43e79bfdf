/** What the lines of a merge conflict mean, which git writes into a file for somebody to resolve. */
export const MERGE_CONFLICT = {
  message: 'begins a merge conflict that is not resolved',
  remedy: 'keep one of the two versions, and remove the lines <<<<<<<, ======= and >>>>>>>',
} as const

/** In the order in which they occur, each as a whole line; git adds the names of the versions to the outer two. */
const MARKERS = [/^<{7}(?: .*)?$/gm, /^={7}$/gm, /^>{7}(?: .*)?$/gm]

/** The offset of the first line of a merge conflict; undefined if the text has none. */
export function mergeConflictIn(text: string): number | undefined {
  let start: number | undefined
  let from = 0
  for (const marker of MARKERS) {
    marker.lastIndex = from
    const match = marker.exec(text)
    if (!match) return undefined
    start ??= match.index
    from = marker.lastIndex
  }
  return start
}
