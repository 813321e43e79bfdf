import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { refuseExposed, refuseTrackedLogin } from '../../src/files/exposure.ts'
import { type Files, makeProject, writeFiles } from '../support/temp-project.ts'

const FILE = '.systemprompt/credentials.json'

function git(cwd: string, ...argv: string[]): void {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const { status, stderr } = spawnSync('git', argv, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${argv.join(' ')}: ${stderr}`)
}

/** Whoever runs the tests may ignore files everywhere, by settings that git reads at home. */
beforeEach(() => {
  const home = makeProject()
  vi.stubEnv('HOME', home)
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'))
})
afterEach(() => void vi.unstubAllEnvs())

/** What is said of the file in a repository that holds these files, of which some were added. */
async function verdict(files: Files, added: readonly string[] = []): Promise<string> {
  const root = makeProject({ '.systemprompt/': '', ...files })
  git(root, 'init', '--quiet')
  if (added.length > 0) git(root, 'add', '--force', ...added)
  return refuseExposed(join(root, FILE)).then(
    () => 'fine',
    (error: Error) => error.message.replaceAll(root, ''),
  )
}

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a file that is to hold secrets', () => {
  test.each<[string, Files, string[], RegExp]>([
    ['that a .gitignore covers is fine', { '.systemprompt/.gitignore': '*\n' }, [], /^fine$/],
    ['that is there and ignored is fine', { '.systemprompt/.gitignore': '*\n', [FILE]: '{}' }, [], /^fine$/],
    [
      'that nothing ignores is refused',
      {},
      [],
      /is not ignored by git.*Add the line credentials\.json to .*\.systemprompt.\.gitignore/,
    ],
    [
      'that a later rule takes in again is refused',
      { '.systemprompt/.gitignore': '*\n!credentials.json\n' },
      [],
      /is not ignored/,
    ],
    ['that is tracked is refused', { [FILE]: '{}' }, [FILE], /is tracked by git.*git rm --cached/],
    [
      'that is tracked and ignored is refused',
      { '.systemprompt/.gitignore': '*\n', [FILE]: '{}' },
      [FILE],
      /is tracked by git/,
    ],
  ])('%s', async (_, files, added, expected) => {
    expect(await verdict(files, added)).toMatch(expected)
  })

  test.each([
    ['GIT_DIR', '.git'],
    ['GIT_CEILING_DIRECTORIES', '/'],
    ['GIT_INDEX_FILE', '/nowhere'],
  ])('that nothing ignores is refused whatever the environment says of %s', async (name, value) => {
    const root = makeProject({ '.systemprompt/': '' })
    git(root, 'init', '--quiet')
    vi.stubEnv(name, value === '/' ? root : value)
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow('is not ignored by git')
  })

  test.skipIf(process.getuid?.() !== 0)('in a repository of somebody else is refused as in one of ours', async () => {
    const root = makeProject({ [FILE]: '{}' })
    git(root, 'init', '--quiet')
    git(root, 'add', '--force', FILE)
    spawnSync('chown', ['-R', 'nobody', root])
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow('is tracked by git')
  })

  test('in a repository of which git says nothing is refused, with what it says instead', async () => {
    const root = makeProject({ '.git': 'gitdir: nowhere\n', '.systemprompt/': '' })
    await expect(refuseExposed(join(root, FILE))).rejects.toMatchObject({
      code: 'FILE_EXPOSED',
      message: expect.stringMatching(/git, but git cannot tell: .*not a git repository: .*nowhere.*Run git status in /),
    })
  })

  test('in a repository whose index is broken is refused, though a .gitignore covers it', async () => {
    const root = makeProject({ '.systemprompt/.gitignore': '*\n' })
    git(root, 'init', '--quiet')
    writeFiles(root, { '.git/index': 'no index' })
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow(/git, but git cannot tell: .*index/)
  })

  describe('in a directory that itself looks like a repository, as a checked-in one may', () => {
    const inner: Files = {
      '.systemprompt/HEAD': 'ref: refs/heads/x\n',
      '.systemprompt/config': '[core]\nrepositoryFormatVersion = 0\nbare = false\nworktree = .\n',
      '.systemprompt/objects/keep': '',
      '.systemprompt/refs/keep': '',
      '.systemprompt/info/exclude': '*\n',
    }

    test('is refused where it is tracked by the one around it', async () => {
      expect(await verdict({ ...inner, [FILE]: '{}' }, [FILE])).toMatch(/is tracked by git/)
    })

    test('is refused where the one around it does not ignore it', async () => {
      expect(await verdict(inner)).toMatch(/is not ignored by git/)
    })

    test('is refused as a login', async () => {
      const root = makeProject({ ...inner, [FILE]: '{}' })
      git(root, 'init', '--quiet')
      git(root, 'add', '--force', FILE)
      await expect(refuseTrackedLogin(join(root, FILE))).rejects.toThrow('is tracked by git')
    })
  })

  test('in a repository whose settings name programs: none of them is run', async () => {
    const root = makeProject({ '.systemprompt/.gitignore': '*\n' })
    git(root, 'init', '--quiet')
    git(root, 'config', 'core.fsmonitor', `touch ${join(root, 'was-run')}`)
    await refuseExposed(join(root, FILE))
    expect(spawnSync('ls', [root], { encoding: 'utf8' }).stdout).toBe('')
  })

  test('outside of a repository, or in a directory that is not there, is fine', async () => {
    const root = makeProject({ '.systemprompt/': '' })
    await expect(refuseExposed(join(root, FILE))).resolves.toBeUndefined()
    await expect(refuseExposed(join(root, 'nowhere', FILE))).resolves.toBeUndefined()
  })
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a login that is to be used', () => {
  const LOGIN = '.systemprompt/credentials.json'

  test('is refused where it is a link to a file that git has', async () => {
    const root = makeProject({ 'login.json': '{}', '.systemprompt/': '' })
    git(root, 'init', '--quiet')
    git(root, 'add', 'login.json')
    symlinkSync('../login.json', join(root, LOGIN))
    await expect(refuseTrackedLogin(join(root, LOGIN))).rejects.toThrow(
      /is tracked by git.*git rm --cached \S*\/login\.json/,
    )
  })

  test('is refused where git cannot say whether it has it', async () => {
    const root = makeProject({ [LOGIN]: '{}' })
    git(root, 'init', '--quiet')
    writeFiles(root, { '.git/index': 'no index' })
    await expect(refuseTrackedLogin(join(root, LOGIN))).rejects.toThrow(
      /may be tracked by git, but git cannot tell: .*index.*Run git status in /,
    )
  })

  test('is fine where git does not have it, there is no repository, or no file', async () => {
    const root = makeProject({ [LOGIN]: '{}' })
    await expect(refuseTrackedLogin(join(root, LOGIN))).resolves.toBeUndefined()
    git(root, 'init', '--quiet')
    await expect(refuseTrackedLogin(join(root, LOGIN))).resolves.toBeUndefined()
    await expect(refuseTrackedLogin(join(root, 'none.json'))).resolves.toBeUndefined()
  })
})
