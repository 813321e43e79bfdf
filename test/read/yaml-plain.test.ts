import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { collectProblems } from '../../src/errors/errors.ts'
import { parseFullYaml } from '../../src/read/yaml-full.ts'
import { readPlainYaml } from '../../src/read/yaml-plain.ts'
import type { Source, TreeNode } from '../../src/types.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

function sourceOf(text: string): Source {
  return { layer: 'profile', file: 'profile.yaml', text, confidential: false }
}

/** A tree without its source, as plain data. */
function outline(node: TreeNode | undefined): unknown {
  if (!node) return undefined
  const { kind, offset } = node
  if (node.kind === 'scalar') return { kind, offset, value: node.value, style: node.style }
  if (node.kind === 'list') return { kind, offset, items: node.items.map(outline) }
  return { kind, offset, entries: [...node.entries].map(([key, child]) => [key, outline(child)]) }
}

/** What the plain reader accepts, the full parser must accept with the same result. */
function agrees(text: string): 'same' | 'left to the full parser' {
  const plain = readPlainYaml(sourceOf(text))
  if (!plain) return 'left to the full parser'
  const problems = collectProblems()
  const full = parseFullYaml(sourceOf(text), problems)
  expect({ text, errors: problems.errors, tree: outline(plain) }).toEqual({ text, errors: [], tree: outline(full) })
  return 'same'
}

describe('the plain reader reads', () => {
  test.each([
    ['a map', 'a: 1\nb: two\n'],
    ['nested maps', 'a:\n  b:\n    c: 1\n  d: 2\ne: 3'],
    ['a list', 'a:\n  - 1\n  - two\n'],
    ['a list in the column of its key', 'a:\n- 1\n- 2\nb: 3'],
    ['maps in a list', 'a:\n  - b: 1\n    c: 2\n  - b: 3\n'],
    ['a map in a list that begins with a map', 'a:\n  - b:\n      c: 1\n    d: 2\n'],
    ['comments', '# one\na: 1 # two\n  # three\nb: # four\n  c: 2\n'],
    ['a hash in a word', 'a: b#c'],
    ['quotes', "a: \"b: c # d\"\ne: 'it''s' # f\n"],
    ['empty quotes', 'a: ""\nb: \'\''],
    ['no value', 'a:\nb: 1\nc:'],
    ['types', 'a: true\nb: ~\nc: 0o17\nd: -1.5e3\ne: yes\nf: .inf\ng: null'],
    ['references', 'a: ${A:-b}\nc: $<D>\ne: http://${H}:${P}/x?y=z\nf: ${A:?say so}'],
    ['lists in brackets', 'a: []\nb: [x, 1, y/z]  # c\n'],
    ['spaces at the ends of lines', 'a: 1  \nb:   \n  c: 2 \n'],
    ['blank lines', '\n\na: 1\n\n   \nb:\n\n  c: 2\n\n'],
    ['letters of other scripts', 'a: héllo – 你好\n'],
    ['an indented document', '  a: 1\n  b: 2\n'],
  ])('%s', (_, text) => {
    expect(agrees(text)).toBe('same')
  })
})

describe('the plain reader leaves to the full parser', () => {
  test.each([
    ['an empty text', ''],
    ['only comments', '# a\n'],
    ['a list at the top', '- a'],
    ['anchors', 'a: &x 1'],
    ['aliases', 'a: *x'],
    ['tags', 'a: !!str 1'],
    ['merge keys', 'a:\n  <<: b'],
    ['multi-line text', 'a: b\n  c'],
    ['multi-line text in a list', 'a:\n  - b\n    c'],
    ['block text', 'a: |\n  b'],
    ['folded text', 'a: >-\n  b'],
    ['escapes', 'a: "b\\nc"'],
    ['multi-line quotes', 'a: "b\n  c"'],
    ['quoted keys', '"a": 1'],
    ['maps in brackets', 'a: {b: 1}'],
    ['lists in lists', 'a:\n  - - b'],
    ['an item without a value', 'a:\n  -\n  - b'],
    ['document markers', '---\na: 1'],
    ['an end marker', 'a: 1\n...\n'],
    ['directives', '%YAML 1.2\n---\na: 1'],
    ['tabs', 'a:\t1'],
    ['a tab before a comment', 'a: b\t# c'],
    ['a tab at the end of a line', 'a: b\t\nc: 1'],
    ['a duplicate key', 'a: 1\na: 2'],
    ['a key that reaches the prototype', '__proto__: 1'],
    ['a colon in a plain value', 'a: b: c'],
    ['a colon at its end', 'a: b:'],
    ['inconsistent indentation', 'a:\n    b: 1\n  c: 2'],
    ['a stray dash', 'a: - b'],
    ['text after quotes', 'a: "b" c'],
    ['a comment right after quotes', 'a: "b"#c'],
    ['deep nesting', Array.from({ length: 70 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['a key of 1,000 characters', `${'a'.repeat(1_000)}: b`],
    ['explicit keys', '? a\n: b'],
    ['unusual characters', 'a: \u2028'],
    ['a word without a colon', 'a: 1\nb\n'],
  ])('%s', (_, text) => {
    expect(readPlainYaml(sourceOf(text))).toBeUndefined()
  })
})

test('every YAML file of the fixtures is read the same by the plain reader and the full parser', () => {
  const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url))
  const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name))
  const outcomes = files.map((name) => agrees(readFileSync(join(fixtures, name), 'utf8').replaceAll('\r\n', '\n')))
  expect(outcomes.length).toBeGreaterThan(0)
  expect(outcomes).toContain('same')
})

/** Documents of the kind that the plain reader reads, and a little beyond it. */
function randomBlock(random: Random, indent: number, depth: number): string {
  const pad = ' '.repeat(indent)
  const isList = depth > 0 && random.next() < 0.3
  const lines = Array.from({ length: 1 + random.below(4) }, (_, at) => {
    const head = isList ? '-' : `${random.pick(['a', 'b_1', 'c-d', 'true', 'x.y', 'key'])}${at}:`
    const roll = random.next()
    if (roll < 0.3 && depth < 5) {
      const inner = indent + random.pick([1, 2, 4])
      if (!isList) return `${pad}${head}${random.pick(['', ' ', ' # c'])}\n${randomBlock(random, inner, depth + 1)}`
      return `${pad}- ${randomBlock(random, indent + 2, depth + 1).trimStart()}`
    }
    return `${pad}${head} ${random.pick(SCALARS)}${random.pick(['', '', ' ', ' # comment', '  #', '\n', '\n  # x'])}`
  })
  return lines.join('\n')
}

const SCALARS = [
  '1',
  '-2',
  'true',
  'no',
  '~',
  'null',
  '0x1F',
  '1.5',
  '.5',
  '- x',
  'word',
  'two words',
  'a:b',
  'a: b',
  'x #y',
  'x#y',
  '"q"',
  '"q #"',
  "'it''s'",
  "'",
  '"',
  '[]',
  '[a, b]',
  '[a,b ,c]',
  '[a b]',
  '[a, [b]]',
  '{}',
  '{a: 1}',
  '${A}',
  '${A:-b c}',
  '$<A>',
  'http://h:1/p?q#f',
  '*',
  '&a b',
  '|',
  '>',
  '!t',
  '%',
  '@',
  '`',
  '?',
  ':',
  ',',
  'é',
  '\\n',
  '"\\n"',
  'a\n  b',
  '-',
  '--',
  '---',
  '...',
  '<<',
  '=',
  '0o17',
  '12345678901234567890',
  '',
  'k:',
  '"a" b',
  '-x',
  '-1x',
  '?x',
  ':x',
]

function mutated(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const piece = random.pick([
    ' ',
    '\n',
    '  ',
    ':',
    '-',
    '#',
    '"',
    "'",
    '[',
    ']',
    '{',
    '\t',
    '&',
    '*',
    ',',
    'x',
    ': ',
    ' #',
    '- ',
    '\u00a0',
  ])
  return random.next() < 0.5
    ? text.slice(0, at) + piece + text.slice(at)
    : text.slice(0, at) + text.slice(at + 1 + random.below(3))
}

const count = sampled(5_000, 200_000)
const random = seeded()

test(`${count} random texts: what the plain reader reads, the full parser reads the same (SEED=${random.seed})`, () => {
  let same = 0
  for (let round = 0; round < count; round++) {
    let text = randomBlock(random, 0, 0)
    for (let times = random.below(3); times > 0; times--) text = mutated(random, text)
    if (agrees(text) === 'same') same++
  }
  // The comparison would say nothing if the plain reader read hardly any text.
  expect(same).toBeGreaterThan(count / 50)
})
