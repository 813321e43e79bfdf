import { inspect, stripVTControlCharacters } from 'node:util'
import { runInNewContext } from 'node:vm'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { isConfigError, type LoadOptions, loadConfig, loadConfigSync } from '../../src/index.ts'
import { configErrorOf } from '../support/config-error.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

function load<Schema extends StandardSchemaV1>(files: Files, schema: Schema, options: LoadOptions = {}) {
  const { schema: _, ...rest } = options
  return loadConfigSync({ cwd: makeProject(files), env: {}, ...rest, schema })
}

/** The lines of an error, printed in every way, that match the pattern. */
function linesShowing(pattern: RegExp, error: unknown): readonly string[] {
  const deep = { depth: null, showHidden: true, getters: true, customInspect: false } as const
  const stack = error instanceof Error ? error.stack : ''
  const lines = [String(error), inspect(error, deep), inspect(error), JSON.stringify(error, null, 2), stack].join('\n')
  return [...new Set(lines.split('\n'))].filter((line) => pattern.test(line))
}

/** One value at `app.v`, in each library. */
const LIBRARIES = {
  zod: {
    number: z.looseObject({ app: z.looseObject({ v: z.number() }) }),
    boolean: z.looseObject({ app: z.looseObject({ v: z.boolean() }) }),
    string: z.looseObject({ app: z.looseObject({ v: z.string() }) }),
    strings: z.looseObject({ app: z.looseObject({ v: z.array(z.string()) }) }),
    numbers: z.looseObject({ app: z.looseObject({ v: z.array(z.number()) }) }),
    'number or null': z.looseObject({ app: z.looseObject({ v: z.number().nullable() }) }),
  },
  valibot: {
    number: v.looseObject({ app: v.looseObject({ v: v.number() }) }),
    boolean: v.looseObject({ app: v.looseObject({ v: v.boolean() }) }),
    string: v.looseObject({ app: v.looseObject({ v: v.string() }) }),
    strings: v.looseObject({ app: v.looseObject({ v: v.array(v.string()) }) }),
    numbers: v.looseObject({ app: v.looseObject({ v: v.array(v.number()) }) }),
    'number or null': v.looseObject({ app: v.looseObject({ v: v.nullable(v.number()) }) }),
  },
  arktype: {
    number: type({ app: { v: 'number' } }),
    boolean: type({ app: { v: 'boolean' } }),
    string: type({ app: { v: 'string' } }),
    strings: type({ app: { v: 'string[]' } }),
    numbers: type({ app: { v: 'number[]' } }),
    'number or null': type({ app: { v: 'number | null' } }),
  },
} as const
type Kind = keyof (typeof LIBRARIES)['zod']

const libraries = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]

/** What ends up at `app.v`, or `'refused'` when the one problem is about that key. */
function resolved(files: Files, schema: StandardSchemaV1, env: Record<string, string> = {}): unknown {
  try {
    const { config } = loadConfigSync({ cwd: makeProject(files), env, schema })
    return (config as { app: { v: unknown } }).app.v
  } catch (error) {
    if (!isConfigError(error)) throw error
    const keys = error.issues.map(({ key }) => key)
    return keys.every((key) => key?.startsWith('app.v')) ? 'refused' : keys
  }
}

describe('the configuration has the output type of the schema', () => {
  const cwd = makeProject({ [PROFILE]: 'app: {name: a, port: 1}' })
  test('zod', () => {
    const schema = z.object({ app: z.object({ name: z.string(), port: z.number().transform((port) => `:${port}`) }) })
    const { config } = loadConfigSync({ cwd, env: {}, schema })
    expectTypeOf(config).toEqualTypeOf<{ app: { name: string; port: string } }>()
    expect(config).toEqual({ app: { name: 'a', port: ':1' } })
    // @ts-expect-error there is no such key
    expect(config.nope).toBeUndefined()
  })
  test('valibot', async () => {
    const port = v.pipe(
      v.number(),
      v.transform((value) => `:${value}`),
    )
    const schema = v.object({ app: v.object({ name: v.string(), port }) })
    const { config } = await loadConfig({ cwd, env: {}, schema })
    expectTypeOf(config).toEqualTypeOf<{ app: { name: string; port: string } }>()
    expect(config).toEqual({ app: { name: 'a', port: ':1' } })
  })
  test('arktype', () => {
    const schema = type({ app: { name: 'string', port: ['number', '=>', (port) => `:${port}`] } })
    const { config } = loadConfigSync({ cwd, env: {}, schema })
    expectTypeOf(config).toEqualTypeOf<{ app: { name: string; port: string } }>()
    expect(config).toMatchObject({ app: { name: 'a', port: ':1' } })
  })
  test('a Standard Schema without a library', () => {
    const schema: StandardSchemaV1<unknown, { readonly upper: string }> = {
      '~standard': { version: 1, vendor: 'own', validate: () => ({ value: { upper: 'A' } }) },
    }
    const { config } = loadConfigSync({ cwd, env: {}, schema })
    expectTypeOf(config).toEqualTypeOf<{ readonly upper: string }>()
    expect(config).toEqual({ upper: 'A' })
  })
  test.each<[unknown]>([[null], [undefined], [0], ['']])('a schema that turns everything into %j', (made) => {
    const schema = z.looseObject({}).transform(() => made)
    const result = loadConfigSync({ cwd, env: {}, schema })
    expect(result.config).toBe(made)
    expect(result.explain('app')).not.toEqual([])
  })
  test('an object that is not a schema is rejected', () => {
    // @ts-expect-error a parse function is not a Standard Schema
    const run = () => loadConfigSync({ cwd, env: {}, schema: { parse: (value: unknown) => value } })
    expect(run).toThrow()
  })
})

describe('every failure is listed, each with its place', () => {
  const files: Files = {
    [PROFILE]: 'app:\n  port: eighty\n  mode: fast\n  items:\n    - name: a\n    - nam: b\n',
    'services/ai/config.yaml': 'limit: lots\n',
    '.env': 'SYSTEMPROMPT__APP__RETRIES=many\n',
  }
  const env = { SYSTEMPROMPT__APP__DEBUG: 'maybe' }
  test.each<[string, StandardSchemaV1]>([
    [
      'zod',
      z.looseObject({
        app: z.looseObject({
          port: z.number(),
          mode: z.enum(['slow', 'steady']),
          items: z.array(z.looseObject({ name: z.string() })),
          retries: z.number(),
          debug: z.boolean(),
          owner: z.string(),
        }),
        services: z.looseObject({ ai: z.looseObject({ limit: z.number() }) }),
      }),
    ],
    [
      'valibot',
      v.looseObject({
        app: v.looseObject({
          port: v.number(),
          mode: v.picklist(['slow', 'steady']),
          items: v.array(v.looseObject({ name: v.string() })),
          retries: v.number(),
          debug: v.boolean(),
          owner: v.string(),
        }),
        services: v.looseObject({ ai: v.looseObject({ limit: v.number() }) }),
      }),
    ],
    [
      'arktype',
      type({
        app: {
          port: 'number',
          mode: "'slow' | 'steady'",
          items: type({ name: 'string' }).array(),
          retries: 'number',
          debug: 'boolean',
          owner: 'string',
        },
        services: { ai: { limit: 'number' } },
      }),
    ],
  ])('%s', (_, schema) => {
    const { issues } = configErrorOf(() => load(files, schema, { env }))
    const places = issues.map(({ code, key, file, line, column }) => [code, key, [file, line, column].join(':')])
    expect(places).toHaveLength(7)
    expect(places).toEqual(
      expect.arrayContaining([
        ['SCHEMA', 'app.port', `${PROFILE}:2:9`],
        ['SCHEMA', 'app.mode', `${PROFILE}:3:9`],
        ['MISSING_KEY', 'app.items[1].name', `${PROFILE}:6:7`],
        ['MISSING_KEY', 'app.owner', `${PROFILE}:2:3`],
        ['SCHEMA', 'services.ai.limit', 'services/ai/config.yaml:1:8'],
        ['SCHEMA', 'app.retries', '.env:1:1'],
        ['SCHEMA', 'app.debug', '::'],
      ]),
    )
  })
  test('a value from the environment names its variable', () => {
    const error = configErrorOf(() =>
      load({ [PROFILE]: 'app: {v: 1}' }, LIBRARIES.zod.number, { env: { SYSTEMPROMPT__APP__V: 'x' } }),
    )
    expect(error.message).toContain('SYSTEMPROMPT__APP__V')
  })
  test('an error of the profile’s own rules and one of the schema are listed together', () => {
    const given: Files = { [PROFILE]: 'server: {port: 0}\napp: {v: x}' }
    const { issues } = configErrorOf(() => load(given, LIBRARIES.zod.number))
    expect(issues.map(({ code, key }) => [code, key])).toEqual([
      ['INVALID_VALUE', 'server.port'],
      ['SCHEMA', 'app.v'],
    ])
  })
  test('one wrong value is one problem, even if both profile and schema reject it', () => {
    const schema = z.looseObject({ server: z.looseObject({ port: z.number() }) })
    expect(configErrorOf(() => load({ [PROFILE]: 'server: {port: eighty}' }, schema)).issues).toHaveLength(1)
  })
  test('a file that cannot be parsed is the only problem, without the keys that the schema would miss', () => {
    expect(configErrorOf(() => load({ [PROFILE]: 'app: [' }, LIBRARIES.zod.number)).issues).toMatchObject([
      { code: 'SYNTAX' },
    ])
  })
  test('even if every item of a long list is wrong and there are many secrets', () => {
    const files: Files = {
      [PROFILE]: `name: local\nports:\n${Array.from({ length: 4000 }, (_, at) => `  - port-${at}`).join('\n')}\n`,
      [SECRETS]: JSON.stringify(Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`s${at}`, `canary-${at}`]))),
    }
    const start = performance.now()
    const { issues } = configErrorOf(() => load(files, z.object({ ports: z.array(z.number()) })))
    expect(issues.filter(({ code }) => code === 'SCHEMA')).toHaveLength(4000)
    expect(issues.at(-1)).toMatchObject({ key: 'ports[3999]', line: 4002, column: 5 })
    expect(performance.now() - start).toBeLessThan(20_000)
  })
  test.each<[string, Files, Readonly<Record<string, string>>, string]>([
    ['a .env file', { '.env': 'SYSTEMPROMPT__APP__V=canary-dotenv' }, {}, ''],
    [
      'a variable in a .env file',
      { '.env': 'CODE=canary-dotenv', [PROFILE]: 'app: {v: "x-${CODE}"}' },
      {},
      '; refers to CODE (.env:1:1)',
    ],
    ['the environment', {}, { SYSTEMPROMPT__APP__V: 'canary-variable' }, ''],
  ])('a value from %s is not shown, even if the schema quotes it', (_, files, env, references) => {
    const schema = v.looseObject({ app: v.looseObject({ v: v.number() }) })
    const error = configErrorOf(() => load(files, schema, { env }))
    expect(error.issues).toMatchObject([{ key: 'app.v', message: `is not what the schema accepts${references}` }])
    expect(linesShowing(/canary/, error)).toEqual([])
    const other = configErrorOf(() => load(files, LIBRARIES.zod.number, { env }))
    expect(other.message).toContain('expected number')
  })
  test.each<[string, string, v.GenericSchema]>([
    ['an item of a list', '12a4,5678', v.array(v.number())],
    [
      'a list',
      'ab,cdef',
      v.pipe(
        v.array(v.string()),
        v.minLength(3, ({ input }) => `too few: ${input.join(' ')}`),
      ),
    ],
    ['a number', '0x1f40', v.pipe(v.number(), v.maxValue(5))],
    ['what is parsed from it', '{"pin":"12a4"}', v.pipe(v.string(), v.parseJson(), v.object({ pin: v.number() }))],
  ])('nor is a part or a converted form of it: %s', (_, text, schema) => {
    const options = { cwd: makeProject({}), env: { CODE: text }, variables: v.looseObject({ CODE: schema }) }
    const { issues } = configErrorOf(() => loadConfigSync(options))
    expect(issues.map(({ message }) => message)).toEqual(['is not what the schema accepts'])
  })
})

describe('a missing key', () => {
  test.each<[string, StandardSchemaV1, string]>([
    ['lower case', z.looseObject({ app: z.looseObject({ workers: z.number() }) }), 'app.workers'],
    ['snake case', z.looseObject({ app: z.looseObject({ max_workers: z.number() }) }), 'app.max_workers'],
    ['camel case', z.looseObject({ app: z.looseObject({ maxWorkers: z.number() }) }), 'app.maxWorkers'],
    ['a top-level key', z.looseObject({ workers: z.number() }), 'workers'],
  ])('in %s can be set by the variable in its remedy', (_, schema, key) => {
    const files: Files = { [PROFILE]: 'app: {}' }
    const [issue] = configErrorOf(() => load(files, schema)).issues
    expect(issue).toMatchObject({ code: 'MISSING_KEY', key })
    const variable = /SYSTEMPROMPT__\w+/.exec(issue?.remedy ?? '')?.[0]
    if (variable !== undefined) expect(() => load(files, schema, { env: { [variable]: '4' } })).not.toThrow()
  })
  test.each([
    ['an item of a list', z.looseObject({ app: z.array(z.looseObject({ name: z.string() })) }), 'app: [{}]'],
    ['a key that no variable can name', z.looseObject({ app: z.looseObject({ 'a b': z.string() }) }), 'app: {}'],
    ['a key with two underscores', z.looseObject({ app: z.looseObject({ a__b: z.string() }) }), 'app: {}'],
  ])('in %s has no variable in its remedy, since none could set it', (_, schema, profile) => {
    const [issue] = configErrorOf(() => load({ [PROFILE]: profile }, schema)).issues
    expect(issue?.code).toBe('MISSING_KEY')
    expect(issue?.remedy).not.toContain('SYSTEMPROMPT__')
  })
  test.each<[string, StandardSchemaV1]>([
    ['zod', z.looseObject({ app: z.looseObject({ v: z.number().default(3) }) })],
    ['valibot', v.looseObject({ app: v.looseObject({ v: v.optional(v.number(), 3) }) })],
    ['arktype', type({ app: { v: 'number = 3' } })],
  ])('with a default in %s has that default', (_, schema) => {
    expect(resolved({ [PROFILE]: 'app: {}' }, schema)).toBe(3)
  })
})

describe('a wrong item of a string that was split into a list is reported as wrong, not as missing', () => {
  const modes = z.looseObject({ app: z.looseObject({ v: z.array(z.enum(['slow', 'fast'])) }) })
  test.each<[string, string, StandardSchemaV1, string[]]>([
    ['zod', '"1, x"', LIBRARIES.zod.numbers, ['app.v[1]']],
    ['valibot', '"1, x"', LIBRARIES.valibot.numbers, ['app.v[1]']],
    ['arktype', '"1, x"', LIBRARIES.arktype.numbers, ['app.v[1]']],
    ['zod', '"[1, x]"', LIBRARIES.zod.numbers, ['app.v']],
    ['zod', '"slow,quick"', modes, ['app.v[1]']],
  ])('%s: %s', (_, text, schema, keys) => {
    const { issues } = configErrorOf(() => load({ [PROFILE]: `app: {v: ${text}}` }, schema))
    expect(issues.map(({ code, key, line, column }) => [code, key, line, column])).toEqual(
      keys.map((key) => ['SCHEMA', key, 1, 10]),
    )
  })
  test('so is a value inside a string that the schema parses', () => {
    const json = z.string().transform((text) => JSON.parse(text) as unknown)
    const schema = z.looseObject({ app: z.looseObject({ v: json.pipe(z.object({ port: z.number() })) }) })
    const { issues } = configErrorOf(() => load({ [PROFILE]: `app: {v: '{"port": "80"}'}` }, schema))
    const message = 'Invalid input: expected number, received string'
    expect(issues).toMatchObject([{ code: 'SCHEMA', key: 'app.v.port', message, line: 1, column: 10 }])
  })
  test('so is an item in a variable', () => {
    const { issues } = configErrorOf(() => load({}, modes, { env: { SYSTEMPROMPT__APP__V: 'slow,quick' } }))
    expect(issues).toMatchObject([{ code: 'SCHEMA', key: 'app.v[1]', message: expect.stringContaining('fast') }])
  })
  test('but a key that an item lacks is reported as missing', () => {
    const schema = z.looseObject({ app: z.looseObject({ v: z.array(z.looseObject({ a: z.string() })) }) })
    const { issues } = configErrorOf(() => load({ [PROFILE]: 'app: {v: [{}]}' }, schema))
    expect(issues).toMatchObject([{ code: 'MISSING_KEY', key: 'app.v[0].a' }])
  })
})

describe('a variable that is rejected in every type gets the error of the right type, not a type error', () => {
  const env = { PORT: '99999', RATIO: '0', HOSTS: 'a,b', PORTS: '1,2,3,4', WORD: '12', WHAT: 'eighty', FLAG: 'false' }
  const messages = (variables: StandardSchemaV1) =>
    configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env, variables })).issues.map(
      ({ key, message }) => `${key} ${message}`,
    )
  test('zod', () => {
    const variables = z.object({
      PORT: z.number().max(65535),
      RATIO: z.number().positive(),
      HOSTS: z.array(z.string()).min(3),
      PORTS: z.array(z.number()).max(3),
      WORD: z.string().min(8),
      WHAT: z.number(),
      FLAG: z.boolean().refine((flag) => flag, 'must be on'),
    })
    expect(messages(variables)).toEqual([
      'PORT Too big: expected number to be <=65535',
      'RATIO Too small: expected number to be >0',
      'HOSTS Too small: expected array to have >=3 items',
      'PORTS Too big: expected array to have <=3 items',
      'WORD Too small: expected string to have >=8 characters',
      'WHAT Invalid input: expected number, received string',
      'FLAG must be on',
    ])
  })
  test('valibot', () => {
    const variables = v.object({
      PORT: v.pipe(v.number(), v.maxValue(65535, 'too big')),
      HOSTS: v.pipe(v.array(v.string()), v.minLength(3, 'too few')),
      WORD: v.pipe(v.string(), v.minLength(8, 'too short')),
    })
    expect(messages(variables)).toEqual(['PORT too big', 'HOSTS too few', 'WORD too short'])
  })
  test('arktype', () => {
    expect(messages(type({ RATIO: 'number > 0', HOSTS: 'string[] >= 3', WORD: 'string >= 8' }))).toEqual([
      'HOSTS HOSTS must be at least length 3 (was 2)',
      'RATIO RATIO must be positive (was 0)',
      'WORD WORD must be at least length 8 (was 2)',
    ])
  })
})

describe('a schema that stops at the first problem', () => {
  const names = Array.from({ length: 12 }, (_, at) => `N_${at}`)
  const env = Object.fromEntries(names.map((name, at) => [name, String(at)]))
  const numbers = { ...Object.fromEntries(names.map((name) => [name, v.number()])), LIST: v.array(v.number()) }
  const schema = v.config(v.object(numbers), { abortEarly: true })
  test('still gets every value in the type that it requires', () => {
    const list = names.map((_, at) => at)
    const given = { ...env, LIST: list.join(', ') }
    const { variables } = loadConfigSync({ cwd: makeProject({}), env: given, variables: schema })
    expect(variables).toEqual({ ...Object.fromEntries(names.map((name, at) => [name, at])), LIST: list })
  })
  test('gets the string that it accepts in the end, which explain does not show as converted', () => {
    // Its issue at `name` is about `count`, which it checks together with it.
    const schema: StandardSchemaV1<unknown, { readonly name: string; readonly count: number }> = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: (value) => {
          const { name, count } = value as Record<string, unknown>
          if (typeof name === 'string' && typeof count === 'number') return { value: { name, count } }
          const paths = typeof count === 'number' ? [['name']] : [['name'], ['count']]
          return { issues: paths.map((path) => ({ message: 'does not fit', path })) }
        },
      },
    }
    const { config, explain } = load({ [PROFILE]: 'name: shop\ncount: "3"\n' }, schema)
    expect(config).toEqual({ name: 'shop', count: 3 })
    expect(['name', 'count'].map((key) => explain(key)[0]?.coerced)).toEqual([
      undefined,
      { from: 'string', to: 'number' },
    ])
  })
  test('is not given endlessly nested lists', () => {
    const lists: z.ZodType = z.lazy(() => z.array(lists).min(1))
    const variables = z.object({ LIST: lists })
    const { issues } = configErrorOf(() => loadConfigSync({ cwd: makeProject({}), env: { LIST: 'a' }, variables }))
    expect(issues).toMatchObject([{ code: 'SCHEMA', key: 'LIST[0][0][0]' }])
  })
})

describe('a function in a schema that throws for anything but a string', () => {
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value.trim()
    throw new TypeError('value.trim is not a function')
  }
  const loads = [loadConfig, async (options: LoadOptions) => loadConfigSync(options)] as const
  const words = z.string().transform((all) => all.split(','))
  const variables = z.object({
    DEBUG: z.preprocess((value) => text(value) === 'true', z.boolean()),
    RETRIES: z.preprocess((value) => Number(text(value)), z.number()),
    WORDS: z.preprocess(text, words.pipe(z.array(z.string()).min(2))),
    PORT: z.number(),
    RATIO: z.number(),
  })
  const env = { DEBUG: 'false', RETRIES: '0', WORDS: 'a,b', PORT: '80', RATIO: '0.5' }
  test.each(loads)('does not prevent conversions (%o)', async (load) => {
    const result = await load({ cwd: makeProject({}), env, variables })
    expect(result.variables).toEqual({ DEBUG: false, RETRIES: 0, WORDS: ['a', 'b'], PORT: 80, RATIO: 0.5 })
  })
  test.each(loads)('does not hide errors (%o)', async (load) => {
    const given = { ...env, WORDS: 'a', RATIO: 'half' }
    const error = await load({ cwd: makeProject({}), env: given, variables }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error) && error.issues.map(({ key, message }) => [key, message])).toEqual([
      ['WORDS', 'Too small: expected array to have >=2 items'],
      ['RATIO', 'Invalid input: expected number, received string'],
    ])
  })
})

describe.each(libraries)('%s: a value is converted to the type that the schema requires', (library) => {
  const schemas = LIBRARIES[library]
  test.each<[string, Kind, unknown]>([
    ['8080', 'number', 8080],
    ['"8080"', 'number', 8080],
    ['" 42 "', 'number', 42],
    ['"-1.5"', 'number', -1.5],
    ['"0x1f"', 'number', 31],
    ['"1e3"', 'number', 1000],
    ['eighty', 'number', 'refused'],
    ['""', 'number', 'refused'],
    ['"1,000"', 'number', 'refused'],
    ['".inf"', 'number', 'refused'],
    ['"12345678901234567890"', 'number', 'refused'],
    ['true', 'number', 'refused'],
    ['"true"', 'number', 'refused'],
    ['true', 'boolean', true],
    ['"true"', 'boolean', true],
    ['"false"', 'boolean', false],
    ['"FALSE"', 'boolean', false],
    ['yes', 'boolean', true],
    ['no', 'boolean', false],
    ['on', 'boolean', true],
    ['Off', 'boolean', false],
    ['1', 'boolean', true],
    ['0', 'boolean', false],
    ['"1"', 'boolean', true],
    ['"0"', 'boolean', false],
    ['maybe', 'boolean', 'refused'],
    ['2', 'boolean', 'refused'],
    ['""', 'boolean', 'refused'],
    ['[true]', 'boolean', 'refused'],
    ['a', 'strings', ['a']],
    ['"a,b"', 'strings', ['a', 'b']],
    ['" a , b "', 'strings', ['a', 'b']],
    [`'["a,b", "c"]'`, 'strings', ['a,b', 'c']],
    ['""', 'strings', []],
    ['[a, b]', 'strings', ['a', 'b']],
    ['"1,2,3"', 'numbers', [1, 2, 3]],
    ["'[1, 2.5]'", 'numbers', [1, 2.5]],
    ["'[1, 2.50]'", 'strings', ['1', '2.50']],
    ['["1", 2]', 'numbers', [1, 2]],
    ['"1,x"', 'numbers', 'refused'],
    ['{a: 1}', 'strings', 'refused'],
    ['"01234"', 'string', '01234'],
    ['text', 'string', 'text'],
    ['null', 'number', 'refused'],
    ['null', 'string', 'refused'],
    ['null', 'boolean', 'refused'],
    ['null', 'strings', 'refused'],
    ['null', 'number or null', null],
    ['', 'number or null', null],
    ['"8"', 'number or null', 8],
  ])('v: %s as %s', (written, kind, expected) => {
    expect(resolved({ [PROFILE]: `app:\n  v: ${written}\n` }, schemas[kind])).toEqual(expected)
  })
  test.each([
    ['"1"', 1],
    ['"yes"', true],
  ])('v: %s as a boolean or a number', (written, expected) => {
    const schema = z.looseObject({ app: z.looseObject({ v: z.union([z.boolean(), z.number()]) }) })
    expect(resolved({ [PROFILE]: `app: {v: ${written}}` }, schema)).toBe(expected)
  })
  test.each<[string, Kind, unknown]>([
    ['8080', 'number', 8080],
    ['eighty', 'number', 'refused'],
    ['true', 'boolean', true],
    ['no', 'boolean', false],
    ['0', 'boolean', false],
    ['1', 'boolean', true],
    ['maybe', 'boolean', 'refused'],
    ['01234', 'string', '01234'],
    ['1.10', 'string', '1.10'],
    ['0x1f', 'string', '0x1f'],
    ['+49', 'string', '+49'],
    ['true', 'string', 'true'],
    ['null', 'string', 'null'],
    ['~', 'string', '~'],
    ['12345678901234567890', 'string', '12345678901234567890'],
    ['null', 'number or null', null],
    ['a,b', 'strings', ['a', 'b']],
    ['8080', 'strings', ['8080']],
    ['[a, b]', 'strings', ['a', 'b']],
    ['1,2,3', 'numbers', [1, 2, 3]],
    ['7', 'numbers', [7]],
    ['[1, 2]', 'numbers', [1, 2]],
  ])('SYSTEMPROMPT__APP__V=%s as %s', (text, kind, expected) => {
    expect(resolved({}, schemas[kind], { SYSTEMPROMPT__APP__V: text })).toEqual(expected)
    expect(resolved({ '.env': `SYSTEMPROMPT__APP__V='${text}'` }, schemas[kind])).toEqual(expected)
    const referring: Files = { [PROFILE]: 'app: {v: $<V>}' }
    if (!text.startsWith('[')) expect(resolved(referring, schemas[kind], { V: text })).toEqual(expected)
  })
})

describe('"false" never becomes true', () => {
  const coercing = {
    zod: z.looseObject({ app: z.looseObject({ v: z.coerce.boolean() }) }),
    valibot: v.looseObject({ app: v.looseObject({ v: v.pipe(v.unknown(), v.transform(Boolean)) }) }),
    arktype: type({ app: { v: ['unknown', '=>', Boolean] } }),
  }
  describe.each(Object.entries<StandardSchemaV1>(coercing))(
    '%s, with a schema that treats any string as true',
    (_, schema) => {
      test.each<[string, unknown]>([
        ['"false"', false],
        ['"False"', false],
        ['no', false],
        ['off', false],
        ['"0"', false],
        ['false', false],
        ['0', false],
        ['"true"', true],
        ['yes', true],
        ['on', true],
        ['"1"', true],
        ['maybe', 'refused'],
        ['null', false],
      ])('v: %s', (written, expected) => {
        expect(resolved({ [PROFILE]: `app: {v: ${written}}` }, schema)).toBe(expected)
      })
    },
  )
  test('not as an item of a list', () => {
    const schema = z.looseObject({ app: z.looseObject({ v: z.array(z.coerce.boolean()) }) })
    expect(resolved({ [PROFILE]: 'app: {v: ["no", "yes", "0"]}' }, schema)).toEqual([false, true, false])
  })
  test('not if the schema renames the key', () => {
    const renaming = z.object({ flag: z.coerce.boolean() }).transform(({ flag }) => ({ v: flag }))
    expect(resolved({ [PROFILE]: 'app: {flag: "false"}' }, z.looseObject({ app: renaming }))).toBe(false)
  })
  test.each<[string, unknown]>([
    ['"false"', 'refused'],
    ['no', 'refused'],
    ['maybe', 'refused'],
    ['yes', true],
  ])('not if the schema accepts only true, v: %s', (written, expected) => {
    const accepted = z.coerce.boolean().refine((isAccepted) => isAccepted, 'has to be accepted')
    const schema = z.looseObject({ app: z.looseObject({ v: accepted }) })
    expect(resolved({ [PROFILE]: `app: {v: ${written}}` }, schema)).toBe(expected)
  })
  test('and explain shows that it was a string', () => {
    const { explain } = load({ [PROFILE]: 'app: {v: "no"}' }, coercing.zod)
    expect(explain('app.v')[0]).toMatchObject({ value: false, coerced: { from: 'string', to: 'boolean' } })
  })
  test('and text that is neither true nor false is an error with its place', () => {
    const { issues } = configErrorOf(() => load({ [PROFILE]: 'app:\n  v: maybe\n' }, coercing.zod))
    expect(issues).toMatchObject([
      { code: 'INVALID_VALUE', key: 'app.v', message: 'is neither true nor false', file: PROFILE, line: 2, column: 6 },
    ])
  })
  test('and stays a string if the schema requires a string', () => {
    const schema = z.looseObject({ app: z.looseObject({ v: z.string() }) })
    expect(resolved({ [PROFILE]: 'app: {v: "false"}' }, schema)).toBe('false')
  })
})

describe('a schema with its own words for true and false is respected', () => {
  const german = z.looseObject({
    app: z.looseObject({ v: z.stringbool({ truthy: ['ja', 'no'], falsy: ['nein', 'yes'] }) }),
  })
  test.each<[string, unknown]>([
    ['ja', true],
    ['nein', false],
    ['no', true],
    ['yes', false],
    ['"true"', 'refused'],
    ['maybe', 'refused'],
  ])('stringbool, v: %s', (written, expected) => {
    expect(resolved({ [PROFILE]: `app: {v: ${written}}` }, german)).toBe(expected)
  })
  test.each(['true', 'false', '1', '0', 'yes', 'off'])('z.stringbool() and SYSTEMPROMPT__APP__V=%s', (text) => {
    const schema = z.looseObject({ app: z.looseObject({ v: z.stringbool() }) })
    expect(resolved({}, schema, { SYSTEMPROMPT__APP__V: text })).toBe(['true', '1', 'yes'].includes(text))
  })
})

describe('a schema that transforms strings itself is respected', () => {
  const notFalse = (value: unknown): boolean => {
    if (value === false) throw new TypeError('made for text')
    return true
  }
  test.each<[string, StandardSchemaV1, string, unknown]>([
    ['coerced text', z.coerce.string().transform((text) => text !== 'off'), 'off', false],
    ['coerced text', z.coerce.string().transform((text) => (text === 'off' ? 'dark' : 'light')), 'off', 'dark'],
    ['anything', z.any().transform((value) => (value === 'no' ? 'none' : 'some')), 'no', 'none'],
    ['anything', z.any().transform((value) => (value === false ? 'wrong' : value)), 'no', 'no'],
    ['a length', z.string().transform((text) => text.length), '"0"', 1],
    ['a number', z.coerce.number(), '"0"', 0],
    ['true on purpose', z.string().transform(() => true), '"x"', true],
    ['a word', z.union([z.literal(true), z.string()]).transform(() => 'set'), 'off', 'set'],
    ['no false', z.any().transform(notFalse), 'off', true],
  ])('%s', (_, schema, written, expected) => {
    const files: Files = { [PROFILE]: `app: {v: ${written}}` }
    expect(resolved(files, z.looseObject({ app: z.looseObject({ v: schema as z.ZodType }) }))).toBe(expected)
  })
  test('even if another value is validated again', () => {
    const theme = z.coerce.string().transform((text) => (text === 'off' ? 'dark' : 'light'))
    const schema = z.object({ theme, debug: z.coerce.boolean() })
    expect(load({ [PROFILE]: 'theme: off\ndebug: "no"\n' }, schema).config).toEqual({ theme: 'dark', debug: false })
  })
  test('and a string that it drops is not shown as converted', () => {
    const schema = z.object({ app: z.object({ v: z.number() }) })
    const { explain } = load({ [PROFILE]: 'app: {v: 1, other: "no"}\nmore: "off"' }, schema)
    expect(explain('more').map(({ value, coerced }) => [value, coerced])).toEqual([['off', undefined]])
    expect(explain('app.other').map(({ value, coerced }) => [value, coerced])).toEqual([['no', undefined]])
  })
})

describe('asynchronous schemas', () => {
  const available = async (port: number): Promise<boolean> => port > 1024
  const schemas: [string, StandardSchemaV1<unknown, { app: { v: number } }>][] = [
    ['zod', z.object({ app: z.object({ v: z.number().refine(available) }) })],
    ['valibot', v.objectAsync({ app: v.objectAsync({ v: v.pipeAsync(v.number(), v.checkAsync(available)) }) })],
  ]
  test.each(schemas)('%s: loadConfig waits, for coerced values too', async (_, schema) => {
    const cwd = makeProject({ [PROFILE]: 'app: {v: "8080"}' })
    const { config } = await loadConfig({ cwd, env: {}, schema })
    expect(config.app.v).toBe(8080)
  })
  test.each(schemas)('%s: loadConfig reports their issues', async (_, schema) => {
    const cwd = makeProject({ [PROFILE]: 'app: {v: 80}' })
    await expect(loadConfig({ cwd, env: {}, schema })).rejects.toMatchObject({
      issues: [{ code: 'SCHEMA', key: 'app.v' }],
    })
  })
  test.each(schemas)('%s: loadConfigSync says that it cannot wait', (_, schema) => {
    expect(configErrorOf(() => load({ [PROFILE]: 'app: {v: 8080}' }, schema)).issues).toMatchObject([
      {
        code: 'ASYNC_SCHEMA',
        key: 'schema',
        message: expect.stringContaining('it is asynchronous, or a function in it throws'),
      },
    ])
  })
  test('a schema for secrets may be asynchronous too', async () => {
    const schema = z.looseObject({ ACME: z.string().refine(async (text) => text === 'good') })
    const given = (value: string): LoadOptions => ({
      cwd: makeProject({ '.env': '' }),
      env: { ACME: value },
      secrets: { schema, required: ['ACME'] },
    })
    await expect(loadConfig(given('good'))).resolves.toBeDefined()
    await expect(loadConfig(given('bad'))).rejects.toMatchObject({ code: 'SECRET_INVALID' })
    expect(configErrorOf(() => loadConfigSync(given('good'))).code).toBe('ASYNC_SCHEMA')
  })
  test.each<[string, unknown]>([
    ['a promise of another realm', runInNewContext('Promise.resolve({ value: { app: {} } })')],
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    ['any thenable', { then: (resolve: (result: unknown) => void) => resolve({ value: { app: {} } }) }],
  ])('%s is recognized as asynchronous', (_, answer) => {
    const schema = { '~standard': { version: 1, vendor: 'own', validate: () => answer } } as StandardSchemaV1
    expect(configErrorOf(() => load({}, schema)).code).toBe('ASYNC_SCHEMA')
  })
})

describe('a schema that misbehaves', () => {
  const fail = (): never => {
    throw new Error('no luck')
  }
  const throwing = z.looseObject({}).transform(fail)
  const answering = (answer: unknown): StandardSchemaV1 =>
    ({ '~standard': { version: 1, vendor: 'own', validate: () => answer } }) as StandardSchemaV1
  const THREW = 'threw an error, which is not shown because it may repeat a value'
  const NO_RESULT = 'returned something that is not a result'
  const issuesOf = async (options: LoadOptions) => {
    const cwd = makeProject({ [PROFILE]: 'name: local\n' })
    const error: unknown = await loadConfig({ cwd, env: {}, ...options }).catch((thrown: unknown) => thrown)
    return isConfigError(error) ? error.issues : [error]
  }
  test.each<[string, StandardSchemaV1, string]>([
    ['a function in it throws', throwing, THREW],
    ['it throws itself', { '~standard': { version: 1, vendor: 'own', validate: fail } }, THREW],
    ['it returns undefined', answering(undefined), NO_RESULT],
    ['it returns null', answering(null), NO_RESULT],
    ['it returns a string', answering('fine'), NO_RESULT],
    ['its issues are not a list', answering({ issues: 'bad' }), NO_RESULT],
    ['an issue is null', answering({ issues: [null] }), NO_RESULT],
    ['an issue has no message', answering({ issues: [{ path: ['name'] }] }), NO_RESULT],
    ['the path of an issue is a string', answering({ issues: [{ message: 'm', path: 'name' }] }), NO_RESULT],
    ['a step of a path is null', answering({ issues: [{ message: 'm', path: [null] }] }), NO_RESULT],
    ['its result throws when it is read', answering(Object.defineProperty({}, 'value', { get: fail })), THREW],
    ['it returns a promise of undefined', answering(Promise.resolve()), NO_RESULT],
  ])('is reported as an error of the schema, without a file, if %s', async (_, schema, message) => {
    const issue = { code: 'SCHEMA', message, remedy: expect.any(String) as string, docs: expect.any(String) as string }
    expect(await issuesOf({ schema })).toEqual([{ ...issue, key: 'schema' }])
    expect(await issuesOf({ secrets: { schema } })).toEqual([{ ...issue, key: 'secrets.schema' }])
  })
  test('is reported with its key if its output is circular', async () => {
    const around: Record<string, unknown> = {}
    around.self = around
    expect(await issuesOf({ schema: answering({ value: { app: around } }) })).toMatchObject([
      { code: 'SCHEMA', key: 'app.self', message: 'is made circular by the schema, and cannot be frozen' },
    ])
  })
  test.each<[string, unknown]>([
    ['a property', { client: Object.defineProperty({}, 'url', { get: fail, enumerable: true }) }],
    ['the name property', Object.defineProperty({}, 'name', { get: fail, enumerable: true })],
    ['its list of keys', new Proxy({}, { ownKeys: fail })],
  ])('is reported without the message if its output throws when it is read: %s', async (_, value) => {
    const message =
      'returns something that throws when it is read; the error is not shown because it may repeat a value'
    const problem = [{ code: 'SCHEMA', key: 'schema', message }]
    expect(await issuesOf({ schema: answering({ value }) })).toMatchObject(problem)
    const given = { env: { SYSTEMPROMPT__CLIENT__URL: 'x' }, overrides: { 'client.x': 1 } }
    expect(await issuesOf({ schema: answering({ value }), ...given })).toMatchObject(problem)
  })
  test('gets both possible reasons from loadConfigSync if zod returns a promise', () => {
    expect(configErrorOf(() => load({ [PROFILE]: 'name: local\n' }, throwing)).issues).toMatchObject([
      { code: 'ASYNC_SCHEMA', key: 'schema', message: expect.stringContaining('a function in it throws') },
    ])
  })
  test('is reported by loadConfigSync too if it returns no result', () => {
    expect(configErrorOf(() => load({}, answering(undefined))).issues).toMatchObject([
      { code: 'SCHEMA', key: 'schema', message: NO_RESULT },
    ])
  })
})

describe('the output of a schema', () => {
  test('is returned, with renamed, derived and dropped keys', () => {
    const schema = z
      .object({ app: z.object({ host: z.string(), port: z.number() }), extra: z.unknown() })
      .transform(({ app }) => ({ address: `${app.host}:${app.port}`, nested: { port: app.port } }))
    const { config, explain } = load({ [PROFILE]: 'app: {host: h, port: "1"}\nextra: 1' }, schema)
    expect(config).toEqual({ address: 'h:1', nested: { port: 1 } })
    expect(explain('address')).toEqual([{ value: 'h:1', origin: { layer: 'defaults', name: 'schema' } }])
  })
  test('may be circular without overflowing the stack', () => {
    const circle: Record<string, unknown> = { name: 'x' }
    circle.self = circle
    const run = () =>
      load(
        {},
        z.any().transform(() => circle),
      ).config as { name: string }
    const result = (() => {
      try {
        return run().name
      } catch (error) {
        return isConfigError(error) ? 'refused' : error
      }
    })()
    expect(['x', 'refused']).toContain(result)
  })
  test('may contain one object in several places', () => {
    const both = z.any().transform(() => {
      const shared = { port: 1 }
      return { one: shared, other: { within: shared }, list: [shared, shared] }
    })
    const port = { port: 1 }
    expect(load({}, both).config).toEqual({ one: port, other: { within: port }, list: [port, port] })
  })
  test('may be its unchanged input', () => {
    const schema: StandardSchemaV1<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) },
    }
    expect(load({ '.env': 'SYSTEMPROMPT__A=1' }, schema).config).toEqual({ a: 1 })
  })
  test.each(['zod', 'valibot', 'arktype'] as const)(
    'keeps, drops or rejects unknown keys as the schema says (%s)',
    (library) => {
      const files: Files = { [PROFILE]: 'app:\n  a: 1\n  b: 2\n' }
      const { keep, drop, refuse } = UNKNOWN[library]
      expect(load(files, keep).config).toMatchObject({ app: { a: 1, b: 2 } })
      expect((load(files, drop).config as { app: unknown }).app).toEqual({ a: 1 })
      const error = configErrorOf(() => load(files, refuse))
      expect(error.issues).toMatchObject([{ code: 'SCHEMA', file: PROFILE }])
      expect(error.issues[0]?.line).toBeGreaterThanOrEqual(2)
      expect(error.message).toMatch(/\bb\b/)
    },
  )
})

const UNKNOWN = {
  zod: {
    keep: z.object({ app: z.looseObject({ a: z.number() }) }),
    drop: z.object({ app: z.object({ a: z.number() }) }),
    refuse: z.object({ app: z.strictObject({ a: z.number() }) }),
  },
  valibot: {
    keep: v.object({ app: v.looseObject({ a: v.number() }) }),
    drop: v.object({ app: v.object({ a: v.number() }) }),
    refuse: v.object({ app: v.strictObject({ a: v.number() }) }),
  },
  arktype: {
    keep: type({ app: { a: 'number' } }),
    drop: type({ app: type({ '+': 'delete', a: 'number' }) }),
    refuse: type({ app: type({ '+': 'reject', a: 'number' }) }),
  },
} as const

describe('a schema cannot leak a secret', () => {
  const CANARY = 'hunter2-Zx81Qw7'
  const files: Files = {
    ...COMPLETE,
    [PROFILE]: `secrets: {validation: skip}
app:
  dsn: \${ACME_TOKEN}
  url: x/\${ACME_TOKEN}
  copy: ${CANARY}
  password: canary
  wrapped:
    password:
      canary
  tokens:
    - canary
    - "another canary"
`,
    [SECRETS]: JSON.stringify({ acme_token: CANARY }),
  }
  const refusing = {
    zod: z.string().refine(() => false, { error: ({ input }) => `does not like ${String(input)}` }),
    valibot: v.pipe(v.string(), v.regex(/^never$/)),
    arktype: type('string').narrow((_, context) => context.mustBe('something else')),
  }
  const objects = {
    zod: (shape: Record<string, unknown>) => z.looseObject({ app: z.looseObject(shape as Record<string, z.ZodType>) }),
    valibot: (shape: Record<string, unknown>) =>
      v.looseObject({ app: v.looseObject(shape as Record<string, v.GenericSchema>) }),
    arktype: (shape: Record<string, unknown>) => type({ app: shape as Record<string, 'string'> }),
  }
  const lists = {
    zod: z.array(refusing.zod),
    valibot: v.array(refusing.valibot),
    arktype: refusing.arktype.array(),
  }
  test.each(libraries)('through messages that repeat the value (%s)', (library) => {
    const refuse = refusing[library]
    const shape = { dsn: refuse, url: refuse, password: refuse }
    const error = configErrorOf(() => load(files, objects[library](shape) as StandardSchemaV1))
    const rejected = 'is not what the schema accepts'
    expect(Object.fromEntries(error.issues.map(({ key, message }) => [key, message]))).toEqual({
      'app.dsn': `${rejected}; refers to ACME_TOKEN (${SECRETS}:1:15)`,
      'app.password': rejected,
      'app.url': `${rejected}; refers to ACME_TOKEN (${SECRETS}:1:15)`,
    })
    expect(error.issues).toHaveLength(3)
    expect(linesShowing(/hunter2|Zx81Qw7|canary/, error)).toEqual([])
  })
  test.each(libraries)('through a message about another value that equals it (%s)', (library) => {
    const error = configErrorOf(() => load(files, objects[library]({ copy: refusing[library] }) as StandardSchemaV1))
    expect(error.issues).toMatchObject([{ key: 'app.copy', message: 'is not what the schema accepts' }])
    expect(linesShowing(/hunter2|Zx81Qw7/, error)).toEqual([])
  })
  test('through a message about another value that repeats a number', () => {
    const profile = 'app:\n  pin: ${PIN_SECRET}\n  name: local\n'
    const app = z.looseObject({ pin: z.number(), name: z.string() }).check(({ value, issues }) => {
      issues.push({ code: 'custom', message: `is not ${value.pin}`, path: ['name'], input: value.name })
    })
    const error = configErrorOf(() =>
      load({ [PROFILE]: profile, '.env': 'PIN_SECRET=48210937' }, z.looseObject({ app })),
    )
    expect(error.issues).toMatchObject([{ key: 'app.name', message: 'is not what the schema accepts' }])
    expect(linesShowing(/48210937/, error)).toEqual([])
  })
  test.each(libraries)('through an item of a list whose key sounds secret (%s)', (library) => {
    const error = configErrorOf(() => load(files, objects[library]({ tokens: lists[library] }) as StandardSchemaV1))
    expect(error.issues.map(({ key }) => key)).toEqual(['app.tokens[0]', 'app.tokens[1]'])
    expect(linesShowing(/canary/, error)).toEqual([])
  })
  test.each(libraries)('through an item of a string that was split into a list (%s)', (library) => {
    const given = { ...files, '.env': 'SECRET_LIST=canary-1,${ACME_TOKEN}\n', [PROFILE]: 'app: {v: "${SECRET_LIST}"}' }
    const error = configErrorOf(() => load(given, objects[library]({ v: lists[library] }) as StandardSchemaV1))
    expect(error.issues.map(({ code, key }) => [code, key])).toEqual([
      ['SCHEMA', 'app.v[0]'],
      ['SCHEMA', 'app.v[1]'],
    ])
    expect(linesShowing(/hunter2|Zx81Qw7|canary/, error)).toEqual([])
  })
  test.each(libraries)('through the frame of a value on the line below its key (%s)', (library) => {
    const refuse = refusing[library]
    const wrapped = {
      zod: z.looseObject({ password: refuse as z.ZodType }),
      valibot: v.looseObject({ password: refuse as v.GenericSchema }),
      arktype: { password: refuse as unknown as 'string' },
    }[library]
    const error = configErrorOf(() => load(files, objects[library]({ wrapped }) as StandardSchemaV1))
    expect(error.issues).toMatchObject([{ key: 'app.wrapped.password', line: 9 }])
    expect(linesShowing(/canary/, error)).toEqual([])
  })
  test('through a message about a map that repeats a value whose key sounds secret', () => {
    const wrapped = type({ password: 'string' }).narrow((_, context) => context.mustBe('something else'))
    const error = configErrorOf(() => load(files, type({ app: { wrapped } })))
    expect(error.issues).toMatchObject([{ code: 'SCHEMA', key: 'app.wrapped' }])
    expect(linesShowing(/canary/, error)).toEqual([])
  })
  test.each(['api_keys: {a: canary-plural}', 'passwords: {b: [canary-plural]}', 'api_keys: {a: {b: canary-plural}}'])(
    'through a message that repeats a value below a plural name that sounds secret: %s',
    (yaml) => {
      const schema = z.looseObject({}).superRefine((all, context) => {
        context.addIssue({ code: 'custom', path: ['name'], message: JSON.stringify(all) })
      })
      const error = configErrorOf(() => load({ [PROFILE]: `name: local\n${yaml}\n` }, schema))
      expect(error.issues).toMatchObject([{ code: 'SCHEMA', key: 'name' }])
      expect(linesShowing(/canary/, error)).toEqual([])
    },
  )
  test('through a message that repeats a part of it', () => {
    const schema = z.looseObject({ app: z.looseObject({}) }).refine(() => false, `starts with ${CANARY.slice(0, 9)}…`)
    expect(
      linesShowing(
        /hunter2/,
        configErrorOf(() => load(files, schema)),
      ),
    ).toEqual([])
  })
  test('through a message that repeats it with special characters escaped', () => {
    const secret = 'q"1"w"2"e"3"r"4"t"5"'
    const given = { ...files, [SECRETS]: JSON.stringify({ acme_token: secret }) }
    const schema = type({ app: type({ dsn: 'string' }).narrow((_, context) => context.mustBe('something else')) })
    const error = configErrorOf(() => load(given, schema))
    expect(linesShowing(/q\\*"1\\*"w\\*"2/, error)).toEqual([])
  })
  describe('through an issue path with', () => {
    const refused = (path: readonly (string | number)[]): z.ZodType =>
      z.looseObject({}).superRefine((_, context) => {
        context.addIssue({ code: 'custom', message: 'is not liked', path: [...path] })
      })
    const given: Files = {
      [PROFILE]: 'secrets: {validation: skip}\ndatabase: {}\n',
      [SECRETS]: JSON.stringify({
        acme_token: 'hunter2canary',
        database_url: 'postgres://u:pw-of-canary@h/database',
        queue_url: 'amqp://u:database@h/0',
      }),
    }
    test.each<[string, readonly (string | number)[], string]>([
      ['a secret', ['hunter2canary'], '["••••"]'],
      ['a key that contains a secret', ['made', 'to hunter2canary', 0], 'made["••••"][0]'],
      ['a password', ['made', 'pw-of-canary'], 'made["••••"]'],
      ['a key of the configuration', ['database', 'type'], 'database.type'],
    ])('%s', (_, path, key) => {
      const error = configErrorOf(() => load(given, refused(path)))
      expect(error.issues).toMatchObject([{ key }])
      expect(linesShowing(/canary/i, error)).toEqual([])
      const ofSecrets = { cwd: makeProject(given), env: {}, secrets: { schema: refused(path) } }
      expect(
        linesShowing(
          /canary/i,
          configErrorOf(() => loadConfigSync(ofSecrets)),
        ),
      ).toEqual([])
    })
  })
  test('nor break out of one line or send control characters with its message', () => {
    const schema = z
      .looseObject({ app: z.looseObject({}) })
      .refine(() => false, 'one\ntwo\u001b[31m\u009b3J\u202e three')
    const [issue] = configErrorOf(() => load(files, schema)).issues
    expect(stripVTControlCharacters(issue?.message ?? '')).toBe(issue?.message)
    expect(issue?.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  })
  test.each<[string, (value: string) => never | URL]>([
    [
      'an error with the value in its message',
      (value) => {
        throw new Error(`bad: ${value}`)
      },
    ],
    ['a TypeError with the value as a property', (value) => new URL(value)],
    [
      'the value itself',
      (value) => {
        throw value
      },
    ],
  ])('through a transform that throws %s', async (_, transform) => {
    const schema = z.looseObject({ app: z.looseObject({ dsn: z.string().transform(transform) }) })
    const cwd = makeProject(files)
    const thrown = [
      await loadConfig({ cwd, env: {}, schema }).catch((error: unknown) => error),
      (() => {
        try {
          return loadConfigSync({ cwd, env: {}, schema })
        } catch (error) {
          return error
        }
      })(),
    ]
    for (const error of thrown) {
      expect(linesShowing(/hunter2|Zx81Qw7/, error)).toEqual([])
      expect(isConfigError(error)).toBe(true)
    }
  })
  test('through a validation that rejects', async () => {
    const schema: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: async (value) => {
          throw new Error(JSON.stringify(value))
        },
      },
    }
    const error: unknown = await loadConfig({ cwd: makeProject(files), env: {}, schema }).catch(
      (thrown: unknown) => thrown,
    )
    expect(linesShowing(/hunter2|Zx81Qw7/, error)).toEqual([])
  })
})
