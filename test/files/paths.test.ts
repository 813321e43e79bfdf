import { expect, test } from 'vitest'
import { displayPath } from '../../src/files/paths.ts'

test.each([
  ['/p/a/b.yaml', 'a/b.yaml'],
  ['/p/..data/b.yaml', '..data/b.yaml'],
  ['/p', ''],
  ['/', '/'],
  ['/q/b.yaml', '/q/b.yaml'],
  ['/pq', '/pq'],
])('%s is shown relative to the root if it is below it, and unchanged otherwise', (file, shown) => {
  expect(displayPath('/p', file)).toBe(shown)
})
