import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { editSecretsFile, readLocalSecrets } from '../../src/cloud/for-commands.ts'
import { loadConfigSync } from '../../src/index.ts'
import { bundleForChild } from '../support/bundle.ts'
import { sampled, seeded } from '../support/random.ts'
import { COMPLETE, type Files, JWT_SECRET, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { cli } from './cloud-project.ts'

function project(secrets?: string): string {
  const files: Files = { [PROFILE]: 'name: local\n', ...(secrets === undefined ? {} : { [SECRETS]: secrets }) }
  return makeProject(files)
}

const textOf = (cwd: string): string => readFileSync(join(cwd, SECRETS), 'utf8')

test.each(['secrets list', 'secrets set a=1'])('%s without a project suggests creating one', async (line) => {
  expect(await cli(makeProject(), line)).toMatchObject({
    code: 5,
    err: "There is no profile here, and so no secrets.json. 'systemprompt init' creates one; --profile takes the path of another.\n",
  })
})

test.each<[string, Files]>([
  ['without a project', {}],
  ['without a secrets.json', { [PROFILE]: 'name: local\n' }],
  ['with a secrets.json', { [PROFILE]: 'name: local\n', [SECRETS]: '{"a": "b"}' }],
])('secrets get says where a secret of another source is set, %s', async (_, files) => {
  const cwd = makeProject({ ...files, '.env': 'STRIPE_KEY=sk_live_0123456789abcdef\n' })
  const fromFile = await cli(cwd, 'secrets get STRIPE_KEY -y')
  expect(fromFile).toMatchObject({ code: 5, out: '' })
  expect(fromFile.err).toBe(
    "secrets.json does not have this name, but .env:1:1 does. 'systemprompt config show STRIPE_KEY --reveal' prints it.\n",
  )
  const fromVariable = await cli(cwd, 'secrets get OPENAI_API_KEY -y', { env: { OPENAI_API_KEY: 'sk-made-up' } })
  expect(fromVariable.err).toBe(
    "secrets.json does not have this name, but the environment does. 'systemprompt config show OPENAI_API_KEY --reveal' prints it.\n",
  )
})

describe('commands for secrets work although a value of the configuration is invalid', () => {
  const REQUIRED = "cache:\n  token: ${CACHE_TOKEN:?run 'systemprompt secrets set CACHE_TOKEN'}\n"

  test.each<[string, Files]>([
    ['one that requires the secret', { [PROFILE]: `name: local\n${REQUIRED}` }],
    ['an item that requires it', { [PROFILE]: 'name: local\nhosts: ["${CACHE_TOKEN:?not set}"]\n' }],
    [
      'an item of a list that the profile checks',
      { [PROFILE]: 'name: local\nsecurity:\n  jwt_audiences: ["${CACHE_TOKEN:?}"]\n' },
    ],
    ['one of another variable', { [PROFILE]: 'name: local\nserver:\n  port: ${PORT}\n', '.env': 'PORT=none\n' }],
    ['several', { [PROFILE]: `name: local\ntarget: clod\nserver:\n  port: none\nsite: acme\n${REQUIRED}` }],
  ])('%s', async (_, files) => {
    const cwd = makeProject({ ...files, [SECRETS]: '{"openai": "sk-made-up"}' })
    expect((await cli(cwd, 'config check')).code).toBe(6)
    expect(await cli(cwd, 'secrets set CACHE_TOKEN=abc --profile local')).toMatchObject({ code: 0, err: '' })
    expect(await cli(cwd, 'secrets get CACHE_TOKEN -y')).toMatchObject({ code: 0, out: 'abc\n', err: '' })
    expect(await cli(cwd, 'secrets unset openai -y')).toMatchObject({ code: 0, err: '' })
    expect(await cli(cwd, 'secrets generate PEPPER')).toMatchObject({ code: 0, err: '' })
    expect((await cli(cwd, 'secrets list')).out).toMatch(/CACHE_TOKEN(?:.|\n)*PEPPER/)
    expect(await cli(cwd, 'profile show')).toMatchObject({ code: 0, err: '' })
  })

  test('but not if it says where the secrets are, or how to check them', async () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\nserver:\n  port: none\nsecrets:\n  secrets_path: "${PLACE:?not set}/secrets.json"\n',
    })
    const { code, err } = await cli(cwd, 'secrets set CACHE_TOKEN=abc')
    expect(code).toBe(6)
    expect(err).toContain('is not valid: 2 problems')
    expect(existsSync(join(cwd, SECRETS))).toBe(false)
    expect((await cli(cwd, 'secrets set CACHE_TOKEN=abc', { env: { PLACE: '.' } })).code).toBe(0)
  })

  test('nor if a file has a key that no file may have', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n__proto__: x\n', [SECRETS]: '{}' })
    expect(await cli(cwd, 'secrets list')).toMatchObject({ code: 6, out: '' })
  })

  test('and the rules for secrets apply as the profile says', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\nserver:\n  port: none\n' })
    expect((await cli(cwd, 'secrets set jwt_secret=short')).code).toBe(6)
    const skipping = makeProject({ [PROFILE]: 'name: local\nserver:\n  port: none\nsecrets:\n  validation: skip\n' })
    expect((await cli(skipping, 'secrets set jwt_secret=short')).code).toBe(0)
  })
})

describe('systemprompt secrets set', () => {
  test.each<[string, string | undefined, string, string]>([
    ['creates the file', undefined, 'stripe_key=a', '{\n  "stripe_key": "a"\n}\n'],
    ['adds a secret to an empty object', '{}', 'stripe_key=a', '{\n  "stripe_key": "a"\n}'],
    [
      'changes a value and keeps the order',
      '{\n  "b": "1",\n  "a": "2"\n}\n',
      'b=3',
      '{\n  "b": "3",\n  "a": "2"\n}\n',
    ],
    [
      'keeps comments',
      '// mine\n{\n  // the key\n  "a": "1", // behind it\n  /* more */\n  "b": "2"\n}\n// end\n',
      'a=3 c=4',
      '// mine\n{\n  // the key\n  "a": "3", // behind it\n  /* more */\n  "b": "2",\n  "c": "4"\n}\n// end\n',
    ],
    ['keeps a trailing comma', '{\n  "a": "1", // x\n}\n', 'b=2', '{\n  "a": "1", // x\n  "b": "2",\n}\n'],
    [
      'keeps the comment of the last secret next to it',
      '{\n  "a": "1", // live\n  "b": "2" /* two\n  lines */ // more\n  // the end\n}\n',
      'c=3',
      '{\n  "a": "1", // live\n  "b": "2", /* two\n  lines */ // more\n  "c": "3"\n  // the end\n}\n',
    ],
    ['adds to one line', '{"a": "1"}\n', 'b=2 c=3', '{"a": "1", "b": "2", "c": "3"}\n'],
    ['adds to one line with a comment', '{ "a": "1" /* x */ }', 'b=2', '{ "a": "1" /* x */, "b": "2" }'],
    ['adds to one line with a trailing comma', '{ "a": "1", }', 'b=2', '{ "a": "1", "b": "2", }'],
    [
      'keeps a comment after a comma next to its secret',
      '{ "a": "1", /* x */ }',
      'b=2',
      '{ "a": "1", /* x */\n  "b": "2", }',
    ],
    ['does not add to a comment', '{"a": "1" // x\n}', 'b=2', '{"a": "1", // x\n  "b": "2"\n}'],
    ['adds after the comments of an empty object', '{ // x\n  // y\n}', 'b=2', '{ // x\n  // y\n  "b": "2"\n}'],
    [
      'adds after a comma on the next line',
      '{\n    "a": "1" // x\n    ,\n}',
      'b=2',
      '{\n    "a": "1" // x\n    ,\n    "b": "2",\n}',
    ],
    [
      'keeps comments in the line of the value',
      '{\n  "a": /* x */ "1" // y\n}',
      'a=2',
      '{\n  "a": /* x */ "2" // y\n}',
    ],
    ['keeps tabs', '{\n\t"a": "1"\n}\n', 'b=2', '{\n\t"a": "1",\n\t"b": "2"\n}\n'],
    ['keeps CRLF line endings', '{\r\n  "a": "1"\r\n}\r\n', 'b=2', '{\r\n  "a": "1",\r\n  "b": "2"\r\n}\r\n'],
    ['keeps the existing spelling', '{"anthropic_api_key": "1"}', 'ANTHROPIC_API_KEY=2', '{"anthropic_api_key": "2"}'],
    ['uses the documented name otherwise', '{\n  "a": "1"\n}', 'GITHUB_TOKEN=2', '{\n  "a": "1",\n  "github": "2"\n}'],
    ['keeps one of two spellings', '{"openai": "1", "openai_api_key": "1"}', 'openai=2', '{"openai": "2"}'],
    ['escapes quotes and backslashes', '{\n}', 'a=x"y\\z', '{\n  "a": "x\\"y\\\\z"\n}'],
  ])('%s', async (_, before, line, after) => {
    const cwd = project(before)
    const { code, err } = await cli(cwd, `secrets set ${line}`)
    expect([code, err]).toEqual([0, ''])
    expect(textOf(cwd)).toBe(after)
    expect((statSync(join(cwd, SECRETS)).mode & 0o777).toString(8)).toBe('600')
    expect(readFileSync(join(cwd, '.systemprompt/.gitignore'), 'utf8')).toBe('*\n')
  })

  test.each<[string, string]>([
    ['{"a": ', 'broken JSON'],
    ['[]', 'a list'],
    ['{"a": "1", "a": "2"}', 'a duplicate key'],
    ['{"__proto__": "1"}', 'an invalid key'],
  ])('does not change a file with content %s: %s', async (before) => {
    const cwd = project(before)
    const { code, err } = await cli(cwd, 'secrets set b=canary-value')
    expect([code, textOf(cwd), err.includes('canary')]).toEqual([6, before, false])
  })

  test.each([
    ['a signing secret that is too short', 'jwt_secret=canary', /JWT_SECRET +is shorter than 32 characters/],
    ['a database URL that is not a URL', 'ANY_KEY=x DATABASE_URL=canary', /DATABASE_URL +is not a PostgreSQL URL/],
    ['a name that would reach a prototype', '__proto__=canary', /^ {2}__proto__ +cannot be the name of a secret/m],
  ])('rejects %s, which could not be loaded', async (_, line, message) => {
    const cwd = project('{}')
    const { code, out, err } = await cli(cwd, `secrets set ${line}`)
    expect([code, out, textOf(cwd)]).toEqual([6, '', '{}'])
    expect(err).toMatch(message)
    expect(err).not.toContain('canary')
    expect(err).not.toContain(cwd)
    expect((await cli(cwd, 'secrets set database_url= --allow-empty')).code).toBe(0)
  })

  test.each<[string, Files]>([
    ['a profile', { [PROFILE]: 'name: local\nsecrets: { validation: skip }\n' }],
    ['a reference in a profile', { [PROFILE]: 'name: local\nsecrets:\n  validation: ${RULES:-skip}\n' }],
    ['a .env file', { [PROFILE]: 'name: local\n', '.env': 'SYSTEMPROMPT__SECRETS__VALIDATION=skip' }],
  ])('checks no rules when %s skips them, as loading does not', async (_, files) => {
    const cwd = makeProject({ ...files, [SECRETS]: '{}' })
    const codes: number[] = []
    for (const line of [
      'set DATABASE_URL=mysql://x jwt_secret=dev',
      'list',
      'get database_url -y',
      'generate jwt_secret -y',
    ])
      codes.push((await cli(cwd, `secrets ${line}`)).code)
    expect(codes).toEqual([0, 0, 0, 0])
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('database_url')).toBe('mysql://x')
  })

  test.each<[string, string, string]>([
    [
      'two spellings',
      'ANTHROPIC_API_KEY=canary anthropic=canary',
      'ANTHROPIC_API_KEY and anthropic are the same secret',
    ],
    [
      'two spellings in files',
      'anthropic=canary anthropic_api_key=canary',
      'anthropic and anthropic_api_key are the same secret',
    ],
    [
      'two spellings of a custom secret',
      'stripe-key=canary STRIPE_KEY=canary',
      'stripe-key and STRIPE_KEY are the same secret',
    ],
    ['one name twice', 'B=x A=canary A=canary', 'A is given twice'],
    [
      'a file and an argument',
      '--from-file .env anthropic=canary',
      'ANTHROPIC_API_KEY and anthropic are the same secret',
    ],
  ])('rejects two values for one secret: %s', async (_, line, message) => {
    const before = '{"anthropic": "before"}'
    const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: before, '.env': 'ANTHROPIC_API_KEY=canary\n' })
    const { code, out, err } = await cli(cwd, `secrets set ${line}`)
    expect([code, out, err, textOf(cwd)]).toEqual([2, '', `${message}; nothing was set.\n`, before])
  })

  test.each(['ANTHROPIC_API_KEY OPENAI_API_KEY', 'a anthropic', 'A_KEY B_KEY'])(
    'does not use a second name as the value of the first: %s',
    async (words) => {
      const cwd = project('{}')
      const { code, out, err } = await cli(cwd, `secrets set ${words}`, { isInteractive: true })
      expect([code, out, textOf(cwd)]).toEqual([2, '', '{}'])
      expect(err).toBe(
        'The second argument is a name, too. Give NAME=VALUE, or one name to be prompted for its value.\n',
      )
    },
  )

  test('says which values of a .env file it stores with a reference in them', async () => {
    const text = "HOST=h\nURL=http://${HOST}/\nESCAPED=$${HOST}\nPLAIN='${HOST}'\nPRICE=$5\nURL2=${HOST}\nURL2=x\n"
    const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: '{}', '.env': text })
    const { code, err } = await cli(cwd, 'secrets set --from-file .env')
    expect([code, err]).toEqual([
      0,
      'Stored as written, with the ${…} in it, because secrets are not substituted: URL, ESCAPED\n',
    ])
    expect(JSON.parse(textOf(cwd))).toMatchObject({ URL: 'http://${HOST}/', PLAIN: '${HOST}', URL2: 'x' })
  })

  test('stores database_url and internal_database_url as two secrets', async () => {
    const cwd = project('{}')
    expect((await cli(cwd, 'secrets set database_url=postgres://a/b internal_database_url=postgres://c/d')).code).toBe(
      0,
    )
    expect(JSON.parse(textOf(cwd))).toEqual({
      database_url: 'postgres://a/b',
      internal_database_url: 'postgres://c/d',
    })
  })

  test('says where a secret is set that takes precedence over the file', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', '.env': 'HELLO=canary\nOTHER=1\n' })
    const { code, err } = await cli(cwd, 'secrets set hello=a STRIPE_KEY=b mine=c', { env: { STRIPE_KEY: 'canary' } })
    expect([code, err]).toEqual([
      0,
      'HELLO is also set in .env:1:1, which takes precedence over secrets.json\n' +
        'STRIPE_KEY is also set in the environment, which takes precedence over secrets.json\n',
    ])
  })

  test('says so as well for a generated secret', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', '.env': 'HELLO_KEY=canary\n' })
    expect((await cli(cwd, 'secrets generate hello_key')).err).toBe(
      'HELLO_KEY is also set in .env:1:1, which takes precedence over secrets.json\n',
    )
    expect((await cli(cwd, 'secrets generate other_key')).err).toBe('')
  })

  test('warns of secrets that are never set from a file, unless allowEnv has them', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', 'systemprompt.config.json': '{ "allowEnv": ["GIT_TOKEN"] }' })
    const { code, out, err } = await cli(cwd, 'secrets set LD_SDK_KEY=a GIT_TOKEN=b OTHER_KEY=c')
    expect([code, out]).toEqual([0, expect.stringContaining('Set LD_SDK_KEY, GIT_TOKEN, OTHER_KEY')])
    expect(err).toMatch(/^\n1 warning\n.* LD_SDK_KEY {2}is never set from a file.* allowEnv: \['LD_SDK_KEY'\]$/m)
    expect(err).not.toMatch(/GIT_TOKEN|OTHER_KEY/)
  })
  test('does not create a file that is too large to be read', async () => {
    const before = `{\n  "a": "${'x'.repeat(1_000_000)}"\n}\n`
    const cwd = project(before)
    const { code, err } = await cli(cwd, 'secrets set b', { input: 'y'.repeat(60_000) })
    expect([code, textOf(cwd) === before]).toEqual([6, true])
    expect(err).toContain('would be larger than 1 MiB')
    expect(err).not.toContain('yyyy')
    expect((await cli(cwd, 'secrets set b', { input: 'y'.repeat(40_000) })).code).toBe(0)
    expect((await cli(cwd, 'secrets list')).code).toBe(0)
  })

  test('rejects the first line of a PEM key at a prompt', async () => {
    const cwd = project('{}')
    const typed = ['-----BEGIN PRIVATE KEY-----']
    const { code, err } = await cli(cwd, 'secrets set signing_key_pem', { isInteractive: true, typed })
    expect([code, err, textOf(cwd)]).toEqual([
      2,
      'This is the first line of a key, and a prompt takes one line only. Give NAME=@file.\n',
      '{}',
    ])
  })

  test('says what is wrong with the file of a value, and never its name', async () => {
    const cwd = makeProject({ ...COMPLETE, 'large.txt': 'x'.repeat(1024 * 1024 + 1), 'folder/a.txt': 'x' })
    const of = async (file: string) => {
      const { code, err } = await cli(cwd, `secrets set A_KEY=@${file}`)
      return [code, err]
    }
    expect(await of('large.txt')).toEqual([6, 'The file after @ is larger than 1 MiB.\n'])
    expect(await of('folder')).toEqual([6, 'The file after @ is a directory, not a file.\n'])
    expect(await of('hunter2')).toEqual([
      5,
      'The file after @ does not exist. A value that begins with @ is written with \\@.\n',
    ])
  })

  test('fails for a symbolic link, and without a profile', async () => {
    const cwd = project()
    symlinkSync('/dev/null', join(cwd, SECRETS))
    expect((await cli(cwd, 'secrets set a=b')).code).not.toBe(0)
    expect((await cli(makeProject(), 'secrets set a=b')).code).toBe(5)
  })

  test('writes to the path that the profile sets, even in the home directory', async () => {
    const home = makeProject({ 'mine.json': '{}' })
    vi.stubEnv('HOME', home)
    vi.stubEnv('USERPROFILE', home)
    const cwd = makeProject({ [PROFILE]: 'name: local\nsecrets:\n  secrets_path: ~/mine.json\n' })
    expect((await cli(cwd, 'secrets set a_key=b')).code).toBe(0)
    expect(readFileSync(join(home, 'mine.json'), 'utf8')).toContain('"a_key": "b"')
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('A_KEY')).toBe('b')
    vi.unstubAllEnvs()
  })

  test('writes values that are loaded unchanged', async () => {
    const cwd = makeProject(COMPLETE)
    await cli(cwd, 'secrets set stripe-key', { input: 'é"\\\n{}$\\u0041\n' })
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('STRIPE_KEY')).toBe('é"\\\n{}$\\u0041')
  })
})

describe('systemprompt secrets', () => {
  test('unset removes a secret in any spelling, and names those that do not exist', async () => {
    const cwd = project('{\n  // the key\n  "anthropic": "1",\n  "b": "2"\n}\n')
    expect((await cli(cwd, 'secrets unset b')).code).toBe(2)
    expect(await cli(cwd, 'secrets unset ANTHROPIC_API_KEY nothing -y')).toMatchObject({
      code: 8,
      err: 'Not found: nothing\n',
    })
    expect(JSON.parse(textOf(cwd).replace(/\/\/.*/, ''))).toEqual({ b: '2' })
    expect((await cli(cwd, 'secrets unset nothing -y')).code).toBe(5)
    expect(await cli(cwd, 'secrets unset b B -y')).toMatchObject({ code: 0, err: '' })
  })

  test('unset asks about existing secrets alone, and creates no file', async () => {
    const asked = { isInteractive: true, answer: true }
    const cwd = project('{"anthropic": "1", "blank": ""}')
    expect(await cli(cwd, 'secrets unset nothing', asked)).toMatchObject({ code: 5, questions: [] })
    expect((await cli(cwd, 'secrets unset nothing')).code).toBe(5)
    const { code, questions, err } = await cli(cwd, 'secrets unset ANTHROPIC_API_KEY nothing blank', asked)
    expect([code, questions, err]).toEqual([
      8,
      [`Remove ANTHROPIC_API_KEY, blank from ${SECRETS}?`],
      'Not found: nothing\n',
    ])
    rmSync(join(cwd, SECRETS))
    expect((await cli(cwd, 'secrets unset nothing -y')).code).toBe(5)
    expect(existsSync(join(cwd, SECRETS))).toBe(false)
  })

  test('unset removes only what it has asked for, whatever another command sets meanwhile', async () => {
    const cwd = project('{"anthropic": "1"}')
    const confirm = async (): Promise<boolean> => (await cli(cwd, 'secrets set later=x other=x')).code === 0
    const { code, out, err } = await cli(cwd, 'secrets unset later anthropic', { isInteractive: true, confirm })
    expect([code, out, err]).toEqual([8, `✔ Removed anthropic from ${SECRETS}\n`, 'Not found: later\n'])
    expect(JSON.parse(textOf(cwd))).toEqual({ later: 'x', other: 'x' })
  })

  test('unset says what another command has removed meanwhile', async () => {
    const cwd = project('{"a": "1", "b": "2"}')
    const confirm = async (): Promise<boolean> => (await cli(cwd, 'secrets unset a -y')).code === 0
    const { code, out, err } = await cli(cwd, 'secrets unset a b', { isInteractive: true, confirm })
    expect([code, out, err]).toEqual([8, `✔ Removed b from ${SECRETS}\n`, 'Not found: a\n'])
  })

  test.each<[string, string, string, string]>([
    [
      'the last secret, and keeps the comment of the previous one',
      '{\n  "a": "1", // a’s\n  "b": "2" // b’s\n}\n',
      'b',
      '{\n  "a": "1" // a’s\n}\n',
    ],
    [
      'the first secret, and keeps the comments of the next one',
      '{\n  // a’s\n  "a": "1",\n  // b’s\n  /* b’s\n     too */\n  "b": "2"\n}\n',
      'a',
      '{\n  // b’s\n  /* b’s\n     too */\n  "b": "2"\n}\n',
    ],
    [
      'a secret with its comments above and after it',
      '{\n  "a": "1",\n\n  // all keys\n\n  // b’s\n  /* b’s */\n  "b": "2", // b’s /* b’s\n  "c": "3"\n}\n',
      'b',
      '{\n  "a": "1",\n\n  // all keys\n\n  "c": "3"\n}\n',
    ],
    [
      'all secrets, and keeps the comments on the whole',
      '{ // the keys\n  "a": "1",\n  "b": "2"\n  // the end\n}\n',
      'a b',
      '{ // the keys\n  // the end\n}\n',
    ],
    ['the last secret before a trailing comma', '{\n  "a": "1",\n  "b": "2",\n}\n', 'b', '{\n  "a": "1",\n}\n'],
    ['the last secret on one line', '{"a": "1", "b": "2"}', 'b', '{"a": "1"}'],
    ['the last secret of a line, and keeps its line ending', '{ "a": "1", "b": "2"\n}\n', 'b', '{ "a": "1"\n}\n'],
    ['the first secret on one line', '{"a": "1", "b": "2"}', 'a', '{"b": "2"}'],
    ['a secret in the middle', '{ "a": "1", /* b’s */ "b": "2" /* b’s */, "c": "3" }', 'b', '{ "a": "1", "c": "3" }'],
    [
      'a secret, and keeps the comments of its neighbours',
      '{"a": "1", // a’s\n"b": "2", /* c’s */ "c": "3"}',
      'b',
      '{"a": "1", // a’s\n/* c’s */ "c": "3"}',
    ],
    ['the only secret', '{\n  "a": "1"\n}\n', 'a', '{\n}\n'],
    [
      'a secret in a file with CRLF line endings',
      '{\r\n  "a": "1", // a’s\r\n  // b’s\r\n  "b": "2"\r\n}\r\n',
      'b',
      '{\r\n  "a": "1" // a’s\r\n}\r\n',
    ],
    [
      'a secret whose comma is in front of it',
      '{\n  "a": "1" // a’s\n  , "b": "2" // b’s\n}\n',
      'b',
      '{\n  "a": "1" // a’s\n}\n',
    ],
    [
      'a secret whose comma is in front of the next one',
      '{\n  "a": "1" // a’s\n  , "b": "2" // b’s\n}\n',
      'a',
      '{\n  "b": "2" // b’s\n}\n',
    ],
    ['a value that is not a string', '{\n  "a": 1.50,\n  "b": "2"\n}\n', 'a', '{\n  "b": "2"\n}\n'],
  ])('unset removes %s', async (_, before, names, after) => {
    const cwd = project(before)
    expect((await cli(cwd, `secrets unset ${names} -y`)).code).toBe(0)
    expect(textOf(cwd)).toBe(after)
  })

  test('set and unset of random secrets leave a readable file, with every comment of the others', async () => {
    const random = seeded()
    const names = ['a', 'b', 'c', 'd']
    const gap = (): string => random.pick(['', ' ', '\n', '\n\n', '\r\n  '])
    const note = (of: string): string => random.pick(['', `// ${of}’s\n`, `/* ${of}’s */`, `/* ${of}’s\n*/`])
    for (let round = 0; round < sampled(30, 5_000); round++) {
      const kept = names.filter(() => random.below(4) > 0)
      const entry = (name: string, at: number): string => {
        const comma = at < kept.length - 1 || random.below(3) === 0 ? ',' : ''
        return `\n${note(name)}${gap()}"${name}"${gap()}:${gap()}"${name}"${gap()}${comma}${note(name)}`
      }
      const schema = random.pick(['', '"$schema": { "a": ["}", 1], /* , */ "b": {} },'])
      const before = `{${gap()}${schema}${kept.map(entry).join('')}\n}`
      const cwd = project(before)
      const files = { state: join(cwd, '.systemprompt'), credentials: '', tenants: '' }
      const [gone, set] = [random.pick(names), random.pick(names)]
      await editSecretsFile(files, join(cwd, SECRETS), { unset: [gone], set: { [set]: 'new' } })
      const rest = kept.filter((name) => name !== gone && name !== set).map((name) => [name.toUpperCase(), name])
      const expected = new Map([...rest, ...(set === gone ? [] : [[set.toUpperCase(), 'new']])] as [string, string][])
      const hint = `${before}\n→\n${textOf(cwd)}\n(seed ${random.seed}, unset ${gone}, set ${set})`
      const { secrets } = readLocalSecrets(join(cwd, SECRETS))
      expect(new Map(secrets.map(({ env, value }) => [env, value])), hint).toEqual(expected)
      for (const name of kept.filter((name) => name !== gone))
        expect(textOf(cwd).split(`${name}’s`).length, hint).toBe(before.split(`${name}’s`).length)
    }
  })

  test('list shows names and never values', async () => {
    const cwd = project('{"anthropic": "canary-value", "stripe-key": "canary-value"}')
    const { out } = await cli(cwd, 'secrets list')
    expect(out.replace(/ +/g, ' ')).toBe(
      'secret environment variable\nanthropic ANTHROPIC_API_KEY\nstripe-key STRIPE_KEY\n',
    )
    expect((await cli(cwd, 'secrets list --json')).out).not.toContain('canary')
  })

  test('get of an unknown secret suggests a similar name', async () => {
    const cwd = project('{"anthropic": "the-value"}')
    expect(await cli(cwd, 'secrets get antropic -y')).toMatchObject({
      code: 5,
      out: '',
      err: `${SECRETS} has no such secret. Did you mean anthropic?\n`,
    })
  })

  test('get asks before it prints', async () => {
    const cwd = project('{"anthropic": "the-value"}')
    expect(await cli(cwd, 'secrets get anthropic')).toMatchObject({ code: 11, out: '' })
    expect(await cli(cwd, 'secrets get anthropic', { isInteractive: true })).toMatchObject({
      code: 11,
      out: '',
      questions: ['Print ANTHROPIC_API_KEY?'],
    })
    expect((await cli(cwd, 'secrets get ANTHROPIC_API_KEY', { isInteractive: true, answer: true })).out).toBe(
      'the-value\n',
    )
    expect(JSON.parse((await cli(cwd, 'secrets get anthropic -y --json')).out)).toEqual({
      key: 'anthropic',
      env: 'ANTHROPIC_API_KEY',
      value: 'the-value',
    })
    expect((await cli(cwd, 'secrets get nothing -y')).code).toBe(5)
  })

  test('generate creates a jwt_secret of 48 bytes, and asks before it replaces one', async () => {
    const cwd = project()
    expect((await cli(cwd, 'secrets generate')).code).toBe(0)
    const first = (JSON.parse(textOf(cwd)) as { jwt_secret: string }).jwt_secret
    expect(Buffer.from(first, 'base64')).toHaveLength(48)
    expect((await cli(cwd, 'secrets generate')).code).toBe(2)
    const { out } = await cli(cwd, 'secrets generate jwt_secret -y --bytes 32')
    expect([out.includes(first), textOf(cwd).includes(first)]).toEqual([false, false])
    expect((await cli(cwd, 'secrets generate x_key --bytes 8')).code).toBe(2)
  })

  test('set names the empty values of a .env file', async () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\n',
      [SECRETS]: '{}',
      'a.env': 'A_KEY=canary\nB_KEY=\nC_KEY=""\n',
    })
    const { code, err } = await cli(cwd, 'secrets set --from-file a.env')
    expect([code, err]).toEqual([2, 'A value is empty: B_KEY, C_KEY. Add --allow-empty if that is what you want.\n'])
    expect(textOf(cwd)).toBe('{}')
  })

  test('set names the blank values of a JSON file, and does not skip them', async () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\n',
      [SECRETS]: '{"anthropic": "before"}',
      'a.json': '{"anthropic": "", "openai": null, "github": " ", "X_KEY": "x"}',
    })
    const { code, err } = await cli(cwd, 'secrets set --from-file a.json')
    expect(code).toBe(2)
    expect(err).toBe(
      'A value is empty: ANTHROPIC_API_KEY, OPENAI_API_KEY, GITHUB_TOKEN. Add --allow-empty if that is what you want.\n',
    )
    expect(textOf(cwd)).toBe('{"anthropic": "before"}')
    expect((await cli(cwd, 'secrets set --from-file a.json --allow-empty')).code).toBe(0)
    expect(JSON.parse(textOf(cwd))).toEqual({ anthropic: '', openai: '', github: '', X_KEY: 'x' })
  })

  test('set treats a value of spaces as empty, as loading does', async () => {
    const cwd = project('{"a_key": "before"}')
    const { code, err } = await cli(cwd, 'secrets set a_key', { input: '  \n' })
    expect(code).toBe(2)
    expect(err).toContain('A value is empty.')
    expect(textOf(cwd)).toBe('{"a_key": "before"}')
  })

  test.each<[string, string, string]>([
    [
      'a multi-line key without quotes',
      'X_KEY=-----BEGIN KEY-----\ncanary\ncanary==\n-----END KEY-----\n',
      'a.env:2:1  is not NAME=VALUE; there are 2 such lines  → put a value of several lines in quotes, and # before a comment',
    ],
    ['a line with a name only', '# a comment\n\nA=1\n  JUST A NAME\n', 'a.env:4:3  is not NAME=VALUE  → '],
    ['a line with a token only', 'canary\n', 'a.env:1:1  is not NAME=VALUE  → '],
    ['a quote that is never closed', `X_KEY="canary\n`, 'a.env:1:1  X_KEY  begins with a quote that is never closed'],
    [
      'a value with a # in it',
      'X_KEY=x#canary\n',
      'a.env:1:1  X_KEY  ends at the # in it, where a comment begins  → put the value in quotes, or a space before the #',
    ],
  ])('set rejects a .env file of which it would lose something: %s', async (_, text, problem) => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: '{}', 'a.env': text })
    const { code, err } = await cli(cwd, 'secrets set --from-file a.env')
    expect([code, textOf(cwd)]).toEqual([6, '{}'])
    expect(err).toContain('The secrets cannot be set: 1 problem')
    expect(err).toContain(problem)
    expect(err).not.toContain('canary')
  })

  test('set reports the place of an error in a list from standard input', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: '{}' })
    const { code, err } = await cli(cwd, 'secrets set --from-file -', { input: 'A=1\ncanary\n' })
    expect([code, textOf(cwd)]).toEqual([6, '{}'])
    expect(err).toContain('<stdin>:2:1  is not NAME=VALUE')
    expect(err).not.toContain('canary')
    const json = await cli(cwd, 'secrets set --from-file -', { input: '{"a": "1",\n "a": "canary"}' })
    expect(json).toMatchObject({
      code: 6,
      err: expect.stringMatching(/^The secrets cannot be set: 1 problem\n\n {2}<stdin>:2:2 /),
    })
    expect(json.err).not.toContain('canary')
    expect((await cli(cwd, 'secrets set --from-file -', { input: '{}' })).err).toBe('Standard input has no secrets.\n')
  })

  test('set says that a file has no secrets, rather than that no secret was given', async () => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: '{}', 'a.env': '# none\n', 'a.json': '{}' })
    for (const file of ['a.env', 'a.json'])
      expect(await cli(cwd, `secrets set --from-file ${file}`)).toMatchObject({
        code: 2,
        err: 'The file of --from-file has no secrets.\n',
      })
  })

  test('set checks no rules in a JSON file when the profile skips them', async () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\nsecrets: {validation: skip}\n',
      [SECRETS]: '{}',
      'a.json': '{"database_url": "mysql://x"}',
    })
    expect((await cli(cwd, 'secrets set --from-file a.json')).code).toBe(0)
    expect(JSON.parse(textOf(cwd))).toEqual({ database_url: 'mysql://x' })
  })

  test('generate refuses to replace the key of a provider by a random one', async () => {
    const cwd = project('{ "anthropic": "sk-ant-works" }')
    for (const name of ['anthropic', 'ANTHROPIC_API_KEY', 'github', 'database_url']) {
      const { code, err } = await cli(cwd, `secrets generate ${name} -y`)
      expect([name, code, err.includes('comes from its provider')]).toEqual([name, 2, true])
    }
    expect(textOf(cwd)).toBe('{ "anthropic": "sk-ant-works" }')
    for (const name of ['sync_token', 'webhook_key']) expect((await cli(cwd, `secrets generate ${name}`)).code).toBe(0)
  })

  test('survive a SIGKILL at any moment without a torn file or a lost secret', async () => {
    const random = seeded()
    const script = await bundleForChild(fileURLToPath(new URL('./edit-child.ts', import.meta.url)))
    const cwd = project(`{\n  // kept\n  "jwt_secret": "${JWT_SECRET}"\n}\n`)
    let promised = 0
    for (let round = 0; round < sampled(6, 200); round++) {
      const child = spawn(process.execPath, [script, cwd, String(promised)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdout.on('data', (text: Buffer) => {
        promised = Math.max(promised, ...String(text).split('\n').slice(0, -1).map(Number))
      })
      await new Promise((resolve) => child.stdout.once('data', resolve))
      await wait(random.below(80))
      child.kill('SIGKILL')
      await ended
      const { secrets } = loadConfigSync({ cwd, env: {} })
      expect(secrets.get('jwt_secret')).toBe(JWT_SECRET)
      for (let key = 1; key <= promised; key++)
        expect(secrets.get(`key_${key}`), `seed ${random.seed}`).toBe(`value ${key}`)
    }
    expect(textOf(cwd)).toContain('// kept')
    expect(promised).toBeGreaterThan(2)
    await cli(cwd, 'secrets set done=x')
    expect(
      readdirSync(join(cwd, SECRETS, '..'))
        .filter((name) => !/\.lock\.[0-9a-f]{16}$/.test(name))
        .sort(),
    ).toEqual(['profile.yaml', 'secrets.json'])
    expect(existsSync(join(cwd, `${SECRETS}.lock`))).toBe(false)
  }, 60_000)
})
