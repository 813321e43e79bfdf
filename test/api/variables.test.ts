import { inspect } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  checkConfig,
  defineConfig,
  loadConfig,
  loadConfigSync,
  reveal,
  type VariablesOf,
  watchConfig,
} from '../../src/index.ts'
import { configErrorOf } from '../support/config-error.ts'
import { makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const STRIPE = 'sk_live_0123456789abcdef'

describe('a schema for variables', () => {
  test('types them, wherever they are set, even without a project', () => {
    const cwd = makeProject({ '.env': 'PORT=8080\nORIGINS=https://a.example,https://b.example\nDEBUG=off\nRATE=1\n' })
    const { variables } = loadConfigSync({
      cwd,
      env: { PORT: '3000', PATH: '/bin' },
      variables: z.object({
        PORT: z.number(),
        DEBUG: z.boolean(),
        RATE: z.string(),
        ORIGINS: z.array(z.url()),
        LEVEL: z.enum(['info', 'debug']).default('info'),
        REGION: z.string().optional(),
      }),
    })
    expectTypeOf(variables.PORT).toEqualTypeOf<number>()
    expectTypeOf(variables.REGION).toEqualTypeOf<string | undefined>()
    expect(variables).toEqual({
      PORT: 3000,
      DEBUG: false,
      RATE: '1',
      ORIGINS: ['https://a.example', 'https://b.example'],
      LEVEL: 'info',
    })
    expect(Object.isFrozen(variables)).toBe(true)
  })

  test.each([
    ['zod', z.object({ PORT: z.number() })],
    ['valibot', v.object({ PORT: v.number() })],
    ['arktype', type({ PORT: 'number', '+': 'delete' })],
  ])('may be one of %s', async (_, schema) => {
    const cwd = makeProject({ '.env': 'PORT=${BASE}80\nBASE=80\n' })
    expect((await loadConfig({ cwd, env: { PATH: '/bin' }, variables: schema })).variables).toEqual({ PORT: 8080 })
  })

  test('receives the variables that a program gets with the preload', () => {
    const cwd = makeProject({
      [PROFILE]: 'name: local\n',
      [SECRETS]: JSON.stringify({ stripe_key: STRIPE }),
      '.env': 'SYSTEMPROMPT__SERVER__PORT=1\nNODE_OPTIONS=--inspect\nEMPTY=file\nHOST=file\n',
    })
    const env = { EMPTY: '', HOST: 'given', SYSTEMPROMPT__SERVER__HOST: 'x', HOME: '/root' }
    const { variables } = loadConfigSync({ cwd, env, variables: z.looseObject({}) })
    expect(reveal(variables)).toEqual({ EMPTY: 'file', HOST: 'given', HOME: '/root', STRIPE_KEY: STRIPE })
  })

  test('does not receive empty variables, not even from a file, unless emptyIsValue is set', () => {
    const cwd = makeProject({ '.env': 'PORT=\nHOST=\nNONE=${HOST}\n' })
    const variables = z.looseObject({ PORT: z.number().default(8080) })
    expect(loadConfigSync({ cwd, env: {}, variables }).variables).toEqual({ PORT: 8080 })
    const override = { cwd, env: { PORT: '3000' }, dotenv: { override: true } }
    expect(loadConfigSync({ ...override, variables }).variables).toEqual({ PORT: 8080 })
    const all = loadConfigSync({ cwd, env: {}, emptyIsValue: true, variables: z.looseObject({}) })
    expect(all.variables).toEqual({ PORT: '', HOST: '', NONE: '' })
  })

  test('receives parsed JSON where it requires an object or a list of objects', () => {
    const cwd = makeProject({
      '.env': `ACCOUNT={"id":7,"project":"acme","limits":{"rate":"5"}}\nHOSTS=[{"name":"a"},{"name":"b"}]\n`,
    })
    const { variables, explain } = loadConfigSync({
      cwd,
      env: { ONE: '[{"name":"a"}]', TEXT: '{"a":1}', MIXED: '["a",1]', ANY: '{"a":1}' },
      variables: z.object({
        ACCOUNT: z.object({ id: z.number(), project: z.string(), limits: z.object({ rate: z.number() }) }),
        HOSTS: z.array(z.object({ name: z.string() })),
        ONE: z.array(z.object({ name: z.string() })),
        TEXT: z.string(),
        MIXED: z.array(z.union([z.string(), z.number()])),
        ANY: z.record(z.string(), z.number()),
      }),
    })
    expect(reveal(variables)).toEqual({
      ACCOUNT: { id: 7, project: 'acme', limits: { rate: 5 } },
      HOSTS: [{ name: 'a' }, { name: 'b' }],
      ONE: [{ name: 'a' }],
      TEXT: '{"a":1}',
      MIXED: ['a', 1],
      ANY: { a: 1 },
    })
    expect(explain('ACCOUNT')[0]?.origin).toMatchObject({ file: '.env', line: 1 })
  })

  test('has its defaults explained, as for a key of the configuration', () => {
    const result = loadConfigSync({
      cwd: makeProject({ '.env': 'EMPTY=\n' }),
      env: { LEVEL: 'debug' },
      variables: z.object({
        PORT: z.number().default(8080),
        LEVEL: z.string().default('info'),
        EMPTY: z.string().default('filled'),
        A_KEY: z.string().default('canary'),
        NONE: z.string().optional(),
      }),
    })
    const origin = { layer: 'defaults', name: 'schema' }
    expect(result.explain('PORT')).toEqual([{ value: 8080, origin }])
    expect(result.explain('A_KEY')).toEqual([{ value: '••••', origin }])
    expect(result.explain('EMPTY')).toMatchObject([
      { value: 'filled', origin },
      { value: '', overridden: true },
    ])
    expect(result.explain('LEVEL')).toMatchObject([{ value: 'debug', origin: { layer: 'environment' } }])
    expect(result.explain('NONE')).toEqual([])
  })

  test('has secrets in parsed JSON masked', () => {
    const env = { SERVICE_KEY: JSON.stringify({ id: 'acme', private: { pem: 'canary-pem' } }) }
    const variables = z.object({ SERVICE_KEY: z.object({ private: z.object({ pem: z.string() }) }) })
    const result = loadConfigSync({ cwd: makeProject({}), env, variables })
    expect(result.variables.SERVICE_KEY.private.pem).toBe('canary-pem')
    expect(inspect(result, { depth: null })).not.toContain('canary')
    expect(JSON.stringify(result.variables)).not.toContain('canary')
  })

  test('has the text of a variable masked whose parsed value contains a secret', () => {
    const cwd = makeProject({ '.env': 'ACCOUNT={"id":7,"password":"canary-4711"}\n' })
    const variables = z.object({ ACCOUNT: z.object({ id: z.number(), password: z.string() }) })
    const result = loadConfigSync({ cwd, env: {}, variables })
    expect(result.explain('ACCOUNT')).toMatchObject([{ value: '••••', secret: true, origin: { file: '.env' } }])
    expect(result.secretValues()).toContainEqual({ name: 'ACCOUNT.password', value: 'canary-4711' })
  })

  test('has the parts of parsed JSON and of lists explained with the origin of the text', () => {
    const cwd = makeProject({ '.env': 'ACCOUNT={"id":7,"password":"canary-4711"}\n' })
    const schema = z.object({ app: z.object({ hosts: z.array(z.string()) }) })
    const variables = z.object({ ACCOUNT: z.object({ id: z.number(), password: z.string() }) })
    const { explain } = loadConfigSync({ cwd, env: {}, overrides: { 'app.hosts': 'a,b' }, schema, variables })
    expect(explain('ACCOUNT.id')).toMatchObject([{ value: 7, origin: { file: '.env', line: 1 } }])
    expect(explain('ACCOUNT.password')).toMatchObject([{ value: '••••', origin: { file: '.env', line: 1 } }])
    expect(explain('ACCOUNT.none')).toEqual([])
    expect(explain('app.hosts[1]')).toMatchObject([{ value: 'b', origin: { layer: 'overrides' } }])
  })

  test('is suggested if the schema for the configuration requires a variable', () => {
    const cwd = makeProject({ '.env': 'PORT=8080' })
    const schema = z.object({ PORT: z.number(), Port: z.number(), app: z.object({ PORT: z.number() }) })
    const { issues } = configErrorOf(() => loadConfigSync({ cwd, env: {}, schema, defaults: { app: {} } }))
    expect(issues.map(({ key, remedy }) => [key, remedy])).toEqual([
      [
        'PORT',
        "pass a schema for variables in the option variables, or create a profile for it with 'systemprompt init'",
      ],
      ['Port', "create a profile for it with 'systemprompt init'"],
      ['app.PORT', "create a profile for it with 'systemprompt init'"],
    ])
    writeFiles(cwd, { [PROFILE]: '' })
    const { issues: inProject } = configErrorOf(() => loadConfigSync({ cwd, env: {}, schema, defaults: { app: {} } }))
    expect(inProject.map(({ remedy }) => remedy)).toEqual([
      'pass a schema for variables in the option variables, or add it to the profile',
      'add it to the profile',
      'add it to the profile',
    ])
  })

  test('returns variables that cannot be assigned to, in their types as well', () => {
    const schema = z.object({ PORT: z.number(), HOSTS: z.array(z.string()) })
    const { variables } = loadConfigSync({ cwd: makeProject({}), env: { PORT: '1', HOSTS: 'a,b' }, variables: schema })
    expect(() => {
      // @ts-expect-error It is frozen.
      variables.PORT = 2
    }).toThrow(TypeError)
    expectTypeOf(variables).toEqualTypeOf<{ readonly PORT: number; readonly HOSTS: string[] }>()
    expectTypeOf<VariablesOf<StandardSchemaV1>>().toEqualTypeOf<unknown>()
    // biome-ignore lint/suspicious/noExplicitAny: a schema of a JavaScript library
    expectTypeOf<VariablesOf<StandardSchemaV1<unknown, any>>>().toBeAny()
    type Either = VariablesOf<StandardSchemaV1<unknown, { A: 1 } | { B: 2 }>>
    expectTypeOf<Either>().toEqualTypeOf<{ readonly A: 1 } | { readonly B: 2 }>()
  })

  test('is optional', () => {
    const { variables } = loadConfigSync({ cwd: makeProject({ '.env': 'PORT=1\n' }), env: {} })
    expectTypeOf(variables).toEqualTypeOf<undefined>()
    expect(variables).toBeUndefined()
  })

  test('can be combined with one for the configuration', () => {
    const { config, variables } = loadConfigSync({
      cwd: makeProject({ [PROFILE]: 'name: local\nserver:\n  port: ${PORT}\n', '.env': 'PORT=8080\n' }),
      env: {},
      schema: z.object({ server: z.object({ port: z.number() }) }),
      variables: z.object({ PORT: z.string() }),
    })
    expect([config.server.port, variables.PORT]).toEqual([8080, '8080'])
  })

  test('may be in systemprompt.config.mjs, and is overridden by one in code', async () => {
    const cwd = makeProject({
      '.env': 'PORT=8080\n',
      'systemprompt.config.mjs': `export default { variables: { '~standard': { version: 1, vendor: 'test', validate: ({ PORT }) => ({ value: { PORT } }) } } }\n`,
    })
    expect((await loadConfig({ cwd, env: {} })).variables).toEqual({ PORT: '8080' })
    const own = await loadConfig({ cwd, env: {}, variables: z.object({ PORT: z.number() }) })
    expect(own.variables).toEqual({ PORT: 8080 })
  })

  test('determines the types of checkConfig, watchConfig and defineConfig', async () => {
    const options = defineConfig({
      cwd: makeProject({ '.env': 'PORT=1\n' }),
      env: {},
      variables: z.object({ PORT: z.number() }),
    })
    expectTypeOf((await checkConfig(options)).result?.variables.PORT).toEqualTypeOf<number | undefined>()
    await using watcher = await watchConfig(options, {
      onChange: ({ current }) => expectTypeOf(current.variables.PORT).toEqualTypeOf<number>(),
    })
    expect(watcher.current.variables.PORT).toBe(1)
  })
})

describe('an issue of a schema for variables', () => {
  const QUIET = 'is not what the schema accepts'
  const EXPECTED_NUMBER = 'Invalid input: expected number, received string'

  test('has its place, and is reported together with all others', () => {
    const cwd = makeProject({ '.env': 'HOST=a\nPORT=many\n' })
    const error = configErrorOf(() =>
      loadConfigSync({
        cwd,
        env: { DEBUG: 'perhaps' },
        variables: z.object({ PORT: z.number(), DEBUG: z.boolean(), DATABASE_URL: z.url(), REGION: z.string() }),
      }),
    )
    expect(error.issues).toMatchObject([
      { code: 'SCHEMA', key: 'PORT', file: '.env', line: 2, column: 1 },
      { code: 'SCHEMA', key: 'DEBUG' },
      { code: 'MISSING_KEY', key: 'DATABASE_URL', remedy: 'set DATABASE_URL in the environment, or add it to .env' },
      { code: 'MISSING_KEY', key: 'REGION' },
    ])
    expect(error.message).not.toMatch(/many|perhaps/)
  })

  test('keeps its message about a secret if the message is the same for any value', () => {
    const env = {
      STRIPE_KEY: 'pk_canary',
      SHORT_KEY: 'canary',
      LONG_KEY: 'canary-canary',
      API_KEYS: 'canary-1,canary-2',
    }
    const { issues } = configErrorOf(() =>
      loadConfigSync({
        cwd: makeProject({ '.env': 'DATABASE_URL=canary\n' }),
        env,
        variables: z.object({
          DATABASE_URL: z.url(),
          STRIPE_KEY: z.string().startsWith('sk_'),
          SHORT_KEY: z.string().min(32),
          LONG_KEY: z.string().max(8),
          API_KEYS: z.array(z.string().startsWith('sk_')),
        }),
      }),
    )
    expect(issues.map(({ key, message }) => [key, message])).toEqual([
      ['DATABASE_URL', 'Invalid URL'],
      ['STRIPE_KEY', 'Invalid string: must start with "sk_"'],
      ['SHORT_KEY', 'Too small: expected string to have >=32 characters'],
      ['LONG_KEY', 'Too big: expected string to have <=8 characters'],
      ['API_KEYS[0]', 'Invalid string: must start with "sk_"'],
      ['API_KEYS[1]', 'Invalid string: must start with "sk_"'],
    ])
  })

  test.each<[string, z.ZodType]>([
    [
      'its first letter',
      z.object({ A_KEY: z.string().refine(() => false, { error: ({ input }) => `not ${String(input).slice(0, 1)}` }) }),
    ],
    [
      'its length',
      z.object({ A_KEY: z.string().refine(() => false, { error: ({ input }) => `is ${String(input).length} long` }) }),
    ],
    [
      'a part of another secret',
      z.object({ A_KEY: z.string(), B_KEY: z.string() }).superRefine(({ B_KEY }, context) => {
        context.addIssue({ code: 'custom', path: ['A_KEY'], message: `is not ${B_KEY.slice(0, 2)}` })
      }),
    ],
    ['an expected value that is a secret', z.object({ A_KEY: z.literal('zz-canary') })],
  ])('loses its message about a secret if the message depends on a value: %s', (_, variables) => {
    const env = { A_KEY: 'abcdefgh', B_KEY: 'zz-canary' }
    const { issues } = configErrorOf(() =>
      loadConfigSync({ cwd: makeProject({}), env, secrets: { required: ['B_KEY'] }, variables }),
    )
    expect(issues).toMatchObject([{ key: 'A_KEY', message: 'is not what the schema accepts' }])
  })

  test('has its path in parsed JSON', () => {
    const variables = z.object({
      A: z.object({ port: z.number(), host: z.string() }),
      B: z.array(z.object({ id: z.number() })),
    })
    const env = { A: '{"port":"eighty"}', B: '[{"id":1},{"id":"x"}]' }
    const { issues } = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env, variables }))
    expect(issues.map(({ code, key }) => [code, key])).toEqual([
      ['SCHEMA', 'A.port'],
      ['SCHEMA', 'A.host'],
      ['SCHEMA', 'B[1].id'],
    ])
  })

  const WRITTEN = {
    number: 'write a number such as 8080, or change the schema',
    boolean: 'write true or false, or change the schema',
    list: 'write a list, such as a,b or ["a", "b"], or change the schema',
    object: 'write an object as JSON, such as {"name": "value"}, or change the schema',
    unknown: 'change the value, or the schema',
  }

  test.each<[keyof typeof WRITTEN, string, StandardSchemaV1]>([
    ['number', 'eighty', z.object({ V: z.number() })],
    ['number', 'eighty', z.object({ V: z.int().min(2).optional() })],
    ['number', 'eighty', v.object({ V: v.number() })],
    ['number', 'eighty', type({ V: 'number' })],
    ['boolean', 'maybe', z.object({ V: z.boolean() })],
    ['boolean', 'maybe', v.object({ V: v.boolean() })],
    ['boolean', 'maybe', type({ V: 'boolean' })],
    ['list', '[a, b]', z.object({ V: z.array(z.string()) })],
    ['object', '{a: 1}', z.object({ V: z.object({ a: z.number() }) })],
    ['object', '{"a":1', z.object({ V: z.record(z.string(), z.number()) })],
    ['unknown', 'eighty', z.object({ V: z.url() })],
    ['unknown', 'eighty', z.object({ V: z.enum(['a', 'b']) })],
    ['unknown', 'eighty', z.object({ V: z.union([z.number(), z.boolean()]) })],
    ['unknown', '99999', z.object({ V: z.number().max(8) })],
  ])('has a remedy that shows how to write the required type: %s, instead of %s', (wanted, text, variables) => {
    const given = { cwd: makeProject({}), env: { V: text, OTHER: 'other' }, variables }
    const { issues } = configErrorOf(() => loadConfigSync(given))
    expect(issues).toMatchObject([{ key: 'V', remedy: WRITTEN[wanted] }])
  })

  test.each<[string, string, z.ZodType, string, string]>([
    ['a key of a record', '{"canary": "x"}', z.record(z.string(), z.number()), 'A_KEY["••••"]', EXPECTED_NUMBER],
    ['an unknown key', '{"canary": 1}', z.strictObject({}), 'A_KEY', QUIET],
    [
      'a key in a list',
      '[{"canary": "x"}]',
      z.array(z.record(z.string(), z.number())),
      'A_KEY[0]["••••"]',
      EXPECTED_NUMBER,
    ],
    ['but not a key of the schema', '{"port": "x"}', z.object({ port: z.number() }), 'A_KEY.port', EXPECTED_NUMBER],
    [
      'but not a nested key of the schema',
      '{"to": {"port": "x"}}',
      z.object({ to: z.object({ port: z.number() }) }),
      'A_KEY.to.port',
      EXPECTED_NUMBER,
    ],
  ])('does not show a key from JSON text that is a secret: %s', (_, text, made, key, message) => {
    const variables = z.object({ A_KEY: made })
    const { issues } = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env: { A_KEY: text }, variables }))
    expect(issues.map((issue) => [issue.key, issue.message])).toEqual([[key, message]])
  })

  test('is examined without long values, for which a pattern may take very long', () => {
    const variables = z.object({ A_KEY: z.string().regex(/.*.*=.*/) })
    let longest = 0
    const measured = {
      ...variables,
      '~standard': {
        ...variables['~standard'],
        validate(value: unknown) {
          longest = Math.max(longest, JSON.stringify(value).length)
          return variables['~standard'].validate(value)
        },
      },
    }
    expect(
      configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env: { A_KEY: 'canary' }, variables: measured }))
        .issues,
    ).toHaveLength(1)
    expect(longest).toBeLessThan(1000)
  })

  test.each([
    [
      'zod',
      z.object({
        RANGE: z.record(z.string(), z.number()).refine(({ a, b }) => Number(a) < Number(b), 'is not a range'),
      }),
    ],
    [
      'valibot',
      v.object({
        RANGE: v.pipe(
          v.record(v.string(), v.number()),
          v.check(({ a, b }) => Number(a) < Number(b), 'is not a range'),
        ),
      }),
    ],
  ])('is about the parsed object, not about its JSON text: %s', (_, variables) => {
    const env = { RANGE: '{"a":2,"b":1}' }
    const { issues } = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env, variables }))
    expect(issues).toMatchObject([{ key: 'RANGE', message: 'is not a range' }])
  })

  test('is not reported in addition to a reference that cannot be resolved', () => {
    const cwd = makeProject({ '.env': 'PORT=${NOWHERE}\n' })
    const { issues } = configErrorOf(() => loadConfigSync({ cwd, env: {}, variables: z.object({ PORT: z.number() }) }))
    expect(issues.map(({ code, key }) => [code, key])).toEqual([['UNDEFINED_VARIABLE', 'PORT']])
  })

  test('names the option variables if the schema returns no result', () => {
    const variables = { '~standard': { version: 1, vendor: 'test', validate: () => undefined } } as never
    const { issues } = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env: {}, variables }))
    expect(issues).toMatchObject([{ code: 'SCHEMA', key: 'variables' }])
  })

  test('names the option variables, and no secret, if the output of the schema cannot be read', () => {
    const validate = ({ KEY }: { KEY: string }) => ({
      value: {
        get open() {
          throw new Error(`no connection with ${KEY}`)
        },
      },
    })
    const variables = { '~standard': { version: 1, vendor: 'test', validate } } as never
    const error = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env: { KEY: STRIPE }, variables }))
    expect(error.issues).toMatchObject([{ code: 'SCHEMA', key: 'variables' }])
    expect(inspect(error, { depth: null })).not.toContain('sk_live')
  })

  test('shows no secret', () => {
    const cwd = makeProject({ '.env': `ADDRESS=https://u:hunter2hunter2@db.example/\nWHOLE=\${STRIPE_KEY}\n` })
    const quoting = z.looseObject({}).superRefine((values, context) => {
      for (const [name, value] of Object.entries(values))
        for (const path of [[name], [], ['OTHER']])
          context.addIssue({ code: 'custom', path, message: `${path} must not be ${value}, as ${name} is` })
    })
    const env = { STRIPE_KEY: STRIPE, CUSTOM: 'a-custom-secret-1', SYSTEMPROMPT_CUSTOM_SECRETS: 'CUSTOM' }
    const error = configErrorOf(() => loadConfigSync({ cwd, env, variables: quoting }))
    expect(error.issues.length).toBeGreaterThan(4)
    expect(`${error.message}${inspect(error, { depth: null })}${JSON.stringify(error)}`).not.toMatch(
      /sk_live|hunter2|a-custom-secret/,
    )
  })
})

describe('secret variables are masked when they are printed', () => {
  const cwd = makeProject({ '.env': `HOST=db.example\nDATABASE=\${HOST}/\${DB_PASSWORD}\nDB_PASSWORD=fish-1\n` })
  const env = { STRIPE_KEY: STRIPE, CUSTOM: 'abc', SYSTEMPROMPT_CUSTOM_SECRETS: 'CUSTOM' }
  const schema = z.object({
    HOST: z.string(),
    DATABASE: z.string(),
    STRIPE_KEY: z.string(),
    CUSTOM: z.string(),
    DB_PASSWORD: z.string().transform((text) => ({ parts: text.split('-') })),
  })

  test('because of their names, origins and contents, and in the output of a schema', () => {
    const { variables } = loadConfigSync({ cwd, env, variables: schema })
    expect(variables.STRIPE_KEY).toBe(STRIPE)
    expect(variables.DB_PASSWORD.parts).toEqual(['fish', '1'])
    expect(JSON.parse(JSON.stringify(variables))).toEqual({
      HOST: 'db.example',
      DATABASE: '••••',
      STRIPE_KEY: '••••',
      CUSTOM: '••••',
      DB_PASSWORD: '••••',
    })
    expect(inspect(variables, { showHidden: true, depth: null })).not.toMatch(/fish|sk_live|abc/)
  })

  test('as a single string that a schema makes of them', () => {
    const result = loadConfigSync({ cwd, env, variables: schema.transform(({ STRIPE_KEY }) => STRIPE_KEY) })
    expect(result.variables).toBe(STRIPE)
    expect(`${inspect(result)}${JSON.stringify(result)}`).not.toContain('sk_live')
  })
})
