import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Files, makeProject, SECRETS, writeFiles } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const KEY = 'sk_live-51Hq8aZ0pQ7nV3xYbT6'
const STAGING = 'aB3dE5fG7hI9jK1lM3nO'
const PROJECT = {
  '.systemprompt/profiles/local/profile.yaml': 'name: local\nsecrets: {validation: skip}\nurl: ${NOT_SET}\n',
  '.systemprompt/profiles/staging/profile.yaml': 'name: staging\nsecrets: {validation: skip}\n',
  '.systemprompt/profiles/staging/secrets.json': { content: JSON.stringify({ anthropic: STAGING }), mode: 0o600 },
  [SECRETS]: {
    content: JSON.stringify({ anthropic: KEY, 'db-host': 'localhost', database_url: 'postgres://u:hunter22@db/a' }),
    mode: 0o600,
  },
  '.env': `STRIPE_KEY=k3yX9aLm2Q\nHOME_PAGE=https://example.com\n`,
  'dist/app.js': 'console.log("localhost", "https://example.com")\n',
}

let root = ''
beforeEach(() => {
  root = makeProject(PROJECT)
})

const LOCAL = ['--profile', 'local']

interface Document {
  readonly ok: boolean
  readonly findings: readonly { file: string; line: number; column: number; name: string; form: string }[]
  readonly files: number
  readonly unreadable: readonly string[]
  readonly skipped: readonly unknown[]
}

async function scan(...argv: string[]): Promise<{ code: number; places: string[]; document: Document }> {
  const { code, out } = await run(root, ['scan', ...LOCAL, '--json', ...argv])
  const document = JSON.parse(out) as Document
  expect(out).not.toContain(KEY)
  return {
    code,
    document,
    places: document.findings.map(({ file, line, column, name, form }) => `${file}:${line}:${column} ${name} ${form}`),
  }
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
}

describe('systemprompt scan', () => {
  test('finds nothing in a directory without secrets, and says what it did not look for', async () => {
    const { code, out, err } = await run(root, ['scan', ...LOCAL, 'dist'])
    expect([code, out]).toEqual([0, ''])
    expect(err).toBe(
      "✔ 1 file searched (48 bytes) for 4 secrets: nothing found\nNot looked for: DB_HOST (common), DATABASE_URL's password (common)\n",
    )
  })
  test.each([
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_500, '1.5 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [2_500_000, '2.5 MB'],
  ])('reports how much it searched: %i bytes', async (size, said) => {
    write('sized/file.txt', 'x'.repeat(size))
    expect((await run(root, ['scan', ...LOCAL, 'sized'])).err).toContain(`1 file searched (${said}) for 4 secrets`)
  })
  test('reports the place and name of a secret, never its value', async () => {
    write('dist/b/bundle.js', `// é😀\nconst a = 1; const key = "${KEY}"\n`)
    write('dist/map.json', JSON.stringify({ body: Buffer.from(`x=${KEY}`).toString('base64') }))
    const { code, out, err } = await run(root, ['scan', ...LOCAL, 'dist'])
    expect(code).toBe(11)
    expect(out).toBe('dist/b/bundle.js:2:27  ANTHROPIC_API_KEY\ndist/map.json:1:13  ANTHROPIC_API_KEY as base64\n')
    expect(err).toMatch(/^✖ 3 files searched.*\nRemove it:/m)
    expect(out + err).not.toContain(KEY.slice(0, 8))
  })
  test('counts columns as editors do', async () => {
    write('dist/a.txt', `é😀漢${KEY}\r\n${KEY}`)
    expect((await scan('dist')).places).toEqual([
      'dist/a.txt:1:5 ANTHROPIC_API_KEY plain',
      'dist/a.txt:2:1 ANTHROPIC_API_KEY plain',
    ])
  })
  test('searches for variables of .env files too', async () => {
    write('dist/a.js', 'k3yX9aLm2Q')
    expect((await scan('dist')).places).toEqual(['dist/a.js:1:1 STRIPE_KEY plain'])
  })
  describe('for public values', () => {
    const PUBLIC = 'phc_3kX9aLm2QzT7pWqhQ8'
    beforeEach(() => {
      write('.env', `PUBLIC_POSTHOG_KEY=${PUBLIC}\nSENTRY_DSN=https://${STAGING}@o1.example.com/5\n`)
      write('systemprompt.config.json', JSON.stringify({ public: ['SENTRY_DSN'] }))
      write('dist/app.js', `init("${PUBLIC}", "https://${STAGING}@o1.example.com/5")\n`)
    })

    test('finds nothing, since they are meant to be shipped, and says so', async () => {
      const { code, out, err } = await run(root, ['scan', ...LOCAL, 'dist'])
      expect([code, out]).toEqual([0, ''])
      expect(err).toContain('SENTRY_DSN (public), PUBLIC_POSTHOG_KEY (public)')
    })
    test('finds all of them when one must not be public, which a build reports', async () => {
      appendFileSync(join(root, '.env'), 'PUBLIC_PASSWORD=aB3dE5fG7hI9\n')
      expect((await scan('dist')).places).toContain('dist/app.js:1:7 PUBLIC_POSTHOG_KEY plain')
    })
  })
  test('searches several files and directories', async () => {
    write('a.txt', KEY)
    write('out/b.txt', KEY)
    expect((await scan('a.txt', 'out', 'dist')).places).toHaveLength(2)
  })
  test('finds a secret across the boundary of two chunks of a large file', async () => {
    write('dist/large.bin', '')
    const file = join(root, 'dist/large.bin')
    truncateSync(file, 3 * 1024 * 1024 - 10)
    appendFileSync(file, `\n${KEY}`)
    truncateSync(file, 40 * 1024 * 1024)
    expect((await scan('dist')).places).toEqual(['dist/large.bin:2:1 ANTHROPIC_API_KEY plain'])
  })
  test('skips the project’s own secrets files, and finds copies of them elsewhere', async () => {
    expect((await scan('.')).places).toEqual([])
    write('dist/.systemprompt/profiles/local/secrets.json', JSON.stringify({ anthropic: KEY }))
    write('dist/.env', 'STRIPE_KEY=k3yX9aLm2Q\n')
    write('dist/node_modules/x/index.js', KEY)
    write('node_modules/x/index.js', KEY)
    write('.git/x', KEY)
    expect((await scan('.')).places.map((place) => place.split(':')[0])).toEqual([
      'dist/.env',
      'dist/.systemprompt/profiles/local/secrets.json',
      'dist/node_modules/x/index.js',
    ])
  })
  test('searches for the secrets of all profiles with --all-profiles', async () => {
    write('dist/a.js', `${KEY} ${STAGING}`)
    expect((await scan('dist')).places).toEqual(['dist/a.js:1:1 ANTHROPIC_API_KEY plain'])
    const { out, code } = await run(root, ['scan', '--all-profiles', 'dist'])
    expect([code, out]).toEqual([
      11,
      'dist/a.js:1:1  local/ANTHROPIC_API_KEY\ndist/a.js:1:29  staging/ANTHROPIC_API_KEY\n',
    ])
  })
  test('searches for secrets of .env files with --all-profiles and no profile, and fails without them', async () => {
    const cwd = makeProject({ '.env': `STRIPE_KEY=${STAGING}\n`, 'dist/a.js': STAGING })
    const { out, code } = await run(cwd, ['scan', '--all-profiles', 'dist'])
    expect([code, out]).toEqual([11, 'dist/a.js:1:1  STRIPE_KEY\n'])
    const { err, code: none } = await run(makeProject({ 'dist/a.js': '' }), ['scan', '--all-profiles', 'dist'])
    expect([none, err]).toEqual([
      5,
      "There are no profiles here, and no .env files: nothing to look for. In a new clone or worktree, 'systemprompt init' creates a profile.\n",
    ])
  })
  test('searches for secrets that only the environment has, such as the token of a CI job', async () => {
    const env = { CI_JOB_TOKEN: 'k3yX9aLm2QzT77', STRIPE_KEY: 'k3yX9aLm2Q', EDITOR: 'vIm0aLm2QzT88x' }
    write('dist/a.js', `${env.CI_JOB_TOKEN} ${env.EDITOR} ${env.STRIPE_KEY}`)
    const found = 'dist/a.js:1:1  CI_JOB_TOKEN\ndist/a.js:1:31  '
    const local = await run(root, ['scan', ...LOCAL, 'dist'], { env })
    expect([local.code, local.out]).toEqual([11, `${found}STRIPE_KEY\n`])
    expect(local.err).toContain('for 5 secrets')
    const all = await run(root, ['scan', '--all-profiles', 'dist'], { env })
    expect([all.code, all.out]).toEqual([11, `${found}local/STRIPE_KEY\n`])
  })
  test('says so when it searches for environment variables alone', async () => {
    const elsewhere = makeProject({ 'app.js': KEY, 'key.js': 'k3yX9aLm2QzT77' })
    const env = { CI_JOB_TOKEN: 'k3yX9aLm2QzT77' }
    const { code, err } = await run(elsewhere, ['scan', 'app.js'], { env })
    expect([code, err]).toEqual([
      0,
      '✔ 1 file searched (27 bytes) for 1 secret: nothing found\nAll of them are environment variables: the project here has none. --cwd sets where the project is, and secrets.required which variables are secrets.\n',
    ])
    expect((await run(elsewhere, ['scan', 'key.js'], { env })).code).toBe(11)
  })
  test('does not report success when it has nothing to search for', async () => {
    const elsewhere = makeProject({ 'app.js': KEY })
    const { code, out, err } = await run(elsewhere, ['scan', 'app.js'])
    expect([code, out, err]).toEqual([
      0,
      '',
      expect.stringMatching(/^There are no secrets here, .*--cwd.*secrets\.required/),
    ])
  })

  test('masks a secret in the name of a file', async () => {
    write(`dist/${KEY}.txt`, KEY)
    expect((await scan('dist')).places).toEqual(['dist/••••.txt:1:1 ANTHROPIC_API_KEY plain'])
  })
  test.each<[string, string[], number]>([
    ['without a path', [], 2],
    ['with --staged and a path', ['--staged', 'dist'], 2],
    ['with a path that does not exist', ['nowhere'], 11],
    ['with a profile that does not exist', ['--profile', 'nowhere', 'dist'], 5],
    ['with --staged outside a repository', ['--staged'], 5],
  ])('fails %s', async (_what, argv, code) => {
    expect((await run(root, ['scan', ...(argv.includes('--profile') ? [] : LOCAL), ...argv])).code).toBe(code)
  })
})

describe.skipIf(process.platform === 'win32')('systemprompt scan of unusual files', () => {
  test('follows no symbolic links and opens no pipes in a directory', async () => {
    write('outside/secret.txt', KEY)
    symlinkSync(join(root, 'outside'), join(root, 'dist/folder'))
    symlinkSync(join(root, 'outside/secret.txt'), join(root, 'dist/file'))
    symlinkSync(join(root, 'dist'), join(root, 'dist/itself'))
    spawnSync('mkfifo', [join(root, 'dist/pipe')])
    const { places, document, code } = await scan('dist')
    expect([places, document.files, code]).toEqual([[], 1, 0])
    expect((await scan('dist/file')).places).toHaveLength(1)
  })
  test('reports a pipe or a device in its arguments as unreadable', async () => {
    spawnSync('mkfifo', [join(root, 'pipe')])
    const { code, document } = await scan('dist', 'pipe', '/dev/null')
    expect([code, document.files, document.unreadable]).toEqual([11, 1, ['pipe', '/dev/null']])
    expect((await run(root, ['scan', ...LOCAL, 'pipe'])).err).toMatch(
      /^pipe cannot be read, and was not searched\.\n✖ 0 files searched/,
    )
  })
  // Other systems do not allow such names.
  test.skipIf(process.platform !== 'linux')('searches files and directories whose names are not UTF-8', async () => {
    const odd = Buffer.concat([Buffer.from(`${root}/dist/odd`), Buffer.from([0xff])])
    mkdirSync(odd)
    writeFileSync(Buffer.concat([odd, Buffer.from('/a')]), KEY)
    writeFileSync(Buffer.concat([odd, Buffer.from([0xfe])]), KEY)
    const { places, code, document } = await scan('dist')
    expect([places, code, document.files]).toEqual([
      ['dist/odd\ufffd/a:1:1 ANTHROPIC_API_KEY plain', 'dist/odd\ufffd\ufffd:1:1 ANTHROPIC_API_KEY plain'],
      11,
      3,
    ])
  })
  test.skipIf(process.getuid?.() === 0)('fails for a file that cannot be read, and reports it', async () => {
    write('dist/closed.js', KEY)
    chmodSync(join(root, 'dist/closed.js'), 0)
    const { code, document } = await scan('dist')
    expect([code, document.ok, document.unreadable]).toEqual([11, false, ['dist/closed.js']])
  })
})

test('a secret at the end of a file is found even if a longer one begins like it', async () => {
  write('.env', 'A_KEY=k3yX9aLm2Q\nB_KEY=k3yX9aLm2Q-and-more-77\n')
  write('dist/one.txt', 'k3yX9aLm2Q')
  write('dist/two.txt', 'a k3yX9aLm2Q')
  expect((await scan('dist')).places).toEqual(['dist/one.txt:1:1 A_KEY plain', 'dist/two.txt:1:3 A_KEY plain'])
})

describe('systemprompt scan --staged', () => {
  const git = (...args: string[]) => {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
    const { status, stderr } = spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: root,
      encoding: 'utf8',
      env,
    })
    expect(stderr + status).toMatch(/0$/)
  }
  const objectOf = (file: string): string =>
    spawnSync('git', ['rev-parse', `:${file}`], { cwd: root, encoding: 'utf8' }).stdout.trim()
  beforeEach(() => git('init', '-q'))

  test('searches the staged content, not the files', async () => {
    write('a.txt', `one\n${KEY}\n`)
    git('add', 'a.txt')
    write('a.txt', 'nothing\n')
    write('b.txt', KEY)
    const { places, code } = await scan('--staged')
    expect([places, code]).toEqual([['a.txt:2:1 ANTHROPIC_API_KEY plain'], 11])
  })
  test('searches a large file as a whole, whatever pieces git sends it in', async () => {
    const line = `${KEY} ${'x'.repeat(70)}\n`
    write('large.txt', line.repeat(4000))
    git('add', 'large.txt')
    const { places } = await scan('--staged')
    expect(places).toHaveLength(4000)
    expect(places.at(-1)).toBe('large.txt:4000:1 ANTHROPIC_API_KEY plain')
  })
  test('skips files that were committed before or are deleted', async () => {
    write('old.txt', KEY)
    write('gone.txt', KEY)
    git('add', 'old.txt', 'gone.txt')
    git('commit', '-q', '-m', 'x')
    git('rm', '-q', 'gone.txt')
    write('new.txt', 'nothing')
    write('empty.txt', '')
    git('add', 'new.txt', 'empty.txt')
    const { places, code, document } = await scan('--staged')
    expect([places, code, document.files]).toEqual([[], 0, 2])
  })
  test('searches the content of a link, which is its target', async () => {
    symlinkSync(`/srv/${KEY}`, join(root, 'link'))
    git('add', 'link')
    expect((await scan('--staged')).places).toEqual(['link:1:6 ANTHROPIC_API_KEY plain'])
  })
  test('searches what is committed, not what git replace shows in its place', async () => {
    write('a.txt', KEY)
    write('harmless.txt', 'nothing')
    git('add', 'a.txt', 'harmless.txt')
    git('replace', objectOf('a.txt'), objectOf('harmless.txt'))
    expect((await scan('--staged')).places).toEqual(['a.txt:1:1 ANTHROPIC_API_KEY plain'])
  })
  test('searches the project’s own .env too, since it must not be committed', async () => {
    git('add', '-f', '.env')
    expect((await scan('--staged')).places).toEqual(['.env:1:12 STRIPE_KEY plain'])
  })
  test('searches files with special characters in their names, and many large files', async () => {
    write('a "b"\n\té.txt', KEY)
    // As git itself describes a file.
    write(':000000 100644 0000 1111 A', KEY)
    for (let index = 0; index < 20; index++) write(`large-${index}.txt`, `${'x'.repeat(200_000 + index)}\n${KEY}`)
    git('add', '-A', ':!.env', ':!.systemprompt')
    const { document } = await scan('--staged')
    expect(document.findings.map(({ file, line }) => `${file}:${line}`).sort()).toEqual(
      [
        ':000000 100644 0000 1111 A:1',
        'a "b"\n\té.txt:1',
        ...Array.from({ length: 20 }, (_, index) => `large-${index}.txt:2`),
      ].sort(),
    )
  })
  test('finds nothing in references that nothing sets', async () => {
    write('services/ai/config.yaml', 'providers:\n  openai:\n    api_key: ${OPENAI_API_KEY}\n')
    git('add', 'services')
    expect(await scan('--staged')).toMatchObject({ code: 0, document: { files: 1 } })
    expect((await scan('.')).code).toBe(0)
  })
  test('finds nothing when nothing is staged', async () => {
    expect((await scan('--staged')).code).toBe(0)
  })
  test('runs no program that the repository configures', async () => {
    const trap = join(root, 'trap.sh')
    write('trap.sh', '#!/bin/sh\ntouch "$(dirname "$0")/ran"\ncat\n')
    chmodSync(trap, 0o755)
    write('.gitattributes', '* filter=trap diff=trap\n')
    write('a.txt', KEY)
    git('add', 'a.txt')
    const settings = {
      'core.fsmonitor': trap,
      'core.hooksPath': root,
      'diff.external': trap,
      'diff.trap.textconv': trap,
      'diff.trap.command': trap,
      'filter.trap.smudge': trap,
      'filter.trap.clean': trap,
      'core.pager': trap,
      'core.sshCommand': trap,
    }
    for (const [name, value] of Object.entries(settings)) git('config', name, value)
    expect((await scan('--staged')).places).toHaveLength(1)
    expect(existsSync(join(root, 'ran'))).toBe(false)
  })
  test('runs no program that would fetch missing objects', async () => {
    write('a.txt', KEY)
    git('add', 'a.txt')
    const object = objectOf('a.txt')
    rmSync(join(root, '.git/objects', object.slice(0, 2), object.slice(2)))
    const settings = {
      'core.repositoryFormatVersion': '1',
      'extensions.partialClone': 'trap',
      'remote.trap.url': root,
      'remote.trap.uploadPack': 'touch ran; false',
    }
    for (const [name, value] of Object.entries(settings)) git('config', name, value)
    expect((await run(root, ['scan', ...LOCAL, '--staged'])).code).toBe(5)
    expect(existsSync(join(root, 'ran'))).toBe(false)
    spawnSync('git', ['cat-file', '-p', object], { cwd: root })
    expect(existsSync(join(root, 'ran'))).toBe(true)
  })
  test.skipIf(process.getuid?.() !== 0)(
    'reads a repository that belongs to another user, such as a mounted one',
    async () => {
      write('a.txt', KEY)
      git('add', 'a.txt')
      spawnSync('chown', ['-R', '12345', root])
      expect((await scan('--staged')).places).toHaveLength(1)
    },
  )
  test('fails in a directory that looks like a repository inside the repository', async () => {
    write('sub/HEAD', 'ref: refs/heads/x\n')
    write('sub/config', '[core]\nrepositoryFormatVersion = 0\nbare = false\nworktree = .\n')
    write('sub/objects/keep', '')
    write('sub/refs/keep', '')
    write('sub/a.txt', KEY)
    git('add', '.')
    expect((await run(root, ['scan', ...LOCAL, '--staged', '--cwd', 'sub'])).code).not.toBe(0)
  })
  test('reads the index that GIT_INDEX_FILE names, if it exists', async () => {
    write('a.txt', KEY)
    git('add', 'a.txt')
    write('sub/b.txt', KEY)
    try {
      vi.stubEnv('GIT_INDEX_FILE', '.git/other')
      git('add', 'sub/b.txt')
      expect((await scan('--staged')).places).toEqual(['sub/b.txt:1:1 ANTHROPIC_API_KEY plain'])
      expect((await scan('--staged', '--cwd', 'sub')).places).toEqual(['sub/b.txt:1:1 ANTHROPIC_API_KEY plain'])
      vi.stubEnv('GIT_INDEX_FILE', '.git/nowhere')
      expect((await scan('--staged')).places).toEqual(['a.txt:1:1 ANTHROPIC_API_KEY plain'])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe.skipIf(process.platform === 'win32')('systemprompt scan --staged as a pre-commit hook', () => {
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_ALLOW_PROTOCOL: 'file' }
  const git = (cwd: string, ...args: string[]) => {
    const own = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
    const { status, stderr } = spawnSync('git', [...own, ...args], { cwd, env, encoding: 'utf8' })
    return { status, stderr }
  }
  const FILES: Files = {
    ...PROJECT,
    '.gitignore': '.systemprompt\n.env\n',
    'a.txt': 'nothing\n',
    'sub/b.txt': 'nothing\n',
  }
  const HOOK = {
    content: `#!/bin/sh\nexec '${process.execPath}' '${cli}' scan --staged --profile local\n`,
    mode: 0o755,
  }
  /** The top of a working tree whose commits the hook scans. */
  const KINDS: Readonly<Record<string, () => string>> = {
    'a repository': () => repository(),
    'a worktree': () => {
      const [top, tree] = [repository(), makeProject(PROJECT)]
      git(top, 'worktree', 'add', '-q', '--force', join(tree, 'tree'))
      writeFiles(join(tree, 'tree'), PROJECT)
      return join(tree, 'tree')
    },
    'a submodule': () => {
      const [module, top] = [repository(), repository()]
      git(top, 'submodule', '--quiet', 'add', module, 'module')
      writeFiles(top, { '.git/modules/module/hooks/pre-commit': HOOK })
      writeFiles(join(top, 'module'), PROJECT)
      return join(top, 'module')
    },
  }
  function repository(): string {
    const top = makeProject(FILES)
    git(top, 'init', '-q')
    git(top, 'add', '.')
    git(top, 'commit', '-q', '-m', 'before')
    writeFiles(top, { '.git/hooks/pre-commit': HOOK })
    return top
  }

  describe.each(Object.entries(KINDS))('in %s', (_, make) => {
    test('searches what is committed, in whatever way', () => {
      const top = make()
      const commits: readonly [cwd: string, string[], searched: string[]][] = [
        ['.', ['-a'], ['a.txt', 'sub/b.txt']],
        ['.', ['a.txt'], ['a.txt']],
        ['sub', ['b.txt'], ['sub/b.txt']],
        ['sub', ['--include', 'b.txt'], ['a.txt', 'sub/b.txt']],
        ['.', [], ['a.txt']],
        ['.', ['--amend'], ['a.txt']],
      ]
      writeFiles(top, { 'a.txt': KEY, 'sub/b.txt': KEY })
      for (const [cwd, args, searched] of commits) {
        git(top, 'add', 'a.txt')
        const { status, stderr } = git(join(top, cwd), 'commit', '-q', '-m', 'x', ...args)
        expect([status, stderr], args.join(' ')).toEqual([1, expect.stringMatching(/^✖ \d files? searched/m)])
        expect(stderr.match(/^\S+(?=:1:1 {2}ANTHROPIC_API_KEY$)/gm), args.join(' ')).toEqual(searched)
      }
      writeFiles(top, { 'sub/b.txt': 'more\n' })
      expect(git(top, 'commit', '-q', '-m', 'x', 'sub/b.txt')).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^✔ 1 file searched/),
      })
    }, 60_000)
  })
  test('searches the same after changing to a subdirectory', () => {
    const top = repository()
    const hook = HOOK.content.replace('exec', 'cd sub; exec')
    writeFiles(top, { '.git/hooks/pre-commit': { ...HOOK, content: hook }, 'a.txt': KEY })
    git(top, 'add', 'a.txt')
    expect(git(top, 'commit', '-q', '-m', 'x')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a.txt:1:1'),
    })
    expect(git(top, 'commit', '-q', '-am', 'x').status).toBe(1)
  })
  test('searches the inner repository after changing to it', () => {
    const top = KINDS['a submodule']?.() ?? ''
    writeFiles(top, { 'a.txt': KEY })
    git(top, 'add', 'a.txt')
    const above = join(top, '..')
    const hook = HOOK.content.replace('exec', 'cd module; exec')
    writeFiles(above, { '.git/hooks/pre-commit': { ...HOOK, content: hook }, 'sub/b.txt': 'more' })
    git(above, 'add', 'sub/b.txt')
    expect(git(above, 'commit', '-q', '-m', 'x')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a.txt:1:1'),
    })
  })
})
