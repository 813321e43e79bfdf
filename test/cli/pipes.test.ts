import { spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createPipes, type Pipes } from '../../src/cli/pipes.ts'
import { type Host, type Program, startProgram } from '../../src/cli/start-program.ts'
import { createMatcher } from '../../src/scan/index.ts'
import { COMPLETE, makeProject } from '../support/temp-project.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const { PATH = '', HOME = '' } = process.env
const SECRET = 'k3yX9aLm2Q'

/** What a program wrote and how it ended. */
interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Start extends Partial<Program> {
  readonly pipesFor?: () => Promise<Pipes | undefined>
  /** Whether nobody reads standard output after the first piece. */
  readonly readsOnce?: boolean
}

/** Starts a program that masks a secret. */
async function start(command: string, args: readonly string[], options: Start = {}): Promise<Ended> {
  const { pipesFor = createPipes, readsOnce = false, ...program } = options
  const written = { out: '', err: '' }
  const collecting = (name: 'out' | 'err', isOnce: boolean): Writable => {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        const isGone = isOnce && written[name] !== ''
        if (!isGone) written[name] += String(chunk)
        done(isGone ? Object.assign(new Error('EPIPE'), { code: 'EPIPE' }) : null)
      },
    })
    return stream.on('error', () => undefined)
  }
  const host: Host = {
    stdout: collecting('out', readsOnce),
    stderr: collecting('err', false),
    isShared: false,
    hasTerminal: false,
    on: () => undefined,
    off: () => undefined,
  }
  const env = { PATH, SECRET }
  const redact = createMatcher([{ name: 'SECRET', value: SECRET }])
  const code = await startProgram({ command, args, cwd: '/', env, redact, ...program }, host, pipesFor)
  return { code, ...written }
}

const sh = (script: string, options?: Start): Promise<Ended> => start('sh', ['-c', script], options)

/** How many pipes and sockets this process has open. */
function openPipes(): number {
  const targets = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(join('/proc/self/fd', name))
    } catch {
      return ''
    }
  })
  return targets.filter((target) => /^(?:pipe|socket):/.test(target)).length
}

describe.skipIf(process.platform !== 'linux')('the program gets pipes', () => {
  test('which it can open as /dev/stdout and /dev/stderr, with secrets masked', async () => {
    const script =
      'echo out > /dev/stdout; echo $SECRET > /dev/stdout; echo err > /dev/stderr; echo $SECRET > /dev/stderr'
    expect(await sh(script)).toEqual({ code: 0, out: 'out\n••••\n', err: 'err\n••••\n' })
  })

  test('and no other descriptors', async () => {
    const args = [
      '-p',
      'fs.readdirSync("/proc/self/fd").filter((name) => fs.existsSync(`/proc/self/fd/${name}`)).length',
    ]
    const { out } = await start(process.execPath, args)
    const plain = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
    expect(out).toBe(plain.stdout)
  })

  test('that end when the last process that has them open ends', async () => {
    expect(await sh('(sleep 0.3; echo late > /dev/stdout) & exit 3')).toEqual({ code: 3, out: 'late\n', err: '' })
  })

  test('that break for the process that writes when the reader has gone', async () => {
    expect(await sh('yes; exit 5', { readsOnce: true })).toMatchObject({ code: 5, err: '' })
  })

  test('that can still be opened when the reader has gone, and break then', async () => {
    const script = 'while echo line > /dev/stdout; do :; done'
    expect(await sh(script, { readsOnce: true })).toMatchObject({ code: 141, err: '' })
  })

  test('of the installed command', () => {
    const script = `"$@" run --redact -- sh -c 'yes; exit 5' | head -1; echo \${PIPESTATUS[0]}
"$@" run --redact -- sh -c 'echo out > /dev/stdout; echo err > /dev/stderr'`
    const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, cli], {
      cwd: makeProject(COMPLETE),
      env: { PATH, HOME },
      encoding: 'utf8',
    })
    expect([stdout, stderr]).toEqual(['y\n5\nout\n', 'err\n'])
  })

  test('that are all closed in the end, however often programs are started and fail to', async () => {
    const before = openPipes()
    for (let count = 0; count < 20; count++) {
      expect(await start('true', [])).toMatchObject({ code: 0 })
      await expect(start('/nowhere/program', [])).rejects.toThrow('There is no such program.')
      await expect(start('true', ['x'.repeat(1 << 18)])).rejects.toThrow('larger than the system allows')
      expect(await start('true', [], { stop: AbortSignal.abort() })).toMatchObject({ code: 143 })
    }
    await expect.poll(openPipes).toBe(before)
  })
})

describe.skipIf(process.platform === 'win32')('without pipes, the program gets sockets', () => {
  const pipesFor = async (): Promise<undefined> => undefined

  test('of which everything is read and masked', async () => {
    const script = 'echo out; echo $SECRET; echo err >&2; echo $SECRET >&2; exit 3'
    expect(await sh(script, { pipesFor })).toEqual({ code: 3, out: 'out\n••••\n', err: 'err\n••••\n' })
  })

  test('and ends like with a broken pipe when the reader has gone', async () => {
    expect(await start('yes', [], { pipesFor, readsOnce: true })).toMatchObject({ code: 141, err: '' })
  })
})

describe.skipIf(process.platform !== 'linux')('no pipes are created, and nothing stays open', () => {
  const holding = (what: string): string => `${what}\nread -r pid rest </proc/self/stat; echo "$pid"; read -r rest`

  test.each([
    ['fails', 'exit 1'],
    ['says nothing of use', 'echo nothing; read -r rest'],
    ['has no pipes', holding('')],
    ['has only one', holding('exec 5<<END\n\nEND')],
    ['has files in their place', holding('exec 5</dev/null 6</dev/null')],
    ['has sockets in their place', holding('exec 5<&0 6>&1')],
  ])('if the shell %s', async (_, script) => {
    const root = makeProject({ sh: { content: `#!/bin/sh\n${script}\n`, mode: 0o755 } })
    await expectNone(join(root, 'sh'))
  })

  test.each([
    ['does not exist', '/nowhere/sh'],
    ['is not executable', '/etc/passwd'],
    ['is no path', '\0'],
  ])('if the shell %s', (_, shell) => expectNone(shell))

  async function expectNone(shell: string): Promise<void> {
    const before = openPipes()
    expect(await createPipes(shell)).toBeUndefined()
    await expect.poll(openPipes).toBe(before)
  }
})
