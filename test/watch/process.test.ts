import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { IS_WINDOWS } from '../../src/files/windows.ts'
import { bundleForChild } from '../support/bundle.ts'
import { installInto, start } from '../support/installed.ts'
import { makeProject, PROFILE } from '../support/temp-project.ts'

let library = ''
beforeAll(async () => {
  library = pathToFileURL(await bundleForChild(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))).href
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program in a project of its own, with `watchConfig`, `change(value)`, `breakIt()` and `sleep(ms)` in scope. */
async function run(program: string, flags: readonly string[] = []): Promise<Ended> {
  const root = makeProject({ [PROFILE]: 'secrets: {validation: skip}\nvalue: one\n' })
  writeFileSync(
    join(root, 'program.mjs'),
    `import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchConfig } from ${JSON.stringify(library)}
const write = (text) => writeFileSync(${JSON.stringify(join(root, PROFILE))}, text)
const change = (value) => write('secrets: {validation: skip}\\nvalue: ' + value + '\\n')
const breakIt = () => write('value: [')
const options = { env: {} }
${program}`,
  )
  const child = spawn(process.execPath, [...flags, 'program.mjs'], { cwd: root, env: { PATH: process.env.PATH } })
  const limit = setTimeout(() => child.kill('SIGKILL'), Number(process.env.SOAK ? 600_000 : 60_000))
  let out = ''
  let err = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(limit)
  return { code, out, err }
}

describe('a program that watches exits by itself', () => {
  test.concurrent.each<[string, string]>([
    ['after close()', `const watcher = await watchConfig(options); await watcher.close()`],
    [
      'after close() in onChange',
      `const watcher = await watchConfig(options, { onChange: () => watcher.close() }); change('two')`,
    ],
    [
      'after close() while a reload waits',
      `const watcher = await watchConfig(options); change('two'); await sleep(30); await watcher.close()`,
    ],
    [
      'after its signal',
      `const controller = new AbortController(); await watchConfig(options, { signal: controller.signal }); setTimeout(() => controller.abort(), 50)`,
    ],
    ['with persistent: false', `await watchConfig(options, { persistent: false })`],
    ['with persistent: false and a change', `await watchConfig(options, { persistent: false }); change('two')`],
    ['with persistent: false and poll', `await watchConfig(options, { persistent: false, poll: 50 })`],
    [
      'after close() of one that polls',
      `const watcher = await watchConfig(options, { poll: 50 }); await watcher.close()`,
    ],
    ['after an initial configuration that is invalid', `breakIt(); await watchConfig(options).catch(() => undefined)`],
  ])('%s', async (_, program) => {
    expect(await run(`${program}\nconsole.log('last line')`)).toEqual({ code: 0, out: 'last line\n', err: '' })
  })
  test.concurrent('and not before', async () => {
    const { code, out } = await run(`
      const watcher = await watchConfig(options)
      const timer = setTimeout(() => { console.log('still here'); watcher.close() }, 500)
      timer.unref()`)
    expect({ code, out }).toEqual({ code: 0, out: 'still here\n' })
  })
})

describe('a callback that fails', () => {
  const ways: [string, string][] = [
    ['throws', 'onChange() { throw new Error("mine") }'],
    ['rejects', 'async onChange() { throw new Error("mine") }'],
  ]
  test.concurrent.each(ways)('%s and ends the program as an uncaught exception', async (_, onChange) => {
    const { code, err } = await run(`await watchConfig(options, { ${onChange} }); change('two')`)
    expect(code).toBe(1)
    expect(err).toMatch(/Error: mine/)
  })
  test.concurrent.each(ways)(
    '%s without ending the watcher if the program handles uncaught exceptions',
    async (_, onChange) => {
      const ended = await run(`
      process.on('uncaughtException', ({ message }) => {
        console.log(message, watcher.current.config.value)
        if (watcher.current.config.value === 'three') watcher.close()
        else change('three')
      })
      const watcher = await watchConfig(options, { ${onChange} })
      change('two')`)
      expect(ended).toEqual({ code: 0, out: 'mine two\nmine three\n', err: '' })
    },
  )
  test.concurrent('throws in onError and ends the program as an uncaught exception', async () => {
    const { code, err } = await run(`await watchConfig(options, { onError() { throw new Error("mine") } }); breakIt()`)
    expect(code).toBe(1)
    expect(err).toMatch(/Error: mine/)
  })
})

test.concurrent('the built package also watches in a preloaded process, which has .env values in its environment', async () => {
  const root = makeProject({
    '.env': 'A=1\n',
    'program.mjs': `import { writeFileSync } from 'node:fs'
import { watchConfig } from '@systemprompt/env'
const watcher = await watchConfig({}, {
  onChange({ changes, current }) {
    console.log(process.env.A, current.env.A, changes.length)
    watcher.close()
  },
})
writeFileSync('.env', 'A=2\\n')`,
  })
  installInto(root)
  const args = ['--import', '@systemprompt/env', 'program.mjs']
  expect(await start({ cwd: root, args })).toEqual({ code: 0, out: '1 2 1\n', err: '' })
})

test.skipIf(IS_WINDOWS).each<[string, Record<string, string>]>([
  ['', {}],
  [': JSON with options', { 'systemprompt.config.json': '{}' }],
  [': code with options', { 'systemprompt.config.mjs': 'export default {}' }],
])('a file that could not be read because of too many open files is read later%s', async (_, files) => {
  const root = makeProject({
    ...files,
    '.env': 'A=1\n',
    'program.mjs': `import { closeSync, openSync, writeSync } from 'node:fs'
import { watchConfig } from ${JSON.stringify(library)}
const file = openSync('.env', 'r+')
const taken = []
const watcher = await watchConfig({ env: {} }, {
  onChange({ current, recovered }) {
    console.log(current.env.A, recovered)
    watcher.close()
  },
  onError({ code }) {
    console.log(code)
    for (const one of taken) closeSync(one)
  },
})
try {
  for (;;) taken.push(openSync('program.mjs'))
} catch {}
writeSync(file, 'A=2', 0)`,
  })
  const args = ['-c', 'ulimit -n 64; exec "$0" program.mjs', process.execPath]
  const { out, err } = await start({ cwd: root, args, command: '/bin/sh' })
  expect({ out, err }).toEqual({ out: 'FILE_UNREADABLE\n2 true\n', err: '' })
})

test.concurrent('without onError problems are a warning on stderr, and the program continues', async () => {
  const { code, out, err } = await run(`
    const watcher = await watchConfig(options, { onChange: () => { console.log('mended'); watcher.close() } })
    process.on('warning', () => change('two'))
    breakIt()`)
  expect({ code, out }).toEqual({ code: 0, out: 'mended\n' })
  expect(err).toMatch(/ConfigError: The configuration of profile local is not valid: 1 problem/)
})

test.concurrent('1,000 reloads increase memory by less than 10 MB', async () => {
  const count = process.env.SOAK ? 1000 : 100
  const { out, err } = await run(
    `
    let told = () => undefined
    const watcher = await watchConfig(options, { debounce: 0, onChange: () => told(), onError: () => told() })
    async function reload(round) {
      const done = new Promise((resolve) => { told = resolve })
      if (round % 10 === 9) breakIt()
      else change('v' + round)
      await done
    }
    async function used() {
      for (let count = 0; count < 5; count++) { globalThis.gc(); await sleep(10) }
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    for (let round = 0; round < 30; round++) await reload(round)
    const before = await used()
    for (let round = 0; round < ${count}; round++) await reload(round)
    console.log(await used() - before)
    await watcher.close()`,
    ['--expose-gc'],
  )
  expect(err).toBe('')
  expect(out).toMatch(/^-?\d+\n$/)
  expect(Number(out) / 1024 / 1024).toBeLessThan(10)
}, 600_000)
