import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isConfigError, type LoadOptions, loadConfigSync } from '../../src/index.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const PASSWORD = 'Kq7vTz2mWxLp'

const FILES: Files = {
  [PROFILE]: `name: local
site:
  name: Acme
server:
  port: 8080
  hosts: [a.example, b.example]
  url: https://\${HOST}/
database:
  dsn: \${DB}
smtp:
  password: Wn4xYc8kRtBe
maps:
  publishable_key: pk_1234567890
mirror: postgres://acme:${PASSWORD}@db.example/acme
copy: "before sk-ant-1234567890 after"
`,
  [SECRETS]: JSON.stringify({
    database_url: `postgres://acme:${PASSWORD}@localhost/acme`,
    anthropic: 'sk-ant-1234567890',
  }),
  '.env': 'HOST=acme.example\nDB=${DATABASE_URL}\nPUBLIC_NAME=Hello ${HOST}\nSITE_ID=42\nVITE_MODE=dark\n',
}

function publicValues(options: LoadOptions, files: Files = {}) {
  return loadConfigSync({ cwd: makeProject({ ...FILES, ...files }), env: {}, ...options }).publicValues()
}

function problemsOf(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (isConfigError(error)) return error.issues.map(({ code, key, file, message }) => ({ code, key, file, message }))
    throw error
  }
  return []
}

describe('public values are', () => {
  test.each<[string, LoadOptions, object]>([
    ['variables that begin with PUBLIC_, and nothing else', {}, { PUBLIC_NAME: 'Hello acme.example' }],
    ['paths, named by their words', { public: ['site.name'], prefix: [] }, { site_name: 'Acme' }],
    ['items of lists', { public: ['server.hosts[1]'], prefix: [] }, { server_hosts_1: 'b.example' }],
    [
      'numbers, lists and maps, unchanged',
      { public: ['limits'], prefix: [], overrides: { limits: { a: 1, b: [true, null] } } },
      { limits: { a: 1, b: [true, null] } },
    ],
    ['under chosen names', { public: { apiUrl: 'server.url' }, prefix: [] }, { apiUrl: 'https://acme.example/' }],
    [
      'under any name that JavaScript allows',
      { public: { _a: 'site.name', $b: 'site.name', c$: 'site.name' }, prefix: [] },
      { _a: 'Acme', $b: 'Acme', c$: 'Acme' },
    ],
    [
      'paths with other characters, named without them',
      { public: ['["-$title-"]'], prefix: [], overrides: { '-$title-': 'Acme' } },
      { $title: 'Acme' },
    ],
    [
      'under a chosen name, even if a variable with the prefix has it too',
      { public: { PUBLIC_NAME: 'site.name' } },
      { PUBLIC_NAME: 'Acme' },
    ],
    ['variables that are listed', { public: ['SITE_ID'], prefix: [] }, { SITE_ID: '42' }],
    [
      'variables with a chosen prefix',
      { prefix: ['VITE_', 'PUBLIC_'] },
      { PUBLIC_NAME: 'Hello acme.example', VITE_MODE: 'dark' },
    ],
    [
      'publishable keys, although they sound secret',
      { public: ['maps.publishable_key'], prefix: [] },
      { maps_publishable_key: 'pk_1234567890' },
    ],
    ...['public_token', 'PUBLIC_TOKEN', 'stripe_public_key', 'stripe-publishable-token', 'stripe.public.token'].map(
      (key): [string, LoadOptions, object] => [
        `keys that say that they are public, although they sound secret: ${key}`,
        { public: { key: `maps["${key}"]` }, prefix: [], overrides: { maps: { [key]: 'pk_12' } } },
        { key: 'pk_12' },
      ],
    ),
    [
      'variables that say that they are public, although they sound secret',
      { env: { PUBLIC_STRIPE_PUBLISHABLE_SECRET: 'pk' }, prefix: 'PUBLIC_STRIPE' },
      { PUBLIC_STRIPE_PUBLISHABLE_SECRET: 'pk' },
    ],
    [
      'no variables with the prefix whose names code could not import',
      { env: { 'PUBLIC_A.B': '1', 'PUBLIC_A-B': '2' } },
      { PUBLIC_NAME: 'Hello acme.example' },
    ],
    [
      'numbers, although their keys sound secret',
      { public: ['limits.max_tokens'], prefix: [], overrides: { limits: { max_tokens: 100 } } },
      { limits_max_tokens: 100 },
    ],
    [
      'variables of the environment',
      { env: { PUBLIC_X: '1' }, prefix: 'PUBLIC_' },
      { PUBLIC_NAME: 'Hello acme.example', PUBLIC_X: '1' },
    ],
    [
      'keys with a prefix, although they sound secret',
      { env: { PUBLIC_MAPS_KEY: 'pk' }, prefix: 'PUBLIC_MAPS' },
      { PUBLIC_MAPS_KEY: 'pk' },
    ],
    ['none, without a prefix', { prefix: [] }, {}],
  ])('%s', (_, options, expected) => {
    expect(publicValues(options)).toEqual(expected)
  })

  test('sorted by their names, so that equal values make equal output', () => {
    const env = { PUBLIC_Z: '1', PUBLIC_B: '2', PUBLIC_A: '3' }
    expect(Object.keys(publicValues({ env }))).toEqual(['PUBLIC_A', 'PUBLIC_B', 'PUBLIC_NAME', 'PUBLIC_Z'])
  })

  test('the values that a schema returns', () => {
    const schema = z.object({ server: z.object({ port: z.number().transform((port) => port + 1) }) })
    expect(publicValues({ schema, public: ['server.port'], prefix: [] })).toEqual({ server_port: 8081 })
  })
})

describe('a secret cannot be public:', () => {
  test.each<[string, LoadOptions, string | undefined, string]>([
    [
      'a path whose value contains one, with the references',
      { public: ['database.dsn'] },
      PROFILE,
      'cannot be public: it refers to ${DB}, which refers to the secret DATABASE_URL',
    ],
    [
      'a map that contains one',
      { public: ['database'] },
      PROFILE,
      'cannot be public: it refers to ${DB}, which refers to the secret DATABASE_URL',
    ],
    ['a secret itself', { public: ['ANTHROPIC_API_KEY'] }, SECRETS, 'cannot be public: it is a secret'],
    ['a secret that is not set', { public: ['OPENAI_API_KEY'] }, PROFILE, 'cannot be public: it is a secret'],
    ['a secret under its name in files', { public: ['anthropic'] }, SECRETS, 'cannot be public: it is a secret'],
    [
      'a key with the name of one',
      { public: ['smtp.password'] },
      PROFILE,
      'cannot be public: it has the name of a secret',
    ],
    [
      'a URL with a password',
      { public: ['mirror'] },
      PROFILE,
      'cannot be public: it is a URL with a password in it, or a private key',
    ],
    [
      'a string that contains the value of one',
      { public: ['copy'] },
      PROFILE,
      'cannot be public: it holds the value of the secret ANTHROPIC_API_KEY',
    ],
    [
      'a string that contains the password of one, whatever its name',
      { public: ['public_note'], overrides: { public_note: `the password is ${PASSWORD}` } },
      undefined,
      'cannot be public: it holds the password of the secret DATABASE_URL',
    ],
    [
      'a variable that equals the password of one',
      { public: ['SITE_ID'], env: { SITE_ID: PASSWORD } },
      undefined,
      'cannot be public: it holds the password of the secret DATABASE_URL',
    ],
    [
      'a variable that refers to one',
      { public: ['DB'] },
      '.env',
      'cannot be public: it refers to the secret DATABASE_URL',
    ],
  ])('%s', (_, options, file, message) => {
    expect(problemsOf(() => publicValues({ prefix: [], ...options }))).toEqual([
      { code: 'PUBLIC_SECRET', key: expect.any(String), file, message },
    ])
  })

  test.each([
    ['refers to a secret', 'PUBLIC_A=${DATABASE_URL}', 'cannot be public: it refers to the secret DATABASE_URL'],
    [
      'refers to a secret through another variable',
      'PUBLIC_A=x${DB}',
      'cannot be public: it refers to ${DB}, which refers to the secret DATABASE_URL',
    ],
    ...['DB_PASSWORD', 'PASSPHRASE', 'CLIENT_SECRET', 'PRIVATE_KEY', 'CREDENTIAL'].map((name) => [
      `has the name of a secret, ${name}`,
      `PUBLIC_${name}=x`,
      'cannot be public: it has the name of a secret',
    ]),
    [
      'contains a password',
      'PUBLIC_A=redis://a:b@c',
      'cannot be public: it is a URL with a password in it, or a private key',
    ],
  ])('a variable with the prefix that %s', (_, line, message) => {
    const files = { '.env.local': line }
    expect(problemsOf(() => publicValues({}, files))).toEqual([
      { code: 'PUBLIC_SECRET', key: line.split('=')[0], file: '.env.local', message },
    ])
  })

  test.each<[string, LoadOptions]>([
    ['a prefix that says public', { prefix: 'NEXT_PUBLIC_' }],
    ['a prefix before one that says public', { prefix: ['VITE_', 'NEXT_'] }],
  ])('a variable with the name of a password, by %s', (_, options) => {
    const run = () => publicValues({ ...options, env: { NEXT_PUBLIC_DB_PASSWORD: 'x' } })
    expect(problemsOf(run)).toEqual([
      expect.objectContaining({
        key: 'NEXT_PUBLIC_DB_PASSWORD',
        message: 'cannot be public: it has the name of a secret',
      }),
    ])
  })

  test('a string that contains one of eight characters or more; shorter ones are in many words', () => {
    const files = { [SECRETS]: JSON.stringify({ database_url: 'postgres://h/d', a_key: 'acme-key', b_key: 'acme-us' }) }
    const contains = (text: string) => problemsOf(() => publicValues({ env: { PUBLIC_A: text } }, files))
    expect(contains('of acme-key.')).toEqual([
      expect.objectContaining({ message: 'cannot be public: it holds the value of the secret A_KEY' }),
    ])
    expect(contains('of acme-us.')).toEqual([])
  })

  test('but a word may be, although it is also the password of one', () => {
    const files = { [SECRETS]: JSON.stringify({ database_url: 'postgres://postgres:postgres@localhost/acme' }) }
    expect(publicValues({ env: { PUBLIC_A: 'made with postgres' }, prefix: 'PUBLIC_A' }, files)).toEqual({
      PUBLIC_A: 'made with postgres',
    })
  })

  test('one in a list, whose item is named', () => {
    const files = { [PROFILE]: 'databases:\n  - name: main\n  - name: old\n    url: ${DATABASE_URL}\n' }
    expect(problemsOf(() => publicValues({ public: ['databases'], prefix: [] }, files))).toEqual([
      {
        code: 'PUBLIC_SECRET',
        key: 'databases[1].url',
        file: PROFILE,
        message: 'cannot be public: it refers to the secret DATABASE_URL',
      },
    ])
  })

  test('all of them are reported at once, without their values', () => {
    const run = () => publicValues({ public: ['database.dsn', 'smtp.password', 'mirror', 'anthropic'] })
    expect(problemsOf(run)).toHaveLength(4)
    expect(run).toThrow(expect.objectContaining({ message: expect.not.stringContaining(PASSWORD) }))
  })
})

test.each<[string, string]>([
  ['site.nam', 'did you mean site.name?'],
  ['server.prt', 'did you mean server.port?'],
  ['SITE_IDS', 'did you mean SITE_ID?'],
  ['nothing.like.it', 'set it, or remove it from the public values'],
  ['site..name', 'did you mean site.name?'],
  ['no path: ][', 'set it, or remove it from the public values'],
])('%s that is not set in a project with a profile gets the remedy: %s', (path, remedy) => {
  expect(() => publicValues({ public: [path], prefix: [] })).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ code: 'PUBLIC_UNKNOWN', key: path, remedy })] }),
  )
})

test.each<[string, string]>([
  ['site.name', 'SYSTEMPROMPT__SITE__NAME'],
  ['siteName', 'it'],
])('%s that is not set, without a profile, gets the remedy to set %s', (path, set) => {
  const { publicValues } = loadConfigSync({ cwd: makeProject(), env: {}, public: [path] })
  const remedy = `set ${set}, or create a profile with 'systemprompt init': there is none here, as in a new clone`
  expect(publicValues).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ key: path, remedy })] }))
})

test('a public value that the schema leaves out is reported as such, with its location', () => {
  const schema = z.object({ server: z.object({ port: z.number() }) })
  const { publicValues } = loadConfigSync({ cwd: makeProject(FILES), env: {}, public: ['site.name'], schema })
  expect(publicValues).toThrow(
    expect.objectContaining({
      issues: [
        expect.objectContaining({
          code: 'PUBLIC_UNKNOWN',
          key: 'site.name',
          file: PROFILE,
          line: 3,
          message: 'is listed as public, but the schema leaves it out',
          remedy: 'add it to the schema, or remove it from the public values',
        }),
      ],
    }),
  )
})

describe('a public value that code could not import is an error:', () => {
  test.each<[string, LoadOptions, string, string]>([
    ['a path that is not set', { public: ['site.nam'] }, 'PUBLIC_UNKNOWN', 'is listed as public, but nothing sets it'],
    [
      'a reserved word',
      { public: { default: 'site.name' } },
      'PUBLIC_NAME',
      'would be exported as "default", which is not a JavaScript identifier',
    ],
    [
      'a name with a dash',
      { public: { 'a-b': 'site.name' } },
      'PUBLIC_NAME',
      'would be exported as "a-b", which is not a JavaScript identifier',
    ],
    [
      'a duplicate name',
      { public: ['site.name', 'site["name"]'] },
      'PUBLIC_NAME',
      'would be exported as site_name, like another value',
    ],
    [
      'a value that JSON cannot represent',
      { public: ['date'], schema: z.object({}).transform(() => ({ date: new Date(0) })) },
      'PUBLIC_SECRET',
      'cannot be public: it is not a string, number, boolean, list or map',
    ],
  ])('%s', (_, options, code, message) => {
    expect(problemsOf(() => publicValues({ prefix: [], ...options }))).toEqual([
      expect.objectContaining({ code, message }),
    ])
  })

  test.each([{ prefix: '' }, { prefix: ['A_', ''] }, { public: 'site.name' }, { public: [1] }, { public: { a: 1 } }])(
    'invalid options %j',
    (options) => {
      expect(problemsOf(() => publicValues(options as LoadOptions))).toEqual([
        expect.objectContaining({ code: 'INVALID_OPTION', key: Object.keys(options)[0] }),
      ])
    },
  )
})
