import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { moveAside, removeFile, writeExclusively, writeFileAtomic } from '../../src/files/atomic.ts'
import { FileError } from '../../src/files/errors.ts'
import { writeSharedFile } from '../../src/files/shared.ts'
import { prepareState } from '../../src/files/state.ts'
import { temporaryName } from '../../src/files/temporary.ts'
import { bundleForChild } from '../support/bundle.ts'
import { sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'

let writer = ''
beforeAll(async () => {
  writer = await bundleForChild(fileURLToPath(new URL('./writer.ts', import.meta.url)))
})

const isPosix = process.platform !== 'win32'

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

function failureOf(work: () => unknown): FileError | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof FileError) return error
    throw error
  }
}

describe('a file that is written', () => {
  test('has its text, and is accessible to its owner only, as are its new directories', () => {
    const root = makeProject()
    const file = join(root, 'state/profiles/local/secrets.json')
    writeFileAtomic(file, 'é\r\n')
    expect(readFileSync(file, 'utf8')).toBe('é\r\n')
    if (isPosix)
      expect([modeOf(file), modeOf(join(root, 'state')), modeOf(join(file, '..'))]).toEqual(['600', '700', '700'])
    expect(readdirSync(join(file, '..'))).toEqual(['secrets.json'])
  })

  test.runIf(isPosix)('is accessible to its owner only, even if the old one was not', () => {
    const root = makeProject({ 'secrets.json': { content: 'old', mode: 0o644 } })
    writeFileAtomic(join(root, 'secrets.json'), 'new')
    expect(modeOf(join(root, 'secrets.json'))).toBe('600')
  })

  test('leaves a hard link to the old file unchanged', () => {
    const root = makeProject({ 'secrets.json': 'old' })
    linkSync(join(root, 'secrets.json'), join(root, 'elsewhere'))
    writeFileAtomic(join(root, 'secrets.json'), 'new')
    expect(readFileSync(join(root, 'elsewhere'), 'utf8')).toBe('old')
  })

  test('clears away the temporary file of a killed process, but not that of a running one', () => {
    const root = makeProject()
    const file = join(root, 'secrets.json')
    const mine = temporaryName(file)
    const dead = mine.replace(`-${process.pid}-`, '-4194999-')
    const other = mine.replace(/\.[0-9a-f]{12}-/, '.000000000000-')
    for (const path of [mine, dead, other]) writeFileSync(path, '')
    writeFileAtomic(file, 'new')
    expect([mine, dead, other].map((path) => existsSync(path))).toEqual([true, false, true])
  })

  test('is removed with the temporary file of a killed process, which may hold a token too', () => {
    const root = makeProject({ 'credentials.json': '{}' })
    const file = join(root, 'credentials.json')
    const dead = (): string => temporaryName(file).replace(`-${process.pid}-`, '-4194999-')
    writeFileSync(dead(), '{}')
    expect([removeFile(file), readdirSync(root)]).toEqual([true, []])
    writeFileSync(dead(), '{}')
    expect([removeFile(file), readdirSync(root)]).toEqual([false, []])
  })

  test('is written even if a directory has the name of a killed process’s temporary file', () => {
    const file = join(makeProject(), 'secrets.json')
    mkdirSync(temporaryName(file).replace(`-${process.pid}-`, '-4194999-'))
    writeFileAtomic(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
  })
})

describe.runIf(isPosix)('in place of the file', () => {
  test('a link is refused, and its target left unchanged', () => {
    const root = makeProject({ victim: { content: 'precious', mode: 0o644 } })
    symlinkSync(join(root, 'victim'), join(root, 'secrets.json'))
    const error = failureOf(() => writeFileAtomic(join(root, 'secrets.json'), 'new'))
    expect(error).toMatchObject({ code: 'FILE_NOT_REGULAR', message: expect.stringContaining('is a link') })
    expect([readFileSync(join(root, 'victim'), 'utf8'), modeOf(join(root, 'victim'))]).toEqual(['precious', '644'])
    expect(readdirSync(root).sort()).toEqual(['secrets.json', 'victim'])
  })

  test('a dangling link is refused, and its target not created', () => {
    const root = makeProject()
    symlinkSync(join(root, 'nowhere'), join(root, 'secrets.json'))
    expect(failureOf(() => writeFileAtomic(join(root, 'secrets.json'), 'new'))?.code).toBe('FILE_NOT_REGULAR')
    expect(existsSync(join(root, 'nowhere'))).toBe(false)
  })

  test.each(['directory', 'fifo'])('a %s is refused', async (kind) => {
    const root = makeProject()
    const file = join(root, 'secrets.json')
    if (kind === 'directory') mkdirSync(file)
    else await new Promise((resolve) => spawn('mkfifo', [file]).on('exit', resolve))
    expect(failureOf(() => writeFileAtomic(file, 'new'))?.code).toBe('FILE_NOT_REGULAR')
  })

  test('a link is removed or moved aside itself, not its target', () => {
    const root = makeProject({ victim: 'precious' })
    for (const name of ['one', 'two']) symlinkSync(join(root, 'victim'), join(root, name))
    expect(removeFile(join(root, 'one'))).toBe(true)
    const aside = moveAside(join(root, 'two'), Date.UTC(2026, 1, 1)) ?? ''
    expect(aside).toBe(join(root, 'two.broken-20260201000000000'))
    expect(lstatSync(aside).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('precious')
    expect([removeFile(join(root, 'one')), moveAside(join(root, 'two'), 0)]).toEqual([false, undefined])
  })
})

test.runIf(isPosix && process.getuid?.() !== 0)(
  'a directory without write permission is reported with a remedy',
  () => {
    const root = makeProject({ 'closed/secrets.json': 'old' })
    chmodSync(join(root, 'closed'), 0o500)
    const error = failureOf(() => writeFileAtomic(join(root, 'closed/secrets.json'), 'new'))
    chmodSync(join(root, 'closed'), 0o700)
    expect(error).toMatchObject({ code: 'FILE_UNWRITABLE', remedy: expect.stringContaining('chmod') })
  },
)

test('a file as a part of the path is reported', () => {
  const root = makeProject({ file: '' })
  expect(failureOf(() => writeFileAtomic(join(root, 'file/secrets.json'), 'new'))?.message).toMatch(
    /part of its path is a file/,
  )
})

test('writeExclusively leaves an existing file unchanged', () => {
  const file = join(makeProject({ 'compose.yaml': 'mine' }), 'compose.yaml')
  writeSharedFile(file, 'other')
  expect(() => writeExclusively(file, 'other')).toThrow('EEXIST')
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test.skipIf(!isPosix)('a text that does not fit leaves the old one, and no temporary file', () => {
  const file = join(makeProject({ 'secrets.json': 'old' }), 'secrets.json')
  // No file may be larger than 1 KiB; the signal for it is ignored.
  const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`
  const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, writer, 'write-once', file], {
    encoding: 'utf8',
  })
  expect(stdout).toContain('cannot be written')
  expect([readFileSync(file, 'utf8'), readdirSync(join(file, '..'))]).toEqual(['old', ['secrets.json']])
})

const mayMount = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0

test.runIf(mayMount)('a missing directory on a read-only file system is reported as read-only', () => {
  const root = makeProject()
  const script = 'mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"'
  const command = ['sh', '-c', script, root, process.execPath, writer, 'write-once', join(root, 'a/b/secrets.json')]
  const { stdout } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', ...command], { encoding: 'utf8' })
  expect(stdout).toMatch(/read-only/)
})

test.runIf(mayMount)(
  'a file that is mounted by itself into a container, and so cannot be replaced, is reported as that',
  () => {
    const root = makeProject({ 'secrets.json': 'old', outside: 'old' })
    const script = 'mount --bind outside secrets.json; exec "$@"'
    const command = ['sh', '-c', script, 'sh', process.execPath, writer, 'write-once', join(root, 'secrets.json')]
    const { stdout } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', ...command], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/secrets\.json cannot be replaced: it is mounted by itself\. Mount its directory instead\./)
    expect([readFileSync(join(root, 'outside'), 'utf8'), readdirSync(root).sort()]).toEqual([
      'old',
      ['outside', 'secrets.json'],
    ])
  },
)

describe.runIf(isPosix)('with any umask', () => {
  test.each(['000', '022', '077'])('a file is never accessible to others: %s', async (umask) => {
    const root = makeProject()
    const file = join(root, 'state/secrets.json')
    const rounds = sampled(100, 66_667)
    let looks = 0
    const loose: string[] = []
    // A busy machine may look too seldom while one process writes.
    while (looks <= 10) {
      const child = spawn(process.execPath, [writer, 'umask', file, String(rounds), umask])
      const ended = new Promise((resolve) => child.on('exit', resolve))
      while (child.exitCode === null && child.signalCode === null) {
        for (const name of list(join(root, 'state'))) {
          const stat = lstatSync(join(root, 'state', name), { throwIfNoEntry: false })
          if (!stat) continue
          looks++
          if ((stat.mode & 0o077) !== 0) loose.push(`${name} ${stat.mode.toString(8)}`)
        }
        await wait(0)
      }
      expect(await ended).toBe(0)
    }
    expect(loose).toEqual([])
    expect(modeOf(join(root, 'state'))).toBe('700')
  })
})

describe('a process that is killed while it writes', () => {
  test('leaves the old text or the new one, and a temporary file only until the next write', async () => {
    const random = seeded()
    const root = makeProject()
    const file = join(root, 'secrets.json')
    let killedInside = 0
    // A slow machine may take more rounds until one is killed while a temporary file is there.
    for (let round = 0; round < sampled(15, 500) || killedInside === 0; round++) {
      const child = spawn(process.execPath, [writer, 'write', file])
      await readyOf(child)
      await wait(random.below(30))
      await kill(child)
      const lines = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [''])
      expect([...lines], `seed ${random.seed}`).toHaveLength(existsSync(file) ? 2 : 1)
      killedInside += readdirSync(root).length > 1 ? 1 : 0
    }
    writeFileAtomic(file, 'mended')
    expect(readdirSync(root)).toEqual(['secrets.json'])
  })
})

test('the .gitignore of a project’s state is created, and an existing one left unchanged', async () => {
  const root = makeProject({ 'other/.gitignore': '# mine\n' })
  await prepareState(join(root, '.systemprompt'))
  await prepareState(join(root, 'other'))
  expect(readFileSync(join(root, '.systemprompt/.gitignore'), 'utf8')).toBe('*\n')
  expect(readFileSync(join(root, 'other/.gitignore'), 'utf8')).toBe('# mine\n')
})

function list(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

async function readyOf(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout?.once('data', resolve))
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
