/**
 * Returns the candidate that a mistyped word was probably meant to be, or undefined: at most two edits away, and at
 * most one edit per three letters, as in Cargo, since short words are similar to many others.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = 3
  for (const candidate of candidates) {
    const limit = Math.min(bestDistance, Math.floor(Math.max(word.length, candidate.length) / 3) + 1)
    const distance = editDistance(word, candidate, limit)
    if (distance > 0 && distance < limit) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The edit distance, with a swap of neighbours as one edit; stops counting at `limit`. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let beforePrevious: number[] = []
  let previous: number[] = []
  for (let column = 0; column <= to.length; column++) previous.push(column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    let rowMinimum = row
    for (let column = 1; column <= to.length; column++) {
      const above = previous[column] ?? 0
      const left = current[column - 1] ?? 0
      const diagonal = previous[column - 1] ?? 0
      const isSame = from.charCodeAt(row - 1) === to.charCodeAt(column - 1)
      let cost = Math.min(above + 1, left + 1, diagonal + (isSame ? 0 : 1))
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (isSwap) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1)
      current.push(cost)
      if (cost < rowMinimum) rowMinimum = cost
    }
    if (rowMinimum >= limit) return limit
    beforePrevious = previous
    previous = current
  }
  return Math.min(previous[to.length] ?? limit, limit)
}
