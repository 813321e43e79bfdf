import { expect, test } from 'vitest'
import { displayPath } from '../../src/files/paths.ts'

test.each([
  ['/p/a/b.yaml', 'a/b.yaml'],
  ['/p/..data/b.yaml', '..data/b.yaml'],
  ['/p', ''],
  ['/', '/'],
  ['/q/b.yaml', '/q/b.yaml'],
  ['/pq', '/pq'],
])('%s is shown below the root, and else as it is', (file, shown) => {
  expect(displayPath('/p', file)).toBe(shown)
})
