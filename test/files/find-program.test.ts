import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findProgram } from '../../src/files/find-program.ts'
import { trackedByGit } from '../../src/files/git.ts'
import { stagedFiles } from '../../src/files/staged.ts'
import { makeProject } from '../support/temp-project.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A folder with a program that leaves a trace when it runs. */
function folderWith(name: string): { readonly folder: string; readonly trace: string } {
  const folder = makeProject()
  const trace = join(folder, 'ran')
  writeFileSync(join(folder, name), `#!/bin/sh\ntouch '${trace}'\n`)
  chmodSync(join(folder, name), 0o755)
  return { folder, trace }
}

describe.skipIf(process.platform === 'win32')('a program', () => {
  test('is the first executable file in an absolute directory of PATH', () => {
    const [one, other] = [folderWith('tool'), folderWith('tool')]
    const directory = makeProject()
    mkdirSync(join(directory, 'tool'))
    const unexecutable = makeProject({ tool: 'x' })
    const PATH = ['', '.', 'bin', '/nowhere', directory, unexecutable, one.folder, other.folder].join(delimiter)
    expect(findProgram('tool', { env: { PATH }, platform: 'linux' })).toBe(join(one.folder, 'tool'))
    expect(findProgram('tool', { env: { PATH: '.' }, platform: 'linux' })).toBeUndefined()
    expect(findProgram('tool', { env: {}, platform: 'linux' })).toBeUndefined()
  })

  test.each(['.', '', './bin'])('named git in the project is not run, even with %j in PATH', async (entry) => {
    const { folder, trace } = folderWith('git')
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/git'), `#!/bin/sh\ntouch '${trace}'\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${entry}${delimiter}${process.env.PATH}`)
    await trackedByGit(folder, ['secrets.json'])
    stagedFiles(folder)
    expect(existsSync(trace)).toBe(false)
  })
})
