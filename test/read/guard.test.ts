import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collectProblems, type Problems } from '../../src/errors/errors.ts'
import {
  isDirectory,
  LIMITS,
  listDirectory,
  pathExists,
  type ReadText,
  readText,
  realPath,
} from '../../src/read/guard.ts'
import { hasRights, whileBarred } from '../support/barred.ts'
import { makeProject } from '../support/temp-project.ts'

const isWindows = process.platform === 'win32'

/** A file of the kernel whose size is given as 0; some containers leave it out, or leave it empty. */
function hasSymbols(): boolean {
  try {
    return readFileSync('/proc/kallsyms').length > LIMITS.bytes
  } catch {
    return false
  }
}
const root = makeProject()

function pathOf(name: string): string {
  return join(root, name)
}

function write(name: string, content: string | Buffer): string {
  writeFileSync(pathOf(name), content)
  return pathOf(name)
}

function read(file: string, options?: { raw?: boolean }): { read: ReadText | undefined; problems: Problems } {
  const problems = collectProblems()
  return {
    read: readText(file, { layer: 'profile', file: 'shown.yaml', confidential: false }, problems, options),
    problems,
  }
}

function textOf(content: string | Buffer, options?: { raw?: boolean }): string | undefined {
  return read(write('text', content), options).read?.source.text
}

describe('reading a file', () => {
  test('gives its text, its mode and its owner', () => {
    const file = write('plain', 'a: 1\n')
    // The other bits are about programs.
    chmodSync(file, 0o4640)
    expect(read(file).read).toEqual({
      source: { layer: 'profile', file: 'shown.yaml', confidential: false, text: 'a: 1\n' },
      mode: isWindows ? 0o666 : 0o640,
      owner: statSync(file).uid,
    })
  })

  test('gives an empty text for an empty file', () => {
    expect(textOf('')).toBe('')
  })

  test('drops one BOM, and keeps a second one as text', () => {
    expect(textOf('\ufeffa')).toBe('a')
    expect(textOf('\ufeff\ufeffa')).toBe('\ufeffa')
  })

  test('turns CRLF into LF', () => {
    expect(textOf('a\r\nb\rc\r\n')).toBe('a\nb\rc\n')
  })

  test('keeps CRLF in a raw text', () => {
    expect(textOf('\ufeffa\r\n', { raw: true })).toBe('a\r\n')
  })

  test('accepts any character, the replacement character too', () => {
    expect(textOf('é 😀 \ufffd')).toBe('é 😀 \ufffd')
  })

  test('accepts a file of exactly the maximum size', () => {
    expect(textOf('a'.repeat(LIMITS.bytes))).toHaveLength(LIMITS.bytes)
  })

  test.skipIf(isWindows)('follows links, as Kubernetes mounts its files', () => {
    mkdirSync(pathOf('..data'))
    writeFileSync(pathOf('..data/key'), 'v')
    symlinkSync('..data/key', pathOf('key'))
    expect(read(pathOf('key')).read?.source.text).toBe('v')
  })

  test.skipIf(process.platform !== 'linux')('reads a file of /proc, whose size is given as 0, to its end', () => {
    expect(read('/proc/self/status').read?.source.text).toContain('Pid:')
  })
})

test.runIf(existsSync('/proc/self/fd'))('no file stays open, whether it can be read or not', () => {
  const files = [write('open', 'a'), write('encoded', Buffer.from([0xff])), root]
  const before = readdirSync('/proc/self/fd').length
  for (let count = 0; count < 10; count++) for (const file of files) read(file)
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

describe('a missing file is not an error', () => {
  test.each([
    ['no such file', 'absent'],
    ['no such directory', 'absent/absent'],
    ['a file where a directory should be', 'plain-file/absent'],
  ])('%s', (_, name) => {
    write('plain-file', '')
    const { read: result, problems } = read(pathOf(name))
    expect(result).toBeUndefined()
    expect(problems.errors).toEqual([])
  })

  test.skipIf(isWindows)('a dangling link', () => {
    symlinkSync('nothing', pathOf('dangling'))
    expect(read(pathOf('dangling')).problems.errors).toEqual([])
  })
})

describe('what cannot be read is refused at once', () => {
  const refused = (file: string): unknown => {
    const start = performance.now()
    const { read: result, problems } = read(file)
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(result).toBeUndefined()
    expect(problems.errors).toMatchObject([{ file: 'shown.yaml', remedy: expect.any(String) }])
    return problems.errors.map(({ code, message }) => `${code} ${message}`)[0]
  }

  test('a directory', () => {
    mkdirSync(pathOf('directory'))
    expect(refused(pathOf('directory'))).toBe('FILE_UNREADABLE is a directory, not a file')
  })

  test.skipIf(isWindows)('a FIFO that nobody writes to', () => {
    execFileSync('mkfifo', [pathOf('fifo')])
    expect(refused(pathOf('fifo'))).toBe('FILE_UNREADABLE is a device, pipe or socket, not a file')
  })

  test.skipIf(isWindows)('a device that never ends', () => {
    expect(refused('/dev/zero')).toBe('FILE_UNREADABLE is a device, pipe or socket, not a file')
  })

  test.skipIf(isWindows)('a socket', async () => {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(pathOf('socket'), listening))
    expect(refused(pathOf('socket'))).toBe('FILE_UNREADABLE is a device, pipe or socket, not a file')
    server.close()
  })

  test('a file of 1 GiB', () => {
    truncateSync(write('large', ''), 2 ** 30)
    expect(refused(pathOf('large'))).toBe('FILE_TOO_LARGE is larger than 1 MiB')
    rmSync(pathOf('large'))
  })

  test('a file of one byte more than the maximum size', () => {
    expect(refused(write('large', 'a'.repeat(LIMITS.bytes + 1)))).toBe('FILE_TOO_LARGE is larger than 1 MiB')
  })

  test.skipIf(!hasSymbols())('a large file of /proc, whose size is given as 0', () => {
    expect(statSync('/proc/kallsyms').size).toBe(0)
    expect(refused('/proc/kallsyms')).toBe('FILE_TOO_LARGE is larger than 1 MiB')
  })

  test.skipIf(isWindows)('a link to itself', () => {
    symlinkSync('circle', pathOf('circle'))
    expect(refused(pathOf('circle'))).toBe('FILE_UNREADABLE is a symbolic link that leads back to itself')
  })

  test('a path with a NUL', () => {
    expect(refused('a\0b')).toBe('FILE_UNREADABLE cannot be read (ERR_INVALID_ARG_VALUE)')
  })

  test.runIf(hasRights)('a file without permission to read it', async () => {
    const file = write('forbidden', 'a')
    chmodSync(root, 0o755)
    const said = await whileBarred(file, () => refused(file))
    expect(said).toBe('FILE_UNREADABLE cannot be read by the current user')
  })
})

describe('a text that is not valid UTF-8 is refused with the position of the byte', () => {
  test.each([
    [
      'Latin-1',
      Buffer.from('a: 1\nb: caf\u00e9\n', 'latin1'),
      'is not UTF-8: the byte at offset 11 is not part of a character',
      2,
      7,
    ],
    [
      'a character cut off',
      Buffer.from([0x61, 0xe2, 0x82]),
      'is not UTF-8: the byte at offset 1 is not part of a character',
      1,
      2,
    ],
    [
      'half of a surrogate pair',
      Buffer.from([0x61, 0xed, 0xa0, 0x80]),
      'is not UTF-8: the byte at offset 1 is not part of a character',
      1,
      2,
    ],
    [
      'an overlong form',
      Buffer.from([0xc0, 0xaf]),
      'is not UTF-8: the byte at offset 0 is not part of a character',
      1,
      1,
    ],
    [
      'an invalid byte after intended replacement characters',
      Buffer.concat([Buffer.from('\ufeff\ufffdé\ufffd\n'), Buffer.from([0xff])]),
      'is not UTF-8: the byte at offset 12 is not part of a character',
      2,
      1,
    ],
    ['a NUL', 'a: 1\r\nb: \0', 'contains a NUL byte, at offset 9', 2, 4],
    ['a NUL after a BOM', '\ufeffa: \0', 'contains a NUL byte, at offset 6', 1, 4],
    ['UTF-16, little-endian', Buffer.from('\ufeffa: 1', 'utf16le'), 'is UTF-16', 1, 1],
    ['UTF-16, big-endian', Buffer.from('\ufeffa: 1', 'utf16le').swap16(), 'is UTF-16', 1, 1],
  ])('%s', (_, bytes, message, line, column) => {
    const { read: result, problems } = read(write('encoded', bytes))
    expect(result).toBeUndefined()
    expect(problems.errors).toMatchObject([
      { code: 'ENCODING', file: 'shown.yaml', message, remedy: expect.stringContaining('UTF-8'), line, column },
    ])
  })

  test('quickly, even with many replacement characters', () => {
    const bytes = Buffer.concat([Buffer.from('\ufffd'.repeat(300_000)), Buffer.from([0xff])])
    const start = performance.now()
    expect(read(write('encoded', bytes)).problems.errors[0]?.message).toContain('offset 900000')
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  test('without showing anything of a confidential file', () => {
    const problems = collectProblems()
    const file = write('encoded', Buffer.from('key: hunter2-hunter2 \u00e9', 'latin1'))
    readText(file, { layer: 'secrets', file: 'secrets.json', confidential: true }, problems)
    expect(problems.errors).toHaveLength(1)
    expect(JSON.stringify(problems.errors)).not.toContain('hunter2')
  })
})

describe('inspecting a path never throws', () => {
  test('isDirectory tells whether it is a directory', () => {
    expect(isDirectory(root)).toBe(true)
    expect(isDirectory(write('file', ''))).toBe(false)
    expect(isDirectory(pathOf('absent'))).toBe(false)
    expect(isDirectory(pathOf('file/absent'))).toBe(false)
    expect(isDirectory('a\0b')).toBe(false)
  })

  test('pathExists tells whether it exists', () => {
    expect(pathExists(root)).toBe(true)
    expect(pathExists(pathOf('absent'))).toBe(false)
    expect(pathExists('a\0b')).toBe(false)
  })

  test('listDirectory gives the sorted names in a directory, if it is one', () => {
    const directory = makeProject({ b: '', a: '', 'C/': '' })
    expect(listDirectory(directory)).toEqual(['C', 'a', 'b'])
    expect(listDirectory(join(directory, 'absent'))).toEqual([])
    expect(listDirectory(join(directory, 'a'))).toEqual([])
  })

  test.skipIf(isWindows)('realPath gives the target of a link, if it exists', () => {
    const directory = makeProject({ file: '' })
    symlinkSync('file', join(directory, 'link'))
    expect(realPath(join(directory, 'link'))).toBe(join(directory, 'file'))
    expect(realPath(join(directory, 'absent'))).toBeUndefined()
  })
})
