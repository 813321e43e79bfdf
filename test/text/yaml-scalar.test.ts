import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { typedScalar } from '../../src/text/yaml-scalar.ts'

describe('the value of an unquoted scalar', () => {
  test.each([
    ['nothing is null', '', null],
    ['a tilde is null', '~', null],
    ['null is null in three spellings', 'Null', null],
    ['nULL is text', 'nULL', 'nULL'],
    ['true is a boolean', 'true', true],
    ['FALSE is a boolean', 'FALSE', false],
    ['yes is text', 'yes', 'yes'],
    ['on is text', 'on', 'on'],
    ['digits are a number', '8080', 8080],
    ['a leading zero is decimal', '0777', 777],
    ['0o is octal', '0o17', 15],
    ['0x is hexadecimal', '0x1f', 31],
    ['0b is text', '0b101', '0b101'],
    ['an underscore makes it text', '1_000', '1_000'],
    ['a comma makes it text', '1,5', '1,5'],
    ['a leading sign is allowed', '-5', -5],
    ['a sign before 0x makes it text', '-0x1f', '-0x1f'],
    ['a decimal point makes a float', '1.50', 1.5],
    ['a version is text', '1.2.3', '1.2.3'],
    ['an exponent is allowed', '1e3', 1000],
    ['infinity', '-.inf', Number.NEGATIVE_INFINITY],
    ['not a number', '.nan', Number.NaN],
    ['a date is text', '2026-08-01', '2026-08-01'],
    ['a time is text', '12:30', '12:30'],
    ['the largest exact integer', '9007199254740991', 9007199254740991],
    ['one more stays text, so that no digit is lost', '9007199254740992', '9007199254740992'],
    ['so does one less than the smallest', '-9007199254740992', '-9007199254740992'],
    ['so does a long hexadecimal', '0xffffffffffffffff', '0xffffffffffffffff'],
    ['space around it makes it text', ' 1', ' 1'],
    ['a line break makes it text', '1\n', '1\n'],
  ])('%s: %j', (_, text, value) => {
    expect(typedScalar(text)).toEqual(value)
  })
})

const TEXTS = [
  ...['~', 'null', 'Null', 'NULL', 'nil', 'none', 'true', 'True', 'TRUE', 'tRue', 'false', 'False', 'FALSE'],
  ...['y', 'n', 'yes', 'No', 'ON', 'off', '0', '-0', '+0', '1', '+1', '-1', '00', '007', '09', '0o7', '0o8', '0O7'],
  ...['0x0', '0xAbC', '0xg', '0X1', '0b1', '1.', '.5', '-.5', '+.5', '.', '+', '1.0', '1.10', '1e5', '1E+5'],
  ...['1e-5', '1e', 'e5', '.e5', '1.e5', '.5e5', '1.5e', '.inf', '.Inf', '.INF', '-.inf', '+.inf', '.iNF', '.nan'],
  ...[
    '.NaN',
    '.NAN',
    '-.nan',
    '1_0',
    '1,0',
    '12:30:45',
    '2026-08-01',
    '1.2.3',
    '1e5e5',
    '--1',
    '0x',
    '0o',
    '1a',
    'Infinity',
  ],
]

test.each(TEXTS)('%j has the value that the yaml package gives it', (text) => {
  expect(typedScalar(text)).toEqual(parse(`- ${text}`)[0])
})

test('a long text is read quickly', () => {
  const start = performance.now()
  for (const text of ['9'.repeat(1e6), `${'9'.repeat(1e6)}x`, `${'9'.repeat(1e6)}.${'9'.repeat(1e6)}e`]) {
    expect(typedScalar(text)).toBe(text)
  }
  expect(performance.now() - start).toBeLessThan(10_000)
})
