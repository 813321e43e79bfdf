import { describe, expect, test } from 'vitest'
import { parseTemplate, type Template } from '../../src/substitute/template.ts'

/** The parts in short form: text unchanged, a reference as [name, operator, operand]. */
function parts(text: string, bare = false): unknown {
  const template = parseTemplate(text, { bare })
  return Array.isArray(template) ? short(template) : template
}

function short(template: Template): unknown[] {
  return template.map((part) =>
    typeof part === 'string'
      ? part
      : part.operator === ''
        ? [part.name]
        : [part.name, part.operator, ...short(part.operand)],
  )
}

describe('a reference is recognized', () => {
  test.each([
    ['${A}', [['A']]],
    ['$<A>', [['A']]],
    ['x${A}y$<B>z', ['x', ['A'], 'y', ['B'], 'z']],
    ['${A:-b}', [['A', ':-', 'b']]],
    ['${A-b}', [['A', '-', 'b']]],
    ['$<A:-b>', [['A', ':-', 'b']]],
    ['${A:?b}', [['A', ':?', 'b']]],
    ['${A?b}', [['A', '?', 'b']]],
    ['${A:+b}', [['A', ':+', 'b']]],
    ['${A+b}', [['A', '+', 'b']]],
    ['${A:-}', [['A', ':-']]],
    ['${_a1}', [['_a1']]],
    ['${A:-${B}}', [['A', ':-', ['B']]]],
    ['${A:-x${B-$<C>}y}', [['A', ':-', 'x', ['B', '-', ['C']], 'y']]],
    ['${A:-{"a":{"b":1}}}', [['A', ':-', '{"a":{"b":1}}']]],
    ['${A:-{}}!', [['A', ':-', '{}'], '!']],
    ['$<A:-a}b>', [['A', ':-', 'a}b']]],
    ['$<A:-a{b>', [['A', ':-', 'a{b']]],
    ['${A:-a>b}', [['A', ':-', 'a>b']]],
    ['${A:-postgres://u:p@h:5432/d}', [['A', ':-', 'postgres://u:p@h:5432/d']]],
  ])('in %s', (text, expected) => {
    expect(parts(text)).toEqual(expected)
  })
})

describe('text without a complete reference', () => {
  test.each(['no dollar', '', '}', '\\'])('has no parts: %j', (text) => {
    expect(parts(text)).toBeUndefined()
  })
  test.each([
    '$',
    '$A',
    '${}',
    '${ A }',
    '${A B}',
    '${1A}',
    '${A',
    '$<A',
    '${A:x}',
    '$(id)',
    '$$',
    'a$b$',
    '${A:-open',
    '$<A:-${B}',
    '${-x}',
    String.raw`^\d{3}-\w{2}$`,
    '$d{3}',
  ])('is left unchanged: %s', (text) => {
    const template = parseTemplate(text)
    const flat = (all: Template): string => all.map((part) => (typeof part === 'string' ? part : part.raw)).join('')
    expect(flat(Array.isArray(template) ? template : [])).toBe(text)
  })
  test('may have a reference inside an unclosed one', () => {
    expect(parts('${A:-${B}')).toEqual(['${A:-', ['B']])
  })
})

describe('escapes', () => {
  test.each([
    ['$${A}', '${A}'],
    ['\\${A}', '${A}'],
    ['$$<A>', '$<A>'],
    ['\\$<A>', '$<A>'],
    ['$$${A}', ['$', '${A}']],
    ['\\$A', '\\$A'],
    ['$$A', '$$A'],
  ])('%s stands for %s', (text, expected) => {
    const template = parseTemplate(text)
    expect(Array.isArray(template) ? template.join('') : undefined).toBe([expected].flat().join(''))
  })
  test('an escape in a default does not end it', () => {
    expect(parts('${A:-$${B}}!')).toEqual([['A', ':-', '${B}'], '!'])
    expect(parts('$<A:-$$<B>>!')).toEqual([['A', ':-', '$<B>'], '!'])
    expect(parts('${A:-$$<B>}!')).toEqual([['A', ':-', '$<B>'], '!'])
    expect(parts('$<A:-$${B}>!')).toEqual([['A', ':-', '${B}'], '!'])
  })
})

describe('with bare: true, a bare reference is recognized', () => {
  test.each([
    ['$A', [['A']]],
    ['$A-b', [['A'], '-b']],
    ['$A:-b', [['A'], ':-b']],
    ['\\$A', ['$A']],
    ['\\$2b\\$10', ['$2b$10']],
    ['pa$$word@', ['pa$', ['word'], '@']],
    ['$1', ['$1']],
    ['end$', ['end$']],
    ['${A:-$B}', [['A', ':-', ['B']]]],
  ])('in %s', (text, expected) => {
    const found = parts(text, true)
    expect(joinTexts(found)).toEqual(expected)
  })
})

/** Joins adjacent texts. */
function joinTexts(found: unknown): unknown {
  if (!Array.isArray(found)) return found
  return found.reduce<unknown[]>((all, part) => {
    const last = all.at(-1)
    if (typeof part === 'string' && typeof last === 'string') return [...all.slice(0, -1), last + part]
    all.push(part)
    return all
  }, [])
}

describe('limits', () => {
  test('32 nested defaults are parsed, 33 are too deep', () => {
    const nested = (depth: number): string => '${A:-'.repeat(depth) + '}'.repeat(depth)
    expect(Array.isArray(parseTemplate(nested(32)))).toBe(true)
    expect(parseTemplate(nested(33))).toBe('too deep')
  })
  test.each(['${A:-', '$', '\\', '$${', '{', '${A', '}', '$<A>'])('a megabyte of %s is parsed to its end', (piece) => {
    const text = piece.repeat(Math.floor(1_000_000 / piece.length))
    const template = parseTemplate(text)
    expect(template === undefined || template === 'too deep' || template.length > 0).toBe(true)
  })
})
