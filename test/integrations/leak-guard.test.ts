import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLeakGuard } from '../../integrations/output/leak-guard.ts'
import { makeProject } from '../support/temp-project.ts'

const SECRET = 'sk-live-51Hq8Zm2Kd9Tx"4&7'
const secrets = [
  { name: 'STRIPE_KEY', value: SECRET },
  { name: 'DB_HOST', value: 'localhost' },
  { name: 'DATABASE_URL', value: 'postgres://app:k3yX9aLm2Q@db:5432/app' },
]

async function problemsIn(files: Record<string, string | Uint8Array>) {
  const leaks = await createLeakGuard(secrets).find(Object.entries(files).map(([name, content]) => ({ name, content })))
  return leaks?.error.issues.map(({ key, file, line, column, message, frame }) => ({
    key,
    at: `${file}:${line}:${column}`,
    message,
    ...(frame === undefined ? {} : { frame: frame.trim() }),
  }))
}

describe('a secret is found', () => {
  test.each([
    [
      'in plain text, in a style sheet',
      'a.css',
      `\n\n  a { content: '${SECRET}' }\n`,
      '3:17',
      'the secret is in this file',
    ],
    ['in JSON', 'a.json', JSON.stringify({ SECRET }), '1:12', 'the secret is in this file, with escapes'],
    [
      'in a page',
      'a.html',
      `<p>${SECRET.replace('&', '&amp;').replace('"', '&quot;')}`,
      '1:4',
      'the secret is in this file, with entities',
    ],
    ['in a URL', 'a.js', `f("?k=${encodeURIComponent(SECRET)}")`, '1:7', 'the secret is in this file, percent-encoded'],
    ['as hex', 'a.js', `f("${Buffer.from(SECRET).toString('hex')}")`, '1:4', 'the secret is in this file, as hex'],
    ['after multi-byte characters', 'a.js', `é\nçé${SECRET}`, '2:3', 'the secret is in this file'],
  ])('%s', async (_, name, content, place, message) => {
    expect(await problemsIn({ [name]: content })).toEqual([{ key: 'STRIPE_KEY', at: `${name}:${place}`, message }])
  })

  test('in the name of a file, which is masked', async () => {
    expect(await problemsIn({ [`assets/${SECRET}-1.js`]: 'nothing' })).toEqual([
      {
        key: 'STRIPE_KEY',
        at: 'assets/••••-1.js:undefined:undefined',
        message: 'the secret is in the name of this file',
      },
    ])
  })

  test('encoded, in a data URL inside a data URL', async () => {
    const inner = `data:text/plain;base64,${Buffer.from(`a${Buffer.from(SECRET).toString('base64')}`).toString('base64')}`
    const content = `url(data:text/css;base64,${Buffer.from(inner).toString('base64')})`
    expect(await problemsIn({ 'a.css': content })).toEqual([
      { key: 'STRIPE_KEY', at: 'a.css:1:26', message: 'the secret is in this file, as base64' },
    ])
  })

  test('in the first of several data URLs, however deeply they are nested', async () => {
    const inUrl = (text: string): string => `data:text/plain;base64,${Buffer.from(text).toString('base64')}`
    let url = inUrl(SECRET)
    for (let depth = 1; depth < 12; depth++) url = inUrl(url)
    const found = await problemsIn({
      'a.css': `a { background: url(${url}) }\nb { background: url(${inUrl('harmless')}) }`,
    })
    expect(found).toEqual([{ key: 'STRIPE_KEY', at: 'a.css:1:44', message: 'the secret is in this file, as base64' }])
  })

  test('once in each data URL, however often it is inside', async () => {
    const url = `data:text/plain;base64,${Buffer.from(JSON.stringify([SECRET, SECRET])).toString('base64')}`
    const found = await problemsIn({ 'a.css': `url(${url})\nurl(${url})` })
    expect(found?.map(({ at }) => at)).toEqual(['a.css:1:28', 'a.css:2:28'])
  })

  test('besides another that is in the text, which is not reported again for a data URL', async () => {
    const texts = [SECRET, Buffer.from('k3yX9aLm2Q').toString('hex')]
    const url = `data:text/plain;base64,${Buffer.from(JSON.stringify(texts)).toString('base64')}`
    const found = await problemsIn({ 'a.css': `/* ${SECRET} */ url(${url})` })
    expect(found?.map(({ key, at, message }) => `${key} ${at} ${message}`)).toEqual([
      'STRIPE_KEY a.css:1:4 the secret is in this file',
      'DATABASE_URL a.css:1:60 the password of the secret is in this file, as base64',
    ])
  })

  test('in binary data', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 10, 0x80]), Buffer.from(SECRET), Buffer.from([0x81])])
    expect(await problemsIn({ 'a.wasm': bytes })).toHaveLength(1)
  })

  test('and reported five times per file at most', async () => {
    expect(await problemsIn({ 'a.js': `${SECRET}\n`.repeat(9) })).toHaveLength(5)
  })
})

describe('the source of a secret is named', () => {
  const map = JSON.stringify({
    version: 3,
    sources: ['webpack://app/./src/a.js', 'webpack://app/./src/b.js'],
    sourcesContent: ['nothing', `let x\nkey = '${SECRET}'`],
    names: [],
    mappings: 'AAAA',
  })

  test('by the source map next to the file, and for the source map itself', async () => {
    expect(await problemsIn({ 'a.js': SECRET, 'a.js.map': map })).toEqual([
      expect.objectContaining({ at: 'a.js:1:1', frame: 'from src/b.js:2:8' }),
      expect.objectContaining({ at: expect.stringContaining('a.js.map:1:'), frame: 'from src/b.js:2:8' }),
    ])
  })

  test('where several sources contain it: the one that the source map names for its place', async () => {
    const both = JSON.stringify({ ...JSON.parse(map), sourcesContent: [SECRET, SECRET], mappings: 'ACAA' })
    const [inFile, inMap] = (await problemsIn({ 'a.js': SECRET, 'a.js.map': both })) ?? []
    expect([inFile?.frame, inMap?.frame]).toEqual(['from src/b.js:1:1', 'from src/a.js:1:1'])
  })

  test('in a source map: the one whose text it is in', async () => {
    const sources = ['a.js', 'empty.js', 'b.js', 'c.js', 'd.js'].map((name) => `webpack://app/./src/${name}`)
    const sourcesContent = [SECRET, null, 'nothing', `let x = "é"\n'${SECRET}'`, SECRET]
    const several = { ...JSON.parse(map), sources, sourcesContent }
    const written = JSON.stringify(several)
    const escaped = written.replaceAll('/', '\\/').replaceAll('é', '\\u00e9')
    for (const text of [written, escaped, JSON.stringify(several, null, 2)])
      expect((await problemsIn({ 'a.js.map': text }))?.map((each) => each.frame)).toEqual([
        'from src/a.js:1:1',
        'from src/c.js:2:2',
        'from src/d.js:1:1',
      ])
  })

  test('in a source map: every line that it is in', async () => {
    const twice = { ...JSON.parse(map), sourcesContent: [`'${SECRET}'\n`, `"é"\n'${SECRET}'\n\n\t'${SECRET}'`] }
    expect((await problemsIn({ 'a.js.map': JSON.stringify(twice) }))?.map(({ frame }) => frame)).toEqual([
      'from src/a.js:1:2',
      'from src/b.js:2:2',
      'from src/b.js:4:3',
    ])
  })

  test('by a source map with sections, also one inside another', async () => {
    const part = (name: string, content: string | null, mappings = 'AAAA') => ({
      offset: { line: 0, column: 0 },
      map: { version: 3, sources: ['nothing.js', name], sourcesContent: [null, content], names: [], mappings },
    })
    const inner = { version: 3, sections: [part('webpack://app/./src/c.js', `let x\n\n'${SECRET}'`)] }
    const sections = [
      part('./src/a.js', `'${SECRET}'`, 'ACAA'),
      { ...part('./src/b.js', `\n'${SECRET}'`, 'ACCA'), offset: { line: 1, column: 0 } },
      { offset: { line: 2, column: 0 }, map: inner },
    ]
    const index = JSON.stringify({ version: 3, sections })
    const found = await problemsIn({ 'a.js': `${SECRET}\n${SECRET}\n`, 'a.js.map': index })
    expect(found?.map(({ at, frame }) => `${at.replace(/^(.*map):.*/, '$1')} ${frame}`)).toEqual([
      'a.js:1:1 from src/a.js:1:2',
      'a.js:2:1 from src/b.js:2:2',
      'a.js.map from src/a.js:1:2',
      'a.js.map from src/b.js:2:2',
      'a.js.map from src/c.js:3:2',
    ])
  })

  test.each([
    ['AAAA', 'from src/a.js:1:1'],
    ['', undefined],
  ])('where no source is in the source map: by the mapping %j', async (mappings, frame) => {
    const bare = JSON.stringify({ ...JSON.parse(map), sourcesContent: undefined, mappings })
    expect((await problemsIn({ 'a.js': SECRET, 'a.js.map': bare }))?.map((each) => each.frame)).toEqual([frame])
  })

  test('by a source map inside the file', async () => {
    const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`
    const [first] = (await problemsIn({ 'a.js': `${SECRET}\n//# sourceMappingURL=${url}\n` })) ?? []
    expect(first).toMatchObject({ at: 'a.js:1:1', frame: 'from src/b.js:2:8' })
  })

  const broken = [
    { sourcesContent: 'SECRET' },
    { sourcesContent: { a: 1 } },
    { sources: [5] },
    { sourcesContent: [5] },
    { mappings: 'ACAA' },
  ]
  test.each([
    ...['{', '{"version":3}', '[]', 'null', '', '{"version":3,"sections":[{"url":"b.map"}]}'],
    ...broken.map((each) => JSON.stringify({ version: 3, sources: ['a.js'], names: [], mappings: 'AAAA', ...each })),
  ])('not by an invalid source map: %s', async (broken) => {
    expect(await problemsIn({ 'a.js': SECRET, 'a.js.map': broken })).toHaveLength(1)
  })
})

test('a common value is not reported', async () => {
  expect(await problemsIn({ 'a.js': 'fetch("http://localhost:3000")' })).toBeUndefined()
})

describe('a file that is named after the secret in it is reported for both, without the value,', () => {
  const value = 'sk-live-51Hq8Zm2Kd9Tx-4-7'
  const name = `${value}.js`
  const map = JSON.stringify({ version: 3, sources: [name], sourcesContent: [value], names: [], mappings: 'AAAA' })
  const bundle = [
    { name, content: value },
    { name: `${name}.map`, content: map },
  ]
  const root = makeProject({ [`dist/${name}`]: value })
  const directory = { directory: join(root, 'dist'), root, since: 0, searched: new Map() }
  const named = [{ name: 'STRIPE_KEY', value }]
  test.each([
    ['in a bundle', () => createLeakGuard(named).find(bundle), [2, 3], [name, `${name}.map`]],
    ['in a directory', () => createLeakGuard(named).findWritten(directory), [1, 1], [name]],
  ])('%s', async (_, find, counts, files) => {
    const leaks = await find()
    const counted = ['in the name of this file', 'in this file'].map(
      (where) => leaks?.error.issues.filter(({ message }) => message.includes(where)).length,
    )
    expect(counted).toEqual(counts)
    expect(leaks?.files).toEqual(files)
    const text = `${leaks?.error.message}${leaks?.error.stack}${JSON.stringify(leaks?.error)}`
    for (let at = 0; at + 8 <= value.length; at++) expect(text).not.toContain(value.slice(at, at + 8))
  })
})
