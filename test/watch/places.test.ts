import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { hasChangedSince, type Places, placesOf } from '../../src/files/places.ts'
import { watchPlaces } from '../../src/files/watch-places.ts'
import { makeProject } from '../support/temp-project.ts'

/** The places of one file, relative to the project, as `directory: names`. */
function placesFor(root: string, file: string): readonly string[] {
  const places = placesOf({ files: [join(root, file)], directories: [] }, root)
  return [...places]
    .filter(([directory]) => directory.startsWith(root))
    .map(
      ([directory, names]) => `${directory.slice(root.length) || '/'}: ${names === 'all' ? 'all' : [...names].join()}`,
    )
    .sort()
}

describe('the places that determine what is at a path', () => {
  test('are the directories on the way to it', () => {
    const root = makeProject({ 'a/b/file': '' })
    expect(placesFor(root, 'a/b/file')).toEqual(['/: a', '/a/b: file', '/a: b'])
  })
  test('end at the first missing part of the path', () => {
    const root = makeProject({ 'a/': '', file: '' })
    expect(placesFor(root, 'a/b/c')).toEqual(['/: a', '/a: b'])
    expect(placesFor(root, 'file/below')).toEqual(['/: file', '/file: below'])
  })
  test('include every symbolic link on the way and its target', () => {
    const root = makeProject({ 'a/': '', 'b/file': '' })
    symlinkSync('../b', join(root, 'a/link'))
    expect(placesFor(root, 'a/link/file')).toEqual(['/: a,b', '/a: link', '/b: file'])
  })
  test('are found for circular symbolic links', () => {
    const root = makeProject()
    symlinkSync('two', join(root, 'one'))
    symlinkSync('one', join(root, 'two'))
    expect(placesFor(root, 'one')).toEqual(['/: one,two'])
  })
  test('reach up to the parent of the project, and for a file elsewhere two levels up', () => {
    const root = makeProject({ 'app/.env': '', 'x/y/z/file': '' })
    const app = join(root, 'app')
    const away = join(root, 'x/y/z')
    const places = placesOf({ files: [join(app, '.env'), join(away, 'file')], directories: [] }, app)
    expect([...places.keys()].sort()).toEqual([root, app, join(root, 'x'), dirname(away), away].sort())
  })
  test('are none for a path of another operating system', () => {
    expect([...placesOf({ files: ['C:\\data\\profile.yaml', ''], directories: [''] }, makeProject())]).toEqual([])
  })
})

describe('a change since a point in time', () => {
  test.each<[string, ReadonlySet<string> | 'all']>([
    ['a named file', new Set(['file'])],
    ['any file of a directory with all entries', 'all'],
  ])('is detected in %s', async (_, names) => {
    const root = makeProject({ file: '' })
    await sleep(50)
    writeFileSync(join(root, 'file'), 'written in place, so that the directory is as old as it was')
    const { ctimeMs } = statSync(join(root, 'file'))
    const places: Places = new Map([[root, names]])
    // The clocks of file systems may be off by two seconds.
    expect(hasChangedSince(places, ctimeMs + 1990)).toBe(true)
    expect(hasChangedSince(places, ctimeMs + 2010)).toBe(false)
  })
  test('is not detected in a directory that does not exist', () => {
    expect(hasChangedSince(new Map([[join(makeProject(), 'gone'), new Set(['file'])]]), 0)).toBe(false)
  })
})

test('a directory that the system cannot watch is polled', async () => {
  const root = makeProject()
  let events = 0
  const watch = watchPlaces({ onEvent: () => events++, persistent: true, poll: undefined })
  watch.watch(new Map([[join(root, 'later'), new Set(['file'])]]))
  mkdirSync(join(root, 'later'))
  writeFileSync(join(root, 'later/file'), '')
  await expect.poll(() => events, { timeout: 20_000 }).toBeGreaterThan(0)
  watch.close()
})

test.each<[string, number | undefined]>([
  ['by polling', 50],
  ['by events of the system', undefined],
])('a change before the same places are watched again is not lost, %s', async (_, poll) => {
  const root = makeProject({ file: '1' })
  const places: Places = new Map([[root, new Set(['file'])]])
  let events = 0
  const watch = watchPlaces({ onEvent: () => events++, persistent: true, poll })
  expect(watch.watch(places)).toBe(true)
  writeFileSync(join(root, 'file'), 'longer')
  expect(watch.watch(places)).toBe(false)
  await expect.poll(() => events, { timeout: 20_000 }).toBeGreaterThan(0)
  watch.close()
})
