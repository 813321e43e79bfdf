import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openForAppending } from '../../src/files/append.ts'
import { bundleForChild } from '../support/bundle.ts'
import { makeProject } from '../support/temp-project.ts'

test('an incomplete last line is dropped, and lines can be appended after all were replaced', async () => {
  const path = join(makeProject({ 'log.jsonl': 'one\ntwo\nthr' }), 'log.jsonl')
  const file = await openForAppending(path)
  expect(file.lines).toEqual(['one', 'two'])
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  file.append('three')
  file.replace(['four'])
  file.append('five')
  file.close()
  expect(readFileSync(path, 'utf8')).toBe('four\nfive\n')
})

test.skipIf(process.platform === 'win32')('a line that does not fit leaves no part of itself', async () => {
  const path = join(makeProject({ 'log.jsonl': 'one\n' }), 'log.jsonl')
  const child = await bundleForChild(fileURLToPath(new URL('./writer.ts', import.meta.url)))
  // No file may be larger than 1 KiB; the signal for it is ignored.
  const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`
  const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, child, 'append', path], { encoding: 'utf8' })
  expect([stdout, readFileSync(path, 'utf8')]).toEqual(['FILE_UNWRITABLE\n', 'one\ntwo\nthree\n'])
})

test('a file that was replaced by a directory accepts no more lines, and is unlocked when it is closed', async () => {
  const path = join(makeProject({ 'log.jsonl': 'one\n' }), 'log.jsonl')
  const file = await openForAppending(path)
  rmSync(path)
  mkdirSync(path)
  expect(() => file.replace(['two'])).toThrow()
  expect(() => file.append('three')).toThrow()
  file.close()
  rmSync(path, { recursive: true })
  writeFileSync(path, 'four\n')
  const again = await openForAppending(path)
  expect(again.lines).toEqual(['four'])
  again.close()
})

test.skipIf(process.platform === 'win32')(
  'a symbolic link in place of the file is refused, and leaves no lock',
  async () => {
    const root = makeProject({ 'elsewhere.jsonl': 'one\n' })
    const path = join(root, 'log.jsonl')
    symlinkSync('elsewhere.jsonl', path)
    await expect(openForAppending(path)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    rmSync(path)
    const file = await openForAppending(path)
    file.close()
  },
)

test.skipIf(process.platform === 'win32')('a FIFO in place of the file is refused, and leaves no lock', async () => {
  const path = join(makeProject(), 'log.jsonl')
  spawnSync('mkfifo', [path])
  await expect(openForAppending(path)).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' })
  rmSync(path)
  const file = await openForAppending(path)
  file.close()
})
