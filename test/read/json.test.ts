import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { collectProblems, type Problem } from '../../src/errors/errors.ts'
import { LIMITS } from '../../src/read/guard.ts'
import { parseJson } from '../../src/read/json.ts'
import { repeatsSecret } from '../../src/secrets/secret.ts'
import { nodeAt, toPlain } from '../../src/tree.ts'
import type { MapNode, Path, Source } from '../../src/types.ts'
import { bundleForChild } from '../support/bundle.ts'
import { type Random, sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'
import type { ChildReport } from './parse-child.ts'

function sourceOf(text: string, confidential = false): Source {
  return { layer: 'secrets', file: 'secrets.json', text, confidential }
}

function read(text: string): { node: MapNode | undefined; errors: readonly Problem[] } {
  const problems = collectProblems()
  const node = parseJson(sourceOf(text), problems)
  expect(node === undefined).toBe(problems.errors.length > 0)
  expect(problems.warnings).toEqual([])
  return { node, errors: problems.errors }
}

/** `CODE line:column key message`, one an error. */
function errorsOf(text: string): string[] {
  const { errors } = read(text)
  for (const { remedy } of errors) expect(remedy).toMatch(/./)
  return errors.map(({ code, line, column, key, message }) =>
    [code, `${line}:${column}`, key, message].filter((part) => part !== undefined).join(' '),
  )
}

const OBJECTS = [
  '{}',
  ' { } ',
  '{"a":1}',
  '{"a": -1.5e3, "b": 0, "c": 1E5, "d": 0.1}',
  '{"a": true, "b": false, "c": null}',
  '{"a": {"b": {"c": []}}, "d": [1, [2, [3]], {"e": 4}]}',
  '{"a": "", "b": " ", "": "c"}',
  '{"a": "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"}',
  '{"é": "你好 😀"}',
  '{\n\t"a": 1,\r\n  "b": 2\n}\n',
  '{"toString": 1, "hasOwnProperty": 2, "__proto": 3}',
  '{"a b": 1, "c.d": 2, "1": 3}',
]

test.each(OBJECTS)('%j has the value that JSON.parse gives it', (text) => {
  const { node, errors } = read(text)
  expect(errors).toEqual([])
  expect(node && toPlain(node)).toEqual(JSON.parse(text))
})

test.each([
  [
    '{"a": "C:\\users"}',
    '{"a": "C:\\\\users"}',
    'write \\u00e9 or the character itself; write a backslash itself as \\\\',
  ],
  ['{"a": 1,, "b": 2}', '{"a": 1, "b": 2}', 'write keys in double quotes, and one comma between two entries'],
])('the remedy for %s works', (wrong, right, remedy) => {
  expect(read(wrong).errors).toMatchObject([{ remedy }])
  expect(errorsOf(right)).toEqual([])
})

describe('the parser accepts, other than JSON itself,', () => {
  test.each([
    ['comments to the end of the line', '// one\n{ // two\n"a": 1 // three\n} // four', { a: 1 }],
    ['comments in between', '/* one */ {/**/"a"/* : 2 */:/*\n*/1} /* end */', { a: 1 }],
    ['trailing commas', '{"a": [1, 2,], "b": {"c": 3,},}', { a: [1, 2], b: { c: 3 } }],
    ['what looks like a comment in a string', '{"a": "http://b/*c*/"}', { a: 'http://b/*c*/' }],
    ['an integer beyond ±2^53, whose digits it keeps', '{"a": 12345678901234567890}', { a: '12345678901234567890' }],
  ])('%s', (_, text, value) => {
    const { node, errors } = read(text)
    expect(errors).toEqual([])
    expect(node && toPlain(node)).toEqual(value)
  })
})

describe('every value has its position and is literal', () => {
  const text = '{ // comment\n  "a": "${A}",\n  "b": [1, {"c": true}],\n  "d": 1.10\n}'
  const { node } = read(text)

  test.each<[Path, string]>([
    [[], '{ //'],
    [['a'], '"${A}"'],
    [['b'], '[1'],
    [['b', 0], '1,'],
    [['b', 1], '{"c"'],
    [['b', 1, 'c'], 'true'],
    [['d'], '1.10'],
  ])('%j starts at %j', (path, start) => {
    const found = nodeAt(node, path)
    expect(text.slice(found?.offset).startsWith(start)).toBe(true)
    if (found?.kind === 'scalar') expect(found.style).toBe('literal')
  })

  test('a number keeps its text, if that says more', () => {
    expect(nodeAt(node, ['d'])).toMatchObject({ value: 1.1, text: '1.10' })
    expect(nodeAt(node, ['b', 0])).not.toHaveProperty('text')
  })
})

describe('an error is reported with its position', () => {
  test.each([
    ['an empty text', '', 'SYNTAX 1:1 is not a JSON object'],
    ['only a comment', '// a', 'SYNTAX 1:5 is not a JSON object'],
    ['a list', '[1]', 'SYNTAX 1:1 is not a JSON object'],
    ['a string', '"a"', 'SYNTAX 1:1 is not a JSON object'],
    ['null', 'null', 'SYNTAX 1:1 is not a JSON object'],
    ['a duplicate key', '{"a": 1,\n "a": 2}', 'DUPLICATE_KEY 2:2 a is the same key as on line 1'],
    [
      'a duplicate key, written in two ways',
      '{"a": {"b": 1, "\\u0062": 2}}',
      'DUPLICATE_KEY 1:16 a.b is the same key as on line 1',
    ],
    ['__proto__', '{"__proto__": {"a": 1}}', 'FORBIDDEN_KEY 1:2 __proto__ is a key that reaches an object’s prototype'],
    [
      '__proto__ written with an escape',
      '{"\\u005f_proto__": 1}',
      'FORBIDDEN_KEY 1:2 __proto__ is a key that reaches an object’s prototype',
    ],
    [
      'constructor',
      '{"a": [{"constructor": 1}]}',
      'FORBIDDEN_KEY 1:9 a[0].constructor is a key that reaches an object’s prototype',
    ],
    ['prototype', '{"prototype": 1}', 'FORBIDDEN_KEY 1:2 prototype is a key that reaches an object’s prototype'],
    [
      'half of a surrogate pair',
      '{"a": "\\ud83d"}',
      'ENCODING 1:7 a contains half of a surrogate pair, which is not valid text',
    ],
    [
      'half a pair in a key',
      '{"\\udc00": 1}',
      'ENCODING 1:2 contains half of a surrogate pair, which is not valid text',
    ],
    ['a NUL', '{"a": "\\u0000"}', 'ENCODING 1:7 a contains a NUL character'],
    ['an open brace', '{"a": 1', 'SYNTAX 1:8 ends unexpectedly'],
    ['an open bracket', '{"a": [1,', 'SYNTAX 1:10 a[1] ends unexpectedly'],
    ['nothing after a colon', '{"a":', 'SYNTAX 1:6 a ends unexpectedly'],
    ['the wrong bracket', '{"a": [1}', 'SYNTAX 1:9 a has no comma between two entries'],
    ['no comma', '{"a": 1\n "b": 2}', 'SYNTAX 2:2 has no comma between two entries'],
    ['two commas', '{"a": 1,, "b": 2}', 'SYNTAX 1:9 has something other than a key here'],
    ['a comma alone', '{"a": [,]}', 'SYNTAX 1:8 a[0] has something other than a value here'],
    ['no colon', '{"a" 1}', 'SYNTAX 1:6 a has a key without a colon after it'],
    ['no value', '{"a": }', 'SYNTAX 1:7 a has something other than a value here'],
    ['a key without quotes', '{a: 1}', 'SYNTAX 1:2 has something other than a key here'],
    ['a value without quotes', '{"a": hello}', 'SYNTAX 1:7 a has something other than a value here'],
    ['single quotes', "{'a': 1}", 'SYNTAX 1:2 has something other than a key here'],
    ['a key in typographic quotes', '{“a”: 1}', 'SYNTAX 1:2 has a typographic quote here'],
    ['a value in typographic quotes', '{"a": “b c”}', 'SYNTAX 1:7 a has a typographic quote here'],
    ['an unclosed string', '{"a": "b\n}', 'SYNTAX 1:7 a has a string that is never closed'],
    ['an unclosed comment', '{"a": 1 /* b }', 'SYNTAX 1:9 a has a comment that is never closed'],
    ['an incomplete number', '{"a": 1.}', 'SYNTAX 1:7 a has an incomplete number'],
    ['a leading zero', '{"a": 012}', 'SYNTAX 1:8 has no comma between two entries'],
    ['a plus sign', '{"a": +1}', 'SYNTAX 1:7 a has something other than a value here'],
    ['NaN', '{"a": NaN}', 'SYNTAX 1:7 a has something other than a value here'],
    ['an unknown escape', '{"a": "\\d"}', 'SYNTAX 1:7 a has a backslash before a character that cannot be escaped'],
    ['half an escape', '{"a": "\\u00"}', 'SYNTAX 1:7 a has a \\u without four hexadecimal digits after it'],
    ['a tab in a string', '{"a": "\t"}', 'SYNTAX 1:7 a has a control character in a string'],
    ['text after the end', '{} x', 'SYNTAX 1:4 has text after its end'],
    ['a second object', '{}{}', 'SYNTAX 1:3 has text after its end'],
  ])('%s', (_, text, error) => {
    expect(errorsOf(text)).toEqual([error])
  })

  test('with all others at once, in the order of the lines', () => {
    expect(errorsOf('{"a": 1,\n"a": 2,\n"__proto__": 3,\n"b": "\\ud800",\n"c"}')).toEqual([
      'DUPLICATE_KEY 2:1 a is the same key as on line 1',
      'FORBIDDEN_KEY 3:1 __proto__ is a key that reaches an object’s prototype',
      'ENCODING 4:6 b contains half of a surrogate pair, which is not valid text',
      'SYNTAX 5:4 c has a key without a colon after it',
    ])
  })

  test('but none after a broken string or number', () => {
    expect(errorsOf('{"a": "\\d",\n"b": hello}')).toEqual([
      'SYNTAX 1:7 a has a backslash before a character that cannot be escaped',
    ])
  })

  test('up to ten of them', () => {
    expect(errorsOf(`{${'"a": 1,\n'.repeat(50)}}`)).toHaveLength(LIMITS.errors)
    expect(errorsOf(`{${'"__proto__": 1,\n'.repeat(50)}}`)).toHaveLength(LIMITS.errors)
  })

  test('without a key in a confidential text, whose secrets a mistake may turn into keys', () => {
    const problems = collectProblems()
    parseJson(sourceOf('{"hunter2-hunter2": 1, "hunter2-hunter2": 2}', true), problems)
    expect(problems.errors).toMatchObject([{ code: 'DUPLICATE_KEY', line: 1, column: 24 }])
    expect(JSON.stringify(problems.errors)).not.toContain('hunter2')
  })
})

test('64 levels are read, one more is an error', () => {
  const nested = (depth: number): string => `{"a": ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  expect(read(nested(LIMITS.depth)).errors).toEqual([])
  expect(errorsOf(nested(LIMITS.depth + 1))).toEqual(['TOO_DEEP 1:70 is nested more than 64 levels deep'])
  const maps = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  expect(read(maps(LIMITS.depth)).errors).toEqual([])
  expect(errorsOf(maps(LIMITS.depth + 1))).toEqual(['TOO_DEEP 1:321 is nested more than 64 levels deep'])
})

const FAMILIES: readonly [string, (size: number) => string][] = [
  ['spaces', (size) => `{${' '.repeat(size)}}`],
  ['comments', (size) => `{${'/**/'.repeat(size / 4)}}`],
  ['slashes', (size) => `{${'/'.repeat(size)}`],
  ['escapes', (size) => `{"a": "${'\\u0041'.repeat(size / 6)}"}`],
  ['backslashes', (size) => `{"a": "${'\\'.repeat(size)}`],
  ['digits', (size) => `{"a": ${'9'.repeat(size)}}`],
  ['items', (size) => `{"a": [${'1,'.repeat(size / 2)}]}`],
  ['one key again and again', (size) => `{${'"a":1,'.repeat(size / 6)}}`],
  ['keys', (size) => `{${Array.from({ length: size / 12 }, (_, at) => `"k${at}": 1,`).join('')}}`],
]

describe('a text is parsed in linear time', () => {
  const small = 60_000
  test.each(FAMILIES)('%s', { timeout: 60_000 }, (_, make) => {
    const time = (size: number): number => {
      const text = make(size)
      return processorTime(() => parseJson(sourceOf(text), collectProblems()))
    }
    time(small)
    // 16 times the text takes 16 times as long, and 256 times if the time is squared. Noise is let pass, by trying again.
    const isLinear = (): boolean => time(16 * small) < 60 * time(small) + 300
    expect(isLinear() || isLinear() || isLinear()).toBe(true)
  })
})

/** In milliseconds; unlike the clock it does not count other processes. */
function processorTime(action: () => unknown): number {
  const before = process.cpuUsage()
  action()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const EXTREMES: readonly [string, string, string | undefined][] = [
  ['1,000 nested lists', `{"a": ${'['.repeat(1000)}${']'.repeat(1000)}}`, 'TOO_DEEP'],
  ['1,000,000 opening brackets', `{"a": ${'['.repeat(1_000_000)}`, 'TOO_DEEP'],
  ['170,000 opening braces', '{"a":'.repeat(170_000), 'TOO_DEEP'],
  ['an unclosed string of 1,000,000 characters', `{"a": "${'x'.repeat(1_000_000)}`, 'SYNTAX'],
  ['an unclosed comment of 1,000,000 characters', `{/*${'x'.repeat(1_000_000)}`, 'SYNTAX'],
  ['__proto__', '{"__proto__": {"polluted": true}}', 'FORBIDDEN_KEY'],
  ['constructor.prototype', '{"constructor": {"prototype": {"polluted": true}}}', 'FORBIDDEN_KEY'],
  ['a file of 2 kB', `{${Array.from({ length: 100 }, (_, at) => `"key_${at}": "value"`).join(',\n')}}`, undefined],
]

describe('a child process survives', { timeout: 60_000 }, () => {
  const directory = makeProject()
  let child: string
  beforeAll(async () => {
    child = await bundleForChild(fileURLToPath(new URL('./parse-child.ts', import.meta.url)))
  })

  test.concurrent.each(EXTREMES)('%s', async (title, text, code) => {
    const file = join(directory, title.replaceAll(/\W/g, '-'))
    writeFileSync(file, text)
    const { stdout } = await promisify(execFile)(process.execPath, [child, 'json', file, '2'], { timeout: 30_000 })
    const reports: ChildReport[] = JSON.parse(stdout)
    for (const { codes, isConfigError, isPolluted } of reports) {
      expect({ code: codes[0], isConfigError, isPolluted }).toEqual({
        code,
        isConfigError: code !== undefined,
        isPolluted: false,
      })
    }
    if (code === 'TOO_DEEP') expect(Math.min(...reports.map(({ milliseconds }) => milliseconds))).toBeLessThan(5_000)
  })
})

const CANARY = 'Zq7Xw2Kp9Lm4Vt8Rb3Nc6Hd1Fg5Js0Ty'

const PIECES = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"b": ',
    '"c": 1,',
    '1',
    '-0.5e3',
    'true',
    'null',
    '// c\n',
    '/*',
    '*/',
    '\\',
    '\\u',
    '\\u0041',
  ],
  ...['"\\ud800"', '\0', '\ud800', '\n', '\r', '\t', ' ', 'é', '😀', "'", '"__proto__": ', '/', '\ufeff', '\u2028'],
  ...[CANARY, `"${CANARY}"`, `"${CANARY}": `, `"a": "${CANARY}", `],
]

function randomText(random: Random): string {
  const base =
    random.next() < 0.4
      ? random.pick(OBJECTS)
      : `{${Array.from({ length: random.below(20) }, () => random.pick(PIECES)).join('')}}`
  const bytes = Buffer.from(base)
  for (let times = random.below(4); times > 0; times--) bytes[random.below(bytes.length)] = random.below(256)
  const text = random.next() < 0.5 ? base : bytes.toString(random.pick(['utf8', 'latin1']))
  const at = random.below(text.length + 1)
  return random.next() < 0.5 ? text : text.slice(0, at) + random.pick(PIECES) + text.slice(at + random.below(3))
}

describe('random texts', () => {
  const random = seeded()
  const count = sampled(500, 100_000)

  test(`${count} of them are read or refused, quickly and without showing a secret (SEED=${random.seed})`, {
    timeout: 20 * 60_000,
  }, () => {
    let readWell = 0
    for (let round = 0; round < count; round++) {
      const text = randomText(random)
      const problems = collectProblems()
      let node: MapNode | undefined
      const milliseconds = processorTime(() => {
        node = parseJson(sourceOf(text, true), problems)
      })
      const isSlow =
        milliseconds > 1000 && processorTime(() => parseJson(sourceOf(text, true), collectProblems())) > 1000
      const shown = JSON.stringify(problems.errors)
      expect({ text, isSlow, isShown: repeatsSecret(shown, [CANARY]), isRefused: problems.errors.length > 0 }).toEqual({
        text,
        isSlow: false,
        isShown: false,
        isRefused: node === undefined,
      })
      const strict = strictly(text)
      // What JSON.parse takes is read, and to the same value, unless it is refused for a reason of its own.
      if (node && strict) expect({ text, value: toPlain(node) }).toEqual({ text, value: strict.value })
      if (!node && isRecord(strict?.value)) expect(shown).toMatch(/"(?:DUPLICATE_KEY|FORBIDDEN_KEY|ENCODING)"/)
      if (node) readWell++
    }
    // Were hardly one of them read, the texts would be too wild to say anything.
    expect(readWell).toBeGreaterThan(count / 20)
  })
})

function strictly(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
