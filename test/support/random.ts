/** A small seeded generator, so that a failing run can be repeated: `SEED=123 npm test`. */
export interface Random {
  readonly seed: number
  /** 0 ≤ x < 1 */
  next(): number
  /** A whole number below `limit`. */
  below(limit: number): number
  pick<T>(items: readonly T[]): T
}

export function seeded(seed = Number(process.env.SEED ?? Date.now() % 1_000_000)): Random {
  let state = (seed >>> 0) + 0x9e3779b9
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    seed,
    next,
    below,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new TypeError('nothing to pick from')
      return item
    },
  }
}

/** The count for `npm test`, or the full one for `npm run test:soak`. */
export function sampled(sample: number, whole: number): number {
  return process.env.SOAK ? whole : sample
}
