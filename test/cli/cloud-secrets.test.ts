import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { CloudClient } from '../../src/cloud/index.ts'
import type { Emulator } from '../../src/emulator/index.ts'
import { type ContractProxy, contractProxy } from '../support/contract-proxy.ts'
import { json as respond, serve } from '../support/http-server.ts'
import { sampled, seeded } from '../support/random.ts'
import { DATABASE_URL, JWT_SECRET, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { CREDENTIALS, cli, cloudProject, emulated } from './cloud-project.ts'

const TENANT = 'tenant_demo'

let emulator: Emulator
let proxy: ContractProxy
let cwd = ''
beforeEach(async () => {
  emulator = await emulated({ exchange: false })
  proxy = await contractProxy(emulator.url)
  cwd = cloudProject(emulator)
  const credentials = JSON.parse(readFileSync(join(cwd, CREDENTIALS), 'utf8')) as object
  writeFiles(cwd, { [CREDENTIALS]: JSON.stringify({ ...credentials, api_url: proxy.url }) })
})

const secrets = (content: object): void => writeFiles(cwd, { [SECRETS]: JSON.stringify(content, null, 2) })
const cloud = (...names: string[]) => Object.fromEntries(names.map((name) => [name, emulator.secret(TENANT, name)]))
const json = async (line: string, terminal = {}) =>
  JSON.parse((await cli(cwd, `${line} --json`, terminal)).out) as Record<string, unknown>

/** Sets secrets from another project. */
const colleague = (values: Readonly<Record<string, string>>): Promise<void> =>
  new CloudClient({ apiUrl: emulator.url, token: emulator.token() }).setSecrets(TENANT, values)

/** Values that no output may contain. */
const VALUES = [JWT_SECRET, DATABASE_URL, 'canary-stripe-5b1e']

describe('cloud secrets sync', () => {
  test('previews with --dry-run, sends what has changed, and sends nothing the second time', async () => {
    secrets({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, stripe_key: 'canary-stripe-5b1e', github: 'ghp_x' })
    const dry = await cli(cwd, 'cloud secrets sync --dry-run')
    expect([dry.code, dry.out]).toEqual([
      0,
      expect.stringContaining('Would send 5 secrets and remove 0. Nothing was done.'),
    ])
    expect(cloud('JWT_SECRET')).toEqual({ JWT_SECRET: undefined })

    const first = await cli(cwd, 'cloud secrets sync')
    expect(first.code).toBe(0)
    expect(first.out.replace(/ +/g, ' ')).toBe(
      `${SECRETS} → tenant_demo\n\nsecret state\nDATABASE_URL new\nGITHUB_TOKEN new\nJWT_SECRET new\nSTRIPE_KEY new\nSYSTEMPROMPT_CUSTOM_SECRETS new\n\n✔ Sent 5 secrets. Restart what uses them.\n`,
    )
    expect(cloud('DATABASE_URL', 'GITHUB_TOKEN', 'SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({
      DATABASE_URL,
      GITHUB_TOKEN: 'ghp_x',
      SYSTEMPROMPT_CUSTOM_SECRETS: 'STRIPE_KEY',
    })
    const etagBefore = [...proxy.covered]
    proxy.covered.clear()
    const second = await cli(cwd, 'cloud secrets sync')
    // Others may have changed it in the cloud since, which returns no values.
    expect(second.out).toMatch(/JWT_SECRET +as last sent\n/)
    expect(second.out).toContain('✔ Everything is as last sent from here; nothing was sent. --all sends it again.')
    expect([...proxy.covered]).toEqual(['listSecretKeys 200'])
    expect(etagBefore).toContain('setSecrets 204')

    secrets({
      jwt_secret: `${JWT_SECRET}2`,
      database_url: DATABASE_URL,
      stripe_key: 'canary-stripe-5b1e',
      github: 'ghp_x',
    })
    expect(await json('cloud secrets sync')).toMatchObject({ ok: true, changed: ['JWT_SECRET'], sent: ['JWT_SECRET'] })
    for (const { out, err } of [dry, first, second]) for (const value of VALUES) expect(out + err).not.toContain(value)
    expect(proxy.violations).toEqual([])
  })

  test('keeps a record that only the user can read and that contains no values', async () => {
    secrets({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, stripe_key: 'canary-stripe-5b1e' })
    await cli(cwd, 'cloud secrets sync')
    const directory = join(cwd, '.systemprompt/cloud')
    const [name = ''] = readdirSync(directory)
    expect(readdirSync(directory)).toHaveLength(1)
    expect((statSync(join(directory, name)).mode & 0o777).toString(8)).toBe('600')
    for (const value of VALUES) expect(readFileSync(join(directory, name), 'utf8')).not.toContain(value)
    // A broken record is started anew.
    writeFileSync(join(directory, name), '{')
    expect(await json('cloud secrets sync --dry-run')).toMatchObject({
      changed: ['DATABASE_URL', 'JWT_SECRET', 'STRIPE_KEY', 'SYSTEMPROMPT_CUSTOM_SECRETS'],
    })
  })

  test('sends internal_database_url in place of database_url, and no blank or system-managed secrets', async () => {
    secrets({
      internal_database_url: 'postgres://i/d',
      database_url: 'postgres://e/d',
      anthropic: 'a',
      n: '',
      fly_app_name: 'x',
    })
    const result = await json('cloud secrets sync')
    expect(result).toMatchObject({ sent: ['ANTHROPIC_API_KEY', 'DATABASE_URL'], not_sent: ['FLY_APP_NAME'] })
    expect(cloud('DATABASE_URL', 'FLY_APP_NAME')).toEqual({ DATABASE_URL: 'postgres://i/d', FLY_APP_NAME: undefined })
  })

  test('removes secrets that are only in the cloud with --prune alone, and asks first', async () => {
    await cli(cwd, 'cloud secrets set OLD_ONE=x OLD_TWO=y')
    expect(await json('cloud secrets sync')).toMatchObject({ only_in_cloud: ['OLD_ONE', 'OLD_TWO'], removed: [] })
    expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: 'OLD_ONE,OLD_TWO' })
    expect((await cli(cwd, 'cloud secrets sync --prune')).code).toBe(2)
    expect(cloud('OLD_ONE')).toEqual({ OLD_ONE: 'x' })
    expect(await json('cloud secrets sync --prune -y')).toMatchObject({
      removed: ['OLD_ONE', 'OLD_TWO', 'SYSTEMPROMPT_CUSTOM_SECRETS'],
    })
    expect((await cli(cwd, 'cloud secrets list')).out).toBe('DATABASE_URL\nJWT_SECRET\n')
  })

  test('asks on a terminal before it replaces what was never sent from here, as in a new clone', async () => {
    await cli(cwd, 'cloud secrets set JWT_SECRET=the-newer-value-of-a-colleague-00000')
    rmSync(join(cwd, '.systemprompt/cloud'), { recursive: true })
    const no = await cli(cwd, 'cloud secrets sync', { isInteractive: true, answer: false })
    expect(no).toMatchObject({
      code: 11,
      out: expect.stringMatching(/DATABASE_URL +new\nJWT_SECRET +never sent from here$/m),
    })
    expect(no.questions).toEqual(['Replace 1 secret in tenant_demo that was never sent from here?'])
    expect(cloud('JWT_SECRET', 'DATABASE_URL')).toEqual({ JWT_SECRET: 'the-newer-value-of-a-colleague-00000' })

    expect(await cli(cwd, 'cloud secrets sync', { isInteractive: true, answer: true })).toMatchObject({ code: 0 })
    secrets({ jwt_secret: 'changed-here-0000000000000000000000' })
    const again = await cli(cwd, 'cloud secrets sync', { isInteractive: true })
    expect([again.code, again.questions, again.out]).toEqual([0, [], expect.stringMatching(/JWT_SECRET +changed$/m)])
  })

  test.each<[string, object]>([
    ['was refused', { type: 'status', status: 403 }],
    ['failed', { type: 'status', status: 500 }],
    ['found no service', { type: 'drop' }],
  ])('still asks after a sync that %s, because nothing was sent by it', async (_, fault) => {
    emulator.faults.set([{ fault: fault as { type: 'drop' }, method: 'PUT' }])
    expect((await cli(cwd, 'cloud secrets sync')).code).not.toBe(0)
    emulator.faults.clear()
    await colleague({ JWT_SECRET: 'the-newer-value-of-a-colleague-00000' })
    secrets({ jwt_secret: 'changed-here-0000000000000000000000' })
    const asked = await cli(cwd, 'cloud secrets sync', { isInteractive: true })
    expect([asked.code, asked.questions]).toEqual([
      11,
      ['Replace 1 secret in tenant_demo that was never sent from here?'],
    ])
    expect(cloud('JWT_SECRET')).toEqual({ JWT_SECRET: 'the-newer-value-of-a-colleague-00000' })
  })

  test('counts a secret as sent from here after a later sync of it failed', async () => {
    await cli(cwd, 'cloud secrets sync')
    secrets({ jwt_secret: 'changed-here-0000000000000000000000' })
    emulator.faults.set([{ fault: { type: 'status', status: 403 }, method: 'PUT' }])
    expect((await cli(cwd, 'cloud secrets sync')).code).toBe(4)
    emulator.faults.clear()
    expect(await cli(cwd, 'cloud secrets sync', { isInteractive: true })).toMatchObject({ code: 0, questions: [] })
  })

  test.each<[string, object, Record<string, string>]>([
    ['is not custom', {}, { JWT_SECRET: 'of-a-colleague-00000000000000000000000' }],
    ['is custom', { team_key: 'ours' }, { TEAM_KEY: 'of-a-colleague' }],
  ])('replaces no secret that a colleague adds while sync asks, if it %s', async (_, ours, theirs) => {
    secrets({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, ...ours })
    await colleague({ DATABASE_URL: 'postgres://of-a-colleague/x' })
    const confirm = async (): Promise<boolean> => {
      await colleague(theirs)
      return true
    }
    expect(await cli(cwd, 'cloud secrets sync', { isInteractive: true, confirm })).toMatchObject({
      code: 7,
      err: expect.stringContaining('Someone else has added secrets in the meantime, which would be replaced;'),
    })
    expect(cloud('DATABASE_URL', ...Object.keys(theirs))).toEqual({
      DATABASE_URL: 'postgres://of-a-colleague/x',
      ...theirs,
    })
    const again = await cli(cwd, 'cloud secrets sync', { isInteractive: true, answer: true })
    expect([again.code, again.questions]).toEqual([
      0,
      ['Replace 2 secrets in tenant_demo that were never sent from here?'],
    ])
  })

  test('sends all of it again if the response was lost, and does not take its own secrets for those of others', async () => {
    secrets({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, team_key: 'ours' })
    emulator.faults.set([{ fault: { type: 'apply-then-drop' }, method: 'PUT', times: 1 }])
    expect(await cli(cwd, 'cloud secrets sync', { isInteractive: true })).toMatchObject({ code: 0, questions: [] })
    expect(cloud('TEAM_KEY', 'SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({
      TEAM_KEY: 'ours',
      SYSTEMPROMPT_CUSTOM_SECRETS: 'TEAM_KEY',
    })
  })

  test.each(['-y', '--json', '--all'])(
    'sync %s replaces what was never sent from here without asking',
    async (option) => {
      await cli(cwd, 'cloud secrets set JWT_SECRET=the-newer-value-of-a-colleague-00000')
      rmSync(join(cwd, '.systemprompt/cloud'), { recursive: true })
      const { code, questions } = await cli(cwd, `cloud secrets sync ${option}`, { isInteractive: option === '-y' })
      expect([code, questions]).toEqual([0, []])
      expect(cloud('JWT_SECRET')).not.toEqual({ JWT_SECRET: 'the-newer-value-of-a-colleague-00000' })
    },
  )

  test('says how to remove secrets that are only in the cloud', async () => {
    await cli(cwd, 'cloud secrets set OLD_ONE=x')
    const one = "1 secret only in the cloud stays there; 'systemprompt cloud secrets sync --prune' removes it.\n"
    expect((await cli(cwd, 'cloud secrets sync --dry-run')).out).toMatch(new RegExp(`Nothing was done\\.\n${one}$`))
    expect((await cli(cwd, 'cloud secrets sync')).out).toMatch(new RegExp(`Restart what uses them\\.\n${one}$`))
    expect((await cli(cwd, 'cloud secrets sync --quiet')).out).toBe('')
    await cli(cwd, 'cloud secrets set OLD_TWO=x')
    expect((await cli(cwd, 'cloud secrets diff')).out).toMatch(
      /\n\n2 secrets only in the cloud stay there; 'systemprompt cloud secrets sync --prune' removes them\.\n$/,
    )
    expect((await cli(cwd, 'cloud secrets sync --prune -y')).out).not.toContain('only in the cloud')
  })
  test('says that cleanup removes what earlier tools sent', async () => {
    await new CloudClient({ apiUrl: emulator.url, token: emulator.token() }).setSecrets(TENANT, { GITHUB: 'x' })
    for (const line of ['sync', 'sync --prune -y', 'diff']) {
      expect((await cli(cwd, `cloud secrets ${line}`)).out).toMatch(
        /\n1 secret only in the cloud stays there; 'systemprompt cloud secrets cleanup' removes it\.\n$/,
      )
    }
  })

  test.each<[string, object | string, number, RegExp]>([
    [
      'a jwt_secret that is too short',
      { jwt_secret: 'canary', database_url: DATABASE_URL },
      6,
      /is shorter than 32 characters/,
    ],
    ['an invalid URL', { database_url: 'canary-url' }, 6, /is not a PostgreSQL URL/],
    ['a syntax error', '{"canary": ', 6, /secrets\.json/],
  ])('sends nothing from a file with %s', async (_, content, code, message) => {
    writeFiles(cwd, { [SECRETS]: typeof content === 'string' ? content : JSON.stringify(content) })
    const ended = await cli(cwd, 'cloud secrets sync')
    expect([ended.code, ended.out, ended.err]).toEqual([code, '', expect.stringMatching(message)])
    expect(ended.err).not.toContain('canary')
    expect([...proxy.covered]).toEqual([])
  })

  test('sends a thousand secrets and the list of their names', async () => {
    secrets(Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`key_${at}`, `value ${at}`])))
    expect(await json('cloud secrets sync')).toMatchObject({ sent: { length: 1_001 } })
    expect(emulator.secret(TENANT, 'KEY_999')).toBe('value 999')
  })

  test('keeps a separate record for each tenant', async () => {
    await cli(cwd, 'cloud secrets sync')
    expect(await json('cloud secrets sync --tenant tenant_staging --dry-run')).toMatchObject({
      added: ['DATABASE_URL', 'JWT_SECRET'],
    })
  })

  test('ends with exit code 7 when somebody else changed the secrets in the meantime', async () => {
    await cli(cwd, 'cloud secrets sync')
    secrets({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, more: 'x' })
    emulator.faults.set([{ fault: { type: 'status', status: 412 }, method: 'PUT' }])
    expect(await cli(cwd, 'cloud secrets sync -q')).toMatchObject({
      code: 7,
      err: expect.stringContaining('Run it again to see what has changed'),
    })
  })

  test.each(['drop', 'html', 'gzip-bomb'] as const)(
    'says that nothing was stored when the response is unusable (%s)',
    async (type) => {
      emulator.faults.set([{ fault: { type }, method: 'PUT' }])
      const lost = await cli(cwd, 'cloud secrets sync -q')
      expect([lost.code, lost.err]).toEqual([
        9,
        expect.stringContaining('Nothing was stored: the tenant is as it was before.'),
      ])
      emulator.faults.clear()
      expect((await cli(cwd, 'cloud secrets sync -q')).code).toBe(0)
    },
    30_000,
  )
})

describe('cloud secrets set', () => {
  const input = (text: string | Uint8Array) => ({ input: text })

  test.each<[string, object, Record<string, string>]>([
    ['A_KEY=value', {}, { A_KEY: 'value' }],
    ['A_KEY=a=b=c', {}, { A_KEY: 'a=b=c' }],
    ['a_key=value b_key=x', {}, { A_KEY: 'value', B_KEY: 'x' }],
    ['A_KEY value', {}, { A_KEY: 'value' }],
    ['A_KEY c2VjcmV0Cg==', {}, { A_KEY: 'c2VjcmV0Cg==' }],
    ['anthropic=x', {}, { ANTHROPIC_API_KEY: 'x' }],
    ['GITHUB=x', {}, { GITHUB_TOKEN: 'x' }],
    ['A_KEY=@value.txt', {}, { A_KEY: 'from a file' }],
    ['A_KEY=-', input('from input\n'), { A_KEY: 'from input' }],
    ['A_KEY', input('from input'), { A_KEY: 'from input' }],
    ['A_KEY B_KEY=x', input('in'), { A_KEY: 'in', B_KEY: 'x' }],
    ["'A_KEY=\\@literal'", {}, { A_KEY: '@literal' }],
    ["'A_KEY=\\-'", {}, { A_KEY: '-' }],
    ['A_KEY=', { input: '' }, { A_KEY: '' }],
    ['--from-file values.env', {}, { FROM_ENV: 'a ${B}', ANTHROPIC_API_KEY: 'k' }],
    ['--from-file values.json', {}, { FROM_JSON: 'b' }],
    [
      '--from-file -',
      input('\ufeffFROM_ENV="a ${B}"\r\nANTHROPIC=k\n'),
      { FROM_ENV: 'a ${B}', ANTHROPIC_API_KEY: 'k' },
    ],
    ['--from-file=- B_KEY=x', input('\n {"from_json": "b"}'), { FROM_JSON: 'b', B_KEY: 'x' }],
  ])('%s', async (line, terminal, expected) => {
    writeFiles(cwd, {
      'value.txt': 'from a file\n',
      'values.env': 'FROM_ENV="a ${B}"\nANTHROPIC=k\n',
      'values.json': '{"from_json":"b"}',
    })
    const allow = Object.values(expected).includes('') ? ' --allow-empty' : ''
    const ended = await cli(cwd, `cloud secrets set ${line}${allow}`, terminal)
    expect([ended.code, ended.err.replace(/(?:One line break|Stored as written).*\n/, '')]).toEqual([0, ''])
    expect(cloud(...Object.keys(expected))).toEqual(expected)
    expect(proxy.violations).toEqual([])
  })

  test.each<[string, string | Uint8Array, string]>([
    ['one line', 'abc\n', 'abc'],
    ['a CRLF line ending', 'abc\r\n', 'abc'],
    ['no line ending', 'abc', 'abc'],
    ['two line endings, of which one stays', 'abc\n\n', 'abc\n'],
    ['spaces', '  abc  \n', '  abc  '],
    ['several lines', '-----BEGIN\nabc\n-----END\n', '-----BEGIN\nabc\n-----END'],
    ['a BOM', '\ufeffabc', '\ufeffabc'],
    ['other scripts', 'é漢😀', 'é漢😀'],
    ['a value that begins with @', '@abc', '@abc'],
    ['a dash', '-', '-'],
    ['a lone CR', 'a\rb\r', 'a\rb\r'],
    ['60,000 characters', 'x'.repeat(60_000), 'x'.repeat(60_000)],
  ])('stores standard input byte for byte, without its last line ending: %s', async (_, given, expected) => {
    expect((await cli(cwd, 'cloud secrets set A_KEY', input(given))).code).toBe(0)
    expect(emulator.secret(TENANT, 'A_KEY')).toBe(expected)
  })

  test.each<[string, string, object, number]>([
    ['an empty standard input', 'A_KEY', input(''), 2],
    ['a standard input of one line ending', 'A_KEY', input('\n'), 2],
    ['a standard input that is not UTF-8', 'A_KEY', input(Uint8Array.of(0xff, 0xfe)), 6],
    ['a standard input with a NUL', 'A_KEY', input('a\0b'), 2],
    ['a missing value without a terminal', 'A_KEY', {}, 2],
    ['a call without secrets', '', {}, 2],
    ['two values from standard input', 'A_KEY B_KEY=-', input('x'), 2],
    ['an empty value', 'A_KEY=', {}, 2],
    ['a file that does not exist', 'A_KEY=@nowhere', {}, 5],
    ['a list that does not exist', '--from-file nowhere.env', {}, 5],
    ['a list from a missing standard input', '--from-file -', {}, 2],
    ['a list and a value from standard input', '--from-file - A_KEY', input('B_KEY=x'), 2],
    ['a list from standard input that is not JSON', '--from-file -', input('{"a_key": "x"'), 6],
    ['a list from standard input that is not a .env file', '--from-file -', input('A_KEY=x\nno assignment\n'), 6],
    [
      'a list from standard input that git has left unmerged',
      '--from-file -',
      input('A_KEY="\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n"\n'),
      6,
    ],
    ['a list from standard input without secrets', '--from-file -', input('# nothing\n'), 2],
    ['a system-managed name', 'FLY_APP_NAME=x', {}, 11],
    ['a system-managed name among others', 'A_KEY=x FLY_MACHINE_ID=x', {}, 11],
    ['the list of custom secrets', 'SYSTEMPROMPT_CUSTOM_SECRETS=x', {}, 11],
    ['a secret that is given twice', 'A_KEY=x a_key=y', {}, 2],
    ['two names of one secret in the cloud', 'database_url=x internal_database_url=y', {}, 2],
  ])('rejects %s, and sends nothing', async (_, line, terminal, code) => {
    const ended = await cli(cwd, `cloud secrets set ${line}`, terminal)
    expect([ended.code, ended.out]).toEqual([code, ''])
    expect([...proxy.covered].filter((each) => each.startsWith('setSecrets'))).toEqual([])
  })

  test('asks on a terminal, and warns there that a value on the command line stays in the shell’s history', async () => {
    const asked = await cli(cwd, 'cloud secrets set a_key', { isInteractive: true, typed: ['typed'] })
    expect([asked.questions, emulator.secret(TENANT, 'A_KEY')]).toEqual([['Value of A_KEY'], 'typed'])
    expect((await cli(cwd, 'cloud secrets set A_KEY=b', { isInteractive: true })).err).toContain(
      "stays in the shell's history",
    )
  })

  test('never repeats a secret that was typed in the wrong place', async () => {
    const random = seeded()
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789']
    const key = (length: number): string => Array.from({ length }, () => random.pick(letters)).join('')
    const shapes: readonly ((secret: string) => string)[] = [
      (secret) => `set ${secret}`,
      (secret) => `set sk-ant-api03-${secret}`,
      (secret) => `set A_KEY ${secret} --force`,
      (secret) => `set A_KEY ${secret} more`,
      (secret) => `set A_KEY = ${secret}`,
      (secret) => `set --value ${secret}`,
      (secret) => `set A_KEY=${secret} --tenant`,
      (secret) => `set ${secret}=A_KEY`,
      (secret) => `set -${secret}`,
      (secret) => `sett A_KEY ${secret}`,
      (secret) => `unset ${secret}`,
      (secret) => `rotate ${secret}`,
      (secret) => `list ${secret}`,
      (secret) => `audit --key ${secret}`,
      (secret) => `set A_KEY=@${secret}`,
    ]
    for (let count = 0; count < sampled(45, 200); count++) {
      const secret = `${key(12)}1a${key(12)}`
      const line = (shapes[count % shapes.length] ?? ((text: string) => text))(secret)
      for (const flags of ['', ' --json']) {
        const { out, err, code } = await cli(cwd, `cloud secrets ${line}${flags}`)
        expect(out + err, `${line} (seed ${random.seed})`).not.toContain(secret.slice(0, 8))
        expect(code).not.toBe(0)
      }
    }
  })

  test('keeps the list of custom secrets up to date, and changes the file with --local alone', async () => {
    const before = readFileSync(join(cwd, SECRETS), 'utf8')
    await cli(cwd, 'cloud secrets set B_KEY=1 A_KEY=2 OPENAI_API_KEY=3')
    expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: 'A_KEY,B_KEY' })
    await cli(cwd, 'cloud secrets set C_KEY=1')
    expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: 'A_KEY,B_KEY,C_KEY' })
    expect(readFileSync(join(cwd, SECRETS), 'utf8')).toBe(before)
    await cli(cwd, 'cloud secrets set anthropic=1 --local')
    expect(JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8'))).toMatchObject({
      anthropic: '1',
      jwt_secret: JWT_SECRET,
    })
    await cli(cwd, 'cloud secrets set D_KEY=1 --dry-run')
    expect(cloud('D_KEY')).toEqual({ D_KEY: undefined })
    // A secret that was set counts as sent.
    expect(await json('cloud secrets diff')).toMatchObject({
      unchanged: ['ANTHROPIC_API_KEY', 'SYSTEMPROMPT_CUSTOM_SECRETS'],
    })
  })
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a login that is tracked by git', () => {
  test.each(['set openai=canary-new', 'sync --all --json', 'rotate stripe_key --generate -y'])(
    'makes %s fail, and nothing is sent',
    async (line) => {
      spawnSync('git', ['init', '-q'], { cwd })
      writeFiles(cwd, { '.systemprompt/.gitignore': '*\n' })
      spawnSync('git', ['add', '--force', CREDENTIALS], { cwd })
      const before = readFileSync(join(cwd, SECRETS), 'utf8')
      const { code, out, err } = await cli(cwd, `cloud secrets ${line}`)
      expect([code, out + err]).toEqual([11, expect.stringContaining('is tracked by git, so others may have chosen')])
      expect(readFileSync(join(cwd, SECRETS), 'utf8')).toBe(before)
      expect((await json('cloud secrets list')).keys).toEqual([])
    },
  )
})

describe('the record of what was sent', () => {
  const records = (): string => join(cwd, '.systemprompt/cloud')
  const lines = ['set openai=canary-new', 'sync --all --json', 'sync --prune -y', 'rotate openai -y']
  beforeEach(async () => {
    secrets({ openai: 'canary-old' })
    await cli(cwd, 'cloud secrets sync -q')
    rmSync(records(), { recursive: true })
    secrets({ openai: 'canary-new' })
  })

  test.skipIf(spawnSync('git', ['--version']).status !== 0).each(lines)(
    'makes %s fail before it sends anything when git does not ignore the record',
    async (line) => {
      spawnSync('git', ['init', '-q'], { cwd })
      writeFiles(cwd, { '.systemprompt/.gitignore': '\n', '.systemprompt/profiles/.gitignore': '*\n' })
      const ended = await cli(cwd, `cloud secrets ${line}`, { input: 'canary-new' })
      expect([ended.code, ended.out + ended.err]).toEqual([11, expect.stringContaining('is not ignored by git')])
      expect(cloud('OPENAI_API_KEY')).toEqual({ OPENAI_API_KEY: 'canary-old' })
    },
  )

  test.each(lines)('makes %s fail before it sends anything when a file is in the way of the record', async (line) => {
    writeFileSync(records(), '')
    const ended = await cli(cwd, `cloud secrets ${line}`, { input: 'canary-new' })
    expect([ended.code, ended.out + ended.err]).toEqual([1, expect.stringContaining('a part of its path is a file')])
    expect(cloud('OPENAI_API_KEY')).toEqual({ OPENAI_API_KEY: 'canary-old' })
  })

  test.each(lines)('only makes %s warn when the record cannot be written after sending', async (line) => {
    const { url } = await serve(async ({ method, path, headers, body }, response) => {
      const { authorization = '', 'content-type': type = 'application/json' } = headers
      const sent = { method, headers: { authorization, 'content-type': type } }
      const answer = await fetch(emulator.url + path, { ...sent, ...(body === '' ? {} : { body }) })
      if (method === 'PUT') {
        rmSync(records(), { recursive: true, force: true })
        writeFileSync(records(), '')
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    const credentials = { api_token: emulator.token(), api_url: url, user_email: 'dev@example.com' }
    writeFiles(cwd, { [CREDENTIALS]: JSON.stringify(credentials) })
    const ended = await cli(cwd, `cloud secrets ${line}`, { input: 'canary-new' })
    expect([ended.code, ended.err]).toEqual([0, expect.stringContaining('Done, but not recorded')])
    expect(cloud('OPENAI_API_KEY')).toEqual({ OPENAI_API_KEY: 'canary-new' })
  })
})

describe('cloud secrets unset', () => {
  test('asks, removes, and keeps the list of custom secrets up to date', async () => {
    await cli(cwd, 'cloud secrets set A_KEY=1 B_KEY=2 github=3')
    expect((await cli(cwd, 'cloud secrets unset A_KEY')).code).toBe(2)
    const asked = await cli(cwd, 'cloud secrets unset a_key', { isInteractive: true, answer: true })
    expect([asked.code, asked.questions]).toEqual([0, ['Remove A_KEY from tenant_demo?']])
    expect(cloud('A_KEY', 'SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({
      A_KEY: undefined,
      SYSTEMPROMPT_CUSTOM_SECRETS: 'B_KEY',
    })
    await cli(cwd, 'cloud secrets unset B_KEY github -y')
    expect(await json('cloud secrets list')).toEqual({ tenant: TENANT, keys: [] })
    expect(proxy.violations).toEqual([])
  })

  test('asks about existing secrets alone', async () => {
    const asked = { isInteractive: true, answer: true }
    await cli(cwd, 'cloud secrets set A_KEY=1')
    expect(await cli(cwd, 'cloud secrets unset NOPE', asked)).toMatchObject({ code: 5, questions: [] })
    expect((await cli(cwd, 'cloud secrets unset NOPE')).code).toBe(5)
    const { code, questions } = await cli(cwd, 'cloud secrets unset NOPE a_key', asked)
    expect([code, questions]).toEqual([8, ['Remove A_KEY from tenant_demo?']])
  })

  test('--local also removes what only the file has, even if secrets in it are invalid', async () => {
    const asked = { isInteractive: true, answer: true }
    secrets({ jwt_secret: 'short', blank_key: '', other_key: '1' })
    for (const [typed, name] of [
      ['blank-key', 'BLANK_KEY'],
      ['other_key', 'OTHER_KEY'],
      ['jwt_secret', 'JWT_SECRET'],
    ] as const) {
      const line = `cloud secrets unset ${typed} --local`
      expect(await cli(cwd, `${line} -n`)).toMatchObject({ code: 0, out: expect.stringContaining(`: ${name}\n`) })
      const { code, questions } = await cli(cwd, line, asked)
      expect([code, questions]).toEqual([0, [`Remove ${name} from tenant_demo and ${SECRETS}?`]])
    }
    expect(JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8'))).toEqual({})
  })

  test('lists what was removed and what failed, with exit code 8, when only k of n secrets exist', async () => {
    const names = ['K1_KEY', 'K2_KEY', 'K3_KEY', 'K4_KEY']
    for (let there = 0; there <= names.length; there++) {
      await cli(
        cwd,
        `cloud secrets set ${names
          .slice(0, there)
          .map((name) => `${name}=x`)
          .join(' ')}`,
      )
      const ended = await cli(cwd, `cloud secrets unset ${names.join(' ')} -y --json`)
      expect(ended.code).toBe(there === 0 ? 5 : there === names.length ? 0 : 8)
      if (there > 0) {
        const { removed, failed } = JSON.parse(ended.out) as { removed: string[]; failed: { name: string }[] }
        expect([removed, failed.map(({ name }) => name)]).toEqual([names.slice(0, there), names.slice(there)])
      }
    }
    await cli(cwd, 'cloud secrets set K1_KEY=x')
    const text = await cli(cwd, 'cloud secrets unset K1_KEY K2_KEY -y')
    expect(text.out).toBe('✔ Removed 1 secret from tenant_demo: K1_KEY\n')
    expect(text.err).toMatch(
      /^✖ K2_KEY: The cloud has no such secret \(404, request req_[\w-]+\)\. If it was never synced, run 'systemprompt cloud secrets sync'\.\n$/,
    )
  })

  test.each([0, 1, 2])(
    'lists what was removed and what failed when the connection drops after %i of 3, and the next run completes it',
    async (done) => {
      const names = ['K1_KEY', 'K2_KEY', 'K3_KEY']
      await cli(cwd, `cloud secrets set ${names.map((name) => `${name}=x`).join(' ')}`)
      emulator.faults.set([{ fault: { type: 'drop' }, method: 'DELETE', after: done }])
      const { code, out } = await cli(cwd, `cloud secrets unset ${names.join(' ')} -y --json`)
      expect(code).toBe(done === 0 ? 9 : 8)
      if (done > 0) {
        const { ok, removed, failed } = JSON.parse(out) as { ok: boolean; removed: string[]; failed: object[] }
        expect([ok, removed]).toEqual([false, names.slice(0, done)])
        expect(failed).toEqual(names.slice(done).map((name) => expect.objectContaining({ name, code: 'NETWORK' })))
      }
      expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: names.slice(done).join(',') })

      emulator.faults.clear()
      expect((await cli(cwd, `cloud secrets unset ${names.slice(done).join(' ')} -y`)).code).toBe(0)
      expect((await cli(cwd, 'cloud secrets list')).out).toBe('')
    },
    60_000,
  )

  test('run again after it was killed brings the list of custom secrets up to date', async () => {
    await cli(cwd, 'cloud secrets set A_KEY=1 B_KEY=2')
    await new CloudClient({ apiUrl: emulator.url, token: emulator.token() }).unsetSecret(TENANT, 'A_KEY')
    expect((await cli(cwd, 'cloud secrets unset A_KEY -y')).code).toBe(5)
    expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: 'B_KEY' })
  })

  test('--dry-run names secrets that do not exist, and ends with the exit code of the real run', async () => {
    await cli(cwd, 'cloud secrets set A_KEY=1')
    for (const [names, code, out] of [
      ['NOPE', 5, ''],
      ['NOPE a_key', 8, 'Would remove 1 secret from tenant_demo: A_KEY\n'],
    ] as const) {
      const text = await cli(cwd, `cloud secrets unset ${names} -n`)
      expect(text).toMatchObject({ code, out, err: expect.stringContaining('✖ NOPE: The cloud has no such secret') })
      const failed = [{ name: 'NOPE', code: 'NOT_FOUND', message: expect.any(String) }]
      expect(await json(`cloud secrets unset ${names} -n`)).toMatchObject({ ok: false, dry_run: true, failed })
    }
    // A secret that only the file has would be removed from it.
    const local = await cli(cwd, 'cloud secrets unset jwt_secret -n --local')
    expect(local).toMatchObject({
      code: 0,
      out: `Would remove 1 secret from tenant_demo and ${SECRETS}: JWT_SECRET\n`,
      err: '',
    })
    const asked = await cli(cwd, 'cloud secrets unset jwt_secret --local', { isInteractive: true })
    expect(asked.questions).toEqual([`Remove JWT_SECRET from tenant_demo and ${SECRETS}?`])
    expect(JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8'))).toHaveProperty('jwt_secret')
    expect(cloud('A_KEY')).toEqual({ A_KEY: '1' })
  })

  test('--local reports a file that it cannot change, and completes the removal when it is run again', async () => {
    const before = { jwt_secret: JWT_SECRET, a_key: '1', b_key: '2' }
    secrets(before)
    await cli(cwd, 'cloud secrets sync')
    // A directory takes the place of the file while the service handles the request.
    const { url } = await serve(async ({ method, path, headers, body }, response) => {
      const type = headers['content-type'] ?? 'application/json'
      const sent = { method, headers: { authorization: headers.authorization ?? '', 'content-type': type } }
      const answer = await fetch(emulator.url + path, { ...sent, ...(body === '' ? {} : { body }) })
      if (method === 'DELETE') {
        rmSync(join(cwd, SECRETS), { force: true })
        mkdirSync(join(cwd, SECRETS), { recursive: true })
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    const credentials = { api_token: emulator.token(), api_url: url, user_email: 'dev@example.com' }
    writeFiles(cwd, { [CREDENTIALS]: JSON.stringify(credentials) })
    const failed = await cli(cwd, 'cloud secrets unset A_KEY -y --local --json')
    expect(failed.code).toBe(8)
    expect(JSON.parse(failed.out)).toMatchObject({
      ok: false,
      removed: ['A_KEY'],
      failed: [{ name: SECRETS, code: 'FILE_NOT_REGULAR' }],
    })
    expect(cloud('SYSTEMPROMPT_CUSTOM_SECRETS')).toEqual({ SYSTEMPROMPT_CUSTOM_SECRETS: 'B_KEY' })

    rmdirSync(join(cwd, SECRETS))
    secrets(before)
    writeFiles(cwd, { [CREDENTIALS]: JSON.stringify({ ...credentials, api_url: emulator.url }) })
    expect(await cli(cwd, 'cloud secrets unset A_KEY -y --local')).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8'))).toEqual({ jwt_secret: JWT_SECRET, b_key: '2' })
  })

  test.each([
    ['jwt_secret=short1', '', 6],
    ['database_url=short1', '', 6],
    ['__proto__=short1', '', 6],
    ['big', 'x'.repeat(60_000), 6],
  ])('set %s --local changes nothing when the value is not valid in the file', async (given, input, code) => {
    secrets({ jwt_secret: JWT_SECRET, padding: 'x'.repeat(1_000_000) })
    const terminal = input === '' ? {} : { input }
    const ended = await cli(cwd, `cloud secrets set A_KEY=1 ${given} --local --allow-empty`, terminal)
    expect([ended.code, ended.out, [...proxy.covered]]).toEqual([code, '', []])
    expect(ended.err).not.toContain('short1')
  })

  test.each(['set A_KEY=1', 'unset A_KEY -y'])('%s --local changes nothing when the file is broken', async (line) => {
    await cli(cwd, 'cloud secrets set A_KEY=0')
    writeFiles(cwd, { [SECRETS]: '{ "a_key": ' })
    expect((await cli(cwd, `cloud secrets ${line} --local`)).code).toBe(6)
    expect(cloud('A_KEY')).toEqual({ A_KEY: '0' })
  })

  test('unset, set and sync without permission end with exit code 4, and say whom to ask', async () => {
    writeFiles(cwd, {
      [CREDENTIALS]: JSON.stringify({
        api_token: emulator.token('user_viewer'),
        api_url: proxy.url,
        user_email: 'viewer@example.com',
      }),
    })
    for (const line of ['unset A_KEY -y', 'set A_KEY=x', 'sync -q']) {
      const { code, err } = await cli(cwd, `cloud secrets ${line}`)
      expect([code, err]).toEqual([4, expect.stringContaining('Ask the admin of the tenant')])
    }
  })
})

describe('DATABASE_URL in the cloud, when the file has an internal_database_url', () => {
  const here = { database_url: 'postgres://u:p@here/d', internal_database_url: 'postgres://u:p@inside/d' }
  const there = 'postgres://u:p@new/d'
  const inFile = (): unknown => JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8'))
  beforeEach(async () => {
    secrets(here)
    await cli(cwd, 'cloud secrets sync -q')
  })

  test.each([
    'set DATABASE_URL --local',
    'set database_url --local',
    'set internal_database_url --local',
    'rotate DATABASE_URL -y',
    'rotate internal_database_url -y',
  ])('%s sets internal_database_url in the file', async (line) => {
    expect(await cli(cwd, `cloud secrets ${line}`, { input: there })).toMatchObject({ code: 0, err: '' })
    expect(cloud('DATABASE_URL')).toEqual({ DATABASE_URL: there })
    expect(inFile()).toEqual({ ...here, internal_database_url: there })
    expect((await cli(cwd, 'cloud secrets sync')).out).toContain('nothing was sent')
  })

  test.each(['DATABASE_URL', 'database_url', 'internal_database_url'])(
    'unset %s --local removes internal_database_url from the file',
    async (name) => {
      expect(await cli(cwd, `cloud secrets unset ${name} --local -y`)).toMatchObject({ code: 0, err: '' })
      expect(cloud('DATABASE_URL')).toEqual({ DATABASE_URL: undefined })
      expect(inFile()).toEqual({ database_url: here.database_url })
    },
  )

  test('unset internal_database_url --local keeps database_url when internal_database_url is blank', async () => {
    secrets({ database_url: here.database_url, internal_database_url: '' })
    expect(await cli(cwd, 'cloud secrets unset internal_database_url --local -y')).toMatchObject({ code: 0, err: '' })
    expect(inFile()).toEqual({ database_url: here.database_url })
    await cli(cwd, 'cloud secrets sync -q')
    expect(await cli(cwd, 'cloud secrets unset DATABASE_URL --local -y')).toMatchObject({ code: 0, err: '' })
    expect(inFile()).toEqual({})
  })

  test.each(['DATABASE_URL internal_database_url', 'internal_database_url DATABASE_URL'])(
    'unset %s --local removes one secret, which both names are, wherever it is',
    async (names) => {
      const removed = { code: 0, err: '', out: expect.stringMatching(/Removed 1 secret .*: DATABASE_URL\n$/) }
      for (const [name, value] of Object.entries(here)) {
        secrets({ [name]: value })
        expect(await cli(cwd, `cloud secrets unset ${names} --local -y`)).toMatchObject(removed)
        expect([inFile(), cloud('DATABASE_URL')]).toEqual([{}, { DATABASE_URL: undefined }])
        secrets({ [name]: value })
        expect((await cli(cwd, `cloud secrets unset ${names} --local -n`)).code).toBe(0)
        expect(await cli(cwd, `cloud secrets unset ${names} --local -y`)).toMatchObject(removed)
        expect(inFile()).toEqual({})
        await cli(cwd, 'cloud secrets set DATABASE_URL', { input: there })
      }
    },
  )
})

describe('cloud secrets', () => {
  test('list suggests sync while the tenant is empty, and diff sends nothing', async () => {
    expect((await cli(cwd, 'cloud secrets list')).err).toContain(
      "'systemprompt cloud secrets sync' sends those of secrets.json",
    )
    const diff = await cli(cwd, 'cloud secrets diff')
    expect(diff.out.replace(/ +/g, ' ')).toBe('secret state\nDATABASE_URL new\nJWT_SECRET new\n')
    expect(await json('cloud secrets list')).toEqual({ tenant: TENANT, keys: [] })
  })

  test('audit shows who did what, for all secrets or for one', async () => {
    await cli(cwd, 'cloud secrets set A_KEY=1 B_KEY=2')
    const { out } = await cli(cwd, 'cloud secrets audit --key a_key')
    expect(out.split('\n')[1]).toMatch(/^\d{4}-\S+ +dev@example\.com +set +A_KEY +systemprompt-env\//)
    expect((await json('cloud secrets audit --limit 1')).entries).toHaveLength(1)
    expect((await cli(cwd, 'cloud secrets audit --limit 501')).code).toBe(2)
    expect((await cli(cwd, 'cloud secrets audit --key never_set')).err).toBe(
      'There are no entries for NEVER_SET yet.\n',
    )
    emulator.faults.set([{ fault: { type: 'status', status: 404 }, path: `/api/v1/tenants/${TENANT}/secrets/audit` }])
    expect(await cli(cwd, 'cloud secrets audit')).toMatchObject({
      code: 5,
      err: expect.stringContaining('This endpoint has no audit log'),
    })
  })

  test('audit --key that stops before the end of the log says how many entries it read', async () => {
    const entry = { at: '2026-01-01T00:00:00Z', actor: 'dev@example.com', action: 'set', key: 'A_KEY' }
    const { url } = await serve((_, response) => respond(response, 200, { data: [entry, entry], next_cursor: 'more' }))
    const credentials = { api_token: emulator.token(), api_url: url, user_email: 'dev@example.com' }
    writeFiles(cwd, { [CREDENTIALS]: JSON.stringify(credentials) })
    expect(await cli(cwd, 'cloud secrets audit --key never_set')).toMatchObject({
      code: 0,
      err: 'There are no entries for NEVER_SET in the last 40 entries.\n',
    })
    // A service may return more entries than requested.
    expect((await json('cloud secrets audit --limit 1')).entries).toHaveLength(1)
    writeFiles(cwd, { [CREDENTIALS]: JSON.stringify({ ...credentials, api_url: emulator.url }) })
    expect((await cli(cwd, 'cloud secrets audit --tenant tenant_staging')).err).toBe('There are no entries yet.\n')
  })

  test('cleanup shows and removes only secrets that nothing reads', async () => {
    const client = new CloudClient({ apiUrl: emulator.url, token: emulator.token() })
    await client.setSecrets(TENANT, {
      SYSTEMPROMPT_API_URL: 'x',
      GITHUB: 'x',
      QWEN: 'x',
      GITHUB_TOKEN: 'x',
      A_KEY: 'x',
    })
    expect((await cli(cwd, 'cloud secrets cleanup -n')).out).toBe('Would remove GITHUB, QWEN, SYSTEMPROMPT_API_URL\n')
    const asked = await cli(cwd, 'cloud secrets cleanup', { isInteractive: true })
    expect([asked.code, asked.questions]).toEqual([
      11,
      ['Remove GITHUB, QWEN, SYSTEMPROMPT_API_URL from tenant_demo? Nothing reads them.'],
    ])
    expect((await cli(cwd, 'cloud secrets cleanup -y')).code).toBe(0)
    expect((await json('cloud secrets list')).keys).toEqual(['A_KEY', 'GITHUB_TOKEN'])
    expect((await cli(cwd, 'cloud secrets cleanup')).out).toBe(
      "There is nothing that earlier tools sent by mistake. 'systemprompt cloud secrets sync --prune' removes what secrets.json does not have.\n",
    )
  })

  test.each(['list', 'diff', 'audit'])('%s has no options for changes, since it makes none', async (command) => {
    const { out } = await cli(cwd, `cloud secrets ${command} --help`)
    expect(out).toContain('--tenant <id>')
    expect(out).not.toMatch(/--dry-run|--yes|--quiet/)
    expect((await cli(cwd, `cloud secrets ${command} --quiet`)).code).toBe(2)
  })

  test('rotate rejects two sources of a value, and says when a secret is new', async () => {
    writeFiles(cwd, { 'new.env': 'A_KEY=from-file\n' })
    const both = await cli(cwd, 'cloud secrets rotate a_key --generate --from-file new.env -y')
    expect([both.code, both.err]).toEqual([2, 'Give either --generate or --from-file: each provides a new value.\n'])
    const typo = 'cloud secrets rotate a_kye --generate'
    const said = `Neither ${SECRETS} nor tenant_demo has A_KYE yet`
    expect((await cli(cwd, `${typo} -n`)).out).toContain(said)
    expect((await cli(cwd, typo, { isInteractive: true })).questions).toEqual([`${said}. Add it to both?`])
    expect((await cli(cwd, `${typo} -y`)).out).toMatch(/✔ A_KYE is new: neither had it before\n$/)
    expect((await cli(cwd, `${typo} -y`)).out).toMatch(/✔ Rotated\n$/)
  })

  test('rotate prints its steps, and changes the secret in the file and in the cloud', async () => {
    await cli(cwd, 'cloud secrets sync -q')
    const { out, code } = await cli(cwd, 'cloud secrets rotate jwt_secret --generate -y')
    expect([code, out.split('\n').map((line) => line.slice(0, 2))]).toEqual([0, ['1.', '2.', '3.', '✔ ', '']])
    const { jwt_secret } = JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8')) as { jwt_secret: string }
    expect(jwt_secret).not.toBe(JWT_SECRET)
    expect(emulator.secret(TENANT, 'JWT_SECRET')).toBe(jwt_secret)
    expect(out).not.toContain(jwt_secret)
    expect((await cli(cwd, 'cloud secrets sync')).out).toContain('nothing was sent')
    expect((await cli(cwd, 'cloud secrets rotate openai --generate -y')).code).toBe(2)
    expect((await cli(cwd, 'cloud secrets rotate openai', { input: 'sk-new' })).code).toBe(2)
    expect((await cli(cwd, 'cloud secrets rotate openai -y', { input: 'sk-new' })).code).toBe(0)
    expect(cloud('OPENAI_API_KEY')).toEqual({ OPENAI_API_KEY: 'sk-new' })
  })

  test('rotate --from-file uses the value of that name, and ignores standard input', async () => {
    writeFiles(cwd, { 'two.env': 'GITHUB_TOKEN=ghp_other\nANTHROPIC=sk-new\nOPENAI_API_KEY=\n' })
    for (const input of ['', 'from input']) {
      const line = 'cloud secrets rotate anthropic_api_key --from-file two.env -y'
      expect(await cli(cwd, line, { input })).toMatchObject({ code: 0, err: '' })
      expect(cloud('ANTHROPIC_API_KEY', 'GITHUB_TOKEN')).toEqual({
        ANTHROPIC_API_KEY: 'sk-new',
        GITHUB_TOKEN: undefined,
      })
    }
    expect(await cli(cwd, 'cloud secrets rotate stripe_key --from-file two.env -y')).toMatchObject({
      code: 5,
      err: 'The file of --from-file has no STRIPE_KEY.\n',
    })
    expect((await cli(cwd, 'cloud secrets rotate openai --from-file two.env -y')).code).toBe(2)
  })

  describe('rotate', () => {
    const before = `{\n  // mine\n  "jwt_secret": "${JWT_SECRET}", // kept\n  "openai": "sk-old"\n}\n`
    const line = 'cloud secrets rotate openai -y'
    const textOf = (): string => readFileSync(join(cwd, SECRETS), 'utf8')
    beforeEach(() => writeFiles(cwd, { [SECRETS]: before }))

    test.each([
      [401, 3],
      [403, 4],
      [404, 5],
      [412, 7],
      [422, 6],
    ])('leaves the file unchanged when the service refuses with %i', async (status, code) => {
      emulator.faults.set([{ fault: { type: 'status', status }, method: 'PUT' }])
      for (const flags of ['', ' -q', ' --json']) {
        const ended = await cli(cwd, line + flags, { input: 'sk-new' })
        expect([ended.code, textOf()]).toEqual([code, before])
        expect(ended.out).not.toContain('1. ')
      }
    })

    test('leaves the file unchanged when the record cannot be written or the file is invalid', async () => {
      await cli(cwd, 'cloud secrets sync -q')
      const broken = before.replace('sk-old', 'sk-other').replace(JWT_SECRET, 'short')
      writeFiles(cwd, { [SECRETS]: broken })
      expect((await cli(cwd, line, { input: 'sk-new' })).code).toBe(6)
      expect(textOf()).toBe(broken)
      writeFiles(cwd, { [SECRETS]: before })
      rmSync(join(cwd, '.systemprompt/cloud'), { recursive: true })
      writeFileSync(join(cwd, '.systemprompt/cloud'), '')
      expect((await cli(cwd, line, { input: 'sk-new' })).code).not.toBe(0)
      expect([textOf(), cloud('OPENAI_API_KEY')]).toEqual([before, { OPENAI_API_KEY: 'sk-old' }])
    })

    test.each([
      ['succeeded but its response was lost', { type: 'apply-then-drop' }, 'sk-new'],
      ['was lost', { type: 'drop' }, undefined],
      ['failed', { type: 'status', status: 500 }, undefined],
    ] as const)(
      'says that the file has the new value, and what to do, when the request %s',
      async (_, fault, stored) => {
        emulator.faults.set([{ fault, method: 'PUT' }])
        const ended = await cli(cwd, `${line} -q`, { input: 'sk-new' })
        expect([ended.code, ended.out, cloud('OPENAI_API_KEY')]).toEqual([8, '', { OPENAI_API_KEY: stored }])
        expect(ended.err).toContain(
          `✖ tenant_demo may not have the new OPENAI_API_KEY; ${SECRETS} has it. Run 'systemprompt cloud secrets sync'.\n`,
        )
        expect(textOf()).toBe(before.replace('sk-old', 'sk-new'))
        writeFiles(cwd, { [SECRETS]: before })
        const json = JSON.parse((await cli(cwd, `${line} --json`, { input: 'sk-new' })).out) as object
        expect(json).toMatchObject({
          ok: false,
          file: SECRETS,
          failed: [{ name: TENANT, message: expect.any(String) }],
        })
        emulator.faults.clear()
        await cli(cwd, 'cloud secrets sync -q')
        expect(cloud('OPENAI_API_KEY')).toEqual({ OPENAI_API_KEY: 'sk-new' })
      },
      60_000,
    )

    test('keeps the new value when the request succeeded, its response was lost and the retry is refused', async () => {
      emulator.faults.set([
        { fault: { type: 'apply-then-drop' }, method: 'PUT', times: 1 },
        { fault: { type: 'status', status: 429, retryAfter: 61 }, method: 'PUT' },
      ])
      expect((await cli(cwd, line, { input: 'sk-new' })).code).toBe(8)
      expect([textOf(), cloud('OPENAI_API_KEY')]).toEqual([
        before.replace('sk-old', 'sk-new'),
        { OPENAI_API_KEY: 'sk-new' },
      ])
    })

    test('says that the file has the new value when it was changed during a refused request', async () => {
      const { url } = await serve(({ method }, response) => {
        if (method === 'PUT') writeFiles(cwd, { [SECRETS]: textOf().replace('kept', 'changed') })
        respond(response, method === 'PUT' ? 403 : 200, { keys: [] })
      })
      const credentials = { api_token: emulator.token(), api_url: url, user_email: 'dev@example.com' }
      writeFiles(cwd, { [CREDENTIALS]: JSON.stringify(credentials) })
      const ended = await cli(cwd, line, { input: 'sk-new' })
      expect([ended.code, ended.err]).toEqual([8, expect.stringContaining(`${SECRETS} has it`)])
      expect(textOf()).toBe(before.replace('kept', 'changed').replace('sk-old', 'sk-new'))
    })

    test('reports, as set does, that the tenant has the secret when the list of custom secrets cannot be updated', async () => {
      let wasSent = false
      const { url } = await serve(({ method }, response) => {
        if (method === 'PUT') wasSent = true
        if (method === 'GET' && wasSent) respond(response, 403)
        else respond(response, method === 'PUT' ? 204 : 200, method === 'PUT' ? undefined : { keys: [] })
      })
      const credentials = { api_token: emulator.token(), api_url: url, user_email: 'dev@example.com' }
      writeFiles(cwd, { [CREDENTIALS]: JSON.stringify(credentials) })
      for (const does of ['rotate stripe_key -y', 'set stripe_key']) {
        wasSent = false
        const ended = await cli(cwd, `cloud secrets ${does}`, { input: 'sk-new' })
        expect([ended.code, ended.err]).toEqual([8, expect.stringContaining('tenant_demo has STRIPE_KEY')])
        expect(textOf()).toContain('sk-new')
      }
    })
  })

  test('rotate names the services whose configs reference the secret', async () => {
    const wrapped = 'ai:\n  providers:\n    anthropic:\n      api_key: ${ANTHROPIC_API_KEY}\n'
    writeFiles(cwd, {
      'services/ai/config.yaml': wrapped,
      'services/web/config.yaml': 'keys: ["x-${ANTHROPIC:-none}"]\n',
      'services/docs/config.yaml': 'text: "$${ANTHROPIC_API_KEY}"\nother: ${OPENAI_API_KEY:-}\n',
    })
    const { out } = await cli(cwd, 'cloud secrets rotate anthropic -y', { input: 'sk-new' })
    expect(out).toContain('3. Restart what uses it: ai, web (their configs name it), in tenant_demo and here.\n')
    expect(await json('cloud secrets rotate openai -n')).toMatchObject({ services: ['docs'] })
    expect(await json('cloud secrets rotate jwt_secret -n')).toMatchObject({ services: [] })
  })

  test('rotate looks for them where the library reads them if paths.services is empty', async () => {
    const profile = readFileSync(join(cwd, PROFILE), 'utf8').replace('../../../services', '${UNSET:-}')
    writeFiles(cwd, { [PROFILE]: profile, 'services/ai/config.yaml': 'api_key: ${ANTHROPIC_API_KEY:-}\n' })
    expect(await json('config show')).toMatchObject({ config: { services: { ai: expect.anything() } } })
    expect(await json('cloud secrets rotate anthropic -n')).toMatchObject({ services: ['ai'] })
  })

  test('list rejects a tenant that does not exist, is local or is invalid, and fails without one', async () => {
    const none = await cli(cwd, 'cloud secrets list --tenant tenant_none')
    expect([none.code, none.err]).toEqual([5, expect.stringContaining("'systemprompt cloud tenant list'")])
    expect((await cli(cwd, 'cloud secrets list --tenant local_abc')).code).toBe(2)
    expect((await cli(cwd, 'cloud secrets list --tenant ..')).code).toBe(6)
    writeFiles(cwd, { '.systemprompt/tenants.json': '{"tenants":[]}' })
    expect(await cli(cwd, 'cloud secrets list')).toMatchObject({
      code: 5,
      err: expect.stringContaining('No tenant is active'),
    })
  })
})

describe('every network fault has its documented exit code', () => {
  const faults = [
    [{ type: 'status', status: 500 }, 9],
    [{ type: 'status', status: 401 }, 3],
    [{ type: 'status', status: 403 }, 4],
    [{ type: 'status', status: 409 }, 7],
    [{ type: 'status', status: 422 }, 6],
    [{ type: 'status', status: 429, retryAfter: 61 }, 10],
    [{ type: 'redirect', location: 'https://evil.example/' }, 11],
    [{ type: 'html' }, 9],
    [{ type: 'invalid-json' }, 9],
    [{ type: 'gzip-bomb', size: 4 * 1024 * 1024 }, 9],
  ] as const
  const commands = [
    'auth whoami',
    'tenant list',
    'secrets list',
    'secrets diff',
    'secrets sync',
    'secrets unset A_KEY -y',
    'secrets cleanup -y',
    'secrets audit',
  ]

  test.each(commands)('in cloud %s', async (command) => {
    for (const [fault, code] of faults) {
      emulator.faults.set([{ fault, path: '/api/' }])
      const ended = await cli(cwd, `cloud ${command} --json`)
      expect([ended.code, ended.out.includes('evil.example/')], JSON.stringify(fault)).toEqual([code, false])
      expect(JSON.parse(ended.out)).toMatchObject({ ok: false, error: { remedy: expect.any(String) } })
    }
  })
})
