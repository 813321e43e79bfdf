import { describe, expect, test } from 'vitest'
import { asksForConfidential, placesAt } from '../../integrations/dev-server/confidential-path.ts'
import { SPELLINGS } from '../support/confidential-spellings.ts'

describe('a request for a confidential file is recognized', () => {
  test.each(SPELLINGS)('%s', (url) => {
    expect(asksForConfidential(url)).toBe(true)
  })

  test('even if it is encoded many times', () => {
    let url = '/.env'
    for (let count = 0; count < 20; count++) url = encodeURIComponent(url)
    expect(asksForConfidential(`/${url}`)).toBe(true)
  })
})

describe('a request for a file with secrets of any name', () => {
  const served = {
    root: '/p',
    confidential: [
      '/p/keys.txt',
      '/p/run/db',
      '/p/..data/token',
      '/else/keys.txt',
      '/p/Größe und Maß/api-keys.json',
      '/p/R&D=#1?/keys.json',
      '/p/κλειδ\u0390.json',
    ],
  }
  const places = [
    { directory: '/p', below: '/app/' },
    { directory: '/p', below: 'https://cdn.example/files/' },
    { directory: '/p/run', below: '/' },
    { directory: '/else', below: 'sub' },
  ]

  test.each([
    '/keys.txt',
    '/app/keys.txt',
    '/app/KEYS.txt?raw',
    '/app/./x/..//keys.txt',
    '/files/keys.txt',
    '/db',
    '/..data/token',
    '/app/..data/token',
    '/run/db',
    '/elsewhere/run/db',
    '/sub/keys.txt',
    '/@fs/else/keys.txt',
    '/@fs/p/keys.txt',
    '/%E2%84%AAEYS.TXT',
    '/KEYS~1.TXT',
    '/@fs/p/KEYS~1.TXT',
    '/GRO%CC%88SSE%20UND%20MASS/API-KEYS.JSON',
    '/app/Gr%C3%B6%C3%9Fe%20und%20Ma%C3%9F/APIKEY~1.JSO',
    '/app/Gr%C3%B6%C3%9Fe%20und%20Ma%C3%9F/AP1F0C~1.JSO',
    '/Gr%C3%B6%E1%BA%9Ee%20und%20Ma%E1%BA%9E/api-keys.json',
    `/${encodeURIComponent('ΚΛΕΙΔ\u03AA\u0301')}.json`,
    '/R%26D%3D%231%3F/keys.json?import',
    '/R&D=%231%3F/keys.json?raw&x=1',
    '/src/a.js?file=%2FR%26D%3D%231%3F%2Fkeys.json&raw',
    // A byte that is not a character does not keep what is next to it from being read.
    '/@fs/p%2F%FF%2F..%2Fkeys.txt',
    '/@fs/p/%FF%2F..%2Fkeys.txt',
    '/@fs\\p\\keys.txt',
    '/KE1F0C~1.TXT',
    '/keys.txt%20',
    '/keys.txt.%20.',
    '/keys.txt::$DATA',
    '/keys.txt::$DATA.',
    '/keys.txt::$DATA%20',
    '/app/./run./db',
    '/run::$INDEX_ALLOCATION/db',
    '/run:$I30:$INDEX_ALLOCATION/db',
  ])('is recognized: %s', (url) => {
    expect(asksForConfidential(url, served, places)).toBe(true)
  })

  test('is told from a long request quickly, whatever that repeats', () => {
    for (const part of ['.', ' ', '..a', './', '&', '?', ':', ':a', ':$a', '~1', '%26', '%252e']) {
      expect(asksForConfidential(`/${part.repeat(50_000)}x`, served, places)).toBe(false)
    }
  })

  test.each([
    '/docs/keys.txt',
    '/app/db',
    '/app/keys.txt.md',
    '/src/db',
    '/KEYS~1/a.txt',
    '/notes~1.txt',
    '/KEX~1.TXT',
    '/ZZ1F0C~1.TXT',
    '/xp/run~/db',
    '/keys.txt:b/c',
    '/D/keys.json',
  ])('is told from other requests: %s', (url) => {
    expect(asksForConfidential(url, served, places)).toBe(false)
  })
})

test.each(['/keys.txt', '/app/keys.txt', '/else.txt'])(
  'a file of a directory is served at the base and at /: %s',
  (url) => {
    const served = { root: '/p', confidential: ['/else/keys.txt', '/more/else.txt'] }
    expect(asksForConfidential(url, served, placesAt('/app/', ['/else', '/more']))).toBe(true)
  },
)

// Node 20 and 22 compile `URL.canParse` after some thousand calls, and it refuses letters beyond ASCII from then on.
test('a file that is served below a URL with letters beyond ASCII is recognized, however often it is requested', () => {
  const served = { root: '/p', confidential: ['/else/keys.txt'] }
  const places = [{ directory: '/else', below: 'https://münchen.example/files/' }]
  const results = new Set(Array.from({ length: 20_000 }, () => asksForConfidential('/files/keys.txt', served, places)))
  expect([...results]).toEqual([true])
})

describe('other requests are let through', () => {
  test.each([
    '/',
    '/src/env.js',
    '/src/.envelope.js',
    '/src/my.env.js',
    '/.environment/a.js',
    '/.systemprompts/a.js',
    '/node_modules/@systemprompt/env/dist/index.js',
    '/@id/__x00__@systemprompt/env/public',
    '/systemprompt/a.js',
    '/a%20b.js?x=%2Fy',
    '/100%',
    '/@fs/C:/Users/RUNNER~1/app/src/main.js',
    '/src/backup~1.js',
    '/src/environment~1/a.js',
  ])('%s', (url) => {
    expect(asksForConfidential(url)).toBe(false)
  })
})
