import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { isRegularFile, moveAside, removeFile } from '../../src/files/atomic.ts'
import { withLock } from '../../src/files/lock.ts'
import { updateFile } from '../../src/files/update.ts'
import { hasRights, whileBarred } from '../support/barred.ts'
import { bundleForChild } from '../support/bundle.ts'
import { sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'

let writer = ''
beforeAll(async () => {
  writer = await bundleForChild(fileURLToPath(new URL('./writer.ts', import.meta.url)))
})

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [writer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve))
}

async function said(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout?.once('data', resolve))
}

/** A process that holds the lock, and is killed. */
async function deadHolder(file: string): Promise<void> {
  const child = start('hold', file)
  await said(child)
  const over = ended(child)
  child.kill('SIGKILL')
  await over
}

test.runIf(hasRights)('every operation in a directory without permission to enter it reports so', async () => {
  const closed = join(makeProject({ 'closed/x.json': '{}' }), 'closed')
  const file = join(closed, 'x.json')
  chmodSync(dirname(closed), 0o755)
  const work = [
    () => updateFile(file, () => '{"a": 1}'),
    () => removeFile(file),
    () => moveAside(file, 0),
    () => isRegularFile(file),
  ]
  const errors: unknown[] = []
  await whileBarred(closed, async () => {
    for (const each of work) errors.push(await (async () => each())().catch((error: unknown) => error))
  })
  const error = { code: 'FILE_UNWRITABLE', message: expect.stringContaining('cannot be written by this user') }
  expect(errors).toEqual(work.map(() => expect.objectContaining(error)))
})

/** Starts a program as the first process of its own process namespace, and ends it with its parent. */
const CONTAINER = ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child']
const mayUnshare = spawnSync('unshare', [...CONTAINER, 'true']).status === 0

const newFile = (): string => join(makeProject(), 'secrets.json')

describe('updates', () => {
  test('of eight processes are all kept', async () => {
    const file = newFile()
    const each = sampled(25, 250)
    const children = Array.from({ length: 8 }, () => start('count', file, String(each)))
    expect(await Promise.all(children.map(ended))).toEqual(Array.from({ length: 8 }, () => 0))
    expect(Number(readFileSync(file, 'utf8'))).toBe(8 * each)
    expect(readdirSync(join(file, '..'))).toEqual(['secrets.json'])
  })

  test('within one process wait for one another', async () => {
    const file = newFile()
    await Promise.all(Array.from({ length: 20 }, () => updateFile(file, (text) => `${text ?? ''}x`)))
    expect(readFileSync(file, 'utf8')).toBe('x'.repeat(20))
  })

  test('that change nothing write nothing', async () => {
    const file = newFile()
    expect(await updateFile(file, () => undefined)).toBe(false)
    expect(existsSync(file)).toBe(false)
    expect(await updateFile(file, () => 'text')).toBe(true)
    expect(await updateFile(file, (text) => text)).toBe(false)
  })

  test('that were reported as done survive a kill -9 of the process and of those that break its lock', async () => {
    const random = seeded()
    const file = newFile()
    let promised = 0
    for (let round = 0; round < sampled(6, 200); round++) {
      const children = Array.from({ length: 3 }, () => start('count-until-killed', file))
      const overs = children.map(ended)
      for (const child of children) {
        child.stdout?.on('data', (text: Buffer) => {
          const complete = String(text).slice(0, String(text).lastIndexOf('\n') + 1)
          promised = Math.max(promised, ...complete.split('\n').map(Number).filter(Number.isFinite))
        })
      }
      const before = promised
      // Each round gets something done, however slow the machine is.
      await expect.poll(() => promised).toBeGreaterThan(before)
      await wait(random.below(60))
      for (const child of children) {
        child.kill('SIGKILL')
        await wait(random.below(10))
      }
      await Promise.all(overs)
      expect(Number(readFileSync(file, 'utf8')), `seed ${random.seed}`).toBeGreaterThanOrEqual(promised)
    }
    await updateFile(file, () => 'done')
    expect(readdirSync(join(file, '..'))).toEqual(['secrets.json'])
  })
})

describe('a lock', () => {
  test('of a killed process is broken at once', async () => {
    const file = newFile()
    await deadHolder(file)
    expect(existsSync(`${file}.lock`)).toBe(true)
    await updateFile(file, () => 'mine', { timeout: 500 })
    expect(readdirSync(join(file, '..'))).toEqual(['secrets.json'])
  })

  test('on breaking a lock, left by a killed process, is cleared away, and no other file', async () => {
    const file = newFile()
    await deadHolder(file)
    const dead = readFileSync(`${file}.lock`, 'utf8')
    const { token } = JSON.parse(dead) as { token: string }
    const old = (name: string, content: string): void => {
      writeFileSync(name, content)
      utimesSync(name, new Date(0), new Date(0))
    }
    for (const end of [token, `${token}.00000000000000ff`, 'x', '00000000000000aa'])
      writeFileSync(`${file}.lock.${end}`, dead)
    old(`${file}.lock.00000000000000bb`, 'torn')
    // Of a running process; of another machine, and recent; nobody's; not ours to clear away.
    await withLock(`${file}.other`, () => {
      writeFileSync(`${file}.lock.00000000000000cc`, readFileSync(`${file}.other.lock`))
    })
    writeFileSync(`${file}.lock.00000000000000dd`, dead.replace(/"machine":"\w+"/, '"machine":"000000000000"'))
    mkdirSync(`${file}.lock.00000000000000ee`)
    utimesSync(`${file}.lock.00000000000000ee`, new Date(0), new Date(0))
    old(`${file}.lock.backup`, dead)
    await updateFile(file, () => 'mine', { timeout: 2_000 })
    expect(readdirSync(join(file, '..')).sort()).toEqual([
      'secrets.json',
      'secrets.json.lock.00000000000000cc',
      'secrets.json.lock.00000000000000dd',
      'secrets.json.lock.00000000000000ee',
      'secrets.json.lock.backup',
    ])
  })

  test('that is held for long is refreshed, so that it does not look abandoned to other machines', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const file = newFile()
      const age = (): number => Date.now() - statSync(`${file}.lock`).mtimeMs
      await withLock(file, () => {
        utimesSync(`${file}.lock`, new Date(0), new Date(0))
        vi.advanceTimersByTime(30_000)
        expect(age()).toBeLessThan(10_000)
      })
      expect([vi.getTimerCount(), readdirSync(join(file, '..'))]).toEqual([0, []])
    } finally {
      vi.useRealTimers()
    }
  })

  test('of a running process is never broken, however old it is', async () => {
    const file = newFile()
    await withLock(file, async () => {
      utimesSync(`${file}.lock`, new Date(0), new Date(0))
      await expect(withLock(file, () => undefined, { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    })
  })

  test('of a running process is not broken, whatever the process calls itself', async () => {
    const { title } = process
    const file = newFile()
    await withLock(file, async () => {
      process.title = 'one) Z (two) Z'
      await expect(withLock(file, () => undefined, { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    }).finally(() => {
      process.title = title
    })
  })

  test.skipIf(process.platform === 'win32')('of another user’s running process is not broken', async () => {
    const file = newFile()
    const mine = await withLock(file, () => readFileSync(`${file}.lock`, 'utf8'))
    // The system's first process; root may signal it too.
    writeFileSync(`${file}.lock`, JSON.stringify({ ...JSON.parse(mine), pid: 1, started: '' }))
    await expect(withLock(file, () => 'never', { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
  })

  test.runIf(mayUnshare)(
    'of a process in another container is not broken, though its number means another one here',
    async () => {
      const file = newFile()
      const child = spawn('unshare', [...CONTAINER, process.execPath, writer, 'hold', file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await said(child)
      try {
        await expect(withLock(file, () => 'never', { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
      } finally {
        const over = ended(child)
        child.kill('SIGKILL')
        await over
      }
    },
  )

  test('that another process has since broken and taken is left to it', async () => {
    const file = newFile()
    await withLock(file, () => {
      const mine = readFileSync(`${file}.lock`, 'utf8')
      writeFileSync(`${file}.lock`, mine.replace(/"token":"\w+"/, '"token":"00000000000000aa"'))
    })
    expect(existsSync(`${file}.lock`)).toBe(true)
  })

  test('of a killed process is broken once, even if many processes find it', async () => {
    const file = newFile()
    for (let round = 0; round < sampled(3, 50); round++) {
      await deadHolder(file)
      const before = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
      const children = Array.from({ length: 4 }, () => start('count', file, '5'))
      await Promise.all(children.map(ended))
      expect(Number(readFileSync(file, 'utf8'))).toBe(before + 20)
    }
  })

  test('of a killed process that another process breaks and takes first is left to that process', async () => {
    const file = newFile()
    const held = (other: string): Promise<string> => withLock(other, () => readFileSync(`${other}.lock`, 'utf8'))
    const [breaking, taken] = [await held(file), await held(file)]
    await deadHolder(file)
    const { token } = JSON.parse(readFileSync(`${file}.lock`, 'utf8')) as { token: string }
    writeFileSync(`${file}.lock.${token}`, breaking)
    const late = withLock(file, () => 'never', { timeout: 300 })
    writeFileSync(`${file}.lock`, taken)
    rmSync(`${file}.lock.${token}`)
    await expect(late).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    expect(readFileSync(`${file}.lock`, 'utf8')).toBe(taken)
  })

  test('of a running process is waited for, and an error names the process after the timeout', async () => {
    const file = newFile()
    const child = start('hold', file)
    await said(child)
    const error: unknown = await withLock(file, () => 'never', { timeout: 100 }).catch((caught: unknown) => caught)
    child.kill()
    expect(error).toMatchObject({ code: 'FILE_LOCKED', message: expect.stringContaining(`by process ${child.pid}`) })
  })

  test.runIf(process.platform === 'linux')('of a killed process that nobody has waited for is broken', async () => {
    const file = newFile()
    // The shell becomes a program that does not know of the child it has, as the first process of a container may.
    const parent = spawn('sh', ['-c', '"$@" & exec sleep 600', 'sh', process.execPath, writer, 'hold', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await said(parent)
    const { pid } = JSON.parse(readFileSync(`${file}.lock`, 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
    try {
      expect(await withLock(file, () => 'mine', { timeout: 500 })).toBe('mine')
    } finally {
      parent.kill()
    }
  })

  test.runIf(process.platform === 'linux')('of a process whose number was reused is broken', async () => {
    const file = newFile()
    await withLock(file, () => {
      const lock = readFileSync(`${file}.lock`, 'utf8')
      const { started } = JSON.parse(lock) as { started: string }
      writeFileSync(`${file}.lock.copy`, lock.replace(`"started":"${started}"`, '"started":"1"'))
    })
    writeFileSync(`${file}.lock`, readFileSync(`${file}.lock.copy`))
    expect(await withLock(file, () => 'mine', { timeout: 500 })).toBe('mine')
  })

  test.each([
    ['of another machine', JSON.stringify({ machine: '000000000000', pid: 1, started: '', token: '0123456789abcdef' })],
    ['that is empty', ''],
    ['with a path for a token', JSON.stringify({ machine: 'x', pid: 1, started: '', token: '../../x' })],
  ])('%s is waited for, and broken once it is old', async (_, content) => {
    const file = newFile()
    writeFileSync(`${file}.lock`, content)
    await expect(withLock(file, () => 'never', { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    utimesSync(`${file}.lock`, new Date(0), new Date(0))
    expect(await withLock(file, () => 'mine', { timeout: 500 })).toBe('mine')
    expect(readdirSync(join(file, '..'))).toEqual([])
  })

  test.skipIf(process.platform === 'win32')(
    'that is a FIFO or a directory is waited for until the timeout only',
    async () => {
      const pipe = newFile()
      spawnSync('mkfifo', [`${pipe}.lock`])
      const directory = newFile()
      mkdirSync(`${directory}.lock`)
      utimesSync(`${directory}.lock`, new Date(0), new Date(0))
      for (const file of [pipe, directory])
        await expect(withLock(file, () => 'never', { timeout: 50 })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    },
  )

  test('is released when the work fails', async () => {
    const file = newFile()
    await expect(withLock(file, () => Promise.reject(new RangeError('no')))).rejects.toThrow('no')
    expect(await withLock(file, () => 'mine', { timeout: 100 })).toBe('mine')
  })
})
