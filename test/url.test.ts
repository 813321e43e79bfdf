import { describe, expect, test } from 'vitest'
import { isHttpOrigin, isHttpUrl, isPostgresUrl } from '../src/schema/rules.ts'
import { parseUrl } from '../src/url.ts'

describe('parseUrl', () => {
  test('returns the URL, and undefined for an invalid one', () => {
    expect(parseUrl('https://example.com/a?b#c')?.href).toBe('https://example.com/a?b#c')
    expect(parseUrl('/a', 'http://127.0.0.1')?.href).toBe('http://127.0.0.1/a')
    expect(['', 'example.com', 'http://', 'https://exa mple.com'].map((text) => parseUrl(text))).toEqual(
      Array(4).fill(undefined),
    )
  })
})

// Node 20 and 22 compile `URL.canParse` after some thousand calls, and it refuses these from then on.
test.each([
  ['isHttpUrl', isHttpUrl, 'https://münchen.example'],
  ['isHttpOrigin', isHttpOrigin, 'https://münchen.example'],
  ['isPostgresUrl', isPostgresUrl, 'postgres://münchen:ü@münchen.example/app'],
] as const)('%s accepts letters beyond ASCII, however often it is called', (_, isUrl, text) => {
  const results = new Set(Array.from({ length: 100_000 }, () => isUrl(text)))
  expect([...results]).toEqual([true])
})
