import { expect, test } from 'vitest'
import { createOutputSearch } from '../../integrations/output/output-search.ts'

test('secrets that change while the first search gets ready are searched for', async () => {
  let value = 'before-7c1f09a2d5'
  const search = createOutputSearch(() => ({ secrets: [{ name: 'API_KEY', value }], values: {} }))
  const found = search.find([{ name: 'a.js', content: 'const key = "after-91be4470cd"' }])
  value = 'after-91be4470cd'
  search.restart()
  expect(await found).toBeDefined()
})
