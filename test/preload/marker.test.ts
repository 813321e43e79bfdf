import { expect, test } from 'vitest'
import { encodeMarker, injectedNames, MARKER, withoutInjected } from '../../src/preload/marker.ts'

const SET = { A: 'one', B: 'two' }
const marker = encodeMarker(['A', 'B'], SET)

test.each<[string, Record<string, string>, readonly string[]]>([
  ['names the variables that a preload set', SET, ['A', 'B']],
  ['does not count for a variable that was changed since', { ...SET, A: 'other' }, ['B']],
  ['does not count for a variable that was removed since', { B: 'two' }, ['B']],
  ['does not count in another format', { ...SET, [MARKER]: marker.replace(/^1,/, '2,') }, []],
  ['does not count without a format', { ...SET, [MARKER]: marker.replace(/^1,/, '') }, []],
  ['names no inherited property', { [MARKER]: encodeMarker(['constructor'], { constructor: 'x' } as never) }, []],
])('the marker %s', (_, env, names) => {
  expect(injectedNames({ [MARKER]: marker, ...env })).toEqual(names)
})

test('the marker is hidden from a load along with the variables that it names', () => {
  expect(withoutInjected({ ...SET, C: 'three', [MARKER]: marker })).toEqual({ C: 'three' })
  expect(withoutInjected({ ...SET, B: 'mine', [MARKER]: marker })).toEqual({ B: 'mine' })
})

test('the digest of a value has 16 bits, so that it does not give a secret away', () => {
  const digests = Array.from({ length: 2000 }, (_, index) => encodeMarker(['A'], { A: `sk-${index}` }).split('=')[1])
  expect(Math.max(...digests.map((digest) => Number.parseInt(digest ?? '', 36)))).toBeLessThan(2 ** 16)
})
