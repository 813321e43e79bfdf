import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'
import { checkConfig, type ProfileConfig } from '../../src/index.ts'
import {
  COMPLETE,
  COMPLETE_PROFILE,
  type Files,
  makeProject,
  PROFILE,
  SECRETS,
  writeFiles,
} from '../support/temp-project.ts'
import { run } from './recorder.ts'

const hasGit = spawnSync('git', ['--version']).status === 0

function git(cwd: string, ...argv: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const { status, stdout, stderr } = spawnSync('git', argv, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${argv.join(' ')}: ${stderr}`)
  return stdout
}

/** A project in a new repository in which these files are under version control. */
function repository(files: Files, tracked: readonly string[]): string {
  const root = makeProject({ ...COMPLETE, ...files })
  git(root, 'init', '--quiet')
  if (tracked.length > 0) git(root, 'add', '--force', '--', ...tracked)
  return root
}

const trackedOf = async (cwd: string): Promise<(string | undefined)[]> => {
  const { issues } = await checkConfig({ cwd, env: {} })
  return issues.filter(({ code }) => code === 'TRACKED_BY_GIT').map(({ file }) => file)
}

describe.skipIf(!hasGit)('a file with secrets that git tracks', () => {
  test('is an error with a remedy', async () => {
    const cwd = repository({}, [SECRETS, PROFILE])
    const { ok, issues, error, result } = await checkConfig({ cwd, env: {} })
    expect(ok).toBe(false)
    expect(issues).toEqual([
      {
        code: 'TRACKED_BY_GIT',
        file: SECRETS,
        message: 'is tracked by git, so its secrets are in the history',
        remedy: `git rm --cached ${SECRETS}, commit, and rotate what it holds`,
        docs: '@systemprompt/env/docs/errors.md#tracked_by_git',
      },
    ])
    expect(error?.message).toMatch(/^The repository exposes secrets: 1 problem\n/)
    expect(result?.profile?.name).toBe('local')
  })
  test('is a warning if it is a shared .env file, which may have passwords for development', async () => {
    const env = 'PORT=1\nANTHROPIC_API_KEY=canary-1\nOPENAI_API_KEY=\nSTRIPE=canary-2\n'
    const cwd = repository({ '.env': env, '.env.local': 'GITHUB_TOKEN=canary-3\n' }, ['.env'])
    const { ok, warnings } = await checkConfig({ cwd, env: {}, secrets: { required: ['STRIPE'] } })
    const found = warnings.filter(({ code }) => code === 'TRACKED_BY_GIT')
    expect(ok).toBe(true)
    expect(found).toMatchObject([
      { file: '.env', message: 'is tracked by git, and contains ANTHROPIC_API_KEY, STRIPE' },
    ])
    expect(JSON.stringify(found)).not.toContain('canary')
    git(cwd, 'rm', '--cached', '--quiet', '.env')
    expect((await checkConfig({ cwd, env: {} })).warnings.filter(({ code }) => code === 'TRACKED_BY_GIT')).toEqual([])
  })
  test('makes config check fail', async () => {
    const cwd = repository({}, [SECRETS])
    const text = await run(cwd, ['config', 'check'])
    expect([text.code, text.out]).toEqual([6, ''])
    expect(text.err).toContain(`${SECRETS}  is tracked by git`)
    const json = await run(cwd, ['config', 'check', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, issues: [{ code: 'TRACKED_BY_GIT', file: SECRETS }] })
  })
  test.each<[string, Files, string[], string[]]>([
    ['only the profile', {}, [PROFILE], []],
    ['no file', {}, [], []],
    ['.env.local', { '.env.local': 'A=1' }, ['.env.local'], ['.env.local']],
    ['.env, which is shared', { '.env': 'A=1' }, ['.env'], []],
    [
      'credentials.json',
      { '.systemprompt/credentials.json': '{"api_token": "x", "user_email": "e"}' },
      ['.systemprompt/credentials.json'],
      ['.systemprompt/credentials.json'],
    ],
    [
      'tenants.json',
      { '.systemprompt/tenants.json': '{"tenants": []}' },
      ['.systemprompt/tenants.json'],
      ['.systemprompt/tenants.json'],
    ],
    [
      'a secrets file elsewhere',
      {
        [PROFILE]: `${COMPLETE_PROFILE}secrets: {secrets_path: ../../../keys/secrets.json}\n`,
        'keys/secrets.json': '{"jwt_secret": "jwt-0123456789-0123456789-0123456789", "database_url": "postgres://h/d"}',
      },
      ['keys/secrets.json'],
      ['keys/secrets.json'],
    ],
    [
      'credentials elsewhere',
      {
        [PROFILE]: `${COMPLETE_PROFILE}cloud: {credentials_path: ../../../keys/credentials.json}\n`,
        'keys/credentials.json': '{"api_token": "x", "user_email": "e"}',
      },
      ['keys/credentials.json'],
      ['keys/credentials.json'],
    ],
    [
      'the secrets of another profile',
      { '.systemprompt/profiles/prod/secrets.json': '{}', '.systemprompt/profiles/prod/profile.yaml': 'a: 1' },
      ['.systemprompt/profiles/prod/secrets.json'],
      ['.systemprompt/profiles/prod/secrets.json'],
    ],
    [
      'several files',
      { '.env.local': 'A=1', '.env.local.local': '' },
      [SECRETS, '.env.local'],
      ['.env.local', SECRETS],
    ],
  ])('is reported unless it may be tracked: %s', async (_, files, tracked, found) => {
    expect((await trackedOf(repository(files, tracked))).sort()).toEqual(found.sort())
  })
  test('is reported along with other problems', async () => {
    const files: Files = {
      [PROFILE]: 'name: local\nserver: {port: eighty}\nsecrets: {secrets_path: ../../../keys/secrets.json}\n',
      'keys/secrets.json': '{}',
      '.env.local': 'A=1',
      '.env': 'B=1',
    }
    const cwd = repository(files, ['.env', '.env.local', 'keys/secrets.json'])
    const { issues } = await checkConfig({ cwd, env: {} })
    expect(issues.map(({ code }) => code)).toContain('INVALID_VALUE')
    expect(await trackedOf(cwd)).toEqual(['.env.local', 'keys/secrets.json'])
  })
  test('is reported in spite of .gitignore', async () => {
    expect(
      await trackedOf(repository({ '.systemprompt/.gitignore': '*\n', '.gitignore': '.systemprompt\n' }, [SECRETS])),
    ).toEqual([SECRETS])
  })
  test('is reported in a project in a subdirectory of the repository', async () => {
    const top = makeProject(
      Object.fromEntries(Object.entries(COMPLETE).map(([path, file]) => [`apps/api/${path}`, file])),
    )
    git(top, 'init', '--quiet')
    git(top, 'add', '--force', `apps/api/${SECRETS}`)
    expect(await trackedOf(join(top, 'apps/api'))).toEqual([SECRETS])
    git(top, 'add', '--force', '.')
    expect(await trackedOf(join(top, 'apps/api'))).toEqual([SECRETS])
  })
  test.skipIf(process.platform === 'win32')('is reported in a project that is reached through a link', async () => {
    const top = makeProject(Object.fromEntries(Object.entries(COMPLETE).map(([path, file]) => [`api/${path}`, file])))
    git(top, 'init', '--quiet')
    git(top, 'add', '--force', '.')
    const link = join(makeProject(), 'link')
    symlinkSync(join(top, 'api'), link)
    expect(await trackedOf(link)).toEqual([SECRETS])
  })
  test('is reported when another file is outside the repository', async () => {
    const elsewhere = makeProject({
      'secrets.json': '{"jwt_secret": "jwt-0123456789-0123456789-0123456789", "database_url": "postgres://h/d"}',
    })
    const profile = `${COMPLETE_PROFILE}secrets: {secrets_path: ${join(elsewhere, 'secrets.json')}}\n`
    expect(await trackedOf(repository({ [PROFILE]: profile, '.env.local': 'A=1' }, ['.env.local']))).toEqual([
      '.env.local',
    ])
  })
  test('is looked up by its literal name, even if that is a pathspec to git', async () => {
    const files: Files = { ':(glob)**.local': 'A=1', '*.local': 'B=1', 'other.local': '' }
    const cwd = repository(
      files,
      ['other.local'].map((name) => `:(literal)${name}`),
    )
    const { issues } = await checkConfig({ cwd, env: {}, dotenv: [':(glob)**.local', '*.local'] })
    expect(issues).toEqual([])
  })
  test('is reported in a directory whose name begins with two dots', async () => {
    const cwd = repository({ '..data/.env.local': 'A_KEY=canary-4\n' }, ['..data/.env.local'])
    const { issues } = await checkConfig({ cwd, env: {}, dotenv: ['..data/.env.local'] })
    expect(issues).toMatchObject([{ code: 'TRACKED_BY_GIT', file: '..data/.env.local' }])
  })
  test('is reported without a project', async () => {
    const cwd = makeProject({ '.env.local': 'A=1' })
    git(cwd, 'init', '--quiet')
    git(cwd, 'add', '.env.local')
    expect(await trackedOf(cwd)).toEqual(['.env.local'])
  })
})

test.skipIf(!hasGit)(
  'the .gitignore in docs/configuration.md lets git track itself and the profiles, and nothing else in .systemprompt',
  async () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/configuration.md', import.meta.url)), 'utf8')
    const [, lines = ''] = /```text file=\.systemprompt\/\.gitignore\n([^`]*)```/.exec(page) ?? []
    const cwd = repository(
      {
        '.systemprompt/.gitignore': lines,
        '.systemprompt/credentials.json': '{}',
        '.systemprompt/tenants.json': '{ "tenants": [] }',
        '.systemprompt/sessions/index.json': '{}',
        '.systemprompt/profiles/local/secrets.json.bak': '{}',
        '.systemprompt/profiles/production/profile.yaml': 'name: production\n',
      },
      [],
    )
    git(cwd, 'add', '--all')
    expect(git(cwd, 'ls-files', '.systemprompt').trimEnd().split('\n')).toEqual([
      '.systemprompt/.gitignore',
      PROFILE,
      '.systemprompt/profiles/production/profile.yaml',
    ])
  },
)

describe.skipIf(!hasGit || process.platform === 'win32')('the search for tracked files runs no program', () => {
  const SETTINGS = [
    'core.fsmonitor',
    'core.pager',
    'core.editor',
    'core.sshCommand',
    'core.askPass',
    'core.gitProxy',
    'core.alternateRefsCommand',
    'diff.external',
    'credential.helper',
    'pager.ls-files',
    'alias.ls-files',
    'uploadpack.packObjectsHook',
    'filter.trap.clean',
    'filter.trap.smudge',
    'filter.trap.process',
    'interactive.diffFilter',
    'gpg.program',
  ]
  /** A repository in which everything that git may run is a script that leaves a trace. */
  function trapped(): { cwd: string; trace: string } {
    const cwd = repository({ '.gitattributes': '* filter=trap\n' }, [SECRETS])
    const trace = join(cwd, 'was-run')
    writeFiles(cwd, { trap: { content: `#!/bin/sh\ntouch "${trace}"\ncat\n`, mode: 0o755 } })
    for (const setting of SETTINGS) git(cwd, 'config', setting, join(cwd, 'trap'))
    git(cwd, 'config', 'core.hooksPath', join(cwd, 'hooks'))
    for (const hook of [
      'post-index-change',
      'fsmonitor-watchman',
      'pre-auto-gc',
      'reference-transaction',
      'post-checkout',
    ])
      writeFiles(cwd, { [`hooks/${hook}`]: { content: `#!/bin/sh\ntouch "${trace}"\n`, mode: 0o755 } })
    chmodSync(join(cwd, 'trap'), 0o755)
    rmSync(trace, { force: true })
    return { cwd, trace }
  }
  test('that the settings or hooks of the repository name', async () => {
    const { cwd, trace } = trapped()
    expect(await trackedOf(cwd)).toEqual([SECRETS])
    expect(existsSync(trace)).toBe(false)
    // The trap is real: git itself falls into it.
    git(cwd, 'status')
    expect(existsSync(trace)).toBe(true)
  })
  test('that would fetch what the index lacks', async () => {
    const other = '.systemprompt/profiles/other/secrets.json'
    const cwd = repository({ [other]: '{}', 'services/config/config.yaml': '' }, [other, 'services'])
    const trace = join(cwd, 'was-run')
    git(cwd, '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'x')
    git(cwd, 'sparse-checkout', 'init', '--cone', '--sparse-index')
    git(cwd, 'sparse-checkout', 'set', 'services')
    const tree = git(cwd, 'rev-parse', 'HEAD:.systemprompt').trim()
    rmSync(join(cwd, '.git/objects', tree.slice(0, 2), tree.slice(2)))
    for (const [setting, value] of [
      ['core.repositoryFormatVersion', '1'],
      ['extensions.partialClone', 'trap'],
      ['remote.trap.url', cwd],
      ['remote.trap.uploadPack', `touch "${trace}"; false`],
    ] as const)
      git(cwd, 'config', setting, value)
    await checkConfig({ cwd, env: {} })
    expect(existsSync(trace)).toBe(false)
    git(cwd, 'ls-files')
    expect(existsSync(trace)).toBe(true)
  })
  test('of another directory that .git points to', async () => {
    const { cwd: hostile, trace } = trapped()
    const cwd = makeProject({ ...COMPLETE, '.git': `gitdir: ${join(hostile, '.git')}\n` })
    await checkConfig({ cwd, env: {} })
    expect(existsSync(trace)).toBe(false)
  })
})

describe('checkConfig, when git cannot answer,', () => {
  afterEach(() => void vi.unstubAllEnvs())
  test('reports nothing without a repository', async () => {
    expect(await checkConfig({ cwd: makeProject(COMPLETE), env: {} })).toMatchObject({ ok: true, issues: [] })
  })
  test('reports nothing without git', async () => {
    const cwd = makeProject(COMPLETE)
    vi.stubEnv('PATH', cwd)
    expect(await checkConfig({ cwd, env: {} })).toMatchObject({ ok: true, issues: [] })
  })
  test.skipIf(process.platform === 'win32')('does not block the program while git runs', async () => {
    const cwd = makeProject(COMPLETE)
    const waits = '#!/bin/sh\nfor i in $(seq 40); do [ -e "$0.go" ] && exit 0; sleep 0.5; done\nexit 1\n'
    writeFiles(cwd, { '.git/HEAD': '', 'bin/git': waits })
    chmodSync(join(cwd, 'bin/git'), 0o755)
    vi.stubEnv('PATH', `${join(cwd, 'bin')}:${process.env.PATH}`)
    const checked = checkConfig({ cwd, env: {} })
    const interval = setInterval(() => writeFiles(cwd, { 'bin/git.go': '' }), 20)
    const { issues } = await checked
    clearInterval(interval)
    expect(issues).toEqual([])
  })
  test.skipIf(process.platform === 'win32').each([
    ['head -c 2000000 /dev/zero', 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'],
    ['kill -TERM $$', 'SIGTERM'],
  ])('reports what ended git: %s', async (line, said) => {
    const cwd = makeProject(COMPLETE)
    writeFiles(cwd, { '.git/HEAD': '', 'bin/git': `#!/bin/sh\n${line}\n` })
    chmodSync(join(cwd, 'bin/git'), 0o755)
    vi.stubEnv('PATH', `${join(cwd, 'bin')}:${process.env.PATH}`)
    const { issues } = await checkConfig({ cwd, env: {} })
    expect(issues).toMatchObject([{ code: 'GIT_FAILED', message: expect.stringContaining(`"${said}"`) }])
  })
  test('reports a broken repository with git’s own message', async () => {
    const cwd = makeProject({ ...COMPLETE, '.git/config': '[core\n', '.git/HEAD': 'nonsense' })
    const { ok, issues, error } = await checkConfig({ cwd, env: {} })
    expect(ok).toBe(false)
    expect(issues).toEqual([
      {
        code: 'GIT_FAILED',
        message: expect.stringMatching(/^git cannot say which files it tracks: "not a git repository/),
        remedy: `run git status in ${cwd} and do what it says`,
        docs: '@systemprompt/env/docs/errors.md#git_failed',
      },
    ])
    expect(error?.message).toMatch(/^The repository cannot be inspected: 1 problem\n/)
  })
})

describe('checkConfig', () => {
  test('is strict, even with strict: false', async () => {
    const cwd = makeProject({ [PROFILE]: 'server: {port: 1}' })
    const { ok, issues, result } = await checkConfig({ cwd, env: {}, strict: false })
    expect([ok, issues.every(({ code }) => code === 'MISSING_KEY'), result]).toEqual([false, true, undefined])
  })
  test('returns the warnings of an invalid configuration too', async () => {
    const profile = `${COMPLETE_PROFILE.replace('3600', '99999999').replace('8080\n', 'eighty\n')}`
    const { issues, warnings } = await checkConfig({ cwd: makeProject({ ...COMPLETE, [PROFILE]: profile }), env: {} })
    expect([issues.map(({ key }) => key), warnings.map(({ key }) => key)]).toEqual([
      ['server.port'],
      ['security.jwt_access_token_expiration'],
    ])
  })
  test('returns the configuration with the type of the schema', async () => {
    const cwd = makeProject(COMPLETE)
    const schema = z.object({ server: z.object({ port: z.number().transform(String) }) })
    const { result } = await checkConfig({ cwd, env: {}, schema })
    expectTypeOf(result?.config).toEqualTypeOf<{ server: { port: string } } | undefined>()
    expect(result?.config).toEqual({ server: { port: '8080' } })
    const plain = await checkConfig({ cwd, env: {} })
    expectTypeOf(plain.result?.config).toEqualTypeOf<ProfileConfig | undefined>()
  })
  test('accepts a schema that turns the whole configuration into a string', async () => {
    const schema = z.looseObject({}).transform(() => 'text')
    expect(await checkConfig({ cwd: makeProject(COMPLETE), env: {}, schema })).toMatchObject({ ok: true })
  })
  test('throws errors that are not problems of the configuration', async () => {
    const env = new Proxy(
      {},
      {
        ownKeys() {
          throw new RangeError('an environment that cannot be read')
        },
      },
    )
    await expect(checkConfig({ cwd: makeProject(COMPLETE), env })).rejects.toThrow(RangeError)
  })
})
