import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow, readPieces } from '../../src/files/folder.ts'
import { hasRights, whileBarred } from '../support/barred.ts'
import { makeProject } from '../support/temp-project.ts'

test.skipIf(process.platform === 'win32').each([
  ['a symbolic link', (path: string) => symlinkSync(import.meta.filename, path)],
  ['a FIFO', (path: string) => spawnSync('mkfifo', [path])],
])('a file that was replaced by %s since it was found is not read', (_, replace) => {
  const root = makeProject({ 'found.txt': 'text' })
  const read: string[] = []
  const isRead = [...filesBelow(root, () => false, fail)].map((file) => {
    rmSync(join(root, 'found.txt'))
    replace(join(root, 'found.txt'))
    return readPieces(file, (piece) => read.push(String(piece)))
  })
  expect([isRead, read]).toEqual([[false], []])
})

test.runIf(hasRights)('a file that a directory lists but does not let anybody open counts as unreadable', async () => {
  const root = makeProject({ 'listed/a.txt': '', 'closed/b.txt': '' })
  chmodSync(root, 0o755)
  chmodSync(join(root, 'listed'), 0o444)
  const unreadable: string[] = []
  const found = await whileBarred(join(root, 'closed'), () => [
    ...filesBelow(
      root,
      () => false,
      (path) => unreadable.push(path),
    ),
  ])
  chmodSync(join(root, 'listed'), 0o755)
  expect([found, unreadable]).toEqual([[], [join(root, 'closed'), join(root, 'listed/a.txt')]])
})

function fail(path: string): void {
  throw new Error(`cannot be read: ${path}`)
}
