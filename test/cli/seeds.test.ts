import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { planProject } from '../../src/cloud/for-commands.ts'
import type { Emulator } from '../../src/emulator/index.ts'
import { loadConfigSync } from '../../src/index.ts'
import { start } from '../support/installed.ts'
import { isInPath } from '../support/shells.ts'
import { JWT_SECRET, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { browserThat, CREDENTIALS, cli, cloudProject, emulated } from './cloud-project.ts'

/** Every command line on SystemPrompt's pages about secrets and credentials, against the emulator. */
const repository = fileURLToPath(new URL('../..', import.meta.url))
const TENANT = 'tenant_demo'
/** The sample on the page, with the comment before it. */
const SAMPLE = `// .systemprompt/profiles/local/secrets.json
{
  "jwt_secret": "${JWT_SECRET}",
  "database_url": "postgres://user:pass@localhost:5432/systemprompt",
  "anthropic_api_key": "sk-ant-...",
  "openai_api_key": "sk-...",
  "gemini_api_key": "AIza...",
  "github_token": "ghp_..."
}
`

let emulator: Emulator
let cwd = ''
beforeEach(async () => {
  emulator = await emulated()
  cwd = cloudProject(emulator, {
    [SECRETS]: SAMPLE,
    '.systemprompt/profiles/production/profile.yaml': `name: production\ncloud:\n  tenant_id: ${TENANT}\n`,
    '.systemprompt/profiles/staging/profile.yaml': 'name: staging\ncloud:\n  tenant_id: tenant_staging\n',
  })
})

const agreed = { isInteractive: true, answer: true }
const stored =
  (tenant = TENANT) =>
  (name: string) =>
    emulator.secret(tenant, name)

describe('the page on secrets', () => {
  test.each<[line: string, says: string, check: () => void]>([
    [
      'systemprompt cloud secrets sync',
      'Sync all secrets from secrets.json to cloud',
      () =>
        expect(
          ['DATABASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'GITHUB_TOKEN'].map(stored()),
        ).toEqual(['postgres://user:pass@localhost:5432/systemprompt', 'sk-ant-...', 'sk-...', 'AIza...', 'ghp_...']),
    ],
    [
      'systemprompt secrets sync',
      'Update secrets.json and run `secrets sync`',
      () => expect(stored()('JWT_SECRET')).toBe(JWT_SECRET),
    ],
    [
      'systemprompt cloud secrets set ANTHROPIC_API_KEY=sk-ant-...',
      'Set secret (KEY=VALUE format, no spaces around =)',
      () => expect(stored()('ANTHROPIC_API_KEY')).toBe('sk-ant-...'),
    ],
    [
      'systemprompt cloud secrets set OPENAI_API_KEY=sk-... GEMINI_API_KEY=AIza...',
      'Set multiple secrets',
      () => expect(['OPENAI_API_KEY', 'GEMINI_API_KEY'].map(stored())).toEqual(['sk-...', 'AIza...']),
    ],
    [
      "systemprompt cloud secrets set ANTHROPIC_API_KEY 'sk-ant-prod-...' --profile production",
      'Set secret for production profile',
      () => expect(stored()('ANTHROPIC_API_KEY')).toBe('sk-ant-prod-...'),
    ],
    [
      "systemprompt cloud secrets set ANTHROPIC_API_KEY 'sk-ant-staging-...' --profile staging",
      'Set secret for staging profile',
      () =>
        expect([stored()('ANTHROPIC_API_KEY'), stored('tenant_staging')('ANTHROPIC_API_KEY')]).toEqual([
          undefined,
          'sk-ant-staging-...',
        ]),
    ],
    ['systemprompt cloud secrets set KEY=VALUE', 'Set secret', () => expect(stored()('KEY')).toBe('VALUE')],
    [
      'systemprompt cloud secrets set K1=V1 K2=V2',
      'Set multiple',
      () => expect(['K1', 'K2'].map(stored())).toEqual(['V1', 'V2']),
    ],
    ['systemprompt cloud auth whoami', 'Check auth', () => undefined],
  ])('%s: %s', async (line, _, check) => {
    expect(await cli(cwd, line.replace('systemprompt ', ''))).toMatchObject({ code: 0 })
    check()
  })

  test.each([
    ['systemprompt cloud secrets unset GITHUB_TOKEN', 'Remove a secret', agreed],
    ['systemprompt cloud secrets unset GITHUB_TOKEN -y', 'Remove with confirmation skip', {}],
    ['systemprompt cloud secrets unset GITHUB_TOKEN', 'Remove secret', agreed],
  ])('%s: %s', async (line, _, terminal) => {
    await cli(cwd, 'cloud secrets sync -q')
    expect((await cli(cwd, line.replace('systemprompt ', ''), terminal)).code).toBe(0)
    expect(stored()('GITHUB_TOKEN')).toBeUndefined()
    expect(stored()('OPENAI_API_KEY')).toBe('sk-...')
  })

  test('systemprompt cloud secrets cleanup: Cleanup system vars', async () => {
    expect((await cli(cwd, 'cloud secrets cleanup', agreed)).code).toBe(0)
  })

  test('systemprompt cloud secrets audit: for access logs', async () => {
    await cli(cwd, 'cloud secrets set KEY=VALUE')
    const { code, out } = await cli(cwd, 'cloud secrets audit')
    expect([code, out]).toEqual([0, expect.stringMatching(/dev@example\.com +set +KEY/)])
    expect(out).not.toContain('VALUE')
  })

  test('rotating: update the value in secrets.json, run sync', async () => {
    await cli(cwd, 'cloud secrets sync -q')
    writeFiles(cwd, { [SECRETS]: SAMPLE.replace('ghp_...', 'ghp_new') })
    const { out } = await cli(cwd, 'cloud secrets sync')
    expect(out).toMatch(/GITHUB_TOKEN +changed$/m)
    expect([stored()('GITHUB_TOKEN'), out.includes('Sent 1 secret.')]).toEqual(['ghp_new', true])
  })

  test('cat .systemprompt/profiles/local/secrets.json: view secrets file', () => {
    expect(spawnSync('cat', [SECRETS], { cwd, encoding: 'utf8' }).stdout).toBe(SAMPLE)
  })

  test.runIf(isInPath('openssl'))('openssl rand -base64 48: generates a secret that is long enough', async () => {
    const { stdout } = spawnSync('openssl', ['rand', '-base64', '48'])
    expect((await cli(cwd, 'secrets set jwt_secret', { input: stdout })).code).toBe(0)
    expect(loadConfigSync({ cwd, profile: 'local', env: {} }).secrets.require('jwt_secret')).toHaveLength(64)
  })

  test('export ANTHROPIC_API_KEY=sk-ant-...: the environment takes precedence over the file', () => {
    const env = { ANTHROPIC_API_KEY: 'from the environment' }
    expect(loadConfigSync({ cwd, profile: 'local', env }).secrets.get('anthropic')).toBe('from the environment')
  })

  test.each([
    ['Secret not found', 'unset KEY -y', "Run 'systemprompt cloud secrets sync'", () => undefined],
    [
      'Permission denied',
      'set KEY=x',
      'admin of the tenant',
      () => emulator.faults.set([{ fault: { type: 'status', status: 403 }, method: 'PUT' }]),
    ],
    [
      'Sync failed',
      'sync -q',
      'Check the connection and run it again',
      () => emulator.faults.set([{ fault: { type: 'drop' }, method: 'PUT' }]),
    ],
    [
      'Invalid value',
      'set KEY=x',
      'Verify the format',
      () => emulator.faults.set([{ fault: { type: 'status', status: 422 }, method: 'PUT' }]),
    ],
  ])(
    'troubleshooting, %s: %s suggests what the page suggests',
    async (_, line, remedy, arrange) => {
      arrange()
      const { err, code } = await cli(cwd, `cloud secrets ${line}`)
      expect(err.replace('run ', 'Run ')).toContain(remedy.replace('run ', 'Run '))
      expect(code).not.toBe(0)
    },
    30_000,
  )
})

describe('the page on credentials', () => {
  test('systemprompt cloud auth login: generates credentials.json', async () => {
    const fresh = makeProject({
      [PROFILE]:
        'name: local\ncloud:\n  credentials_path: "../../credentials.json"\n  tenants_path: "../../tenants.json"\n',
    })
    const env = { SYSTEMPROMPT_API_URL: emulator.url }
    expect((await cli(fresh, 'cloud auth login', { ...browserThat('allow'), env })).code).toBe(0)
    expect(Object.keys(JSON.parse(readFileSync(join(fresh, CREDENTIALS), 'utf8')) as object)).toEqual(
      expect.arrayContaining(['api_token', 'api_url', 'authenticated_at', 'user_email']),
    )
  })

  test('a container needs only its three variables, one of which is optional', async () => {
    const empty = makeProject()
    const env = {
      SYSTEMPROMPT_API_TOKEN: emulator.token(),
      SYSTEMPROMPT_USER_EMAIL: 'dev@example.com',
      SYSTEMPROMPT_API_URL: emulator.url,
    }
    expect((await cli(empty, `cloud secrets list --tenant ${TENANT}`, { env })).code).toBe(0)
    const { credentials } = loadConfigSync({ cwd: empty, env: { ...env, SYSTEMPROMPT_API_URL: '' } })
    expect(credentials?.api_url).toBe('https://api.systemprompt.io')
  })
})

describe.skipIf(process.platform === 'win32')('the recipes for just', () => {
  const just = join(repository, 'node_modules/.bin/just')
  let bin = ''
  beforeAll(() => {
    if (!existsSync(join(repository, 'dist/cli.js')))
      spawnSync('npx', ['tsup', '--no-dts'], { cwd: repository, stdio: 'ignore' })
    bin = join(makeProject(), 'bin')
    mkdirSync(bin)
    // The command that the recipes run, and a browser that allows the login and follows the redirect.
    executable('systemprompt', `exec "${process.execPath}" "${join(repository, 'dist/cli.js')}" "$@"`)
    executable(
      'xdg-open',
      `exec "${process.execPath}" "${fileURLToPath(new URL('../../fixtures/browser.mjs', import.meta.url))}" "$@"`,
    )
  }, 120_000)

  function executable(name: string, line: string): void {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(bin, name), 0o755)
  }

  test('login opens the browser and saves credentials.json, whoami shows the user, logout removes it', async () => {
    const root = makeProject()
    await cli(root, 'init -y')
    const env = { PATH: bin + delimiter + (process.env.PATH ?? ''), DISPLAY: ':0', SYSTEMPROMPT_API_URL: emulator.url }
    const run = (...args: string[]) => start({ cwd: root, command: just, args, env })
    const login = await run('login')
    expect([login.code, login.out]).toEqual([
      0,
      expect.stringContaining(`Logged in to ${emulator.url} as dev@example.com`),
    ])
    expect(existsSync(join(root, CREDENTIALS))).toBe(true)
    expect((await run('whoami')).out).toMatch(/User +dev@example\.com/)
    expect((await run('logout', '-y')).code).toBe(0)
    expect(existsSync(join(root, CREDENTIALS))).toBe(false)
    expect((await run('whoami')).code).toBe(3)
  }, 60_000)

  test('the justfile in this repository is the one that init writes', () => {
    const planned = planProject(makeProject(), 'local').find(({ path }) => path === 'justfile')
    expect(readFileSync(join(repository, 'justfile'), 'utf8')).toBe(planned?.content())
  })
})
