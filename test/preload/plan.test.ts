import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----\n'
const JWT = 'jwt-Zk3vTq8mWx1rLc5yNb7pHd2sGf9aJe4u'

/** Every way in which a value can be written in a file. */
const PROJECT: Files = {
  ...COMPLETE,
  [SECRETS]: `{
  // A comment, and a trailing comma.
  "jwt_secret": "${JWT}",
  "database_url": "postgres://acme:p%40ss@localhost:5432/acme",
  "signing_key_pem": ${JSON.stringify(PEM)},
  "stripe_key": "quote\\" backslash\\\\ tab\\t ünï¢ode ☃",
}`,
  '.env': [
    'PLAIN=plain # comment',
    "SINGLE='single ${PLAIN}'",
    'DOUBLE="double ${PLAIN} and ${MISSING:-a ${PLAIN} default}"',
    'LINES="one',
    'two"',
    'ESCAPED="one\\ntwo"',
    'EMPTY=',
    'NESTED=${DOUBLE}/${SINGLE}',
    'SECRET_IN=postgres://u:${JWT_SECRET}@h/db',
  ].join('\n'),
  '.env.local': 'PLAIN=plainer\nUMLAUT=ü${PLAIN}ü\n',
  'package.json': '{}',
  'main.cjs': `
    const own = Object.entries(process.env).filter(([name]) => !['PATH', 'SYSTEMPROMPT_INJECTED'].includes(name))
    const resolved = Object.keys(require.cache).some((file) => file.endsWith('core.cjs'))
    console.log(JSON.stringify({ resolved, env: Object.fromEntries(own.sort()) }))`,
}

/** The same without escapes in a .env file: a value with one is not literally in its file, so there is no plan. */
const PLANNABLE: Files = { ...PROJECT, '.env': String(PROJECT['.env']).replace(/^ESCAPED.*\n/m, '') }

/** Each makes a plan invalid. */
const changes: Readonly<Record<string, (root: string) => void>> = {
  'a change of the profile': (at) => appendFileSync(join(at, PROFILE), '# changed\n'),
  'changed secrets of the same size and time': (at) => {
    const file = join(at, SECRETS)
    const { atime, mtime, mtimeMs } = statSync(file)
    writeFileSync(file, readFileSync(file, 'utf8').replace('p%40ss', 'P%40SS'))
    utimesSync(file, atime, mtime)
    expect(statSync(file).mtimeMs).toBe(mtimeMs)
  },
  'a file replaced by a copy': (at) => {
    writeFileSync(join(at, '.env.new'), readFileSync(join(at, '.env')))
    renameSync(join(at, '.env.new'), join(at, '.env'))
  },
  'a new file': (at) => writeFiles(at, { '.env.local.local': 'PLAIN=plainest' }),
  'a removed file': (at) => rmSync(join(at, '.env.local')),
  'a new profile': (at) => writeFiles(at, { '.systemprompt/profiles/other/profile.yaml': 'name: other' }),
  'a new service': (at) => writeFiles(at, { 'services/ai/config.yaml': 'a: 1' }),
  'a looser mode': (at) => chmodSync(join(at, SECRETS), 0o644),
}

interface Seen {
  readonly resolved: boolean
  readonly env: Readonly<Record<string, string>>
}

async function run(root: string, env: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const { code, out, err } = await start({ cwd: root, args: ['--import', '@systemprompt/env', 'main.cjs'], env })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Seen
}

function planOf(root: string): string {
  const directory = join(root, 'node_modules/.cache/systemprompt-env')
  const [name] = readdirSync(directory)
  return join(directory, name ?? '')
}

/** No plan is made of files that have just changed; all projects age at the same time. */
const root = makeProject(PLANNABLE)
const unplannable = makeProject(PROJECT)
const full = makeProject({ ...PLANNABLE, 'node_modules/.cache': 'a file in the way' })
const changing = Object.entries(changes).map(([name, change]) => ({ name, change, copy: makeProject(PLANNABLE) }))
/** The first did not exist, the second holds values. */
const blocking = [
  { file: '.env.local.local', what: 'a link to itself', block: (path: string) => symlinkSync(path, path) },
  {
    file: '.env.local',
    what: 'a pipe',
    block(path: string) {
      rmSync(path)
      execFileSync('mkfifo', [path])
    },
  },
].map((row) => ({ ...row, copy: makeProject(PLANNABLE) }))
let first: Seen

beforeAll(async () => {
  for (const project of [root, unplannable, full, ...[...changing, ...blocking].map(({ copy }) => copy)])
    installInto(project)
  // Whole seconds, which can be set back exactly.
  for (const { copy } of changing) utimesSync(join(copy, SECRETS), 1_000_000_000, 1_000_000_000)
  await setTimeout(3000)
  first = await run(root)
}, 60_000)

describe('the plan of a start', () => {
  test('sets the same values without loading the library', async () => {
    const second = await run(root)
    expect(first.resolved).toBe(true)
    expect(second).toEqual({ resolved: false, env: first.env })
    expect(first.env).toMatchObject({
      JWT_SECRET: JWT,
      SIGNING_KEY_PEM: PEM,
      STRIPE_KEY: 'quote" backslash\\ tab\t ünï¢ode ☃',
      SINGLE: 'single ${PLAIN}',
      DOUBLE: 'double plainer and a plainer default',
      LINES: 'one\ntwo',
      EMPTY: '',
      NESTED: 'double plainer and a plainer default/single ${PLAIN}',
      SECRET_IN: `postgres://u:${JWT}@h/db`,
      UMLAUT: 'üplainerü',
    })
  })

  test('contains no values, and is readable by its owner only', () => {
    const file = planOf(root)
    const text = readFileSync(file, 'utf8')
    const windows = Object.entries(first.env)
      .filter(([name]) => !name.startsWith('SYSTEMPROMPT_'))
      .flatMap(([, value]) => Array.from({ length: Math.max(0, value.length - 5) }, (_, at) => value.slice(at, at + 6)))
    expect(windows.filter((window) => text.includes(window))).toEqual([])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('is not made if a value is not literally in its file', async () => {
    await run(unplannable)
    expect(await run(unplannable)).toMatchObject({ resolved: true, env: { ESCAPED: 'one\ntwo' } })
    expect(existsSync(join(unplannable, 'node_modules/.cache'))).toBe(false)
  })

  test('is made again by a start that finds it invalid', async () => {
    writeFileSync(planOf(root), 'void')
    expect((await run(root)).resolved).toBe(true)
    expect((await run(root)).resolved).toBe(false)
  })

  const damages: Readonly<Record<string, (file: string, text: string) => void>> = {
    truncated: (file, text) => writeFileSync(file, text.slice(0, text.length / 2)),
    'longer by a space': (file) => appendFileSync(file, ' '),
    empty: (file) => writeFileSync(file, ''),
    'of zeros': (file, text) => writeFileSync(file, Buffer.alloc(text.length)),
    'with another offset': (file, text) =>
      writeFileSync(
        file,
        text.replace(/"start":(\d+)/, (_, start) => `"start":${Number(start) + 1}`),
      ),
    'with other JSON': (file) => writeFileSync(file, 'null\nnull'),
    'a symbolic link': (file) => {
      renameSync(file, `${file}.real`)
      symlinkSync(`${file}.real`, file)
    },
    'a directory': (file) => {
      rmSync(file)
      mkdirSync(file)
    },
    'a pipe': (file) => {
      rmSync(file)
      execFileSync('mkfifo', [file])
    },
    'writable by others': (file) => chmodSync(file, 0o666),
    ...(process.getuid?.() === 0 ? { 'owned by another user': (file: string) => chownSync(file, 12345, 12345) } : {}),
  }
  test.each(Object.entries(damages))('is ignored when it is %s', async (_, damage) => {
    const file = planOf(root)
    const text = readFileSync(file, 'utf8')
    damage(file, text)
    expect(await run(root)).toEqual({ resolved: true, env: first.env })
    rmSync(join(root, 'node_modules/.cache'), { recursive: true })
    expect((await run(root)).resolved).toBe(true)
  })

  test('is ignored with any of its bits flipped', async () => {
    const { length } = readFileSync(planOf(root))
    for (let at = 0; at < length; at += process.env.SOAK ? 1 : 631) {
      // Each start leaves a plan of its own, which is valid only in the file that it was written to.
      const damaged = readFileSync(planOf(root))
      // It may be shorter by some digits of a timestamp.
      const place = Math.min(at, damaged.length - 1)
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (at % 8))
      writeFileSync(planOf(root), damaged)
      expect(await run(root)).toEqual({ resolved: true, env: first.env })
    }
    expect((await run(root)).resolved).toBe(false)
  })

  test.each(changing)('is not followed after $name', async ({ change, copy }) => {
    await run(copy)
    expect((await run(copy)).resolved).toBe(false)
    change(copy)
    expect((await run(copy)).resolved).toBe(true)
  })

  test.each(blocking)('is not followed once $file is $what, which a start reports', async ({ file, block, copy }) => {
    await run(copy)
    expect((await run(copy)).resolved).toBe(false)
    block(join(copy, file))
    const { code, err } = await start({ cwd: copy, args: ['--import', '@systemprompt/env', 'main.cjs'] })
    expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining(file) })
  })

  test.each([
    ['a variable that the configuration refers to', { MISSING: 'here' }],
    ['a variable that is set already', { PLAIN: 'mine' }],
    ['a secret', { DATABASE_URL: 'postgres://u:p@h/db' }],
    ['a secret that is blank', { DATABASE_URL: ' ' }],
    ['a secret in a file', { STRIPE_KEY_FILE: '/dev/null' }],
    ['a directory of secrets', { SYSTEMPROMPT_SECRETS_DIR: '.systemprompt/profiles' }],
    ['half a login', { SYSTEMPROMPT_API_TOKEN: 'token' }],
    ['a setting', { SYSTEMPROMPT__SERVER__PORT: '1234' }],
    ['a setting in lower case', { systemprompt__server__port: '1234' }],
    ['a log level that shows warnings', { SYSTEMPROMPT_LOG_LEVEL: 'debug' }],
    ['masking', { SYSTEMPROMPT_REDACT: '1' }],
    ['a guard of responses', { SYSTEMPROMPT_GUARD_RESPONSES: 'yes' }],
  ])('is not followed with %s in the environment', async (_, env) => {
    expect((await run(root)).resolved).toBe(false)
    const { code, out } = await start({
      cwd: root,
      args: ['--import', '@systemprompt/env', 'main.cjs'],
      env: env as Record<string, string>,
    })
    if (code === 0) expect((JSON.parse(out) as Seen).resolved).toBe(true)
    else expect(code).toBe(78)
  })

  test('is followed with a variable that the project does not use', async () => {
    expect((await run(root, { SOMETHING: 'else' })).resolved).toBe(false)
  })

  test('is not kept, without a message, if it cannot be written', async () => {
    const { env } = await run(full)
    expect(await run(full)).toEqual({ resolved: true, env })
  })
})
