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

/** Whoever runs the tests may ignore files everywhere, by settings in the home directory. */
beforeEach(() => {
  const home = makeProject()
  vi.stubEnv('HOME', home)
  vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'))
})
afterEach(() => void vi.unstubAllEnvs())

/** The verdict on the file in a repository with these files, of which some were added. */
async function verdict(files: Files, added: readonly string[] = []): Promise<string> {
  const root = makeProject({ '.systemprompt/': '', ...files })
  git(root, 'init', '--quiet')
  if (added.length > 0) git(root, 'add', '--force', ...added)
  return refuseExposed(join(root, FILE)).then(
    () => 'fine',
    (error: Error) => error.message.replaceAll(root, ''),
  )
}

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a file for secrets', () => {
  test.each<[string, Files, string[], RegExp]>([
    ['that a .gitignore covers is fine', { '.systemprompt/.gitignore': '*\n' }, [], /^fine$/],
    ['that exists and is ignored is fine', { '.systemprompt/.gitignore': '*\n', [FILE]: '{}' }, [], /^fine$/],
    [
      'that nothing ignores is refused',
      {},
      [],
      /is not ignored by git.*Add the line credentials\.json to .*\.systemprompt.\.gitignore/,
    ],
    [
      'that a later rule includes again is refused',
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
  ])('that nothing ignores is refused even if %s is set', async (name, value) => {
    const root = makeProject({ '.systemprompt/': '' })
    git(root, 'init', '--quiet')
    vi.stubEnv(name, value === '/' ? root : value)
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow('is not ignored by git')
  })

  test.each(['GIT_DIR', 'GIT_INDEX_FILE'])(
    'that is tracked is refused even if %s is of another repository',
    async (name) => {
      const [root, other] = [makeProject({ '.systemprompt/.gitignore': '*\n', [FILE]: '{}' }), makeProject({ a: '' })]
      for (const [repository, file] of [
        [root, FILE],
        [other, 'a'],
      ] as const) {
        git(repository, 'init', '--quiet')
        git(repository, 'add', '--force', file)
      }
      vi.stubEnv(name, join(other, name === 'GIT_DIR' ? '.git' : '.git/index'))
      await expect(refuseExposed(join(root, FILE))).rejects.toThrow('is tracked by git')
    },
  )

  test.skipIf(process.platform === 'win32')('is not taken for another that its path matches as a pattern', async () => {
    const root = makeProject({ [`any/${FILE}`]: '{}', '*/.systemprompt/.gitignore': '*\n' })
    git(root, 'init', '--quiet')
    git(root, 'add', `any/${FILE}`)
    await expect(refuseExposed(join(root, '*', FILE))).resolves.toBeUndefined()
  })

  test.skipIf(process.getuid?.() !== 0)('that is tracked is refused in a repository of another user too', async () => {
    const root = makeProject({ [FILE]: '{}' })
    git(root, 'init', '--quiet')
    git(root, 'add', '--force', FILE)
    spawnSync('chown', ['-R', 'nobody', root])
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow('is tracked by git')
  })

  test('in a repository that git cannot read is refused, with git’s message', async () => {
    const root = makeProject({ '.git': 'gitdir: nowhere\n', '.systemprompt/': '' })
    await expect(refuseExposed(join(root, FILE))).rejects.toMatchObject({
      code: 'FILE_EXPOSED',
      message: expect.stringMatching(/git, but git cannot tell: .*not a git repository: .*nowhere.*Run git status in /),
    })
  })

  test('in a repository with a broken index is refused, even if a .gitignore covers it', async () => {
    const root = makeProject({ '.systemprompt/.gitignore': '*\n' })
    git(root, 'init', '--quiet')
    writeFiles(root, { '.git/index': 'no index' })
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow(/git, but git cannot tell: .*index/)
  })

  test('in a repository where git cannot tell what it ignores is refused', async () => {
    const root = makeProject({ '.systemprompt/': '' })
    git(root, 'init', '--quiet')
    git(root, 'config', 'core.bare', 'true')
    await expect(refuseExposed(join(root, FILE))).rejects.toThrow(/git, but git cannot tell: .*work tree/)
  })

  describe('in a directory that itself looks like a repository, as a checked-in one may,', () => {
    const inner: Files = {
      '.systemprompt/HEAD': 'ref: refs/heads/x\n',
      '.systemprompt/config': '[core]\nrepositoryFormatVersion = 0\nbare = false\nworktree = .\n',
      '.systemprompt/objects/keep': '',
      '.systemprompt/refs/keep': '',
      '.systemprompt/info/exclude': '*\n',
    }

    test('is refused if the repository around it tracks it', async () => {
      expect(await verdict({ ...inner, [FILE]: '{}' }, [FILE])).toMatch(/is tracked by git/)
    })

    test('is refused if the repository around it does not ignore it', async () => {
      expect(await verdict(inner)).toMatch(/is not ignored by git/)
    })

    test('is refused as a login if the repository around it tracks it', async () => {
      const root = makeProject({ ...inner, [FILE]: '{}' })
      git(root, 'init', '--quiet')
      git(root, 'add', '--force', FILE)
      await expect(refuseTrackedLogin(join(root, FILE))).rejects.toThrow('is tracked by git')
    })
  })

  test('in a repository whose settings name programs is checked without running them', async () => {
    const root = makeProject({ '.systemprompt/.gitignore': '*\n' })
    git(root, 'init', '--quiet')
    git(root, 'config', 'core.fsmonitor', `touch ${join(root, 'was-run')}`)
    await refuseExposed(join(root, FILE))
    expect(spawnSync('ls', [root], { encoding: 'utf8' }).stdout).toBe('')
  })

  test('outside of a repository, or in a directory that does not exist, is fine', async () => {
    const root = makeProject({ '.systemprompt/': '' })
    await expect(refuseExposed(join(root, FILE))).resolves.toBeUndefined()
    await expect(refuseExposed(join(root, 'nowhere', FILE))).resolves.toBeUndefined()
  })
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a login', () => {
  const LOGIN = '.systemprompt/credentials.json'

  test('is refused if it is a link to a file that git tracks', async () => {
    const root = makeProject({ 'login.json': '{}', '.systemprompt/': '' })
    git(root, 'init', '--quiet')
    git(root, 'add', 'login.json')
    symlinkSync('../login.json', join(root, LOGIN))
    await expect(refuseTrackedLogin(join(root, LOGIN))).rejects.toThrow(
      /is tracked by git.*git rm --cached \S*\/login\.json/,
    )
  })

  test('is refused if git cannot tell whether it tracks it', async () => {
    const root = makeProject({ [LOGIN]: '{}' })
    git(root, 'init', '--quiet')
    writeFiles(root, { '.git/index': 'no index' })
    await expect(refuseTrackedLogin(join(root, LOGIN))).rejects.toThrow(
      /may be tracked by git, but git cannot tell: .*index.*Run git status in /,
    )
  })

  test('is fine if git does not track it, if there is no repository, no file, or no directory', async () => {
    const root = makeProject({ [LOGIN]: '{}' })
    await expect(refuseTrackedLogin(join(root, LOGIN))).resolves.toBeUndefined()
    git(root, 'init', '--quiet')
    await expect(refuseTrackedLogin(join(root, LOGIN))).resolves.toBeUndefined()
    await expect(refuseTrackedLogin(join(root, 'none.json'))).resolves.toBeUndefined()
    await expect(refuseTrackedLogin(join(root, 'nowhere/none.json'))).resolves.toBeUndefined()
  })
})
