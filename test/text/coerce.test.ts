import { describe, expect, test } from 'vitest'
import { toBoolean, toJson, toList, toNumber } from '../../src/text/coerce.ts'

describe('as a boolean', () => {
  const cases = (word: string): string[] => [
    word,
    word.toUpperCase(),
    word.charAt(0).toUpperCase() + word.slice(1),
    ` ${word}\n`,
  ]
  test.each(['true', 'yes', 'on', '1'].flatMap(cases))('%j is true', (text) => {
    expect(toBoolean(text)).toBe(true)
  })
  test.each(['false', 'no', 'off', '0'].flatMap(cases))('%j is false', (text) => {
    expect(toBoolean(text)).toBe(false)
  })
  test.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
  ])('%j is %j', (value, expected) => {
    expect(toBoolean(value)).toBe(expected)
  })
  test.each([
    '',
    ' ',
    'maybe',
    'y',
    'n',
    't',
    'f',
    '2',
    '-1',
    '01',
    '1.0',
    'truee',
    'enabled',
    'null',
    2,
    -1,
    0.5,
    Number.NaN,
    null,
    undefined,
    [],
    {},
    [true],
  ])('%j is neither', (value) => {
    expect(toBoolean(value)).toBeUndefined()
  })
})

describe('as a number', () => {
  test.each<[unknown, number]>([
    ['0', 0],
    ['42', 42],
    ['-42', -42],
    ['+42', 42],
    ['007', 7],
    [' 42 ', 42],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['0x1f', 31],
    ['0o17', 15],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    [42, 42],
    [-0.5, -0.5],
  ])('%j is %j', (value, expected) => {
    expect(toNumber(value)).toBe(expected)
  })
  test.each([
    '',
    ' ',
    'a',
    '1a',
    '1 2',
    '1,5',
    '1_000',
    '--1',
    '0b1',
    '0x',
    '1e',
    'NaN',
    'Infinity',
    '.inf',
    '-.inf',
    '.nan',
    'true',
    'null',
    '~',
    '9007199254740993',
    '1e999',
    '٣',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    null,
    undefined,
    [],
    {},
    ['1'],
  ])('%s is not a number', (value) => {
    expect(toNumber(value)).toBeUndefined()
  })
})

describe('as a list', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' ', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a b', ['a b']],
    ['a,,b', ['a', '', 'b']],
    ['http://a.example,http://b.example:1', ['http://a.example', 'http://b.example:1']],
    ['["a","b,c"]', ['a', 'b,c']],
    [' [ "a" ] ', ['a']],
    ['["[a", "b,"]', ['[a', 'b,']],
    ['[1, 2.50]', ['1', '2.50']],
    [' [ 12345678901234567890 ,true] ', ['12345678901234567890', 'true']],
    ['[]', []],
    ['a, b,', ['a', 'b']],
    ['a, b,,', ['a', 'b', '']],
    ['[::1], [::2]:80', ['[::1]', '[::2]:80']],
    ['{"a": 1}', ['{"a": 1}']],
  ])('%j is %j', (text, expected) => {
    expect(toList(text)).toEqual(expected)
  })
  test.each(['[a, b]', '["a,b", 1]', '[[1], 2]', '["a"', '["a", null]', '{"a": 1, "b": 2}', '{a,b}.example', 'a,b]'])(
    '%j is not a list, since its commas do not separate items',
    (text) => {
      expect(toList(text)).toBeUndefined()
    },
  )
})

describe('as JSON', () => {
  test.each<[string, unknown]>([
    ['{}', {}],
    [' {"a": {"b": [1, null]}}\n', { a: { b: [1, null] } }],
    ['[{"a": 1}]', [{ a: 1 }]],
    ['["a", 1]', ['a', 1]],
    ['[null]', [null]],
  ])('%j is %j', (text, expected) => {
    expect(toJson(text)).toEqual(expected)
  })
  test.each(['', 'a', '1', '"a"', 'null', '{a: 1}', '{"a": 1', '["a"]', '[1, true]', '[a]'])(
    '%j is undefined',
    (text) => {
      expect(toJson(text)).toBeUndefined()
    },
  )
  test.each([
    '{"__proto__": {"a": 1}}',
    '{"constructor": 1}',
    '[{"a": {"__proto__": 1}}]',
    `${'['.repeat(65)}{}${']'.repeat(65)}`,
    '['.repeat(100_000),
  ])('what no file may contain is undefined: %#', (text) => {
    expect(toJson(text)).toBeUndefined()
  })
})
