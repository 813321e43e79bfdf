import { describe, expect, test } from 'vitest'
import { cachedLines, frameAt, originOf, positionOf, printable } from '../../src/errors/frame.ts'
import type { Source } from '../../src/types.ts'

const source = (text: string, more: Partial<Source> = {}): Source => ({
  layer: 'profile',
  file: 'a.yaml',
  text,
  confidential: false,
  ...more,
})

describe('a position', () => {
  test.each<[string, number, number, number]>([
    ['abc', 0, 1, 1],
    ['abc', 2, 1, 3],
    ['abc', 3, 1, 4],
    ['a\nb', 1, 1, 2],
    ['a\nb', 2, 2, 1],
    ['a\n\n\nb', 4, 4, 1],
    ['\n', 1, 2, 1],
    ['', 0, 1, 1],
    ['👍x', 2, 1, 3],
  ])('in %j at %i is line %i, column %i', (text, offset, line, column) => {
    expect(positionOf({ source: source(text), offset })).toEqual({ line, column })
  })
  test('is undefined without a text or an offset', () => {
    expect(positionOf({ source: source('a') })).toBeUndefined()
    expect(positionOf({ source: { layer: 'profile', file: 'a', confidential: true }, offset: 1 })).toBeUndefined()
  })
  test('becomes an origin, with line and column if there is a text', () => {
    const linesOf = cachedLines()
    expect(originOf({ source: source('a\nb'), offset: 2 }, linesOf)).toEqual({
      layer: 'profile',
      file: 'a.yaml',
      line: 2,
      column: 1,
    })
    expect(originOf({ source: { layer: 'environment', name: 'PORT', confidential: true } }, linesOf)).toEqual({
      layer: 'environment',
      name: 'PORT',
    })
    expect(originOf({ source: source('secret', { confidential: true }), offset: 0 }, linesOf)).toEqual({
      layer: 'profile',
      file: 'a.yaml',
      line: 1,
      column: 1,
    })
  })
})

describe('a frame', () => {
  test.each<[string, number, string]>([
    ['port: x', 6, '      1 | port: x\n        |       ^'],
    ['a: 1\nport: x\nb: 2', 11, '      2 | port: x\n        |       ^'],
    ['\tport: x', 1, '      1 | \tport: x\n        | \t^'],
    ['port: x', 7, '      1 | port: x\n        |        ^'],
    ['', 0, '      1 | \n        | ^'],
  ])('of %j at %i shows the line and a caret', (text, offset, frame) => {
    expect(frameAt({ source: source(text), offset })).toBe(frame)
  })
  test('is not shown for a confidential source, however harmless the line', () => {
    expect(frameAt({ source: source('port: x', { confidential: true }), offset: 0 })).toBeUndefined()
  })
  test('is not shown without a text or an offset', () => {
    expect(frameAt({ source: source('port: x') })).toBeUndefined()
    expect(frameAt({ source: { layer: 'profile', confidential: false }, offset: 0 })).toBeUndefined()
  })
  test.each([
    'password: x',
    '"api_key": x',
    "'token' : x",
    'export TOKEN=x',
    '- client_secret: x',
    'a: 1, secret: 2',
    '# old password: x',
  ])('is not shown for %j', (line) => {
    expect(frameAt({ source: source(line), offset: 0 })).toBeUndefined()
  })
  test.each([
    ['smtp:\n  password:\n    x', 23],
    ['smtp:\n  password: |\n    x\n    y', 31],
    ['tokens:\n  - x\n  - y', 17],
    ['tokens:\n- x\n- y', 10],
    ['secrets:\n  nested:\n    deep: x', 23],
  ])('is not shown inside a key that sounds secret: %j', (text, offset) => {
    expect(frameAt({ source: source(text), offset })).toBeUndefined()
  })
  test('is shown next to a key that sounds secret', () => {
    const text = 'smtp:\n  password: x\n\n  # where to\n  host: h\n  port: x\n'
    expect(frameAt({ source: source(text), offset: text.indexOf('port: x') })).toContain('port: x')
  })
  test('masks an opaque run of characters, and keeps the caret in place', () => {
    const line = 'a: sk4Rt8Wq2ZxLmN7pQb3v x'
    expect(frameAt({ source: source(line), offset: 24 })).toBe(
      '      1 | a: •••••••••••••••••••• x\n        |                         ^',
    )
  })
})

describe('printable', () => {
  test('replaces what a terminal would obey with dots', () => {
    expect(printable('a\u0000\u001b\u007f\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\r\nb')).toBe(
      `a${'·'.repeat(15)}b`,
    )
  })
  test('leaves everything else unchanged', () => {
    expect(printable('é 日本 👍 \t "quoted"')).toBe('é 日本 👍 \t "quoted"')
  })
})
