import { describe, expect, test } from 'vitest'
import { nearest } from '../../src/errors/suggest.ts'
import { sampled, seeded } from '../support/random.ts'

describe('the nearest word', () => {
  test.each<[string, string[], string | undefined]>([
    ['prot', ['port', 'host'], 'port'],
    ['prt', ['port', 'host'], 'port'],
    ['pport', ['port', 'host'], 'port'],
    ['posrt', ['port', 'host'], 'port'],
    ['isuer', ['issuer', 'user'], 'issuer'],
    ['environmnt', ['environment'], 'environment'],
    ['envronmnt', ['environment'], 'environment'],
    ['enviromet', ['environment'], 'environment'],
    ['evrmet', ['environment'], undefined],
    ['ab', ['xy'], undefined],
    ['ab', ['ax'], undefined],
    ['ab', ['ba'], undefined],
    ['dv', ['dev'], 'dev'],
    ['abc', ['abx'], 'abx'],
    ['abcd', ['abxy'], undefined],
    ['abcde', ['abcxy'], undefined],
    ['abcde', ['abcxyz', 'abcdx'], 'abcdx'],
    ['abcdef', ['abcdxy'], 'abcdxy'],
    ['sevre', ['server'], 'server'],
    ['title', ['site'], undefined],
    ['a', ['b', 'ab'], undefined],
    ['port', ['port'], undefined],
    ['port', ['port', 'ports'], 'ports'],
    ['', ['a', 'ab', 'abc'], undefined],
    ['a', [], undefined],
    ['abcdef', ['abcdxy', 'abcdex'], 'abcdex'],
    ['abcdef', ['abcdex', 'abcdey'], 'abcdex'],
  ])('to %s among %j is %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected)
  })

  /** Optimal string alignment, straight from its definition. */
  function distance(from: string, to: string): number {
    const table: number[][] = [...Array(from.length + 1)].map((_, row) => [row])
    const at = (row: number, column: number): number => table[row]?.[column] ?? 0
    for (let column = 0; column <= to.length; column++) (table[0] as number[])[column] = column
    for (let row = 1; row <= from.length; row++)
      for (let column = 1; column <= to.length; column++) {
        const same = from[row - 1] === to[column - 1] ? 0 : 1
        const costs = [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same]
        if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
          costs.push(at(row - 2, column - 2) + 1)
        ;(table[row] as number[])[column] = Math.min(...costs)
      }
    return at(from.length, to.length)
  }

  test('matches the definition of the edit distance for random words', () => {
    const random = seeded()
    const word = (): string => Array.from({ length: random.below(9) }, () => random.pick(['a', 'b', 'c', '_'])).join('')
    for (let count = 0; count < sampled(2000, 50_000); count++) {
      const typed = word()
      const candidates = Array.from({ length: 6 }, word)
      const most = (candidate: string): number => Math.min(2, Math.floor(Math.max(typed.length, candidate.length) / 3))
      const ranked = candidates
        .map((candidate) => ({ candidate, edits: distance(typed, candidate) }))
        .filter(({ candidate, edits }) => edits > 0 && edits <= most(candidate))
        .sort((one, other) => one.edits - other.edits)
      expect(nearest(typed, candidates), `${typed} among ${candidates.join()}, seed ${random.seed}`).toBe(
        ranked[0]?.candidate,
      )
    }
  })
  test('is not searched for among words of very different length', () => {
    const start = performance.now()
    expect(nearest('x'.repeat(100_000), ['y'.repeat(100_003), 'short', ''])).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
