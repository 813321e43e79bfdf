import { describe, expect, test } from 'vitest'
import { createMatcher, createStreamSearch } from '../../src/scan/index.ts'

const URL = 'postgres://app:k3yX9aLm2Q@db:5432/app'
const matcher = createMatcher([
  { name: 'DATABASE_URL', value: URL },
  { name: 'KEY', value: 'sk_live-51Hq8aZ0pQ7n' },
  { name: 'REPEATED', value: 'x'.repeat(16) },
  ...['pQ7nV3-k3yX9aLm', 'k3yX9aLm', 'k3yX9aLm2Q-7Wz'].map((value) => ({ name: value, value })),
])

function search(text: string, size: number): string[] {
  const bytes = Buffer.from(text)
  const stream = createStreamSearch(matcher)
  const found = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    stream.push(bytes.subarray(at * size, (at + 1) * size)),
  )
  return [...found, stream.end()]
    .flat()
    .map(({ name, part, line, column, start, end }) => `${name} ${part ?? ''} ${line}:${column} ${start}-${end}`)
}

describe('a search in pieces finds the same as a search of the whole', () => {
  test.each<[string, string]>([
    ['no match', 'nothing\n'],
    ['one match', `a\n\nb ${URL} c`],
    [
      'several matches, with their lines and columns',
      `é😀 sk_live-51Hq8aZ0pQ7n\n漢${URL}\r\nk3yX9aLm2Q sk_live-51Hq8aZ0pQ7n`,
    ],
    ['an encoded match', `"${encodeURIComponent(URL)}"`],
    ['a secret with which a longer one begins', 'k3yX9aLm2Q-7Wz, k3yX9aLm2Q-7Zw'],
    ['a secret within another, where a longer one could begin', 'pQ7nV3-k3yX9aLm, pQ7nV3-k3yX9aLm2Q-7Wz'],
    ['matches before and after a line break', `sk_live-51Hq8aZ0pQ7n\n${URL}`],
  ])('%s', (_what, text) => {
    const whole = matcher.find(text).map(({ name, start, end }) => `${name} ${start}-${end}`)
    for (const size of [1, 2, 3, 7, 16, 1000]) {
      const found = search(text, size)
      expect(found).toEqual(search(text, 100_000))
      expect(found.map((each) => each.replace(/ \w* \d+:\d+/, ''))).toEqual(whole)
    }
  })
  test('with the line, column and offsets of each match', () => {
    expect(search(`é😀 k3yX9aLm2Q\n漢${URL}`, 5)).toEqual(['DATABASE_URL password 1:5 7-17', 'DATABASE_URL  2:2 21-58'])
  })
})
