import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
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

test.each(['secrets list', 'secrets set a=1'])('%s without a project offers to make one', async (line) => {
  expect(await cli(makeProject(), line)).toMatchObject({
    code: 5,
    err: "There is no profile here, and so no secrets.json. 'systemprompt init' makes one; --profile takes the path of another.\n",
  })
})

describe('systemprompt secrets set', () => {
  test.each<[string, string | undefined, string, string]>([
    ['makes the file', undefined, 'stripe_key=a', '{\n  "stripe_key": "a"\n}\n'],
    ['makes an empty file one with a secret', '{}', 'stripe_key=a', '{\n  "stripe_key": "a"\n}'],
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
    ['copes with a comma at the end', '{\n  "a": "1", // x\n}\n', 'b=2', '{\n  "a": "1",\n  "b": "2" // x\n}\n'],
    ['keeps tabs', '{\n\t"a": "1"\n}\n', 'b=2', '{\n\t"a": "1",\n\t"b": "2"\n}\n'],
    ['keeps Windows’ line ends', '{\r\n  "a": "1"\r\n}\r\n', 'b=2', '{\r\n  "a": "1",\r\n  "b": "2"\r\n}\r\n'],
    [
      'keeps the spelling that is there',
      '{"anthropic_api_key": "1"}',
      'ANTHROPIC_API_KEY=2',
      '{"anthropic_api_key": "2"}',
    ],
    ['uses the documented name otherwise', '{\n  "a": "1"\n}', 'GITHUB_TOKEN=2', '{\n  "a": "1",\n  "github": "2"\n}'],
    ['leaves one of two spellings', '{"openai": "1", "openai_api_key": "1"}', 'openai=2', '{\n  "openai": "2"\n}'],
    ['escapes what has to be', '{\n}', 'a=x"y\\z', '{\n  "a": "x\\"y\\\\z"\n}'],
  ])('%s', async (_, before, line, after) => {
    const cwd = project(before)
    const { code, err } = await cli(cwd, `secrets set ${line}`)
    expect([code, err]).toEqual([0, ''])
    // Where a comment behind the last entry ends up is the editor's business; that it stays is ours.
    const tidy = (text: string): string => text.replace(/,(\s*\/\/ x)?\n/g, ',$1\n').replace(/ *\/\/ x/, '')
    expect(tidy(textOf(cwd))).toBe(tidy(after))
    expect(textOf(cwd).includes('// x')).toBe(after.includes('// x'))
    expect((statSync(join(cwd, SECRETS)).mode & 0o777).toString(8)).toBe('600')
    expect(readFileSync(join(cwd, '.systemprompt/.gitignore'), 'utf8')).toBe('*\n')
  })

  test.each<[string, string]>([
    ['{"a": ', 'a broken file'],
    ['[]', 'a list'],
    ['{"a": "1", "a": "2"}', 'a key that is there twice'],
    ['{"__proto__": "1"}', 'a key that is none'],
  ])('%s: does not touch %s', async (before) => {
    const cwd = project(before)
    const { code, err } = await cli(cwd, 'secrets set b=canary-value')
    expect([code, textOf(cwd), err.includes('canary')]).toEqual([6, before, false])
  })

  test.each([
    ['a signing secret that is too short', 'jwt_secret=canary', /JWT_SECRET +is shorter than 32 characters/],
    ['a database that is no URL', 'ANY_KEY=x DATABASE_URL=canary', /DATABASE_URL +is not a PostgreSQL URL/],
    ['a name that reaches a prototype', '__proto__=canary', /^ {2}__proto__ +is no name for a secret/m],
  ])('does not set %s, which no load would take', async (_, line, message) => {
    const cwd = project('{}')
    const { code, out, err } = await cli(cwd, `secrets set ${line}`)
    expect([code, out, textOf(cwd)]).toEqual([6, '', '{}'])
    expect(err).toMatch(message)
    expect(err).not.toContain('canary')
    expect(err).not.toContain(cwd)
    expect((await cli(cwd, 'secrets set database_url= --allow-empty')).code).toBe(0)
  })

  test('does not take the first line of a key for the key', async () => {
    const cwd = project('{}')
    const typed = ['-----BEGIN PRIVATE KEY-----']
    const { code, err } = await cli(cwd, 'secrets set signing_key_pem', { isInteractive: true, typed })
    expect([code, err, textOf(cwd)]).toEqual([
      2,
      'This is the first line of a key, and a prompt takes no more. Give NAME=@file.\n',
      '{}',
    ])
  })

  test('is refused on a link, and without a profile', async () => {
    const cwd = project()
    symlinkSync('/dev/null', join(cwd, SECRETS))
    expect((await cli(cwd, 'secrets set a=b')).code).not.toBe(0)
    expect((await cli(makeProject(), 'secrets set a=b')).code).toBe(5)
  })

  test('writes where the profile says, below the home directory too', async () => {
    const home = makeProject({ 'mine.json': '{}' })
    vi.stubEnv('HOME', home)
    vi.stubEnv('USERPROFILE', home)
    const cwd = makeProject({ [PROFILE]: 'name: local\nsecrets:\n  secrets_path: ~/mine.json\n' })
    expect((await cli(cwd, 'secrets set a_key=b')).code).toBe(0)
    expect(readFileSync(join(home, 'mine.json'), 'utf8')).toContain('"a_key": "b"')
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('A_KEY')).toBe('b')
    vi.unstubAllEnvs()
  })

  test('what it writes is what a load reads', async () => {
    const cwd = makeProject(COMPLETE)
    await cli(cwd, 'secrets set stripe-key', { input: 'é"\\\n{}$\\u0041\n' })
    expect(loadConfigSync({ cwd, env: {} }).secrets.get('STRIPE_KEY')).toBe('é"\\\n{}$\\u0041')
  })
})

describe('systemprompt secrets', () => {
  test('unset removes in any spelling, and says what was not there', async () => {
    const cwd = project('{\n  // the key\n  "anthropic": "1",\n  "b": "2"\n}\n')
    expect((await cli(cwd, 'secrets unset b')).code).toBe(2)
    expect(await cli(cwd, 'secrets unset ANTHROPIC_API_KEY nothing -y')).toMatchObject({
      code: 8,
      err: 'Not there: nothing\n',
    })
    expect(JSON.parse(textOf(cwd).replace(/\/\/.*/, ''))).toEqual({ b: '2' })
    expect((await cli(cwd, 'secrets unset nothing -y')).code).toBe(5)
  })

  test('list has names and never values', async () => {
    const cwd = project('{"anthropic": "canary-value", "stripe-key": "canary-value"}')
    const { out } = await cli(cwd, 'secrets list')
    expect(out.replace(/ +/g, ' ')).toBe(
      'secret in the environment\nanthropic ANTHROPIC_API_KEY\nstripe-key STRIPE_KEY\n',
    )
    expect((await cli(cwd, 'secrets list --json')).out).not.toContain('canary')
  })

  test('get asks before it prints', async () => {
    const cwd = project('{"anthropic": "the-value"}')
    expect(await cli(cwd, 'secrets get anthropic')).toMatchObject({ code: 11, out: '' })
    expect(await cli(cwd, 'secrets get anthropic', { isInteractive: true })).toMatchObject({
      code: 11,
      out: '',
      questions: ['Print ANTHROPIC_API_KEY on this terminal?'],
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

  test('generate makes a good jwt_secret, and asks before it replaces one', async () => {
    const cwd = project()
    expect((await cli(cwd, 'secrets generate')).code).toBe(0)
    const first = (JSON.parse(textOf(cwd)) as { jwt_secret: string }).jwt_secret
    expect(Buffer.from(first, 'base64')).toHaveLength(48)
    expect((await cli(cwd, 'secrets generate')).code).toBe(2)
    const { out } = await cli(cwd, 'secrets generate jwt_secret -y --bytes 32')
    expect([out.includes(first), textOf(cwd).includes(first)]).toEqual([false, false])
    expect((await cli(cwd, 'secrets generate x_key --bytes 8')).code).toBe(2)
  })

  test('survive a kill -9 at any moment: no torn file, no lost secret', async () => {
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
