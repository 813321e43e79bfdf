import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { collectProblems, type Problem } from '../../src/errors/errors.ts'
import { LIMITS } from '../../src/read/guard.ts'
import { parseYaml } from '../../src/read/yaml.ts'
import { parseFullYaml, parseYamlValue } from '../../src/read/yaml-full.ts'
import { repeatsSecret } from '../../src/secrets/secret.ts'
import { nodeAt, toPlain } from '../../src/tree.ts'
import type { Path, Source, TreeNode } from '../../src/types.ts'
import { bundleForChild } from '../support/bundle.ts'
import { type Random, sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'
import type { ChildReport } from './parse-child.ts'

function sourceOf(text: string, confidential = false): Source {
  return { layer: 'profile', file: 'profile.yaml', text, confidential }
}

type Parser = typeof parseYaml | typeof parseYamlValue

function read(text: string, parser: Parser = parseYaml): { node: TreeNode | undefined; errors: readonly Problem[] } {
  const problems = collectProblems()
  const node = parser(sourceOf(text), problems)
  expect(node === undefined).toBe(problems.errors.length > 0)
  expect(problems.warnings).toEqual([])
  return { node, errors: problems.errors }
}

function plainValue(text: string): unknown {
  const { node, errors } = read(text, parseYamlValue)
  expect(errors).toEqual([])
  return node && toPlain(node)
}

/** `CODE line:column key message`, one an error. */
function errorsOf(text: string): string[] {
  const { errors } = read(text)
  for (const { remedy } of errors) expect(remedy).toMatch(/./)
  return errors.map(({ code, line, column, key, message }) =>
    [code, `${line}:${column}`, key, message].filter((part) => part !== undefined).join(' '),
  )
}

describe('documents', () => {
  test.each([
    ['an empty text', ''],
    ['blank lines', '\n  \n'],
    ['comments', '# a\n  # b'],
    ['a document marker', '---\n'],
    ['a document marker and its end', '---\n# a\n...\n'],
  ])('an empty map for %s', (_, text) => {
    expect(read(text).node).toMatchObject({ kind: 'map', entries: new Map(), offset: 0 })
    expect(plainValue(text)).toBeNull()
  })

  test('a variable may hold any value', () => {
    expect(plainValue('["a", "b"]')).toEqual(['a', 'b'])
    expect(plainValue('{a: 1}')).toEqual({ a: 1 })
    expect(plainValue("'5'")).toBe('5')
    expect(plainValue('5')).toBe(5)
  })

  test('a directive is ignored', () => {
    expect(plainValue('%YAML 1.1\n---\na: yes')).toEqual({ a: 'yes' })
  })

  test('an integer beyond ±2^53 keeps its digits', () => {
    expect(plainValue('a: 12345678901234567890')).toEqual({ a: '12345678901234567890' })
  })

  test('a key is its text as written', () => {
    expect(plainValue('1: a\ntrue: b\n0x1f: c\n~: d\nnull: e\n1.50: f\n"quoted key": g\n: h')).toEqual({
      '1': 'a',
      true: 'b',
      '0x1f': 'c',
      '~': 'd',
      null: 'e',
      '1.50': 'f',
      'quoted key': 'g',
      '': 'h',
    })
  })

  test('a tag of the core schema gives a value its type', () => {
    expect(plainValue('a: !!str 1\nb: !!int "2"\nc: !!float 3\nd: !!bool "true"\ne: !!null ""')).toEqual({
      a: '1',
      b: 2,
      c: 3,
      d: true,
      e: null,
    })
    expect(plainValue('!!map\na: !!seq [!<tag:yaml.org,2002:str> 1]')).toEqual({ a: ['1'] })
  })
})

/** What the package itself makes of a document, merge keys included. */
const DOCUMENTS = [
  'a: 1\nb: two\nc: true\nd: null\ne: 1.5',
  'a:\n  b:\n    c: 1\n  d: 2',
  'a:\n- 1\n- b: 2\n  c: 3\n- - 4\n  - 5\n-\n- ',
  '- a\n- b',
  'a: [1, two, "3", {b: 4}, [5], ]',
  'a: {b: 1, "c": 2, d: {e: 3}, f}',
  'a: {b: [1, 2], c: [d: 1, e]}',
  '{"json": [1, 2.5, true, null, "x\\ny\\u0041"], "b": {}}',
  "a: \"b: c # d\"\ne: 'it''s'",
  'a: "\\x41\\u00e9\\U0001F600\\t\\"\\\\\\/\\e\\_\\N\\L\\P"',
  'a: "\\ud83d\\ude00"',
  'a: "one\n  two\n\n  three\\\n  four"',
  "a: 'one\n  two\n\n  three'",
  'a: one\n  two\n\n  three\nb: 1',
  'a: |\n  one\n  two\nb: 1',
  'a: |-\n  one\n   two\n\n  three\n\n\nb: 1',
  'a: |+\n  one\n\n\nb: 1',
  'a: >\n  one\n  two\n\n  three\n   four\n  five\n',
  'a: >-\n  one\n  two',
  'a: |2\n    one\n  two',
  'a: |\n\nb: >\nc: |+\n\n',
  'a: |\n# not of the text\nb: >-\n# nor this\n',
  'a: |  # comment\n  one # text\n',
  '- |\n one\n- >\n two',
  '# one\na: 1 # two\n# three\nb: # four\n  # five\n  c: 2\n# six',
  'a:\n\t# a tab before a comment\n\nb: 1',
  'a:\n  - 1\n  # one\n\n  # two\n  - 2\n# three\n',
  'a: b#c\nd: e # f\ng: "h" # i\nj: #k',
  '&a a: &b 1\n*b : *a',
  'a: &x {b: 1}\nc: *x\nd: [*x, *x]',
  'a: &x\n  b: 1\nc: &y\n- *x',
  'a: &x 1\nb: &x 2\nc: *x',
  'a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n  e: 4',
  'a: &x {b: 1}\nd:\n  b: 3\n  <<: *x',
  'a: &x {b: 1, c: 1}\ny: &y {c: 2, d: 2}\nd: {<<: [*x, *y], e: 3}',
  'd: {<<: {b: 1, c: 2}, c: 3}',
  'a: &l [{b: 1}, {b: 2, c: 2}]\nd: {<<: *l}',
  'a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y}',
  'a: "<<"\n"<<": 1',
  'a: &x !!str 5\nb: !!int "5"',
  '? a\n: 1\n? b\n: - c\n',
  '? |\n  a\n: 1',
  '? a\n? b',
  '---\na: 1\n...\n',
  '%YAML 1.2\n---\na: 1',
  '--- # c\na: 1',
  '--- {a: 1}',
  'a: 1\r\nb:\r\n  - c\r\nd: |\r\n  e\r\n',
  'a:b: c\nd: e:f\ng: http://h:1/p?q=r#s',
  'a: -1\nb: - \nc: -x'.replace('b: - \n', ''),
  'a: yes\nb: on\nc: 0o17\nd: 0x1F\ne: 1_000\nf: .inf\ng: 2026-08-01\nh: 12:30',
  'a: ${A}\nb: "${B:-c}"\nd: $<D>\ne: {f: "${G}"}',
  'a: !!map {b: 1}\nc: !!seq [d]',
  'é: ü\n"\\u00e9x": 你好\nemoji: 😀',
  'a b c: d e f\n"g h": i',
  'a:   \n  b:   1   \nc:\n',
  'a: [\n  1,\n  2, # two\n  3\n]\nb: {\n  c: 1,\n}',
  'a: [b, "c", \'d\', e: f]',
  'a: ""\nb: \'\'\nc: " "\nd: ~\ne: null\nf:',
  'a: |\n  ---\n  ...\n',
  'a:\n    b:\n        c: 1\n    d:\n     e: 2',
  '  a: 1\n  b: 2',
  'a: >\n\n  one\n\n\n  two\n',
  'a: "tab\there"\nb: tab\there',
]

describe.each([
  ['with parseYaml', parseYaml],
  ['with parseFullYaml', parseFullYaml],
  ['with parseYamlValue', parseYamlValue],
])('a document has the value that the yaml package gives it, %s', (_, parser) => {
  const isMap = (text: string): boolean => !text.startsWith('- ')
  test.each(DOCUMENTS.filter((text) => parser === parseYamlValue || isMap(text)))('%j', (text) => {
    const { node, errors } = read(text, parser)
    expect(errors).toEqual([])
    expect(node && toPlain(node)).toEqual(parse(text, { merge: true }))
  })
})

describe('every value has its position and its style', () => {
  const text = [
    'plain: 8080',
    'quoted: "8080"',
    "single: 'a'",
    'block: |',
    '  text',
    'list: [a, "b"]',
    'map:',
    '  inner: {x: 1}',
    'empty:   # a comment',
    'items:',
    '  - name: &n one',
    '    alias: *n',
    'tagged: !!str 5',
  ].join('\n')
  const { node } = read(text)

  test.each<[Path, string, 'plain' | 'quoted' | undefined]>([
    [['plain'], '8080', 'plain'],
    [['quoted'], '"8080"', 'quoted'],
    [['single'], "'a'", 'quoted'],
    [['block'], '|\n', 'quoted'],
    [['list'], '[a', undefined],
    [['list', 0], 'a, ', 'plain'],
    [['list', 1], '"b"', 'quoted'],
    [['map'], 'inner', undefined],
    [['map', 'inner'], '{x', undefined],
    [['map', 'inner', 'x'], '1}', 'plain'],
    [['empty'], ':   #', 'plain'],
    [['items'], '- name', undefined],
    [['items', 0], 'name', undefined],
    [['items', 0, 'name'], 'one', 'plain'],
    [['items', 0, 'alias'], 'one', 'plain'],
    [['tagged'], '5', 'quoted'],
    [[], 'plain:', undefined],
  ])('%j starts at %j', (path, start, style) => {
    const found = nodeAt(node, path)
    expect(text.slice(found?.offset)).toMatch(new RegExp(`^${start.replace(/[[{|.*]/g, '\\$&')}`))
    expect(found?.kind === 'scalar' ? found.style : undefined).toBe(style)
  })

  test('positions are correct in a text with comments of any kind', () => {
    const commented = 'a: # one\n  # two\n\t# three\n  b: 1 \t# four\n# five\nc: &x\n  # six\n  - 2 # seven\n'
    const tree = read(commented).node
    expect([nodeAt(tree, ['a', 'b']), nodeAt(tree, ['c', 0])].map((found) => commented[found?.offset ?? 0])).toEqual([
      '1',
      '2',
    ])
  })

  test('a reference with a tag stays plain, to be typed after substitution', () => {
    expect(nodeAt(read('a: !!int ${PORT}').node, ['a'])).toMatchObject({ value: '${PORT}', style: 'plain' })
  })
})

describe('an error is reported with its position', () => {
  test.each([
    ['a duplicate key', 'a: 1\nb:\n  c: 2\n  c: 3', 'DUPLICATE_KEY 4:3 b.c is the same key as on line 3'],
    ['a duplicate key, written in two ways', 'a: 1\n"a": 2', 'DUPLICATE_KEY 2:1 a is the same key as on line 1'],
    ['a duplicate key in braces', 'a: {b: 1, b: 2}', 'DUPLICATE_KEY 1:11 a.b is the same key as on line 1'],
    ['two merge keys', 'a: {<<: {}, <<: {}}', 'DUPLICATE_KEY 1:13 a["<<"] is the same key as on line 1'],
    ['__proto__', 'a:\n  __proto__: 1', 'FORBIDDEN_KEY 2:3 a.__proto__ is a key that reaches an object’s prototype'],
    ['constructor', '"constructor": 1', 'FORBIDDEN_KEY 1:1 constructor is a key that reaches an object’s prototype'],
    [
      'prototype in a list',
      'a: [{prototype: 1}]',
      'FORBIDDEN_KEY 1:6 a[0].prototype is a key that reaches an object’s prototype',
    ],
    [
      '__proto__ written with an escape',
      '"\\x5f_proto__": 1',
      'FORBIDDEN_KEY 1:1 __proto__ is a key that reaches an object’s prototype',
    ],
    [
      '__proto__ as an alias',
      'a: &p __proto__\n*p : 1',
      'FORBIDDEN_KEY 2:1 __proto__ is a key that reaches an object’s prototype',
    ],
    ['a list at the top', '- a', 'SYNTAX 1:1 is not a map of keys and values'],
    ['a string at the top', 'hello', 'SYNTAX 1:1 is not a map of keys and values'],
    ['null at the top', '~', 'SYNTAX 1:1 is not a map of keys and values'],
    ['a second document', 'a: 1\n---\nb: 2', 'UNSUPPORTED_YAML 2:1 has a second document'],
    ['a second, empty document', 'a: 1\n---\n', 'UNSUPPORTED_YAML 2:1 has a second document'],
    ['a custom tag', 'a: !env A', 'UNSUPPORTED_YAML 1:4 has a tag that is not one of YAML’s own'],
    ['a tag of YAML 1.1', 'a: !!binary aGk=', 'UNSUPPORTED_YAML 1:4 has a tag that is not one of YAML’s own'],
    [
      'a tag that runs code elsewhere',
      'a: !!js/function "x"',
      'UNSUPPORTED_YAML 1:4 has a tag that is not one of YAML’s own',
    ],
    ['a tag on a list', 'a: !set [b]', 'UNSUPPORTED_YAML 1:4 has a tag that is not one of YAML’s own'],
    ['a value that its tag does not fit', 'a: !!int abc', 'SYNTAX 1:10 a does not match its tag'],
    ['a list that its tag does not fit', 'a: !!map [b]', 'SYNTAX 1:10 a does not match its tag'],
    ['a string that its tag does not fit', 'a: !!seq b', 'SYNTAX 1:10 a does not match its tag'],
    ['an unknown alias', 'a: *x', 'SYNTAX 1:4 a is an alias without an anchor above it'],
    ['an alias above its anchor', 'a: *x\nb: &x 1', 'SYNTAX 1:4 a is an alias without an anchor above it'],
    [
      'an alias of a value that contains it',
      'a: &x\n  b: [*x]',
      'SYNTAX 2:7 a.b[0] is an alias of a value that contains it',
    ],
    ['a merged string', 'a:\n  <<: b', 'SYNTAX 2:7 a["<<"] merges something that is not a map'],
    ['a merged list of strings', 'a:\n  <<: [b]', 'SYNTAX 2:7 a["<<"] merges something that is not a map'],
    ['a merged alias of a string', 'x: &x b\na:\n  <<: *x', 'SYNTAX 3:7 a["<<"] merges something that is not a map'],
    ['nothing merged', 'a:\n  <<:', 'SYNTAX 2:5 a["<<"] merges something that is not a map'],
    ['a template that is not in quotes', 'a: {{ b }}', 'UNSUPPORTED_YAML 1:5 a has a list or a map as a key'],
    ['a list as a key', '[a]: 1', 'UNSUPPORTED_YAML 1:1 has a list or a map as a key'],
    [
      'half of a surrogate pair',
      'a: "\\ud83d"',
      'ENCODING 1:4 a contains half of a surrogate pair, which is not valid text',
    ],
    ['a NUL by escape', 'a: "\\0"', 'ENCODING 1:4 a contains a NUL character'],
    ['half a pair in a key', '"\\udc00": 1', 'ENCODING 1:1 contains half of a surrogate pair, which is not valid text'],
    ['unclosed double quotes', 'a: 1\nb: "c\nd: 2', 'SYNTAX 2:4 has a quoted string that is never closed'],
    ['unclosed single quotes', "a: 'b", 'SYNTAX 1:4 has a quoted string that is never closed'],
    ['a lone quote', 'a: "', 'SYNTAX 1:4 has a quoted string that is never closed'],
    ['an unclosed bracket', 'a: 1\nb: [c, d\ne: 2', 'SYNTAX 2:4 has a bracket that is never closed'],
    ['an unclosed brace', 'a: {b: [1, 2]', 'SYNTAX 1:4 has a bracket that is never closed'],
    ['the wrong bracket', 'a: [b}', 'SYNTAX 1:6 closes a bracket with one of another kind'],
    ['the wrong bracket at the root', '{a: b]', 'SYNTAX 1:6 closes a bracket with one of another kind'],
    ['a bracket too many', 'a: b]\nc: ]', 'SYNTAX 2:4 has a character that YAML does not expect here'],
    ['no comma', 'a: ["b" "c"]', 'SYNTAX 1:9 has no comma between two entries'],
    ['no colon', 'a: 1\nb\nc: 2', 'SYNTAX 2:1 is a line without a colon'],
    ['no colon in the first line', 'a\nb: 1', 'SYNTAX 1:1 has a key that spans several lines'],
    ['no comma between lines', 'a: {\n  b: 1\n  c: 2\n}', 'SYNTAX 2:6 has a key that spans several lines'],
    ['no comma on a line', 'a: {b: 1 c: 2}', 'SYNTAX 1:8 has a map or a list without brackets inside brackets'],
    ['a dash among keys', 'a:\n  b: 1\n  - c', 'SYNTAX 3:1 has a dash where a key is expected'],
    ['a dash too far to the left', 'a:\n  - b\n - c', 'SYNTAX 3:1 has a dash where a key is expected'],
    ['a key after ---', '--- a: 1', 'SYNTAX 1:5 has a key or a dash on the same line as ---'],
    ['a dash after ---', '--- - a', 'SYNTAX 1:5 has a key or a dash on the same line as ---'],
    ['an empty line that is too long', 'a: |\n      \n  b', 'SYNTAX 3:3 is indented less than an empty line above it'],
    ['a second colon', 'a: b: c', 'SYNTAX 1:4 has a key where only a value is allowed'],
    ['inconsistent indentation', 'a:\n    b: 1\n  c: 2', 'SYNTAX 3:1 is not indented like the lines it belongs to'],
    ['a tab as indentation', 'a:\n\tb: 1', 'SYNTAX 2:1 is indented with a tab'],
    ['a comment without a space', 'a: "b"#c', 'SYNTAX 1:7 has a # without a space before it'],
    [
      'an unknown escape',
      'a: "C:\\dir"',
      'SYNTAX 1:7 has a backslash in double quotes before a character that cannot be escaped',
    ],
    ['an at sign', 'a: @b', 'SYNTAX 1:4 starts with a character that YAML reserves'],
    ['a percent sign in front of a key', 'a: 1\n%b: 2', 'SYNTAX 2:1 starts with a character that YAML reserves'],
    ['text after a block indicator', 'a: | b\n  c', 'SYNTAX 1:6 has a character that YAML does not expect here'],
    ['two anchors', 'a: &b &c 1', 'SYNTAX 1:7 gives two anchors to one value'],
    ['an alias with a tag', 'a: &b 1\nc: !!str *b', 'SYNTAX 2:10 gives an anchor or a tag to an alias'],
    [
      'a list between brackets',
      'a: {\n  b:\n    - c\n}',
      'SYNTAX 3:5 has a map or a list without brackets inside brackets',
    ],
    ['a key of 1100 characters', `${'k'.repeat(1100)}: {}`, 'SYNTAX 1:1 has a key of more than 1024 characters'],
    [
      'a directive without a document marker',
      '%a: 1',
      'SYNTAX 1:1 has a line that starts with %, which needs --- below it',
    ],
    ['text after the end', 'a: 1\n... b', 'SYNTAX 2:5 has a character that YAML does not expect here'],
  ])('%s', (_, text, error) => {
    expect(errorsOf(text)).toEqual([error])
  })

  test('with all others at once, in the order of the lines', () => {
    expect(errorsOf('b: *c\nb: 2\n__proto__: 3\na: !x 1')).toEqual([
      'SYNTAX 1:4 b is an alias without an anchor above it',
      'DUPLICATE_KEY 2:1 b is the same key as on line 1',
      'FORBIDDEN_KEY 3:1 __proto__ is a key that reaches an object’s prototype',
      'UNSUPPORTED_YAML 4:4 has a tag that is not one of YAML’s own',
    ])
  })

  test('up to ten of them', () => {
    expect(errorsOf('a: 1\n'.repeat(50))).toHaveLength(LIMITS.errors)
    expect(errorsOf('__proto__: 1\n'.repeat(50))).toHaveLength(LIMITS.errors)
    expect(errorsOf('a: @b\n'.repeat(50))).toHaveLength(LIMITS.errors)
    expect(errorsOf('a: !x 1\n'.repeat(50))).toHaveLength(LIMITS.errors)
  })

  test('once per line if it is in the syntax, since others follow from it', () => {
    expect(errorsOf('a: ]]]]]]')).toHaveLength(1)
  })

  test('for a variable with its name', () => {
    const problems = collectProblems()
    parseYamlValue({ layer: 'environment', name: 'SYSTEMPROMPT__A', text: '[a', confidential: true }, problems)
    expect(problems.errors).toMatchObject([{ code: 'SYNTAX', key: 'SYSTEMPROMPT__A' }])
  })
})

describe('limits', () => {
  const nested = (depth: number): string => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`

  test('64 levels are read, one more is an error', () => {
    expect(read(nested(LIMITS.depth)).errors).toEqual([])
    expect(errorsOf(nested(LIMITS.depth + 1))).toEqual(['TOO_DEEP 1:67 is nested more than 64 levels deep'])
  })

  test.each([
    ['lists on one line', '- '.repeat(70)],
    ['explicit keys', '? '.repeat(70)],
    ['indented maps', Array.from({ length: 70 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')],
    ['pairs in lists', `a: ${'[b: '.repeat(40)}${']'.repeat(40)}`],
    [
      'aliases',
      `a0: &a0 ${'['.repeat(30)}${']'.repeat(30)}\na1: &a1 ${'['.repeat(30)}*a0${']'.repeat(30)}\na2: [[[[*a1]]]]`,
    ],
    [
      'an alias whose anchor holds another',
      `a0: &a0 {b: ${'['.repeat(50)}${']'.repeat(50)}, c: &c 1}\na1: ${'['.repeat(20)}*a0${']'.repeat(20)}`,
    ],
    [
      'merged aliases',
      `a0: &a0 {b: ${'['.repeat(50)}${']'.repeat(50)}}\na1: ${'['.repeat(20)}{<<: *a0}${']'.repeat(20)}`,
    ],
  ])('too many levels are an error for %s', (_, text) => {
    expect(errorsOf(text)).toEqual([expect.stringMatching(/^TOO_DEEP \d+:\d+ is nested more than 64 levels deep$/)])
  })

  test('aliases may stand for 100,000 values, and no more', () => {
    const list = `a: &a [${'1,'.repeat(999)}]\n`
    expect(read(`${list}b: [${'*a,'.repeat(100)}]`).errors).toEqual([])
    expect(errorsOf(`${list}b: [${'*a,'.repeat(100)}*a]`)).toEqual([
      'LIMIT_EXCEEDED 2:305 has aliases that stand for more than 100000 values',
    ])
  })

  test('a file without aliases may hold more values', { timeout: 60_000 }, () => {
    expect(read(`a: [${'1,'.repeat(LIMITS.aliasNodes + 1)}]`).errors).toEqual([])
  })

  test('an alias shares the node of its anchor', () => {
    const { node } = read('a: &a {b: 1}\nc: *a')
    expect(nodeAt(node, ['c'])).toBe(nodeAt(node, ['a']))
  })
})

/** Each is a text of about `size` characters that grows in one way, as a hostile file would. */
const FAMILIES: readonly [string, (size: number) => string][] = [
  ['blank lines, then comments', (size) => `a: 1\n${'\n'.repeat(size / 2)}#\n${' #\n'.repeat(size / 6)}`],
  ['blank lines with tabs, then comments', (size) => `a: 1\n${'\n'.repeat(size / 2)}\t#\n${' \t#\n'.repeat(size / 8)}`],
  ['commas', (size) => `a: [${','.repeat(size)}]`],
  ['closing brackets', (size) => `a: ${']'.repeat(size)}`],
  ['one key again and again', (size) => 'a: 1\n'.repeat(size / 5)],
  ['keys', (size) => Array.from({ length: size / 10 }, (_, at) => `k${at}: 1\n`).join('')],
  ['tags', (size) => `a: ${'!!str '.repeat(size / 6)}`],
  ['anchors', (size) => `a: ${'&a '.repeat(size / 3)}`],
  ['aliases', (size) => `a: &a 1\nb: [${'*a,'.repeat(size / 3)}]`],
  ['exclamation marks', (size) => `a: ${'!'.repeat(size)}`],
  ['quotes', (size) => '"\n'.repeat(size / 2)],
  ['escaped quotes', (size) => `a: "${'\\"'.repeat(size / 2)}`],
  ['lines of text', (size) => `a: x${'\n  y'.repeat(size / 4)}`],
  ['folded text', (size) => `a: >\n${'  x\n\n'.repeat(size / 5)}`],
  ['pairs in brackets', (size) => `a: {${'[b]: c, '.repeat(size / 8)}}`],
  ['spaces', (size) => `a:${' '.repeat(size)}b`],
]

describe('a text is parsed in linear time', () => {
  const small = sampled(6_000, 60_000)
  test.each(FAMILIES)('%s', { timeout: 60_000 }, (_, make) => {
    const time = (size: number): number => {
      const text = make(size)
      return processorTime(() => parseFullYaml(sourceOf(text), collectProblems()))
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

const LAUGHS = Array.from({ length: 10 }, (_, level) =>
  level === 0
    ? 'a0: &a0 [lol]\n'
    : `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]\n`,
).join('')

/** The YAML package ends the process on some of these: no exception, a signal. */
const EXTREMES: readonly [string, string, string | undefined][] = [
  ['1,000 opening brackets', '['.repeat(1000), 'TOO_DEEP'],
  ['1,000 nested lists', '['.repeat(1000) + ']'.repeat(1000), 'TOO_DEEP'],
  ['1,000,000 opening brackets', '['.repeat(1_000_000), 'TOO_DEEP'],
  ['100,000 opening braces', '{a: '.repeat(100_000), 'TOO_DEEP'],
  ['brackets and braces in turn', '[{a: '.repeat(100_000), 'TOO_DEEP'],
  ['1,000 indented maps', Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}a:\n`).join(''), 'TOO_DEEP'],
  ['1,000 indented lists', Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}-\n`).join(''), 'TOO_DEEP'],
  ['400,000 lists on one line', '- '.repeat(400_000), 'TOO_DEEP'],
  ['400,000 explicit keys', '? '.repeat(400_000), 'TOO_DEEP'],
  ['400,000 colons', `a:${' :'.repeat(400_000)}`, 'TOO_DEEP'],
  ['billion laughs', LAUGHS, 'LIMIT_EXCEEDED'],
  ['one long list, many aliases', `a: &a [${'1,'.repeat(10_000)}]\nb: [${'*a,'.repeat(10_000)}]`, 'LIMIT_EXCEEDED'],
  ['merged laughs', LAUGHS.replaceAll('[lol]', '{x: lol}').replaceAll(/\[(.*)\]/g, '{<<: [$1]}'), 'LIMIT_EXCEEDED'],
  [
    'a chain of aliases',
    Array.from({ length: 1000 }, (_, at) => `a${at}: &a${at} [${at ? `*a${at - 1}` : ''}]\n`).join(''),
    'TOO_DEEP',
  ],
  ['an alias of itself', 'a: &a [*a]', 'SYNTAX'],
  ['200,000 commas', `a: [${','.repeat(200_000)}]`, 'SYNTAX'],
  ['an unclosed quote of 1,000,000 characters', `a: "${'x'.repeat(1_000_000)}`, 'SYNTAX'],
  ['__proto__', '__proto__: {polluted: true}', 'FORBIDDEN_KEY'],
  ['__proto__ by merge', 'a: {<<: {__proto__: {polluted: true}}}', 'FORBIDDEN_KEY'],
  ['constructor.prototype', 'constructor: {prototype: {polluted: true}}', 'FORBIDDEN_KEY'],
  ['a file of 2 kB', Array.from({ length: 100 }, (_, at) => `key_${at}: [a, {b: ${at}}]\n`).join(''), undefined],
]

describe('a child process survives', { timeout: 60_000 }, () => {
  const directory = makeProject()
  let child: string
  beforeAll(async () => {
    child = await bundleForChild(fileURLToPath(new URL('./parse-child.ts', import.meta.url)))
  })

  /** Rejects when the child ends by a signal or an exception. */
  async function runChild(kind: string, text: string, name: string): Promise<ChildReport[]> {
    const file = join(directory, name)
    writeFileSync(file, text)
    const { stdout } = await promisify(execFile)(process.execPath, [child, kind, file, '2'], { timeout: 60_000 })
    return JSON.parse(stdout)
  }

  test.concurrent.each(EXTREMES)('%s', async (title, text, code) => {
    for (const report of await runChild('yaml', text, title.replaceAll(/\W/g, '-'))) {
      expect(report.codes[0]).toBe(code)
      expect(report.isConfigError).toBe(code !== undefined)
      expect(report.isPolluted).toBe(false)
    }
  })

  test('an alias bomb, which fails at once', async () => {
    const reports = await runChild('yaml', LAUGHS, 'laughs')
    expect(Math.min(...reports.map(({ milliseconds }) => milliseconds))).toBeLessThan(5_000)
  })

  const random = seeded()
  const count = sampled(3, 500)
  test(`${count} random towers of brackets (SEED=${random.seed})`, { timeout: 20 * 60_000 }, async () => {
    for (let round = 0; round < count; round++) {
      const text = tower(random)
      for (const { codes, isConfigError } of await runChild('value', text, 'tower')) {
        expect({ storeys: text.slice(0, 60), isConfigError }).toMatchObject({ isConfigError: codes.length > 0 })
      }
    }
  })
})

function tower(random: Random): string {
  const storey = Array.from({ length: 1 + random.below(4) }, () =>
    random.pick(['[', '{', '{a: ', '[b, ', '- ', '? ', '? [', 'a: [', '&x [', '["', '\n']),
  ).join('')
  const text = storey.repeat(random.pick([70, 1000, 20_000, 100_000])).slice(0, 1_000_000)
  return random.next() < 0.5
    ? text
    : `${text}${random.pick([']', '}', ' ', '\n']).repeat(random.pick([1, 1000, 40_000]))}`
}

const CANARY = 'Zq7Xw2Kp9Lm4Vt8Rb3Nc6Hd1Fg5Js0Ty'

const PIECES = [
  ...[
    'a',
    'b: ',
    'c:\n',
    '- ',
    '\n',
    '\n',
    '\n  ',
    '\n    ',
    ' ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    ': ',
    '? ',
    '"',
    "'",
    '"x"',
    "'y'",
    '# c',
  ],
  ...[
    '&a ',
    '*a',
    '<<: ',
    '!!int ',
    '!!str ',
    '!x ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '\t',
    '1',
    '0x1f',
    '~',
    'true',
  ],
  ...[
    '\\',
    '\\u',
    '\\ud800',
    'é',
    '😀',
    '\ud800',
    '\0',
    '\x1f',
    '\x18',
    '\x02',
    '\ufeff',
    '\r',
    '\r\n',
    '${A}',
    '@',
    '__proto__: ',
  ],
  ...[CANARY, `${CANARY}: `, `"${CANARY}": `, `!${CANARY} `, `*${CANARY}`, `&${CANARY} `],
]

function randomText(random: Random): string {
  const base =
    random.next() < 0.4
      ? random.pick(DOCUMENTS)
      : Array.from({ length: random.below(25) }, () => random.pick(PIECES)).join('')
  const bytes = Buffer.from(base)
  for (let times = random.below(4); times > 0 && bytes.length > 0; times--)
    bytes[random.below(bytes.length)] = random.below(256)
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
      const parser = random.pick([parseYaml, parseFullYaml, parseYamlValue])
      const problems = collectProblems()
      let isRead = false
      const milliseconds = processorTime(() => {
        isRead = parser(sourceOf(text, true), problems) !== undefined
      })
      const isSlow = milliseconds > 1000 && processorTime(() => parser(sourceOf(text, true), collectProblems())) > 1000
      const isShown = repeatsSecret(JSON.stringify(problems.errors), [CANARY])
      expect({ text, isSlow, isShown, isRefused: problems.errors.length > 0 }).toEqual({
        text,
        isSlow: false,
        isShown: false,
        isRefused: !isRead,
      })
      if (isRead) readWell++
    }
    // Were hardly one of them read, the texts would be too wild to say anything.
    expect(readWell).toBeGreaterThan(count / 20)
  })
})
