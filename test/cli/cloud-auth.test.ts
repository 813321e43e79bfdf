import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { CliError, EXIT } from '../../src/cli/io.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { temporaryName } from '../../src/files/temporary.ts'
import { loadConfigSync } from '../../src/index.ts'
import { type ContractProxy, contractProxy } from '../support/contract-proxy.ts'
import { start } from '../support/installed.ts'
import { COMPLETE, type Files, makeProject, PROFILE, writeFiles } from '../support/temp-project.ts'
import {
  addressAfter,
  browserThat,
  CREDENTIALS,
  cli,
  cloudProject,
  emulated,
  loggedIn,
  TENANTS,
} from './cloud-project.ts'

let emulator: Emulator
let proxy: ContractProxy
beforeAll(async () => {
  emulator = await emulated()
  proxy = await contractProxy(emulator.url)
})

afterEach(() => {
  vi.unstubAllEnvs()
})

function login(cwd: string, options = '', terminal = {}) {
  return cli(cwd, `cloud auth login --with-token --api-url ${emulator.url} ${options}`, {
    input: emulator.token(),
    ...terminal,
  })
}

const stored = (cwd: string) => JSON.parse(readFileSync(join(cwd, CREDENTIALS), 'utf8')) as Record<string, string>
const registry = (cwd: string) => JSON.parse(readFileSync(join(cwd, TENANTS), 'utf8')) as Record<string, unknown>

describe('cloud auth login', () => {
  test('in the browser writes the login and the tenants, readable by the user alone', async () => {
    const cwd = makeProject(COMPLETE)
    const browser = browserThat('allow')
    const { code, out, err } = await cli(cwd, `cloud auth login --api-url ${emulator.url}`, browser)
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(
        `Opening your browser. If nothing happens, open this URL:\n\n  ${emulator.url}/login/oauth/authorize?state=`,
      ),
    ])
    expect(out).toContain(`✔ Logged in to ${emulator.url} as dev@example.com`)
    expect(stored(cwd)).toEqual({
      api_token: expect.stringMatching(/^sp_test_/),
      api_url: emulator.url,
      user_email: 'dev@example.com',
      authenticated_at: expect.any(String),
      last_validated_at: expect.any(String),
    })
    expect(registry(cwd)).toMatchObject({
      tenants: [{ id: 'tenant_demo', tenant_type: 'cloud', region: 'iad' }, { id: 'tenant_staging' }],
    })
    for (const file of [CREDENTIALS, TENANTS]) expect((statSync(join(cwd, file)).mode & 0o777).toString(8)).toBe('600')
    expect(readFileSync(join(cwd, '.systemprompt/.gitignore'), 'utf8')).toBe('*\n')
    expect(loadConfigSync({ cwd, env: {} }).credentials).toMatchObject({
      user_email: 'dev@example.com',
      expired: false,
    })
    // The token is in its file and nowhere else.
    const token = stored(cwd).api_token ?? 'none'
    expect(out + err + browser.visited.join()).not.toContain(token.slice(0, 20))
    expect(browser.visited[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/done\/[\w-]{43}$/)
    expect(readdirSync(join(cwd, '.systemprompt')).sort()).toEqual([
      '.gitignore',
      'credentials.json',
      'profiles',
      'tenants.json',
    ])
  })

  test.each([
    ['deny', 'The login was denied in the browser. Run it again to try once more.\n'],
    ['fail', 'The login failed at the provider. Run it again to try once more.\n'],
  ] as const)(
    'with the decision "%s" in the browser writes nothing and ends with exit code 3',
    async (decision, message) => {
      const cwd = makeProject(COMPLETE)
      const { code, err } = await cli(
        cwd,
        `cloud login --provider google --api-url ${emulator.url}`,
        browserThat(decision),
      )
      expect([code, err]).toEqual([3, expect.stringContaining(message)])
      expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
    },
  )

  test('accepts a token from standard input, without a project and without a browser', async () => {
    const cwd = makeProject()
    const { code } = await login(cwd, '', { input: `${emulator.token()}\n` })
    expect([code, stored(cwd).user_email]).toEqual([0, 'dev@example.com'])
  })

  test('without a browser shows the URL, and accepts the pasted URL of the redirect', async () => {
    const cwd = makeProject(COMPLETE)
    let shown = ''
    const heard = (text: string): void => {
      shown = /(http\S+authorize\S+)/.exec(text)?.[1] ?? shown
    }
    let tries = 0
    const password = async (): Promise<string> =>
      tries++ === 0 ? 'http://127.0.0.1:1/x' : addressAfter(shown, 'allow')
    const line = `cloud auth login --no-browser --api-url ${emulator.url}`
    const { code, err, questions } = await cli(cwd, line, { isInteractive: true, heard, password })
    expect([code, questions.length]).toEqual([0, 3])
    expect(err).toContain('That is not the URL of this login')
    expect(stored(cwd).user_email).toBe('dev@example.com')
  })

  test('with --no-browser and without a terminal waits for the callback of the browser', async () => {
    const cwd = makeProject(COMPLETE)
    const { openBrowser } = browserThat('allow')
    const heard = (text: string): void => {
      const address = /(http\S+authorize\S+)/.exec(text)?.[1]
      if (address) void openBrowser(address)
    }
    expect((await cli(cwd, `cloud auth login --no-browser --api-url ${emulator.url}`, { heard })).code).toBe(0)
  })

  test.each<[string, string, object, number, RegExp]>([
    ['a login without a terminal and without a browser', '', {}, 2, /--with-token < file/],
    ['an unknown provider', '--provider gitlab', { isInteractive: true }, 2, /github or google/],
    ['a URL with plain http', '--api-url http://example.com', { isInteractive: true }, 11, /plain http/],
    ['an empty standard input', '--with-token', { input: '' }, 2, /not a token/],
    ['a standard input that is not a token', '--with-token', { input: 'two words' }, 2, /not a token/],
    ['a binary standard input', '--with-token', { input: Buffer.from([0xff, 0xfe, 0]) }, 2, /not a token/],
    ['a missing standard input', '--with-token', {}, 2, /--with-token < file/],
    [
      'a login in a container whose variables have one',
      '--with-token',
      { env: { SYSTEMPROMPT_API_TOKEN: 'x', SYSTEMPROMPT_USER_EMAIL: 'x' } },
      2,
      /SYSTEMPROMPT_API_TOKEN is set/,
    ],
  ])('rejects %s', async (_, options, terminal, code, message) => {
    const cwd = makeProject(COMPLETE)
    const ended = await cli(cwd, `cloud auth login ${options}`, terminal)
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(message)])
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
  })

  test('rejects a token that the service does not know, and writes nothing', async () => {
    const cwd = makeProject(COMPLETE)
    const { code, err } = await login(cwd, '', { input: 'sp_test_canary9f3b.x.y' })
    expect([code, err.includes('canary')]).toEqual([3, false])
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
  })

  test('asks before it replaces the login of another user', async () => {
    const cwd = cloudProject(emulator)
    const before = readFileSync(join(cwd, CREDENTIALS), 'utf8')
    const other = { input: emulator.token('user_viewer') }
    expect(await login(cwd, '', other)).toMatchObject({ code: 2, err: expect.stringContaining('Add -y') })
    const asked = await login(cwd, '', { ...other, isInteractive: true })
    expect([asked.code, asked.questions]).toEqual([
      11,
      ['dev@example.com is logged in. Log in as viewer@example.com instead?'],
    ])
    expect(readFileSync(join(cwd, CREDENTIALS), 'utf8')).toBe(before)
    expect((await login(cwd, '-y', other)).code).toBe(0)
    expect(stored(cwd).user_email).toBe('viewer@example.com')
  })

  test('keeps unknown keys, local tenants and the active tenant, and replaces api_endpoint by api_url', async () => {
    const cwd = makeProject({
      ...COMPLETE,
      [CREDENTIALS]: JSON.stringify({
        api_token: 'old',
        api_endpoint: 'https://x.example',
        user_email: 'dev@example.com',
        note: 'mine',
      }),
      [TENANTS]: JSON.stringify({
        tenants: [
          { id: 'local_abc', name: 'mine', tenant_type: 'local', database_url: 'postgres://localhost/x' },
          { id: 'tenant_demo', name: 'old name', sync_token: 'kept' },
        ],
        active_tenant: 'local_abc',
        note: 'mine',
      }),
    })
    expect((await login(cwd)).code).toBe(0)
    expect(stored(cwd)).toMatchObject({ note: 'mine', api_url: emulator.url })
    expect(stored(cwd)).not.toHaveProperty('api_endpoint')
    expect(registry(cwd)).toMatchObject({
      tenants: [
        { id: 'local_abc', database_url: 'postgres://localhost/x' },
        { id: 'tenant_demo', name: 'demo', sync_token: 'kept', hostname: 'tenant_demo.systemprompt.cloud' },
        { id: 'tenant_staging' },
      ],
      active_tenant: 'local_abc',
      note: 'mine',
      synced_at: expect.any(String),
    })
  })

  test('does not replace a known password by a masked one', async () => {
    const seed = {
      users: [{ id: 'u', email: 'dev@example.com' }],
      tenants: [{ id: 't', name: 't', members: { u: 'admin' as const }, database_url: 'postgres://u:***@int/x' }],
    }
    const masked = await emulated({ seed })
    const cwd = makeProject({
      ...COMPLETE,
      [TENANTS]: JSON.stringify({
        tenants: [{ id: 't', name: 't', internal_database_url: 'postgres://u:whole@int/x' }],
      }),
    })
    await cli(cwd, `cloud login --with-token --api-url ${masked.url}`, { input: masked.token() })
    expect(registry(cwd)).toMatchObject({
      tenants: [{ internal_database_url: 'postgres://u:whole@int/x' }],
      active_tenant: 't',
    })
  })

  test('asks on a terminal which of several tenants to use', async () => {
    const cwd = makeProject(COMPLETE)
    const { questions, out } = await login(cwd, '', { isInteractive: true })
    expect(questions).toEqual(['Which tenant do you want to use?'])
    expect([out, registry(cwd)]).toEqual([
      expect.stringContaining('tenant_demo is active'),
      expect.objectContaining({ active_tenant: 'tenant_demo' }),
    ])
  })

  test('succeeds without an active tenant when that question is dismissed', async () => {
    const cwd = makeProject(COMPLETE)
    const select = async (): Promise<never> => {
      throw new CliError('INTERRUPTED', EXIT.interrupted, 'Nothing was done.')
    }
    const { code, out } = await login(cwd, '', { isInteractive: true, select })
    expect([code, out]).toEqual([0, expect.stringContaining('none is active')])
    expect([stored(cwd).user_email, registry(cwd)]).toEqual([
      'dev@example.com',
      expect.not.objectContaining({ active_tenant: expect.anything() }),
    ])
  })

  const whole = (): string =>
    JSON.stringify({ api_token: emulator.token(), api_url: emulator.url, user_email: 'dev@example.com' }, null, 2)
  test('replaces a credentials.json that is truncated anywhere, and moves it aside', async () => {
    const text = whole()
    const cuts = process.env.SOAK ? text.length : 6
    for (let cut = 0; cut < cuts; cut++) {
      const at = Math.floor((cut * text.length) / cuts)
      const cwd = makeProject({ ...COMPLETE, [CREDENTIALS]: text.slice(0, at) })
      expect((await login(cwd, '-y')).code, `cut at ${at}`).toBe(0)
      expect(stored(cwd).user_email).toBe('dev@example.com')
      const aside = readdirSync(join(cwd, '.systemprompt')).filter((name) => name.includes('.broken-'))
      expect(aside.map((name) => readFileSync(join(cwd, '.systemprompt', name), 'utf8'))).toEqual([text.slice(0, at)])
    }
  })

  test.each([
    ['text', 'a: 1\n'],
    ['the settings of another program', '{"api_token": "of another program", "url": "x"}'],
    ['a list', '[1]'],
  ])('moves aside a file of the user’s that a profile names, and says so: %s', async (_, text) => {
    const named = `${COMPLETE[PROFILE]}\ncloud:\n  credentials_path: ../../../mine.json\n`
    const cwd = makeProject({ ...COMPLETE, [PROFILE]: named, 'mine.json': text })
    const { code, err } = await login(cwd)
    expect([code, err]).toEqual([0, expect.stringMatching(/^The old mine\.json could not be used; it is now \S+\n$/)])
    const aside = /it is now (\S+)/.exec(err)?.[1] ?? ''
    expect(readFileSync(aside, 'utf8')).toBe(text)
    expect(JSON.parse(readFileSync(join(cwd, 'mine.json'), 'utf8'))).toMatchObject({ user_email: 'dev@example.com' })
    // A login there is one: it is renewed, with what else is in it.
    writeFiles(cwd, { 'mine.json': readFileSync(join(cwd, 'mine.json'), 'utf8').replace('{', '{"note": "mine",') })
    expect(await login(cwd)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(cwd, 'mine.json'), 'utf8')).toContain('"note": "mine"')
  })

  test.each(['cloud auth login', 'cloud auth logout -y'])(
    '%s leaves a file of the user’s where it is if git would commit it under its new name',
    async (line) => {
      const text = '{"api_token": "of another program"}'
      const named = `${COMPLETE[PROFILE]}\ncloud:\n  credentials_path: ../../../mine.json\n`
      const cwd = makeProject({ ...COMPLETE, [PROFILE]: named, 'mine.json': text, '.gitignore': 'mine.json\n' })
      execFileSync('git', ['init', '-q'], { cwd })
      const run = () => (line.endsWith('login') ? login(cwd) : cli(cwd, line))
      expect(await run()).toMatchObject({
        code: EXIT.refused,
        err: expect.stringMatching(
          /mine\.json\.broken-\* is not ignored by git\. Add the line mine\.json\.broken-\* to \S+\.gitignore/,
        ),
      })
      expect(readFileSync(join(cwd, 'mine.json'), 'utf8')).toBe(text)
      writeFiles(cwd, { '.gitignore': 'mine.json\nmine.json.broken-*\n' })
      expect(await run()).toMatchObject({ code: 0, err: expect.stringContaining('it is now') })
    },
  )

  test('leaves the tenants of another program, in a file that a profile names, and says so', async () => {
    const named = `${COMPLETE[PROFILE]}\ncloud:\n  tenants_path: ../../../mine.json\n`
    const cwd = makeProject({ ...COMPLETE, [PROFILE]: named, 'mine.json': '{"tenants": {"a": 1}}' })
    const aside = /^The old mine\.json could not be used; it is now (\S+)\n$/.exec((await login(cwd)).err)?.[1] ?? ''
    expect(readFileSync(aside, 'utf8')).toBe('{"tenants": {"a": 1}}')
  })

  test('says what was moved aside even if the tenants cannot be written', async () => {
    const named = `${COMPLETE[PROFILE]}\ncloud:\n  tenants_path: ../../../a-file/tenants.json\n`
    const cwd = makeProject({ ...COMPLETE, [PROFILE]: named, [CREDENTIALS]: '{broken', 'a-file': '' })
    const { code, err } = await login(cwd)
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^The old credentials\.json could not be used;.*\n.*cannot be/),
    ])
  })

  test.each<[string, Files]>([
    ['a profile that cannot be parsed', { [PROFILE]: 'a: [' }],
    ['a profile with a reference to a variable that is not set', { [PROFILE]: 'name: ${NOWHERE}' }],
    [
      'several profiles, none active',
      {
        '.systemprompt/profiles/a/profile.yaml': 'name: a',
        '.systemprompt/profiles/b/profile.yaml': 'name: b',
        [PROFILE]: '',
      },
    ],
    ['an incomplete login', { [CREDENTIALS]: '{"api_token": 5}' }],
    ['a tenants.json of the wrong type', { [TENANTS]: '[]' }],
    ['a directory in place of credentials.json', { [`${CREDENTIALS}/`]: '' }],
  ])('and logout succeed despite %s', async (_, files) => {
    const cwd = makeProject({ ...COMPLETE, ...files })
    expect((await login(cwd, '-y')).code).toBe(0)
    expect((await cli(cwd, 'cloud auth logout -y')).code).toBe(0)
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
  })

  test('a logout moves a directory in place of the login aside, with what is in it', async () => {
    const cwd = makeProject({ ...COMPLETE, [`${CREDENTIALS}/kept`]: 'x' })
    const { code, out, err } = await cli(cwd, 'cloud auth logout -y --json')
    expect([code, JSON.parse(out)]).toEqual([0, { ok: true, removed: join(cwd, CREDENTIALS) }])
    const aside = /it is now (\S+)/.exec(err)?.[1] ?? ''
    expect(readFileSync(join(aside, 'kept'), 'utf8')).toBe('x')
  })

  test.each<[string, object, string | null]>([
    ['keeps an active tenant that the new account has', { tenants: [], active_tenant: 'tenant_demo' }, 'tenant_demo'],
    ['keeps an active local tenant', { tenants: [{ id: 'local_a', name: 'a' }], active_tenant: 'local_a' }, 'local_a'],
    [
      'replaces an active tenant that the new account cannot reach by its only one',
      { tenants: [{ id: 'tenant_other', name: 'other', tenant_type: 'cloud' }], active_tenant: 'tenant_other' },
      'tenant_demo',
    ],
    [
      'replaces an unknown active tenant by the only one of the new account',
      { tenants: [], active_tenant: 'tenant_gone' },
      'tenant_demo',
    ],
  ])('as another account %s', async (_, registry, active) => {
    const cwd = makeProject({ ...COMPLETE, [CREDENTIALS]: whole(), [TENANTS]: JSON.stringify(registry) })
    const { out } = await cli(cwd, `cloud auth login --with-token -y --json --api-url ${emulator.url}`, {
      input: emulator.token('user_viewer'),
    })
    expect(JSON.parse(out)).toMatchObject({ user_email: 'viewer@example.com', active_tenant: active })
  })

  test('leaves no tenant active when the account has several and the active one is not among them', async () => {
    const registry = { tenants: [{ id: 'tenant_other', name: 'other' }], active_tenant: 'tenant_other', mine: 1 }
    const cwd = makeProject({ ...COMPLETE, [TENANTS]: JSON.stringify(registry) })
    expect((await login(cwd, '-y')).out).toContain("none is active: 'systemprompt cloud tenant use <id>'")
    const after = JSON.parse(readFileSync(join(cwd, TENANTS), 'utf8')) as { active_tenant?: string }
    expect([after.active_tenant, Reflect.get(after, 'mine')]).toEqual([undefined, 1])
  })

  test('replaces a symbolic link, and does not change its target', async () => {
    const cwd = makeProject({ ...COMPLETE, elsewhere: whole() })
    symlinkSync(join(cwd, 'elsewhere'), join(cwd, CREDENTIALS))
    const before = readFileSync(join(cwd, 'elsewhere'), 'utf8')
    expect((await login(cwd)).code).toBe(0)
    expect(lstatSync(join(cwd, CREDENTIALS)).isFile()).toBe(true)
    expect(readFileSync(join(cwd, 'elsewhere'), 'utf8')).toBe(before)
  })

  test('writes to the paths that the profile sets', async () => {
    const cwd = makeProject({
      ...COMPLETE,
      [PROFILE]: 'name: local\ncloud:\n  credentials_path: ./mine.json\n  tenants_path: ./tenants.json\n',
    })
    expect((await login(cwd)).code).toBe(0)
    expect(readdirSync(join(cwd, '.systemprompt/profiles/local')).sort()).toEqual([
      'mine.json',
      'profile.yaml',
      'secrets.json',
      'tenants.json',
    ])
    expect((await cli(cwd, 'cloud auth whoami')).code).toBe(0)
  })

  test('is refused when git does not ignore credentials.json', async () => {
    const { spawnSync } = await import('node:child_process')
    const cwd = makeProject({ ...COMPLETE, '.systemprompt/.gitignore': 'profiles\n' })
    if (spawnSync('git', ['init', '-q'], { cwd }).status !== 0) return
    expect(await login(cwd)).toMatchObject({ code: 11, err: expect.stringContaining('is not ignored by git') })
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
  })

  test('prints what it did with --json, and reports the activity to the service', async () => {
    const cwd = makeProject(COMPLETE)
    const { out } = await cli(cwd, `cloud auth login --with-token --json --api-url ${proxy.url}`, {
      input: emulator.token(),
    })
    expect(JSON.parse(out)).toEqual({
      ok: true,
      user_email: 'dev@example.com',
      api_url: proxy.url,
      file: join(cwd, CREDENTIALS),
      tenants: [
        { id: 'tenant_demo', name: 'demo' },
        { id: 'tenant_staging', name: 'staging' },
      ],
      active_tenant: null,
    })
    expect([...proxy.covered]).toEqual(expect.arrayContaining(['whoami 200', 'reportActivity 204']))
    expect(proxy.violations).toEqual([])
  })
})

describe('cloud auth whoami', () => {
  test('shows user, endpoint, source of the token, expiry, tenants and profile', async () => {
    const cwd = cloudProject(emulator)
    const { out, code } = await cli(cwd, 'cloud auth whoami')
    expect(code).toBe(0)
    expect(
      out
        .replace(/\d{4}-\S+Z/, 'TIME')
        .replaceAll(cwd, '')
        .replaceAll(emulator.url, 'URL'),
    ).toBe(
      [
        'User         dev@example.com',
        'Endpoint     URL',
        'Token in     /.systemprompt/credentials.json',
        'Valid until  TIME (23 h 59 min)',
        'Tenants      demo (tenant_demo), active',
        '             staging (tenant_staging)',
        'Profile      local',
        '',
      ].join('\n'),
    )
  })

  test('shows user, profile and active tenant with --json', async () => {
    const cwd = cloudProject(emulator)
    expect(JSON.parse((await cli(cwd, 'cloud auth whoami --json')).out)).toMatchObject({
      user_email: 'dev@example.com',
      user_id: 'user_dev',
      profile: 'local',
      active_tenant: 'tenant_demo',
    })
  })

  test('uses a container’s variables, and writes nothing', async () => {
    const cwd = makeProject()
    const env = {
      SYSTEMPROMPT_API_TOKEN: emulator.token(),
      SYSTEMPROMPT_USER_EMAIL: 'dev@example.com',
      SYSTEMPROMPT_API_URL: emulator.url,
    }
    const { out, code } = await cli(cwd, 'cloud auth whoami', { env })
    expect([code, out]).toEqual([0, expect.stringMatching(/Token in +SYSTEMPROMPT_API_TOKEN/)])
    expect(readdirSync(cwd)).toEqual([])
  })

  test.each<[string, () => Files]>([
    ['nobody is logged in', () => ({})],
    ['the login has expired', () => loggedIn(emulator, emulator.token('user_dev', -10))],
    ['credentials.json is broken', () => ({ [CREDENTIALS]: '{' })],
    [
      'the token was revoked',
      () => {
        const token = emulator.token()
        emulator.revoke(token)
        return loggedIn(emulator, token)
      },
    ],
  ])('ends with exit code 3 when %s', async (_, files) => {
    const cwd = makeProject({ ...COMPLETE, ...files() })
    for (const line of ['cloud auth whoami', 'cloud auth whoami --json', 'cloud tenant list']) {
      const { code, out, err } = await cli(cwd, line)
      expect([code, out + err]).toEqual([3, expect.stringContaining("Run 'systemprompt cloud auth login'")])
    }
  })

  describe('with a token that is not accepted', () => {
    const over: readonly (readonly [what: string, token: () => string])[] = [
      ['has expired', () => emulator.token('user_dev', -10)],
      [
        'was revoked',
        () => {
          const token = emulator.token()
          emulator.revoke(token)
          return token
        },
      ],
    ]

    test.each(over)('suggests a login at the same URL, when the token in credentials.json %s', async (_, token) => {
      const cwd = makeProject({ ...COMPLETE, ...loggedIn(emulator, token()) })
      const remedy = `Run 'systemprompt cloud auth login' with --api-url ${emulator.url}.\n`
      for (const line of ['cloud auth whoami', 'cloud secrets list'])
        expect((await cli(cwd, line)).err).toContain(remedy)
      const env = { SYSTEMPROMPT_API_URL: emulator.url }
      expect((await cli(cwd, 'cloud auth whoami', { env })).err).toContain("Run 'systemprompt cloud auth login'.\n")
    })

    test.each(over)('suggests a new token and no login, when the token in a variable %s', async (_, token) => {
      const cwd = makeProject(COMPLETE)
      const env = {
        SYSTEMPROMPT_API_TOKEN: token(),
        SYSTEMPROMPT_USER_EMAIL: 'dev@example.com',
        SYSTEMPROMPT_API_URL: emulator.url,
      }
      for (const line of ['cloud auth whoami', 'cloud secrets list --tenant tenant_demo', 'cloud tenant list']) {
        const { code, err } = await cli(cwd, line, { env })
        expect([code, err]).toEqual([3, expect.stringContaining('. Put a new token into SYSTEMPROMPT_API_TOKEN.\n')])
        expect(err).not.toContain('auth login')
      }
    })

    test('suggests a new token, when the one in a variable contains a line break', async () => {
      const env = { SYSTEMPROMPT_API_TOKEN: `${emulator.token()}\n`, SYSTEMPROMPT_USER_EMAIL: 'dev@example.com' }
      const { code, err } = await cli(makeProject(COMPLETE), 'cloud auth whoami', { env })
      const what = 'The token contains a character that is not allowed in one, such as a line break'
      expect([code, err]).toEqual([11, `${what}. Put a new token into SYSTEMPROMPT_API_TOKEN.\n`])
    })

    test('does not suggest the login that was just run', async () => {
      const { code, err } = await login(makeProject(COMPLETE), '', { input: 'sp_live_made_up' })
      expect([code, err]).toEqual([3, expect.stringContaining('. Use a valid token.\n')])
    })
  })
})

describe('cloud auth logout', () => {
  test('asks, and removes credentials.json alone', async () => {
    const cwd = cloudProject(emulator)
    expect((await cli(cwd, 'cloud auth logout')).code).toBe(2)
    const no = await cli(cwd, 'cloud auth logout', { isInteractive: true })
    expect([no.code, no.questions]).toEqual([11, [`Log dev@example.com out and remove ${join(cwd, CREDENTIALS)}?`]])
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(true)
    expect((await cli(cwd, 'cloud logout', { isInteractive: true, answer: true })).out).toMatch(/^Logged out; /)
    expect([CREDENTIALS, TENANTS].map((file) => existsSync(join(cwd, file)))).toEqual([false, true])
    expect(await cli(cwd, 'cloud auth logout -y')).toMatchObject({ code: 0, out: 'You are not logged in.\n' })
  })

  test.each(['credentials.json', 'no credentials.json'])(
    'removes the temporary file of a login that was killed, with %s',
    async (there) => {
      const cwd = cloudProject(emulator)
      if (there !== 'credentials.json') rmSync(join(cwd, CREDENTIALS))
      const leftover = temporaryName(join(cwd, CREDENTIALS)).replace(`-${process.pid}-`, '-4194304-')
      writeFileSync(leftover, emulator.token())
      expect((await cli(cwd, 'cloud auth logout -y')).code).toBe(0)
      expect(readdirSync(join(cwd, '.systemprompt')).filter((name) => name.includes('credentials'))).toEqual([])
    },
  )

  test.each(['a key', '{"keep": "this"}', '{"api_token": "of another service"}'])(
    'moves a file aside that is not a login: %s',
    async (content) => {
      const cwd = makeProject({ ...COMPLETE, [PROFILE]: `${COMPLETE[PROFILE]}cloud: { credentials_path: ~/kept }\n` })
      const home = makeProject({ kept: content })
      vi.stubEnv('HOME', home)
      const { code, err } = await cli(cwd, 'cloud auth logout -y')
      expect(code).toBe(0)
      expect(readFileSync(/it is now (\S+)/.exec(err)?.[1] ?? '', 'utf8')).toBe(content)
    },
  )

  test('succeeds when the service is unreachable', async () => {
    const gone = await emulated()
    const cwd = cloudProject(gone)
    await gone.close()
    expect((await cli(cwd, 'cloud auth logout -y')).code).toBe(0)
    expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
  })

  test('asks for the variable to be unset that has a container’s login', async () => {
    const env = { SYSTEMPROMPT_API_TOKEN: 'x', SYSTEMPROMPT_USER_EMAIL: 'x' }
    expect(await cli(makeProject(), 'cloud auth logout -y', { env })).toMatchObject({
      code: 2,
      err: expect.stringContaining('Unset that variable'),
    })
  })
})

describe('cloud tenant', () => {
  test('list fetches the tenants and marks the active one', async () => {
    const cwd = cloudProject(emulator)
    const { out } = await cli(cwd, 'cloud tenant list')
    expect(out.split('\n').map((line) => line.trimEnd().split(/ {2,}/))).toEqual([
      ['', 'id', 'name', 'type', 'region', 'hostname'],
      ['→', 'tenant_demo', 'demo', 'cloud', 'iad', 'tenant_demo.systemprompt.cloud'],
      ['', 'tenant_staging', 'staging', 'cloud', 'iad', 'tenant_staging.systemprompt.cloud'],
      [''],
    ])
    expect(JSON.parse((await cli(cwd, 'cloud tenant list --json --offline')).out)).toMatchObject({
      active_tenant: 'tenant_demo',
      tenants: [{ id: 'tenant_demo', active: true }, { active: false }],
    })
  })

  test.each([
    ['cloud tenant list', 0],
    ['cloud tenant list --json', 0],
    ['cloud auth login --with-token -y', 0],
  ])('a broken tenants.json is moved aside by %s, which says so', async (line, code) => {
    const cwd = cloudProject(emulator, { [TENANTS]: '{"tenants": [' })
    const where = line.includes('login') ? `${line} --api-url ${emulator.url}` : line
    const done = await cli(cwd, where, line.includes('login') ? { input: emulator.token() } : {})
    expect([done.code, done.err]).toEqual([code, expect.stringContaining('The old tenants.json could not be used')])
    const aside = /it is now (\S+)/.exec(done.err)?.[1] ?? ''
    expect(readFileSync(aside, 'utf8')).toBe('{"tenants": [')
  })

  test.each(['cloud tenant list --offline', 'cloud tenant use tenant_demo', 'cloud secrets list'])(
    'a broken tenants.json makes %s fail with its line',
    async (line) => {
      const cwd = cloudProject(emulator, { [TENANTS]: '{"tenants": [\n' })
      expect(await cli(cwd, line)).toMatchObject({
        code: 6,
        err: expect.stringMatching(/tenants\.json:2:1 .*ends unexpectedly/),
      })
      expect(readFileSync(join(cwd, TENANTS), 'utf8')).toBe('{"tenants": [\n')
    },
  )

  test('list and use forget cloud tenants that the service no longer lists', async () => {
    const known = [
      { id: 'tenant_other', name: 'other', tenant_type: 'cloud' },
      { id: 'local_abc', name: 'mine', tenant_type: 'cloud' },
      { id: 'mine', name: 'mine', tenant_type: 'local' },
    ]
    const cwd = cloudProject(emulator, { [TENANTS]: JSON.stringify({ tenants: known }) })
    expect((await cli(cwd, 'cloud tenant list')).out).not.toContain('tenant_other')
    expect(registry(cwd)).toMatchObject({
      tenants: [{ id: 'local_abc' }, { id: 'mine' }, { id: 'tenant_demo' }, { id: 'tenant_staging' }],
    })
    expect((await cli(cwd, 'cloud tenant use tenant_other')).code).toBe(5)
  })

  test('use activates a tenant that exists, and suggests one for a typo', async () => {
    const cwd = cloudProject(emulator)
    expect(await cli(cwd, 'cloud tenant use tenant_demos')).toMatchObject({
      code: 5,
      err: expect.stringContaining('Did you mean tenant_demo?'),
    })
    await cli(cwd, 'cloud tenant list')
    expect(await cli(cwd, 'cloud tenant use tenant_staging')).toMatchObject({
      code: 0,
      out: 'tenant_staging is now the active tenant.\n',
    })
    expect(registry(cwd)).toMatchObject({ active_tenant: 'tenant_staging' })
  })

  test('use of a tenant that does not exist creates no project', async () => {
    const cwd = makeProject()
    expect((await cli(cwd, 'cloud tenant use tenant_demo')).code).toBe(5)
    expect(readdirSync(cwd)).toEqual([])
  })

  test('use warns when the tenant of the profile takes precedence over the active one', async () => {
    const profile = 'name: local\ncloud: { tenant_id: tenant_demo }\n'
    const cwd = cloudProject(emulator, { [PROFILE]: profile })
    await cli(cwd, 'cloud tenant list')
    expect(await cli(cwd, 'cloud tenant use tenant_demo')).toMatchObject({ code: 0, err: '' })
    expect(await cli(cwd, 'cloud tenant use tenant_staging')).toMatchObject({
      code: 0,
      out: 'tenant_staging is now the active tenant.\n',
      err: 'The profile local still uses tenant_demo: its cloud.tenant_id takes precedence. Change that, or give --tenant.\n',
    })
  })
})

test.each(['cloud auth logout -y', 'cloud tenant use tenant_demo', 'cloud tenant list --offline'])(
  '%s rejects an invalid --timeout, even if it need not wait',
  async (line) => {
    const { code, err } = await cli(cloudProject(emulator), `${line} --timeout soon`)
    expect([code, err]).toEqual([2, '--timeout takes a number of seconds from 1 to 3600.\n'])
  },
)

describe('cloud emulator', () => {
  test('accepts a login at localhost too', async () => {
    const cwd = makeProject(COMPLETE)
    const url = `http://localhost:${emulator.port}`
    const { openBrowser } = browserThat('allow')
    expect(await cli(cwd, `cloud auth login --api-url ${url}`, { openBrowser })).toMatchObject({ code: 0 })
    expect((await cli(cwd, 'cloud secrets list --tenant tenant_demo')).code).toBe(0)
  })

  test('runs until it is interrupted, and prints its URL and how it differs from the service', async () => {
    const cwd = makeProject(COMPLETE)
    const interrupted = async (): Promise<number> => 130
    const { code, out } = await cli(cwd, 'cloud emulator --port 0', { interrupted })
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /The emulator is running at http:\/\/127\.0\.0\.1:\d+[\s\S]*How it differs from the service:\n {2}- /,
      ),
    ])
    expect(readdirSync(join(cwd, '.systemprompt/emulator')).sort()).toEqual(['.gitignore', 'journal.jsonl', 'key'])
  })

  test.each<[string, number, RegExp]>([
    ['--port x', 2, /whole number/],
    ['--port 70000', 2, /whole number/],
    ['--seed nowhere.json', 6, /there is no such file/],
    ['--seed broken.json', 6, /it is not JSON/],
    ['--seed empty.json', 6, /no list of users/],
  ])('with %s ends with exit code %i', async (options, code, message) => {
    const cwd = makeProject({ 'broken.json': '{', 'empty.json': '{}' })
    expect(await cli(cwd, `cloud emulator --ephemeral ${options}`)).toMatchObject({
      code,
      err: expect.stringMatching(message),
    })
  })

  test('ends with exit code 7 and names --port when the port is in use', async () => {
    expect(await cli(makeProject(), `cloud emulator --ephemeral --port ${emulator.port}`)).toMatchObject({
      code: 7,
      err: expect.stringContaining('--port'),
    })
  })

  test('refuses to start a second time in a project', async () => {
    const cwd = makeProject(COMPLETE)
    const first = await startEmulator({ directory: join(cwd, '.systemprompt/emulator') })
    // The installed command, in which the emulator has files of its own.
    const installed = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
    const { code, out, err } = await start({ cwd, args: [installed, 'cloud', 'emulator', '--port', '0'] })
    await first.close()
    expect([code, out, err]).toEqual([
      7,
      '',
      expect.stringMatching(/^An emulator of this project is already running.* --ephemeral/),
    ])
  })

  test('recognizes exec after one of its own options', async () => {
    const cwd = makeProject({ 'empty.json': '{}' })
    expect(await cli(cwd, 'cloud emulator --seed empty.json exec -- npm test')).toMatchObject({
      code: 6,
      err: expect.stringMatching(/no list of users/),
    })
  })

  test('exec runs a command that is logged in at a fresh emulator, and ends with its exit code', async () => {
    const start = async ({
      command,
      args,
      env,
    }: {
      command: string
      args: readonly string[]
      env: Record<string, string>
    }) => {
      expect([command, ...args]).toEqual(['npm', 'test', '--flag'])
      return (await cli(makeProject(), 'cloud auth whoami', { env })).code === 0 ? 42 : 1
    }
    expect((await cli(makeProject(), 'cloud emulator exec -- npm test --flag', { start })).code).toBe(42)
    const { code, out } = await cli(
      makeProject(),
      "cloud emulator exec -- node -p 'process.env.SYSTEMPROMPT_API_TOKEN.slice(0,8)'",
      { env: { PATH: process.env.PATH ?? '' } },
    )
    expect([code, out]).toEqual([0, 'sp_test_\n'])
    expect((await cli(makeProject(), 'cloud emulator exec -- nowhere-to-be-found')).code).toBe(127)
    expect((await cli(makeProject(), 'cloud emulator exec')).code).toBe(2)
  })
})

test('a .env file of the project cannot send the token to another URL', async () => {
  const cwd = cloudProject(emulator, {
    '.env': 'SYSTEMPROMPT_API_URL=http://127.0.0.1:1\nSYSTEMPROMPT_API_TOKEN=evil\n',
  })
  writeFileSync(join(cwd, '.env.local'), 'SYSTEMPROMPT_API_URL=https://evil.example\n')
  expect((await cli(cwd, 'cloud auth whoami')).out).toContain(emulator.url)
})
