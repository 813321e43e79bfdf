import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createOutputSearch, type OutputSearch } from '../../integrations/output/output-search.ts'
import { makeProject, writeFiles } from '../support/temp-project.ts'

afterEach(() => {
  vi.useRealTimers()
})

const SECRET = 'before-7c1f09a2d5'

/** A search for a secret, which can be changed. */
function searchFor(value = SECRET): { readonly search: OutputSearch; change(to: string): void } {
  let now = value
  const search = createOutputSearch(() => ({ secrets: [{ name: 'API_KEY', value: now }], values: {} }))
  return {
    search,
    change(to) {
      now = to
      search.restart()
    },
  }
}

describe('a file of a bundle', () => {
  const harmless = { name: 'a.js', content: 'const a = 1' }
  const leaking = { name: 'b.js', content: `const b = '${SECRET}'` }

  test('that holds a secret is told of at each rebuild, whatever else has changed', async () => {
    const { search } = searchFor()
    for (let build = 0; build < 3; build++) expect((await search.find([harmless, leaking]))?.files).toEqual(['b.js'])
  })

  test.each<[string, string | Uint8Array, string | Uint8Array]>([
    ['text', harmless.content, leaking.content],
    ['bytes', Buffer.from(harmless.content), Buffer.from(leaking.content)],
    ['bytes after which the new ones sort', Buffer.from('z'), Buffer.from(leaking.content)],
    ['bytes that become text', Buffer.from(harmless.content), leaking.content],
    ['text that becomes bytes', harmless.content, Buffer.from(leaking.content)],
  ])('that was searched is searched again when it has changed: %s', async (_, before, after) => {
    const { search } = searchFor()
    const other = { name: 'other.js', content: 'unchanged' }
    expect(await search.find([{ name: 'a.js', content: before }, other])).toBeUndefined()
    expect((await search.find([{ name: 'a.js', content: after }, other]))?.files).toEqual(['a.js'])
  })

  test('that was searched is searched again for secrets that are new', async () => {
    const { search, change } = searchFor('another-91be4470cd')
    expect(await search.find([leaking])).toBeUndefined()
    change(SECRET)
    expect((await search.find([leaking]))?.files).toEqual(['b.js'])
    change('another-91be4470cd')
    expect(await search.find([leaking])).toBeUndefined()
  })
})

describe('what others write to a directory', () => {
  const root = makeProject()
  let count = 0
  function directoryWith(files: Record<string, string>): string {
    const directory = join(root, `out-${count++}`)
    writeFiles(directory, files)
    return directory
  }
  const HOUR = 3_600_000

  test('is searched, however old a copy says that it is', async () => {
    const { search } = searchFor()
    const directory = directoryWith({ 'assets/copied.txt': SECRET })
    utimesSync(join(directory, 'assets/copied.txt'), 0, 0)
    expect((await search.findWritten(directory, root))?.files).toEqual(['assets/copied.txt'])
  })

  test('is not searched if it was there before the build, or at the search before', async () => {
    const directory = directoryWith({ 'old.txt': SECRET })
    const { search } = searchFor()
    vi.useFakeTimers({ now: Date.now() + HOUR, toFake: ['Date'] })
    expect(await searchFor().search.findWritten(directory, root)).toBeUndefined()
    expect((await search.findWritten(directory, root))?.files).toEqual(['old.txt'])
    expect(await search.findWritten(directory, root)).toBeUndefined()
    expect((await search.findWritten(directory, root, Date.now() - HOUR))?.files).toEqual(['old.txt'])
  })

  test('is searched in each of several directories from the beginning of the build', async () => {
    const { search } = searchFor()
    const [first, second] = [directoryWith({ 'a.txt': 'nothing' }), directoryWith({ 'b.txt': SECRET })]
    expect(await search.findWritten(first, root)).toBeUndefined()
    expect((await search.findWritten(second, root))?.files).toEqual(['b.txt'])
  })

  test('is told apart from the bundle’s own files, which were searched, by their size', async () => {
    const { search } = searchFor()
    const content = 'é'.repeat(SECRET.length)
    expect(await search.find([{ name: 'a/b.js', content }])).toBeUndefined()
    const directory = directoryWith({ 'a/b.js': `${SECRET}${' '.repeat(Buffer.byteLength(content) - SECRET.length)}` })
    expect(await search.findWritten(directory, root)).toBeUndefined()
    writeFiles(directory, { 'a/b.js': SECRET })
    expect((await search.findWritten(directory, root))?.files).toEqual(['a/b.js'])
  })

  test('is searched in a directory that has been there for longer', async () => {
    const directory = directoryWith({ 'assets/copied.txt': '' })
    const [assets, copied] = [join(directory, 'assets'), join(directory, 'assets/copied.txt')]
    do writeFileSync(copied, `\n  ${SECRET}`)
    while (statSync(copied).ctimeMs <= statSync(assets).ctimeMs)
    // The second is for the clocks of file systems.
    const since = statSync(copied).ctimeMs + 1000
    const leaks = await searchFor().search.findWritten(directory, root, since)
    expect(leaks?.error.issues).toMatchObject([{ key: 'API_KEY', file: 'assets/copied.txt', line: 2, column: 3 }])
  })

  test('is told of by its name too', async () => {
    const { search } = searchFor()
    const leaks = await search.findWritten(directoryWith({ [`deep/${SECRET}.txt`]: '' }), root)
    expect(leaks?.files).toEqual([`deep/${SECRET}.txt`])
    expect(leaks?.error.message).not.toContain(SECRET)
  })

  test('is not searched in a directory that contains the project, in a file, or where nothing is', async () => {
    const { search } = searchFor()
    const project = directoryWith({ 'web/.env': SECRET, 'dist.txt': SECRET })
    expect(await search.findWritten(project, join(project, 'web'))).toBeUndefined()
    expect(await search.findWritten(project, project)).toBeUndefined()
    expect(await search.findWritten(join(project, 'dist.txt'), root)).toBeUndefined()
    expect(await search.findWritten(join(project, 'gone'), root)).toBeUndefined()
  })
})

test('secrets that change while the first search gets ready are searched for', async () => {
  let value = 'before-7c1f09a2d5'
  const search = createOutputSearch(() => ({ secrets: [{ name: 'API_KEY', value }], values: {} }))
  const found = search.find([{ name: 'a.js', content: 'const key = "after-91be4470cd"' }])
  value = 'after-91be4470cd'
  search.restart()
  expect(await found).toBeDefined()
})
