import { describe, expect, test } from 'vitest'
import { formatPath, parsePath } from '../src/path.ts'
import { sampled, seeded } from './support/random.ts'

describe('a path as text', () => {
  test.each<[readonly (string | number)[], string]>([
    [['a'], 'a'],
    [['a', 'b', 'c'], 'a.b.c'],
    [['a', 0], 'a[0]'],
    [['a', 0, 1, 'b'], 'a[0][1].b'],
    [[0, 'a'], '[0].a'],
    [['a', '0'], 'a.0'],
    [['a', 'b.c'], 'a["b.c"]'],
    [['b.c'], '["b.c"]'],
    [['a', ''], 'a[""]'],
    [['a', 'b c', 'd'], 'a["b c"].d'],
    [['a', 'say "hi"'], 'a["say \\"hi\\""]'],
    [['a', 'back\\slash'], 'a["back\\\\slash"]'],
    [['a', '[0]'], 'a["[0]"]'],
    [['größe', '日本', '$ref', 'x-y', '_'], 'größe.日本.$ref.x-y._'],
    [['a', 'line\nbreak', 'tab\t'], 'a["line\\nbreak"]["tab\\t"]'],
    [['a', '\u001b[31m'], 'a["\\u001b[31m"]'],
    [['__proto__'], '__proto__'],
  ])('for %j is %s, and is parsed back', (path, text) => {
    expect(formatPath(path)).toBe(text)
    expect(parsePath(text)).toEqual(path)
  })
  test('is empty for a path without steps', () => {
    expect(formatPath([])).toBe('')
  })
  test.each<[string, readonly (string | number)[]]>([
    ['["a"].b', ['a', 'b']],
    ['["a"]["b"]', ['a', 'b']],
    ['a["b"].c', ['a', 'b', 'c']],
    ['a b', ['a b']],
    ['a.b c', ['a', 'b c']],
    ['a["\\u0041"]', ['a', 'A']],
    ['a[007]', ['a', 7]],
    ["it's", ["it's"]],
  ])('may also be %s', (text, path) => {
    expect(parsePath(text)).toEqual(path)
  })
  test.each([
    '',
    '.',
    '..',
    'a.',
    '.a',
    'a..b',
    'a[',
    'a]',
    'a[]',
    'a[x]',
    'a[-1]',
    'a[1.5]',
    'a["b',
    'a["b"',
    'a["b]',
    "a['b']",
    'a["b"].',
    'a["b"]c',
    'a[1]b',
    'a[1].',
    'a.[1]',
    'a."b"[',
    'a["\\x"]',
    'a["\n"]',
    'a[12345678901]',
    '[0',
  ])('is not %j', (text) => {
    expect(parsePath(text)).toBeUndefined()
  })
  test('can be written and parsed back for any path', () => {
    const random = seeded()
    const pieces = [
      'a',
      'B',
      '_',
      '-',
      '$',
      '.',
      '[',
      ']',
      '"',
      "'",
      '\\',
      ' ',
      '\n',
      '\0',
      'é',
      '日',
      '👍',
      '\ud800',
      '0',
      '\u202e',
      '\u2028',
      '[0]',
      '"]',
    ]
    for (let count = 0; count < sampled(3000, 100_000); count++) {
      const path = Array.from({ length: 1 + random.below(5) }, () =>
        random.below(4) === 0
          ? random.below(1000)
          : Array.from({ length: random.below(6) }, () => random.pick(pieces)).join(''),
      )
      expect(parsePath(formatPath(path)), `seed ${random.seed}`).toEqual(path)
    }
  })
  test('can be written and parsed back if it comes from random text', () => {
    const random = seeded()
    const pieces = ['a', 'b', '.', '[', ']', '"', '\\', '0', '1', '["', '"]', ' ', '-']
    for (let count = 0; count < sampled(5000, 200_000); count++) {
      const text = Array.from({ length: random.below(10) }, () => random.pick(pieces)).join('')
      const path = parsePath(text)
      if (path !== undefined) expect(parsePath(formatPath(path)), `${text}, seed ${random.seed}`).toEqual(path)
    }
  })
})
