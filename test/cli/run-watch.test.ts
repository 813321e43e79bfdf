import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type Files, makeProject, PROFILE, writeFiles } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

const FILES: Files = {
  [PROFILE]: 'name: local\nsecrets: { validation: skip }\nserver: { port: 8080 }\n',
  '.env': 'GREETING=hello\n',
  // Reports its start and its end.
  'program.mjs': `
    process.on('SIGTERM', () => { console.log('ended', process.env.GREETING); process.exit(0) })
    console.log('started', process.env.GREETING)
    setInterval(() => undefined, 1000)`,
}

const running: Promise<unknown>[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  // SIGKILL would leave its program behind.
  for (const child of children.splice(0)) child.kill('SIGTERM')
  await Promise.all(running.splice(0))
})

/** Starts `run --watch`, and keeps its output; `until` waits for a text in it. */
function watching(
  root: string,
  program: readonly string[] = [process.execPath, 'program.mjs'],
  flags: readonly string[] = [],
) {
  const child = spawn(process.execPath, [cli, 'run', '--watch', ...flags, '--', ...program], {
    cwd: root,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const listener of listeners) listener()
    })
  }
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!output.includes(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
    })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  )
  running.push(ended)
  return { child, until, ended, output: () => output }
}

describe('run --watch', () => {
  test('ends the program and starts it again when a value changes', async () => {
    const root = makeProject(FILES)
    const { until, output, child, ended } = watching(root)
    await until('started hello')
    writeFiles(root, { '.env': 'GREETING=changed\n' })
    await until('started changed')
    expect(output()).toMatch(
      /started hello[\s\S]*env\.GREETING changed; restarting the program\.[\s\S]*ended hello[\s\S]*started changed/,
    )
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(output()).toMatch(/ended changed\n$/)
  })

  test('escapes control characters in the name of what changed', async () => {
    const root = makeProject(FILES)
    const { until, output } = watching(root)
    await until('started hello')
    writeFiles(root, { [PROFILE]: `${FILES[PROFILE]}"a\\x9b31m\\u202eb": 1\n` })
    await until('restarting the program')
    expect(output()).toContain('["a\\u009b31m\\u202eb"] changed')
  })

  test('keeps the program running while the configuration is invalid, and says why', async () => {
    const root = makeProject(FILES)
    const { until, output } = watching(root)
    await until('started hello')
    writeFiles(root, { [PROFILE]: 'name: local\nsecrets: { validation: skip }\nserver: { port: eighty }\n' })
    await until('keeps running with the last valid configuration')
    expect(output()).toContain('server.port  is not a whole number')
    expect(output()).not.toContain('ended')
    writeFiles(root, { [PROFILE]: String(FILES[PROFILE]) })
    await until('valid again')
    writeFiles(root, { '.env': 'GREETING=later\n' })
    await until('started later')
    expect(output().match(/started/g)).toHaveLength(2)
  })

  test('starts a program that has exited again when a value changes', async () => {
    const root = makeProject(FILES)
    const { until, output } = watching(root, [
      process.execPath,
      '-e',
      `console.log('once', process.env.GREETING); process.exitCode = 3`,
    ])
    await until('The program exited with code 3. It restarts when something changes.')
    writeFiles(root, { '.env': 'GREETING=again\n' })
    await until('once again')
    expect(output().match(/once/g)).toHaveLength(2)
  })

  test('names what changed, and shows no secret', async () => {
    const root = makeProject({ ...FILES, '.env': 'A_TOKEN=Zk3vTq8mWx1rLc5y\nGREETING=hello\n' })
    const { until, output } = watching(root)
    await until('started hello')
    writeFiles(root, { '.env': 'A_TOKEN=Other3vTq8mWx1rLc\nGREETING=changed\nB=1\nC=2\nD=3\n' })
    await until('started changed')
    expect(output()).toMatch(/and \d+ more changed; restarting the program/)
    expect(output()).not.toMatch(/Zk3v|Other3/)
  })

  test('masks secrets with --redact after every start', async () => {
    const root = makeProject({ ...FILES, '.env': 'A_TOKEN=Zk3vTq8mWx1rLc5y\n' })
    const { until, output } = watching(
      root,
      [
        process.execPath,
        '-e',
        `console.log('token', process.env.A_TOKEN, process.env.GREETING); setInterval(() => undefined, 1000)`,
      ],
      ['--redact'],
    )
    await until('token ••••')
    writeFiles(root, { '.env': 'A_TOKEN=Other3vTq8mWx1rLc\nGREETING=hello\n' })
    await until('token •••• hello')
    expect(output()).not.toMatch(/Zk3v|Other3/)
  })

  test.each<[string, Files, readonly string[], number, string]>([
    ['an invalid configuration', { ...FILES, [PROFILE]: 'name: [' }, ['true'], 6, 'is not valid'],
    ['a program that does not exist', FILES, ['no-such-program-here'], 127, 'There is no such program'],
  ])('ends at once with %s', async (_, files, program, code, says) => {
    const { ended, output } = watching(makeProject(files), program)
    expect(await ended).toBe(code)
    expect(output()).toContain(says)
  })

  test('does not announce a restart when the program ends by a Ctrl-C that is handled later', async () => {
    let press = (_: number): void => undefined
    const terminal = {
      start: async () => {
        setImmediate(press, 130)
        return 130
      },
      interrupted: () =>
        new Promise<number>((resolve) => {
          press = resolve
        }),
    }
    const { code, err } = await run(makeProject(FILES), ['run', '--watch', '--', 'true'], terminal)
    expect([code, err]).toEqual([130, ''])
  })

  test('ends when it is interrupted after the program has ended', async () => {
    const root = makeProject(FILES)
    const { until, child, ended } = watching(root, ['true'])
    await until('restarts when something changes')
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  test('starts nothing when it is terminated before the program is started', async () => {
    const slow = `console.log('loading'); await new Promise((resolve) => setTimeout(resolve, 500)); export default {}`
    const { until, child, ended, output } = watching(makeProject({ ...FILES, 'systemprompt.config.mjs': slow }))
    await until('loading')
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    expect(output()).not.toContain('started')
  })

  test('does not start the program again when it is terminated while the program ends', async () => {
    const program = `
      process.on('SIGTERM', () => { console.log('ending'); setTimeout(() => process.exit(4), 500) })
      console.log('started')
      setInterval(() => undefined, 1000)`
    const root = makeProject({ ...FILES, 'program.mjs': program })
    const { until, child, ended, output } = watching(root)
    await until('started')
    writeFiles(root, { '.env': 'GREETING=changed\n' })
    await until('ending')
    child.kill('SIGTERM')
    expect(await ended).toBe(4)
    expect(output().match(/started/g)).toHaveLength(1)
  })

  test.skipIf(process.platform === 'win32')(
    'waits for the program, not for processes that it leaves behind',
    async () => {
      const root = makeProject(FILES)
      const program = ['sh', '-c', 'sleep 30 & echo "started $GREETING"; wait']
      const { until, child, ended } = watching(root, program, ['--redact'])
      await until('started hello')
      writeFiles(root, { '.env': 'GREETING=changed\n' })
      await until('started changed')
      child.kill('SIGTERM')
      expect(await ended).toBe(143)
    },
  )

  test('restarts the program when a file is removed and when it is back', async () => {
    const root = makeProject(FILES)
    const { until, output } = watching(root)
    await until('started hello')
    rmSync(join(root, '.env'))
    await until('started undefined')
    writeFiles(root, { '.env': 'GREETING=back\n' })
    await until('started back')
    expect(output().match(/started \w+/g)).toEqual(['started hello', 'started undefined', 'started back'])
  })
})
