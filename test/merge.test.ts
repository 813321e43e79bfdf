import { describe, expect, test } from 'vitest'
import { collectProblems } from '../src/errors/errors.ts'
import { merge } from '../src/merge.ts'
import { readGivenTree } from '../src/read/given-tree.ts'
import { nodeAt, toPlain } from '../src/tree.ts'
import type { LayerName, MapNode, TreeNode } from '../src/types.ts'
import { type Random, sampled, seeded } from './support/random.ts'

const tree = (plain: Record<string, unknown>, layer: LayerName = 'overrides'): MapNode =>
  readGivenTree({ tree: plain }, layer, collectProblems())

const merged = (upper: Record<string, unknown>, lower: Record<string, unknown>, options = {}): unknown =>
  toPlain(merge(tree(upper), tree(lower, 'defaults'), options))

describe('merging one tree over another', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ['maps merge deeply', { a: { b: { c: 1 } } }, { a: { b: { d: 2 }, e: 3 } }, { a: { b: { c: 1, d: 2 }, e: 3 } }],
    ['a scalar replaces a scalar', { a: 1 }, { a: 2 }, { a: 1 }],
    ['a list replaces a list', { a: [1] }, { a: [2, 3] }, { a: [1] }],
    ['an empty list replaces a list', { a: [] }, { a: [2, 3] }, { a: [] }],
    ['null replaces a value', { a: null }, { a: 1 }, { a: null }],
    ['null replaces a map', { a: null }, { a: { b: 1 } }, { a: null }],
    ['a map replaces null', { a: { b: 1 } }, { a: null }, { a: { b: 1 } }],
    ['a map replaces a scalar', { a: { b: 1 } }, { a: 1 }, { a: { b: 1 } }],
    ['a map replaces a list', { a: { b: 1 } }, { a: [1] }, { a: { b: 1 } }],
    ['a scalar replaces a map', { a: 1 }, { a: { b: 1 } }, { a: 1 }],
    ['an empty map leaves the map below it', { a: {} }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['an empty tree leaves the tree below it', {}, { a: 1 }, { a: 1 }],
    ['a tree over an empty one stays', { a: 1 }, {}, { a: 1 }],
    ['undefined leaves the value below it', { a: undefined }, { a: 1 }, { a: 1 }],
  ])('%s', (_, upper, lower, expected) => {
    expect(merged(upper, lower)).toEqual(expected)
  })
  test('a value keeps the values that it overrides, the nearest first', () => {
    const layers: [LayerName, unknown][] = [
      ['defaults', 1],
      ['profile', 2],
      ['dotenv', 3],
      ['overrides', 4],
    ]
    const result = layers.reduce((below, [layer, value]) => merge(tree({ a: { b: value } }, layer), below), tree({}))
    const node = nodeAt(result, ['a', 'b'])
    const seen = [node, ...(node?.shadowed ?? [])].map((each) => [each?.source.layer, each && toPlain(each)])
    expect(seen).toEqual([...layers].reverse())
  })
  test('a scalar keeps the map that it overrides', () => {
    const node = nodeAt(merge(tree({ a: 1 }), tree({ a: { b: 2 } }, 'profile')), ['a'])
    expect(node?.shadowed?.map(toPlain)).toEqual([{ b: 2 }])
  })
  test('a value in only one of the trees is shared, not copied', () => {
    const upper = tree({ a: { x: 1 } })
    const lower = tree({ b: { y: 1 } })
    const result = merge(upper, lower)
    expect([nodeAt(result, ['a']), nodeAt(result, ['b'])]).toEqual([nodeAt(upper, ['a']), nodeAt(lower, ['b'])])
    expect(nodeAt(result, ['b'])).toBe(nodeAt(lower, ['b']))
  })
  test('keys keep the order of the lower tree, or of the upper one with order: upper', () => {
    const keys = (options: Parameters<typeof merge>[2]) =>
      Object.keys(merged({ c: 1, a: 1 }, { a: 2, b: 2 }, options) as object)
    expect(keys({})).toEqual(['a', 'b', 'c'])
    expect(keys({ order: 'upper' })).toEqual(['c', 'a', 'b'])
  })
})

describe('merging with foldCase', () => {
  const fold = { foldCase: true }
  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ['finds a key in camel case', { apikey: 1 }, { apiKey: 2 }, { apiKey: 1 }],
    ['finds a key at every level', { app: { maxworkers: 1 } }, { App: { maxWorkers: 2 } }, { App: { maxWorkers: 1 } }],
    ['prefers the exact key', { apikey: 1 }, { apikey: 3, apiKey: 2 }, { apiKey: 2, apikey: 1 }],
    ['adds a new key unchanged', { other: 1 }, { apiKey: 2 }, { apiKey: 2, other: 1 }],
    ['sets an item of a list', { a: { '1': 'x' } }, { a: [1, 2, 3] }, { a: [1, 'x', 3] }],
    ['lays a map of items over a scalar', { a: { '0': 'x' } }, { a: 1 }, { a: { '0': 'x' } }],
    ['lays a map of items over null', { a: { '0': 'x' } }, { a: null }, { a: { '0': 'x' } }],
  ])('%s', (_, upper, lower, expected) => {
    expect(merged(upper, lower, fold)).toEqual(expected)
  })
  test('is off by default', () => {
    expect(merged({ apikey: 1 }, { apiKey: 2 })).toEqual({ apikey: 1, apiKey: 2 })
  })
})

describe('random trees', () => {
  function randomTree(random: Random, depth: number): Record<string, unknown> {
    const value = (): unknown => {
      const kind = random.below(depth > 0 ? 6 : 4)
      if (kind === 0) return null
      if (kind === 1) return Array.from({ length: random.below(3) }, () => random.below(9))
      return kind < 4 ? random.below(100) : randomTree(random, depth - 1)
    }
    return Object.fromEntries(
      Array.from({ length: random.below(4) }, () => [random.pick(['a', 'b', 'c', 'd']), value()]),
    )
  }
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  function reference(upper: unknown, lower: unknown): unknown {
    if (!isMap(upper) || !isMap(lower)) return upper
    const keys = [...new Set([...Object.keys(lower), ...Object.keys(upper)])]
    return Object.fromEntries(
      keys.map((key) => [
        key,
        !(key in upper) ? lower[key] : !(key in lower) ? upper[key] : reference(upper[key], lower[key]),
      ]),
    )
  }
  const freeze = (node: TreeNode): TreeNode => {
    for (const child of node.kind === 'map' ? node.entries.values() : node.kind === 'list' ? node.items : [])
      freeze(child)
    return Object.freeze(node)
  }
  test('are merged as by a short definition, and not changed', () => {
    const random = seeded()
    for (let count = 0; count < sampled(1000, 50_000); count++) {
      const [upper, lower] = [randomTree(random, 4), randomTree(random, 4)]
      const [above, below] = [freeze(tree(upper)) as MapNode, freeze(tree(lower, 'defaults')) as MapNode]
      const hint = `${JSON.stringify(upper)} over ${JSON.stringify(lower)}, seed ${random.seed}`
      expect(toPlain(merge(above, below)), hint).toEqual(reference(upper, lower))
      expect([toPlain(above), toPlain(below)], hint).toEqual([upper, lower])
      expect(Object.keys(toPlain(merge(above, below)) as object), hint).toEqual(
        Object.keys(reference(upper, lower) as object),
      )
    }
  })
})
