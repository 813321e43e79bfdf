import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'dotenv'
import { describe, expect, test } from 'vitest'
import { type DotenvEntry, scanDotenv } from '../../src/read/dotenv-text.ts'
import { bundleForChild } from '../support/bundle.ts'
import { type Random, sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'
import { DOTENV_CASES, UNLIKE_DOTENV } from './dotenv-cases.ts'

describe.each(Object.entries(DOTENV_CASES))('%s', (_group, cases) => {
  test.each(cases)('%s', (rule, text, expected) => {
    const { entries } = scanDotenv(text)
    expect(entries.map(({ name, value }) => [name, value])).toEqual(
      Array.isArray(expected) ? expected : Object.entries(expected),
    )
    expect(misplaced(text, entries)).toEqual([])
    for (const theirs of [parse(text), parse(text, { fast: true })]) {
      if (UNLIKE_DOTENV.has(rule)) expect(toMap(entries)).not.toEqual(new Map(Object.entries(theirs)))
      else expect(toMap(entries)).toEqual(new Map(Object.entries(theirs)))
    }
  })
})

test('every known difference from dotenv is a rule of the table', () => {
  const rules = Object.values(DOTENV_CASES).flatMap((cases) => cases.map(([rule]) => rule))
  expect(rules).toEqual(expect.arrayContaining([...UNLIKE_DOTENV.keys()]))
})

describe('an entry has the positions of its name and value, and its quotes', () => {
  test.each<[string, string, Omit<DotenvEntry, 'name'>]>([
    ['a plain value', 'A=1', { value: '1', quote: 'none', offset: 0, valueOffset: 2 }],
    ['after space', '\n  A =  1 ', { value: '1', quote: 'none', offset: 3, valueOffset: 8 }],
    ['after export', 'export  A=1', { value: '1', quote: 'none', offset: 8, valueOffset: 10 }],
    ['after a colon', 'A: 1', { value: '1', quote: 'none', offset: 0, valueOffset: 3 }],
    ['after a BOM', '\ufeffA=1', { value: '1', quote: 'none', offset: 1, valueOffset: 3 }],
    ['after CRLF', '#\r\nA=1', { value: '1', quote: 'none', offset: 3, valueOffset: 5 }],
    ['in double quotes', 'A= "1"', { value: '1', quote: 'double', offset: 0, valueOffset: 4 }],
    ['in single quotes', "A='1'", { value: '1', quote: 'single', offset: 0, valueOffset: 3 }],
    ['in backticks', 'A=`1`', { value: '1', quote: 'backtick', offset: 0, valueOffset: 3 }],
    ['in quotes on a later line', 'A=\n "1"', { value: '1', quote: 'double', offset: 0, valueOffset: 5 }],
    ['in the outermost of several quotes', "A='1'2'", { value: "1'2", quote: 'single', offset: 0, valueOffset: 3 }],
    ['quoted and more', 'A= "1" 2', { value: '"1" 2', quote: 'none', offset: 0, valueOffset: 3 }],
    ['an open quote', 'A= "1', { value: '"1', quote: 'none', offset: 0, valueOffset: 3 }],
    ['an empty value', 'A=', { value: '', quote: 'none', offset: 0, valueOffset: 2 }],
    ['an empty value before a comment', 'A= # c', { value: '', quote: 'none', offset: 0, valueOffset: 3 }],
    ['an empty value of spaces', 'A=  \n\n# c', { value: '', quote: 'none', offset: 0, valueOffset: 4 }],
    ['an empty value in quotes', 'A=""', { value: '', quote: 'double', offset: 0, valueOffset: 3 }],
  ])('%s', (_case, text, expected) => {
    expect(scanDotenv(text).entries).toEqual([{ name: 'A', ...expected }])
  })
})

describe('a value with an opening quote that is never closed is reported', () => {
  test.each<[string, string, string[]]>([
    ['on one line', 'A="secret\nB=1', ['A']],
    ['each kind', 'A="\nB=\'x\nC=`y z\n', ['A', 'B', 'C']],
    ['every value of a name', "A='x\nA='y", ['A', 'A']],
    ['cut by a hash', 'A="x # y" z', ['A']],
    ['before a value in the same quotes', 'A="x\nB="1"', ['A']],
    ['with an escaped quote in it', 'A="it\\"s\nB=1', ['A']],
    ['not a closed one', "A=\"x\"\nB='y' # it's\nC=`z`\n", []],
    ['not one with text after it', 'A="x" y\nB=1', []],
    ['not one closed by a quote after a backslash', "A='C:\\'\nB=1", []],
    ['not one closed on a later line', 'A="x\ny"\nB=1', []],
    ['not a quote in the middle', 'A=it\'s\nB=6"\n', []],
    ['not a quote inside quotes', 'A=\'"\'\nB="\'x"', []],
    ['not a line that is no assignment', '"x\nA=1', []],
  ])('%s', (_case, text, names) => {
    const { entries, unclosed } = scanDotenv(text)
    expect(unclosed.map(({ name }) => name)).toEqual(names)
    expect(entries).toEqual(expect.arrayContaining([...unclosed]))
  })
})

describe('lines that are not assignments are reported', () => {
  test.each<[string, string, readonly number[]]>([
    ['words', 'A=1\n  just words\nB=2', [6]],
    ['the rest of a value without quotes', 'A=x\ny=\nz z==\n', [7]],
    ['not the lines of a value in double quotes', 'A="x\ny"\n', []],
    ['not a comment, nor a blank line', '\n # A\n\r\n#\n\ufeff', []],
    ['not the lines of a value in single quotes', "A='x\ny\n'\n", []],
  ])('%s', (_case, text, ignored) => {
    expect(scanDotenv(text).ignored).toEqual(ignored)
  })
})

describe('a value that ends at a # that may be part of it is reported', () => {
  test.each<[string, string, string[]]>([
    ['a password', 'A=pa#ss', ['A']],
    ['a colour', 'A=#fff\nB= #fff', ['A']],
    ['the end of a value', 'A=x#\nB=x#', ['A', 'B']],
    ['every value of a name', 'A=x#y\nA=x#y', ['A', 'A']],
    ['one after spaces', 'A=x y#z', ['A']],
    ['one with a quote that is never closed', 'A="x#y', ['A']],
    ['not a comment with space before or after the #', 'A=x # y\nB=x\t#y\nC=x# y\nD= # y\nE=# y', []],
    ['not one after quotes', 'A="x"#y\nB=\'x\'#y', []],
    ['not one inside quotes', 'A="x#y"\nB=\'x#y\'\nC=`x#y`', []],
    ['not a comment on a line of its own', 'A=\n#x\nB=1\n#y', []],
  ])('%s', (_case, text, names) => {
    const { entries, cut } = scanDotenv(text)
    expect(cut.map(({ name }) => name)).toEqual(names)
    expect(entries).toEqual(expect.arrayContaining([...cut]))
  })
})

test('random texts are read as dotenv reads them', { timeout: 600_000 }, () => {
  const count = sampled(500, 100_000)
  const random = seeded()
  console.log(`dotenv fuzz: ${count} texts, SEED=${random.seed}`)

  const seen = { entries: 0, quoted: 0, unclosed: 0, different: 0 }
  for (let round = 0; round < count; round++) {
    const text = randomText(random)
    const { entries, unclosed } = scanDotenv(text)
    const known = knownDifferences(entries)
    const ours = without(known, toMap(entries))
    const hint = `SEED=${random.seed}, round ${round}: ${JSON.stringify(text)}`
    expect(ours, hint).toEqual(without(known, new Map(Object.entries(parse(text)))))
    expect(ours, hint).toEqual(without(known, new Map(Object.entries(parse(text, { fast: true })))))
    expect(misplaced(text, entries), hint).toEqual([])
    seen.entries += entries.length
    seen.quoted += entries.filter(({ quote }) => quote !== 'none').length
    seen.unclosed += unclosed.length
    seen.different += known.size
  }
  // Else the texts have become too wild or too tame to say anything.
  expect(seen.entries).toBeGreaterThan(count)
  expect(seen.quoted).toBeGreaterThan(count / 4)
  expect(seen.unclosed).toBeGreaterThan(count / 20)
  expect(seen.different).toBeLessThan(count / 20)
})

test('dotenv strips quotes in the middle of a value, after a line separator; we do not', () => {
  const text = 'A=1\u2028"2"'
  expect(parse(text)).toEqual({ A: '1\u20282' })
  expect(scanDotenv(text).entries).toMatchObject([{ value: '1\u2028"2"' }])
})

test('a text of one megabyte is scanned quickly, whatever it consists of', { timeout: 120_000 }, async () => {
  const families: Record<string, (length: number) => string> = {
    'double quotes': (length) => `A=${'"'.repeat(length)}`,
    'escaped quotes': (length) => `A="${'\\"'.repeat(length / 2)}x`,
    'escaped quotes, spaced': (length) => `A="${'\\"    '.repeat(length / 6)}x`,
    spaces: (length) => `A=${' '.repeat(length)}x${' '.repeat(length)}"`,
    'spaces after a closing quote': (length) => `A="x"${' '.repeat(length)}y`,
    'spaces after every closing quote': (length) => `A="x" ${' '.repeat(94)}y\n`.repeat(length / 100),
    'blank lines after a name': (length) => `A${'\n'.repeat(length)}B`,
    'blank lines after an equals sign': (length) => `A=${'\n'.repeat(length)}"`,
    'blank lines after export': (length) => `export${'\n'.repeat(length)}=`,
    'equals signs': (length) => `A${'='.repeat(length)}`,
    'equals signs on lines': (length) => 'A=\n'.repeat(length / 3),
    'names without a value': (length) => 'NAME\n'.repeat(length / 5),
    'one long name': (length) => 'N'.repeat(length),
    exports: (length) => 'export\n'.repeat(length / 7),
    'an open quote on every line': (length) => 'A="x\n'.repeat(length / 5),
    'open quotes of every kind': (length) => 'A="x\nB=\'y\nC=`z\n'.repeat(length / 15),
    'an open quote and an escaped one on every line': (length) => 'A="x\\"y\n'.repeat(length / 8),
    'one open quote, escaped ones on every line': (length) => `A="\n${'B=1 \\"\n'.repeat(length / 7)}`,
    'text after every closing quote': (length) => 'A="x" y\n'.repeat(length / 8),
    backslashes: (length) => `A="${'\\'.repeat(length)}"`,
    'escaped line breaks': (length) => `A="${'\\n'.repeat(length / 2)}"`,
    'carriage returns': (length) => `A='${'\r'.repeat(length)}'`,
    hashes: (length) => '#'.repeat(length),
  }

  const directory = makeProject()
  const names = Object.keys(families)
  for (const [index, make] of Object.values(families).entries())
    writeFileSync(join(directory, String(index)), make(2 ** 20))
  const child = await bundleForChild(fileURLToPath(new URL('./scan-child.ts', import.meta.url)))
  // What takes quadratic time is busy with a single one for many minutes.
  const { stdout } = spawnSync(process.execPath, [child, ...names.map((_, index) => String(index))], {
    cwd: directory,
    timeout: 60_000,
    encoding: 'utf8',
  })
  const scanned = stdout
    .split('\n')
    .filter(Boolean)
    .map((index) => names[Number(index)])
  expect(scanned).toEqual(names)
})

/** The last one of a name counts. */
function toMap(entries: readonly DotenvEntry[]): Map<string, string> {
  return new Map(entries.map(({ name, value }) => [name, value]))
}

/** Entries that are not in the text where they say, or that overlap the entry before. */
function misplaced(text: string, entries: readonly DotenvEntry[]): DotenvEntry[] {
  const marks = { none: '', single: "'", double: '"', backtick: '`' }
  return entries.filter(({ name, value, quote, offset, valueOffset }, index) => {
    const mark = marks[quote]
    const written = text.slice(valueOffset, valueOffset + 2 * value.length).replace(/\r\n?/g, '\n')
    const expands = quote === 'double' || (quote === 'none' && value.startsWith('"'))
    const read = expands ? written.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : written
    const previous = entries[index - 1]
    const inOrder = !previous || previous.valueOffset + previous.value.length <= offset
    const marked = text.slice(valueOffset - mark.length, valueOffset) === mark
    return !(inOrder && marked && text.startsWith(name, offset) && read.startsWith(value))
  })
}

/** Names whose value dotenv reads differently, for a reason that has a test of its own. */
function knownDifferences(entries: readonly DotenvEntry[]): Set<string> {
  const stripped = entries.filter(({ value }) => /[\u2028\u2029]/.test(value) && /^(['"`])[\s\S]*\1$/m.test(value))
  const lost = entries.filter(({ name }) => name === '__proto__')
  return new Set([...stripped, ...lost].map(({ name }) => name))
}

function without(names: ReadonlySet<string>, map: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...map].filter(([name]) => !names.has(name)))
}

const PIECES = [
  ...['\nA=', '\nB=', '\nA="', "\nB='", '\nC=`', '\nC: ', '\nexport B=', '\n', '"\n', "'\n", '`\n', '\\"\n'],
  ...['=', ' = ', ':', ': ', 'A', 'export', 'export ', '__proto__', '.', '-', 'x', 'y1', 'é', '$', '${A}', '{'],
  ...['"', "'", '`', '\\', '\\"', "\\'", '\\`', '\\n', '\\r', '\\\\', '" ', "'#", ' ', '\t', '\r', '\r\n'],
  ...['#', ' #', '\u00a0', '\ufeff', '\u2028'],
]

function randomText(random: Random): string {
  return Array.from({ length: 1 + random.below(40) }, () => random.pick(PIECES)).join('')
}
