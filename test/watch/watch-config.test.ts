import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'
import { type ConfigUpdate, isConfigError, watchConfig } from '../../src/index.ts'
import { type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { type WatchEvent, watched } from '../support/watched.ts'

const yaml = (value: string): string => `secrets: {validation: skip}\nvalue: ${value}\n`
const BROKEN = 'value: [\n'

function project(): string {
  return makeProject({ [PROFILE]: yaml('one') })
}

function updateOf(event: WatchEvent): ConfigUpdate {
  if ('error' in event) throw event.error
  return event.update
}

describe('onChange', () => {
  test('receives the previous and the current configuration, and the changes', async () => {
    const root = project()
    const { watcher, next } = await watched({ cwd: root })
    const { current: first } = watcher
    writeFiles(root, { [PROFILE]: yaml('two') })
    const { previous, current, changes, recovered } = updateOf(await next())
    expect([previous, current, recovered]).toEqual([first, watcher.current, false])
    expect(changes).toEqual([{ path: 'value', part: 'config', kind: 'changed', previous: 'one', current: 'two' }])
  })
  test('is not called when files are written without a change', async () => {
    const root = project()
    const { nextChanges, told } = await watched({ cwd: root })
    for (const content of [yaml('one'), `# a comment\n${yaml('one')}`, yaml('"one"')]) {
      writeFiles(root, { [PROFILE]: content, '.env': '# nothing\n' })
      await sleep(60)
    }
    writeFiles(root, { '.env.local': 'A=1\n' })
    expect(await nextChanges()).toEqual(['env.A'])
    expect(told).toHaveLength(1)
  })
  test('is not called because a load itself reads files', async () => {
    const root = project()
    const log = join(root, 'log')
    writeFiles(root, {
      'systemprompt.config.mjs': `import { appendFileSync } from 'node:fs'
export default () => appendFileSync(${JSON.stringify(log)}, '.')`,
    })
    const { nextChanges } = await watched({ cwd: root }, { debounce: 0 })
    for (const value of ['1', '2', '3']) {
      writeFiles(root, { '.env': `A=${value}\n` })
      expect(await nextChanges()).toEqual(['env.A'])
      await sleep(100)
    }
    // One at first, one since the files are so new, and one or two for each time that the file was written in two steps.
    expect(readFileSync(log, 'utf8').length).toBeLessThanOrEqual(2 + 3 * 3)
  })
  test('is called once for several simultaneous changes', async () => {
    const root = project()
    const { nextChanges, told } = await watched({ cwd: root })
    writeFiles(root, { [PROFILE]: yaml('two'), '.env': 'A=1\n', [SECRETS]: '{"stripe": "x"}' })
    expect(await nextChanges()).toEqual(['value', 'secrets.stripe', 'env.A', 'env.STRIPE'])
    expect(told).toHaveLength(1)
  })
})

describe('during a reload', () => {
  test('no other one starts, and no change is lost', async () => {
    const root = project()
    const log = join(root, 'log')
    writeFiles(root, {
      'systemprompt.config.mjs': `import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
export default async () => {
  appendFileSync(${JSON.stringify(log)}, '[')
  await setTimeout(30)
  appendFileSync(${JSON.stringify(log)}, ']')
}`,
    })
    const { watcher, until } = await watched({ cwd: root }, { debounce: 0 })
    for (let count = 1; count <= 40; count++) {
      writeFiles(root, { [PROFILE]: yaml(`v${count}`) })
      await sleep(7)
    }
    await until(() => watcher.current.config.value === 'v40')
    await watcher.close()
    expect(readFileSync(log, 'utf8')).toMatch(/^(?:\[\]){3,}\[?$/)
  })
  test('a change of a file that was read but is not watched yet is not lost', async () => {
    const root = project()
    writeFiles(root, { 'services/ai/config.yaml': 'model: a\n' })
    // Runs after everything is read, and before the watcher knows what the load consulted.
    let meanwhile: Files = { [PROFILE]: yaml('two') }
    const schema = z.looseObject({}).refine(async () => {
      writeFiles(root, meanwhile)
      meanwhile = {}
      return true
    })
    const seen: unknown[] = []
    const watcher = await watchConfig(
      { cwd: root, env: {}, schema },
      { debounce: 0, onChange: ({ changes }) => seen.push(...changes.map(({ path }) => path)) },
    )
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['value'])
    meanwhile = { 'services/mail/config.yaml': 'host: b\n' }
    writeFiles(root, { 'services/mail/config.yaml': 'host: a\n' })
    await expect
      .poll(() => watcher.current.config, { timeout: 20_000 })
      .toMatchObject({ services: { mail: { host: 'b' } } })
    await watcher.close()
  })
  test('or while onChange has not settled, changes wait and are reported as one', async () => {
    const root = project()
    const seen: unknown[] = []
    let release: () => void = () => undefined
    const { watcher, until } = await watched(
      { cwd: root },
      {
        onChange({ previous, current }) {
          seen.push([previous.config.value, current.config.value])
          return new Promise<void>((resolve) => {
            release = resolve
          })
        },
      },
    )
    writeFiles(root, { [PROFILE]: yaml('two') })
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(1)
    for (const value of ['three', 'four']) {
      writeFiles(root, { [PROFILE]: yaml(value) })
      await sleep(60)
    }
    expect(watcher.current.config.value).toBe('two')
    release()
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(2)
    expect(seen).toEqual([
      ['one', 'two'],
      ['two', 'four'],
    ])
    release()
    await until(() => true)
  })
})

describe('an invalid configuration', () => {
  test('is passed to onError, and the last valid one is kept', async () => {
    const root = project()
    const { watcher, next } = await watched({ cwd: root })
    const { current } = watcher
    writeFiles(root, { [PROFILE]: BROKEN })
    const told = await next()
    expect('error' in told && [told.error.code, told.error.issues[0]?.file]).toEqual(['SYNTAX', PROFILE])
    expect([watcher.current, watcher.error]).toEqual([current, 'error' in told && told.error])
  })
  test('that cannot be read is retried at growing intervals, and reported once', async () => {
    const root = project()
    const { told, until, watcher } = await watched({ cwd: root })
    const delays: number[] = []
    const later = setTimeout
    vi.stubGlobal('setTimeout', (run: () => void, delay: number) => {
      if (delay < 1000 || delay > 60_000) return later(run, delay)
      delays.push(delay)
      return later(run, 1)
    })
    try {
      writeFiles(root, { '.env.local/': '' })
      await vi.waitFor(() => expect(delays.length).toBeGreaterThan(7), { timeout: 20_000 })
      expect(delays.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
      rmSync(join(root, '.env.local'), { recursive: true })
      await until(() => watcher.error === undefined)
      expect(told).toHaveLength(2)
    } finally {
      vi.unstubAllGlobals()
    }
  })
  test('is reported once for the same problems', async () => {
    const root = project()
    const { next, told, watcher } = await watched({ cwd: root })
    writeFiles(root, { [PROFILE]: BROKEN })
    await next()
    writeFiles(root, { '.env.local': 'A=1\n' })
    await sleep(100)
    writeFiles(root, { [PROFILE]: 'server: {port: eighty}\n' })
    const second = await next()
    expect('error' in second && second.error.code).toBe('INVALID_VALUE')
    expect(told).toHaveLength(2)
    expect(watcher.current.env).toEqual({})
  })
  test('that becomes valid again calls onChange, without changes if there are none', async () => {
    const root = project()
    const { watcher, next } = await watched({ cwd: root })
    writeFiles(root, { [PROFILE]: BROKEN })
    await next()
    writeFiles(root, { [PROFILE]: yaml('one') })
    expect(updateOf(await next())).toMatchObject({ changes: [], recovered: true })
    expect(watcher.error).toBeUndefined()
  })
  test('that becomes valid with another value reports the changes since the last valid one', async () => {
    const root = project()
    const { next } = await watched({ cwd: root })
    writeFiles(root, { [PROFILE]: BROKEN })
    await next()
    writeFiles(root, { [PROFILE]: yaml('two') })
    const { changes, recovered } = updateOf(await next())
    expect([changes.map(({ previous, current }) => [previous, current]), recovered]).toEqual([[['one', 'two']], true])
  })
  test('can be repaired in a file that only the failed load consulted', async () => {
    const root = project()
    const { watcher, next, until } = await watched({ cwd: root })
    writeFiles(root, { 'services/config/config.yaml': 'includes: [../deep/er/a.yaml]\n' })
    expect('error' in (await next())).toBe(true)
    writeFiles(root, { 'services/deep/er/a.yaml': 'a: {x: 1}\n' })
    await until(() => watcher.error === undefined)
    expect(watcher.current.config.services).toEqual({ a: { x: 1 } })
  })
  test('at the start rejects', async () => {
    const root = makeProject({ [PROFILE]: BROKEN })
    const error: unknown = await watchConfig({ cwd: root, env: {} }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error, 'SYNTAX')).toBe(true)
  })
  test.each<[string, object]>([
    ['onChange', { onChange: 'reload' }],
    ['onError', { onError: {} }],
    ['debounce', { debounce: '75' }],
    ['debounce', { debounce: -1 }],
    ['debounce', { debounce: Number.NaN }],
    ['poll', { poll: 0 }],
    ['persistent', { persistent: 'no' }],
    ['signal', { signal: {} }],
    ['onchange', { onchange: () => undefined }],
  ])('of the watcher is INVALID_OPTION, for %s: %j', async (key, options) => {
    const error: unknown = await watchConfig({ cwd: project(), env: {} }, options).catch((thrown: unknown) => thrown)
    expect(isConfigError(error, 'INVALID_OPTION') && error.issues[0]?.key).toBe(key)
  })
})

describe('a closed watcher', () => {
  test('calls nothing any more, and can be closed again', async () => {
    const root = project()
    const { watcher, told } = await watched({ cwd: root })
    const { nextChanges } = await watched({ cwd: root })
    await watcher.close()
    await watcher.close()
    writeFiles(root, { [PROFILE]: yaml('two') })
    expect(await nextChanges()).toEqual(['value'])
    expect([told, watcher.current.config.value]).toEqual([[], 'one'])
  })
  test('may be closed by its signal, in its onChange, or at the end of its scope', async () => {
    const root = project()
    const controller = new AbortController()
    const bySignal = await watched({ cwd: root }, { signal: controller.signal })
    const inCallback = await watched({ cwd: root }, { onChange: () => inCallback.watcher.close() })
    const byScope = await watched({ cwd: root })
    await byScope.watcher[Symbol.asyncDispose]()
    const other = await watched({ cwd: root })
    controller.abort()
    for (const value of ['two', 'three']) {
      writeFiles(root, { [PROFILE]: yaml(value) })
      expect(await other.nextChanges()).toEqual(['value'])
    }
    expect([bySignal.told, byScope.told]).toEqual([[], []])
    expect(inCallback.watcher.current.config.value).not.toBe('three')
  })
  test('that was aborted before it started throws the reason of the signal', async () => {
    const reason = new Error('stop')
    await expect(watchConfig({ cwd: project(), env: {} }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const watcher = watchConfig({ cwd: project(), env: {} }, { signal: controller.signal })
    controller.abort(reason)
    await expect(watcher).rejects.toBe(reason)
  })
})

test('the configuration has the type of the schema', async () => {
  const schema = z.looseObject({ value: z.string() })
  const watcher = await watchConfig(
    { cwd: project(), env: {}, schema },
    {
      onChange: ({ previous, current }) => {
        expectTypeOf(previous.config.value).toEqualTypeOf<string>()
        expectTypeOf(current.config.value).toEqualTypeOf<string>()
      },
    },
  )
  expectTypeOf(watcher.current.config.value).toEqualTypeOf<string>()
  expect(watcher.current.config.value).toBe('one')
  await watcher.close()
})

test('the project stays the same when the working directory changes', async () => {
  const root = project()
  const before = process.cwd()
  process.chdir(root)
  try {
    const { nextChanges } = await watched({})
    process.chdir(before)
    writeFiles(root, { [PROFILE]: yaml('two') })
    expect(await nextChanges()).toEqual(['value'])
  } finally {
    process.chdir(before)
  }
})

test('a watcher and its updates show no secret when they are printed', async () => {
  const root = makeProject({ [PROFILE]: yaml('one'), [SECRETS]: '{"stripe": "canary-one-4711"}' })
  const { watcher, next } = await watched({ cwd: root })
  writeFileSync(join(root, SECRETS), '{"stripe": "canary-two-4711"}')
  const { update } = (await next()) as { update: ConfigUpdate }
  for (const value of [update, update.changes, watcher, watcher.current]) {
    const shown = inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(value)
    expect(shown).not.toMatch(/canary/)
  }
})
