import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { type Random, sampled, seeded } from '../support/random.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const CANARY = 'Zk3vTq8mWx1rLc5yNb7pHd2sGf9aJe4u'
const FLAG = ['--import', '@systemprompt/env']

const FILES: Files = {
  ...COMPLETE,
  [SECRETS]: JSON.stringify({ jwt_secret: CANARY, database_url: `postgres://acme:${CANARY}@localhost/acme` }, null, 2),
  '.env': `TOKEN=${CANARY}\nGREETING=hello\n`,
  '.systemprompt/tenants.json': JSON.stringify({ tenants: [{ id: 'local_1', name: CANARY, tenant_type: 'local' }] }),
  '.systemprompt/credentials.json': JSON.stringify(
    {
      api_token: CANARY,
      api_url: 'https://a.example',
      user_email: 'a@b.example',
      authenticated_at: '2026-01-30T00:00:00Z',
    },
    null,
    2,
  ),
  'services/ai/config.yaml': 'providers:\n  anthropic:\n    model: sonnet\n',
  'package.json': '{}',
  'main.cjs': `console.log('started')`,
}

/** Damage after which a file cannot be read, whatever its content is. */
const DAMAGES: Readonly<Record<string, (text: string, random: Random) => string | Buffer>> = {
  'a NUL': (text, random) => insert(text, '\0', random),
  'a byte that is not UTF-8': (text, random) => {
    const at = random.below(text.length + 1)
    return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from([0xff]), Buffer.from(text.slice(at))])
  },
  'UTF-16': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
}

/** The same for a file with a grammar. */
const SYNTAX: typeof DAMAGES = {
  'unclosed brackets': (text) => `${'['.repeat(200)}${text}`,
  'a stray brace': (text) => `\u007d${text}`,
  'more text after its end': (text) => `${text}\n%%%\n{]`,
}

const KINDS: Readonly<Record<string, typeof DAMAGES>> = {
  [PROFILE]: { ...DAMAGES, ...SYNTAX },
  [SECRETS]: { ...DAMAGES, ...SYNTAX },
  '.env': DAMAGES,
  'services/ai/config.yaml': { ...DAMAGES, ...SYNTAX },
  '.systemprompt/tenants.json': { ...DAMAGES, ...SYNTAX },
  '.systemprompt/credentials.json': { ...DAMAGES, ...SYNTAX },
}
const CASES = Object.entries(KINDS).flatMap(([file, damages]) =>
  Object.entries(damages).map(([name, damage]) => [file, name, damage] as const),
)

function insert(text: string, mark: string, random: Random): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + mark + text.slice(at)
}

let root = ''
beforeAll(() => {
  root = makeProject(FILES)
  installInto(root)
})

describe('a start with a broken configuration', () => {
  const random = seeded()
  const count = sampled(1, Math.ceil(500 / CASES.length))
  test.each(CASES)(
    `ends with code 78 and the place of the error: %s with %s (seed ${random.seed})`,
    async (file, _, damage) => {
      const text = contentOf(file)
      for (let round = 0; round < count; round++) {
        writeFileSync(join(root, file), damage(text, random))
        const { code, out, err } = await start({ cwd: root, args: [...FLAG, 'main.cjs'] })
        expect({ code, out }).toEqual({ code: 78, out: '' })
        expect(err).toMatch(/^The configuration of profile local is not valid: \d+ problem/)
        expect(err).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}:\\d+:\\d+ `))
        expect(err).not.toMatch(/^\s+at /m)
        expect(windowsIn(err)).toEqual([])
      }
      writeFiles(root, { [file]: FILES[file] ?? '' })
    },
  )

  test('succeeds again when the file is repaired', async () => {
    expect(await start({ cwd: root, args: [...FLAG, 'main.cjs'] })).toEqual({ code: 0, out: 'started\n', err: '' })
  })

  test.each([
    ['a profile that does not exist', { SYSTEMPROMPT_PROFILE: 'nowhere' }, 'SYSTEMPROMPT_PROFILE'],
    ['a reference to an undefined variable', { SYSTEMPROMPT__SERVER__HOST: '' }, 'GONE'],
  ])('ends with code 78 for %s', async (what, env, named) => {
    const broken = makeProject({
      ...FILES,
      [PROFILE]: `${contentOf(PROFILE)}${what.startsWith('a ref') ? 'x: ${GONE}\n' : ''}`,
    })
    installInto(broken)
    const { code, out, err } = await start({
      cwd: broken,
      args: [...FLAG, 'main.cjs'],
      env: env as Record<string, string>,
    })
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(err).toContain(named)
    expect(err).not.toMatch(/^\s+at /m)
  })
})

describe('a start without a configuration is silent', () => {
  test.each<[string, Files]>([
    ['in an empty directory', {}],
    ['in a directory with broken files of other names', { 'profile.yaml': '[[[', '.env.production': '\0' }],
    ['in a project without a profile', { '.systemprompt/': '' }],
  ])('%s', async (_, files) => {
    const folder = makeProject({
      ...files,
      'package.json': '{}',
      'main.cjs': `console.log(process.env.SYSTEMPROMPT_INJECTED)`,
    })
    installInto(folder)
    expect(await start({ cwd: folder, args: [...FLAG, 'main.cjs'] })).toEqual({ code: 0, out: 'undefined\n', err: '' })
  })

  test('outside a project and keeps what it inherits, even if a variable ends in _FILE', async () => {
    const folder = makeProject({
      '.env': 'GREETING=hello',
      'package.json': '{}',
      'packages/a/': '',
      'main.cjs': `const { execFileSync } = require('node:child_process')
if (process.argv[2]) console.log(process.env.GREETING)
else for (const env of [{}, { SSL_CERT_FILE: '/certificates' }, {}]) {
  const child = [...process.execArgv, __filename, 'child']
  execFileSync(process.execPath, child, { cwd: 'packages/a', env: { ...process.env, ...env }, stdio: 'inherit' })
}`,
    })
    installInto(folder)
    const out = 'hello\nhello\nhello\n'
    expect(await start({ cwd: folder, args: [...FLAG, 'main.cjs'] })).toEqual({ code: 0, out, err: '' })
  })

  test('outside a project and keeps what it inherits, even if a variable there has a secret', async () => {
    const folder = makeProject({
      '.env': 'GREETING=hello',
      'package.json': '{}',
      'packages/a/': '',
      'run/key': 'sk-made-up',
      'main.cjs': `const { execFileSync } = require('node:child_process')
const { GREETING, OPENAI_API_KEY, QWEN_API_KEY } = process.env
if (process.argv[2]) console.log(GREETING, OPENAI_API_KEY, QWEN_API_KEY)
if (process.argv[2] === 'grandchild') process.exit()
const [cwd, who] = process.argv[2] ? ['.', 'grandchild'] : ['packages/a', 'child']
execFileSync(process.execPath, [...process.execArgv, __filename, who], { cwd, stdio: 'inherit' })`,
    })
    installInto(folder)
    const env = { OPENAI_API_KEY_FILE: join(folder, 'run/key'), DASHSCOPE_API_KEY: 'qwen' }
    const out = 'hello sk-made-up qwen\nhello sk-made-up qwen\n'
    expect(await start({ cwd: folder, args: [...FLAG, 'main.cjs'], env })).toEqual({ code: 0, out, err: '' })
  })

  test('but uses .env files without a project', async () => {
    const folder = makeProject({
      '.env': 'GREETING=hello',
      'package.json': '{}',
      'main.cjs': 'console.log(process.env.GREETING)',
    })
    installInto(folder)
    expect(await start({ cwd: folder, args: [...FLAG, 'main.cjs'] })).toEqual({ code: 0, out: 'hello\n', err: '' })
  })
})

describe('warnings', () => {
  const files: Files = { ...FILES, [PROFILE]: contentOf(PROFILE).replace('database:', 'environment: test\ndatabase:') }
  test.each([
    [undefined, /^$/],
    ['normal', /^$/],
    ['verbose', /^systemprompt: .*OLD_SPELLING|is now called runtime\.environment/],
    ['debug', /is now called runtime\.environment/],
  ])('with SYSTEMPROMPT_LOG_LEVEL=%s', async (level, expected) => {
    const project = makeProject(files)
    installInto(project)
    const env: Record<string, string> = level === undefined ? {} : { SYSTEMPROMPT_LOG_LEVEL: level }
    const { code, out, err } = await start({ cwd: project, args: [...FLAG, 'main.cjs'], env })
    expect({ code, out }).toEqual({ code: 0, out: 'started\n' })
    expect(err).toMatch(expected)
    expect(err).not.toMatch(/^\s+\|/m)
  })

  test('are not printed for a blocked name, which is not set', async () => {
    const project = makeProject({
      ...FILES,
      '.env': 'NODE_OPTIONS=--title=x\nnpm_config_x=1\nGREETING=hello\n',
      'main.cjs': `console.log(process.env.NODE_OPTIONS, process.env.npm_config_x, process.env.GREETING)`,
    })
    installInto(project)
    expect(await start({ cwd: project, args: [...FLAG, 'main.cjs'] })).toMatchObject({
      code: 0,
      out: 'undefined undefined hello\n',
      err: '',
    })
  })
})

function contentOf(file: string): string {
  const content = FILES[file]
  return typeof content === 'string' ? content : ''
}

/** The parts of the canary of eight characters that are in a text. */
function windowsIn(text: string): string[] {
  return Array.from({ length: CANARY.length - 7 }, (_, at) => CANARY.slice(at, at + 8)).filter((window) =>
    text.includes(window),
  )
}
