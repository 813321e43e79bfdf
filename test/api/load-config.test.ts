import { chownSync, readFileSync, rmdirSync, symlinkSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { z } from 'zod'
import {
  type ConfigError,
  checkConfig,
  type Explanation,
  isConfigError,
  LAYERS,
  type LoadOptions,
  loadConfig,
  loadConfigSync,
  type ProfileConfig,
  type ResolvedConfig,
  Secrets,
  type WatchOptions,
  watchConfig,
} from '../../src/index.ts'
import { configErrorOf } from '../support/config-error.ts'
import {
  COMPLETE,
  COMPLETE_PROFILE,
  DATABASE_URL,
  type Files,
  JWT_SECRET,
  makeProject,
  PROFILE,
  SECRETS,
} from '../support/temp-project.ts'

/** Loads a project with these files, in an empty environment unless one is given. */
function load(files: Files, options: LoadOptions = {}): ResolvedConfig {
  return loadConfigSync({ cwd: makeProject(files), env: {}, ...options }) as ResolvedConfig
}

function failure(files: Files, options: LoadOptions = {}): ConfigError {
  return configErrorOf(() => load(files, options))
}

/** `layer value`, or with a place. */
function short({ value, origin, overridden }: Explanation): unknown[] {
  const place = origin.file ? [origin.file, origin.line, origin.column].join(':') : origin.name
  return [origin.layer, value, place, ...(overridden ? ['overridden'] : [])]
}

const codes = (problems: readonly { code: string }[]): string[] => problems.map(({ code }) => code)

describe.each<[string, (options?: LoadOptions) => Promise<ResolvedConfig>]>([
  ['loadConfig', async (options) => (await loadConfig(options)) as ResolvedConfig],
  ['loadConfigSync', async (options) => loadConfigSync(options) as ResolvedConfig],
])('%s', (_, loadEither) => {
  test('resolves a complete project without warnings', async () => {
    const cwd = makeProject(COMPLETE)
    const { config, secrets, warnings } = await loadEither({ cwd, env: {}, strict: true })
    expect(warnings).toEqual([])
    expect(config.server?.port).toBe(8080)
    expect(secrets.require('DATABASE_URL')).toBe(DATABASE_URL)
  })
  test('throws one ConfigError with every problem', async () => {
    const cwd = makeProject({ [PROFILE]: 'server:\n  port: eighty\n  host: ${NO_HOST}\ntarget: mars\n' })
    const error: unknown = await loadEither({ cwd, env: {} }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error)).toBe(true)
    expect((error as ConfigError).issues.map(({ code, key, line }) => [code, key, line])).toEqual([
      ['INVALID_VALUE', 'server.port', 2],
      ['UNDEFINED_VARIABLE', 'server.host', 3],
      ['INVALID_VALUE', 'target', 4],
    ])
  })
  test('works without a project, from .env files and the environment', async () => {
    const cwd = makeProject({ '.env': 'SYSTEMPROMPT__APP__NAME=from-dotenv\nGREETING=hello\n' })
    const { config, env, profile, root, warnings } = await loadEither({ cwd, env: { SYSTEMPROMPT__APP__PORT: '1' } })
    expect(config).toEqual({ app: { name: 'from-dotenv', port: 1 } })
    expect({ ...env }).toEqual({ GREETING: 'hello' })
    expect([profile, root, warnings]).toEqual([undefined, cwd, []])
  })
  test('needs no options', async () => {
    const { config } = await loadEither()
    expect(Object.isFrozen(config)).toBe(true)
  })
})

const TENS = Array.from({ length: 11 }, (_, index) => index)

describe('options that no compiler checks:', () => {
  const loads: [string, (options: unknown) => unknown][] = [
    ['loadConfig', (options) => loadConfig(options as LoadOptions)],
    ['loadConfigSync', async (options) => loadConfigSync(options as LoadOptions)],
    ['watchConfig', (options) => watchConfig(options as LoadOptions<undefined>)],
  ]
  const issuesOf = async (run: () => unknown) => {
    const error: unknown = await Promise.resolve(run()).catch((thrown: unknown) => thrown)
    return isConfigError(error) ? error.issues : [error]
  }
  const cwd = makeProject()
  test.each<[string, object, string]>([
    ['secrets.requried', { secrets: { requried: ['STRIPE'] } }, 'did you mean secrets.required?'],
    ['overides', { overides: {} }, 'did you mean overrides?'],
    ['strcit', { strcit: true }, 'did you mean strict?'],
    ['dotenv.overide', { dotenv: { overide: true } }, 'did you mean dotenv.override?'],
    ['dotenv.path', { dotenv: { path: '.env' } }, 'remove it; the options are files, bare, override'],
    ['$env', { $env: {} }, 'did you mean env?'],
  ])('%s is rejected as unknown', async (key, given, remedy) => {
    for (const [name, run] of loads)
      expect(await issuesOf(() => run({ cwd, env: {}, ...given })), name).toMatchObject([
        { code: 'INVALID_OPTION', key, message: 'is not an option', remedy },
      ])
  })
  test('an unknown option without a similar one gets a list of all', async () => {
    const [issue] = await issuesOf(() => loadConfig({ cwd, something: 1 } as LoadOptions))
    expect(issue).toMatchObject({
      key: 'something',
      remedy: expect.stringMatching(/^remove it; the options are cwd, profile, /),
    })
  })
  test('an unknown option that is undefined is ignored', () => {
    expect(() =>
      loadConfigSync({ cwd, env: {}, overides: undefined, secrets: { requried: undefined } } as LoadOptions),
    ).not.toThrow()
  })
  test.each([null, 'production', 1, true, ['production']])('%j is rejected in place of options', async (options) => {
    for (const [name, run] of loads)
      expect(await issuesOf(() => run(options)), name).toMatchObject([
        { code: 'INVALID_OPTION', key: 'options', message: 'is not an object' },
      ])
  })
})

describe('cwd', () => {
  test('is where the search for the project starts, upwards', () => {
    const root = makeProject({ ...COMPLETE, 'packages/api/src/main.ts': '' })
    expect(loadConfigSync({ cwd: join(root, 'packages/api/src'), env: {} }).root).toBe(root)
  })
  test('is relative to the working directory', () => {
    const root = makeProject(COMPLETE)
    expect(loadConfigSync({ cwd: relative(process.cwd(), root), env: {} }).root).toBe(root)
  })
  test.skipIf(process.platform === 'win32').each([undefined, '.', 'below'])(
    '%s is an error in a removed working directory, an absolute path is not',
    async (cwd) => {
      const before = process.cwd()
      const gone = makeProject()
      process.chdir(gone)
      rmdirSync(gone)
      try {
        expect(() => loadConfigSync({ cwd, env: {} })).toThrow(/cwd {2}is not an existing directory/)
        await expect(loadConfig({ cwd, env: {} })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
        expect(await checkConfig({ cwd, env: {} })).toMatchObject({ ok: false, issues: [{ code: 'INVALID_OPTION' }] })
        expect(loadConfigSync({ cwd: before, env: {}, dotenv: false }).root).toBe(before)
      } finally {
        process.chdir(before)
      }
    },
  )
  test('~ is the root directory for a user without a home directory, as in a container', () => {
    const homedir = vi.spyOn(process.getBuiltinModule('node:os'), 'homedir').mockImplementation(() => {
      throw new Error('uv_os_homedir returned ENOENT')
    })
    try {
      const { consulted } = load({ [PROFILE]: 'secrets: { secrets_path: ~/not-there.json }\n' })
      expect(consulted.files).toContain(resolve('/not-there.json'))
    } finally {
      homedir.mockRestore()
    }
  })
  test('does not change which .env files are read: those next to .systemprompt', () => {
    const root = makeProject({ ...COMPLETE, '.env': 'A=root', 'packages/api/.env': 'A=below' })
    expect(loadConfigSync({ cwd: join(root, 'packages/api'), env: {} }).env.A).toBe('root')
  })
})

describe('profile', () => {
  const files: Files = {
    '.systemprompt/profiles/local/profile.yaml': 'name: local\nwhich: local',
    '.systemprompt/profiles/production/profile.yaml': 'name: production\nwhich: production',
    '.systemprompt/profiles/short/profile.yml': 'name: short\nwhich: short',
    '.systemprompt/profiles/old.profile.yaml': 'name: old\nwhich: old',
    'config/qa.json': '{ "name": "qa", "which": "qa" }',
    'settings/profile.yaml': 'name: settings\nwhich: settings',
  }
  test.each([
    ['production', 'production'],
    ['short', 'short'],
    ['.systemprompt/profiles/production', 'production'],
    ['./.systemprompt/profiles/production/profile.yaml', 'production'],
    ['.systemprompt/profiles/old.profile.yaml', 'old'],
    ['config/qa.json', 'qa'],
  ])('%s selects the profile %s', (profile, name) => {
    const result = load(files, { profile })
    expect([result.profile?.name, result.profile?.chosenBy, result.config.which]).toEqual([name, 'option', name])
  })
  test('as an absolute path selects its project too', () => {
    const root = makeProject(files)
    const result = loadConfigSync({ cwd: makeProject(), env: {}, profile: join(root, PROFILE) })
    expect([result.root, result.config.which]).toEqual([root, 'local'])
  })
  test('defaults to SYSTEMPROMPT_PROFILE, then to the profile named local', () => {
    expect(load(files, { env: { SYSTEMPROMPT_PROFILE: 'production' } }).profile?.chosenBy).toBe('SYSTEMPROMPT_PROFILE')
    expect(load(files).profile?.chosenBy).toBe('local')
  })
  test('that does not exist is an error that lists the existing ones', () => {
    const { issues } = failure(files, { profile: 'prodction' })
    expect(issues).toMatchObject([{ code: 'PROFILE_NOT_FOUND', key: 'profile' }])
    expect(issues[0]?.remedy).toBe('did you mean production? (this project has local, production, short)')
  })
  test.each([
    ['.systemprompt/profiles/prodction/profile.yaml', '.systemprompt/profiles/production/profile.yaml'],
    ['.systemprompt/profiles/prodction', '.systemprompt/profiles/production'],
    ['.systemprompt/profiles/production/profle.yaml', '.systemprompt/profiles/production/profile.yaml'],
    ['.systemprmpt/profiles/production', '.systemprompt/profiles/production'],
    ['.systemprompt/profiles/od.profile.yaml', '.systemprompt/profiles/old.profile.yaml'],
    ['./production', '.systemprompt/profiles/production'],
    ['./setings', './settings'],
    ['prodction.yaml', '.systemprompt/profiles/production'],
    ['/nowhere/production/profile.yaml', '.systemprompt/profiles/production'],
  ])('%s, which does not exist, gets the suggestion %s', (profile, meant) => {
    const { issues } = failure(files, { profile })
    expect(issues).toMatchObject([{ code: 'PROFILE_NOT_FOUND', remedy: `did you mean ${meant}?` }])
    expect(load(files, { profile: meant }).config).toHaveProperty('which')
  })
  test.each(['elsewhere/profile.yaml', '.systemprompt/profiles', './.systemprompt/profiles/elsewhere'])(
    '%s, which resembles none, gets an explanation of paths',
    (profile) => {
      const { issues } = failure(files, { profile })
      expect(issues[0]?.remedy).toBe('give the path of a profile.yaml or of the directory that holds it')
    },
  )
  test.each(['..', 'a b', '-x', '', 'a\0b', 'ä'])('%j is rejected as the name of a profile', (profile) => {
    expect(failure(files, { profile }).code).toMatch(/^PROFILE_(NAME_INVALID|NOT_FOUND)$/)
  })
})

test('an undefined option has its default, also with exactOptionalPropertyTypes', async () => {
  const undefinedOptions: { readonly [Name in keyof LoadOptions]-?: undefined } = {
    cwd: undefined,
    profile: undefined,
    schema: undefined,
    variables: undefined,
    secrets: undefined,
    strict: undefined,
    overrides: undefined,
    defaults: undefined,
    env: undefined,
    dotenv: undefined,
    services: undefined,
    onUndefined: undefined,
    emptyIsValue: undefined,
    allowEnv: undefined,
    public: undefined,
    prefix: undefined,
  }
  const cwd = makeProject({ [PROFILE]: 'name: other' })
  const watching: { readonly [Name in keyof WatchOptions]-?: undefined } = {
    onChange: undefined,
    onError: undefined,
    debounce: undefined,
    poll: undefined,
    persistent: undefined,
    signal: undefined,
  }
  expect(loadConfigSync({ ...undefinedOptions, cwd, secrets: { required: undefined } }).config.name).toBe('other')
  await using watcher = await watchConfig({ ...undefinedOptions, cwd }, watching)
  expect(watcher.current.config.name).toBe('other')
})

test('explain can be used without its object, also by its type', () => {
  const explain = (path: 'server.port'): readonly Explanation[] => [{ value: path, origin: { layer: 'profile' } }]
  // @ts-expect-error: of a method, which may need its object, any path would do
  const result: Pick<ResolvedConfig, 'explain'> = { explain }
  expect(result.explain('server.port')).toHaveLength(1)
})

describe('schema', () => {
  test('types the configuration and applies its defaults', () => {
    const cwd = makeProject({ [PROFILE]: 'app: {zip: "01234"}' })
    const schema = z.object({ app: z.object({ zip: z.string(), retries: z.number().default(3) }) })
    const { config } = loadConfigSync({ cwd, env: {}, schema })
    expectTypeOf(config).toEqualTypeOf<{ app: { zip: string; retries: number } }>()
    expect(config).toEqual({ app: { zip: '01234', retries: 3 } })
  })
  test('that is missing leaves the types of the profile', () => {
    const result = loadConfigSync({ cwd: makeProject(COMPLETE), env: {} })
    expectTypeOf(result.config).toEqualTypeOf<ProfileConfig>()
    expectTypeOf(result.config.server?.port).toEqualTypeOf<number | undefined>()
    // @ts-expect-error the configuration is read-only
    expect(() => (result.config.name = 'other')).toThrow(TypeError)
  })
})

describe('secrets.required', () => {
  const files: Files = { [PROFILE]: 'secrets: {validation: skip}', [SECRETS]: '{"stripe-key": "sk-1", "kimi": "m-1"}' }
  test.each([
    'STRIPE_KEY',
    'stripe_key',
    'stripe-key',
    'stripe.key',
    'MOONSHOT_API_KEY',
    'kimi',
    'moonshot',
    'KIMI_API_KEY',
  ])('%s is found by any spelling', (name) => {
    expect(load(files, { secrets: { required: [name] } }).secrets.has(name)).toBe(true)
  })
  test.each<[string, Files, LoadOptions]>([
    ['the environment', {}, { env: { ANTHROPIC_API_KEY: 'x' } }],
    ['a file that a variable names', { 'run/key': 'x\n' }, { env: { ANTHROPIC_API_KEY_FILE: 'run/key' } }],
    ['a secrets directory', { 'run/anthropic': 'x\n' }, { env: { SYSTEMPROMPT_SECRETS_DIR: 'run' } }],
    ['.env', { '.env': 'ANTHROPIC_API_KEY=x' }, {}],
    ['secrets.json', { [PROFILE]: '', [SECRETS]: '{"anthropic": "x"}' }, {}],
  ])('are accepted from %s', (_, given, options) => {
    const { secrets } = load(given, { ...options, secrets: { required: ['anthropic'] } })
    expect(secrets.get('anthropic')).toBe('x')
  })
  test('that are missing are errors under their environment names, with the places that were searched', () => {
    const { issues } = failure({ ...files, '.env': '' }, { secrets: { required: ['acme-token'] } })
    expect(issues).toEqual([
      {
        code: 'SECRET_MISSING',
        key: 'ACME_TOKEN',
        message: `is not set; looked in the process environment, .env, ${SECRETS}`,
        remedy: 'export ACME_TOKEN, add it to .env or to secrets.json',
        docs: '@systemprompt/env/docs/errors.md#secret_missing',
      },
    ])
  })
  test('that SystemPrompt needs come with a remedy for doing without them', () => {
    const warned = load({ [PROFILE]: '' }).warnings.filter(({ code }) => code === 'SECRET_MISSING')
    expect(warned.map(({ key, remedy }) => [key, remedy?.split(', or ')[1]])).toEqual([
      ['JWT_SECRET', 'write secrets.validation: skip in a profile that needs none'],
      ['DATABASE_URL', 'write secrets.validation: skip in a profile that needs none'],
    ])
    const skipped = load({ [PROFILE]: 'secrets: {validation: skip}' }).warnings
    expect(skipped.map(({ code }) => code)).toEqual(['MISSING_KEY'])
    const strict = failure({ [PROFILE]: 'secrets: {validation: strict}' }).issues
    expect(strict.some(({ remedy }) => remedy?.includes('skip'))).toBe(false)
  })
  test.each<[string, string, LoadOptions]>([
    ['the profile says so', 'secrets: {source: env}', {}],
    ['it runs in a container', '', { env: { FLY_APP_NAME: 'acme' } }],
  ])('that are missing are to be exported if secrets come from the environment because %s', (_, profile, options) => {
    const remedies = (files: Files) =>
      load({ [PROFILE]: profile, ...files }, options)
        .warnings.filter(({ code }) => code === 'SECRET_MISSING')
        .map(({ remedy }) => remedy?.split(', or ')[0])
    expect(remedies({})).toEqual(['export JWT_SECRET (openssl rand -base64 48 makes one)', 'export DATABASE_URL'])
    expect(remedies({ [SECRETS]: '{}' })).toContain('add database_url to secrets.json')
  })
  test('that are missing without a profile do not suggest secrets.json', () => {
    const { issues } = failure({ '.env': '' }, { secrets: { required: ['acme-token'] } })
    expect(issues).toMatchObject([{ key: 'ACME_TOKEN', remedy: 'export ACME_TOKEN or add it to .env' }])
  })
  test.each(['""', '"  "', 'null'])('that are %s in the file are missing', (value) => {
    const given = { ...files, [SECRETS]: `{"acme": ${value}}` }
    expect(failure(given, { secrets: { required: ['ACME'] } }).code).toBe('SECRET_MISSING')
  })
  test('with a NUL are an error', () => {
    const { issues } = failure(files, {
      env: { ACME_TOKEN: 'a\0b' },
      secrets: { required: ['ACME_TOKEN'] },
      overrides: { 'secrets.validation': 'warn' },
    })
    expect(issues).toMatchObject([{ code: 'SECRET_INVALID', key: 'ACME_TOKEN', message: 'contains a NUL character' }])
  })
  test('are checked without a project', () => {
    expect(failure({}, { secrets: { required: ['STRIPE_KEY'] } }).issues).toMatchObject([
      { code: 'SECRET_MISSING', message: 'is not set; looked in the process environment' },
    ])
  })
  test('that are missing are warnings with missing: warn, and invalid ones still errors', () => {
    const given = { [PROFILE]: 'name: local\nsecrets: {validation: strict}', [SECRETS]: '{"jwt_secret": "short"}' }
    const secrets = { required: ['STRIPE_KEY'], schema: z.object({ ACME_TOKEN: z.string() }), missing: 'warn' } as const
    const ok = load({ ...given, [SECRETS]: '{}' }, { secrets })
    expect(ok.warnings.flatMap(({ code, key }) => (code === 'MISSING_KEY' ? [] : [[code, key]]))).toEqual([
      ['SECRET_MISSING', 'STRIPE_KEY'],
      ['SECRET_MISSING', 'JWT_SECRET'],
      ['SECRET_MISSING', 'DATABASE_URL'],
      ['SECRET_MISSING', 'ACME_TOKEN'],
    ])
    expect(load({ [PROFILE]: given[PROFILE] }, { secrets }).warnings).toContainEqual(
      expect.objectContaining({ code: 'SECRETS_FILE_MISSING' }),
    )
    expect(failure(given, { secrets }).issues).toMatchObject([{ code: 'SECRET_INVALID', key: 'JWT_SECRET' }])
    expect(failure({}, { secrets: { missing: 'wran' as never } }).issues).toMatchObject([{ code: 'INVALID_OPTION' }])
  })
  test('that name one secret twice are one problem', () => {
    expect(failure({}, { secrets: { required: ['kimi', 'moonshot', 'KIMI_API_KEY'] } }).issues).toHaveLength(1)
  })
})

describe('secrets.schema', () => {
  const files: Files = {
    [PROFILE]: 'secrets: {validation: skip}',
    [SECRETS]: '{"stripe_key": "canary-7Yx2Qp9Lw"}',
  }
  test('receives secrets under their environment names', () => {
    const schema = z.object({ STRIPE_KEY: z.string().startsWith('canary-') })
    expect(load(files, { secrets: { schema } }).secrets.get('stripe_key')).toBe('canary-7Yx2Qp9Lw')
  })
  test('does not change a secret', () => {
    const schema = z.object({ STRIPE_KEY: z.string().transform(() => 'changed') })
    expect(load(files, { secrets: { schema } }).secrets.get('stripe_key')).toBe('canary-7Yx2Qp9Lw')
  })
  test('reports issues without its messages, which may repeat the value', () => {
    const schema = z.object({ STRIPE_KEY: z.string().refine(() => false, { error: ({ input }) => `bad: ${input}` }) })
    const error = failure(files, { secrets: { schema } })
    expect(error.issues).toMatchObject([
      { code: 'SECRET_INVALID', key: 'STRIPE_KEY', message: 'is not what the schema for secrets accepts' },
    ])
    expect(error.message + JSON.stringify(error) + inspect(error, { depth: 9, showHidden: true })).not.toContain('7Yx2')
  })
  test('reports a required secret that is not set as missing', () => {
    const error = failure(files, { secrets: { schema: z.object({ ACME_TOKEN: z.string() }) } })
    expect(error.issues).toMatchObject([{ code: 'SECRET_MISSING', key: 'ACME_TOKEN' }])
  })
  test('and secrets.required report a missing secret once', () => {
    const schema = z.object({ ACME_TOKEN: z.string() })
    expect(failure(files, { secrets: { schema, required: ['ACME_TOKEN'] } }).issues).toHaveLength(1)
  })
  test('reports an error inside a secret as invalid, not as missing', () => {
    const parsed = z.string().transform((text): unknown => JSON.parse(text))
    const schema = z.object({ STRIPE_KEY: parsed.pipe(z.object({ id: z.string() })) })
    const json = { ...files, [SECRETS]: '{"stripe_key": "{}"}' }
    for (const missing of ['error', 'warn'] as const) {
      const { issues } = failure(json, { secrets: { schema, missing } })
      expect(issues).toMatchObject([{ code: 'SECRET_INVALID', key: 'STRIPE_KEY.id' }])
    }
  })
  test('reports a missing secret that the code requires as an error, and not as a warning of the profile too', () => {
    const required = ['jwt_secret', 'DATABASE_URL']
    const { issues, warnings } = failure({ ...COMPLETE, [SECRETS]: '{}' }, { secrets: { required } })
    expect(issues.map(({ key }) => key)).toEqual(['JWT_SECRET', 'DATABASE_URL'])
    expect(codes(warnings)).not.toContain('SECRET_MISSING')
  })
  test('reports a union without a match as an error, or as a warning with missing: warn', () => {
    const one = z.object({ STRIPE_KEY: z.string() })
    const other = z.object({ ACME_TOKEN: z.string() })
    const none = { ...files, [SECRETS]: '{}' }
    const secrets = { schema: z.union([one, other]) }
    expect(failure(none, { secrets }).issues).toMatchObject([{ code: 'SECRET_INVALID', key: 'secrets' }])
    const { warnings } = load(none, { secrets: { ...secrets, missing: 'warn' } })
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'SECRET_INVALID', key: 'secrets' }))
  })
  test('reports a rule about several secrets as invalid, not as missing', () => {
    const schema = z.looseObject({}).refine((all) => 'A' in all && 'B' in all, 'A and B go together')
    const { issues } = failure(files, { secrets: { schema } })
    expect(codes(issues)).toEqual(['SECRET_INVALID'])
  })
})

describe('a section of the profile that is not a map is a single error with its place:', () => {
  const without = (section: string): string =>
    COMPLETE_PROFILE.replace(new RegExp(`^${section}:\\n(?: .*\\n)+`, 'm'), '')
  test.each([
    ['runtime', 'production', 'runtime.environment'],
    ['runtime', '[1]', 'runtime.environment'],
    ['rate_limits', 'off', 'rate_limits.disabled'],
    ['cloud', 'false', 'cloud.tenant_id'],
    ['extensions', 'none', 'extensions.disabled'],
    ['server', '5', 'server.host'],
  ])('%s: %s', (section, value, example) => {
    const profile = `${section}: ${value}\n${without(section)}`
    for (const strict of [true, false]) {
      const { issues } = failure({ ...COMPLETE, [PROFILE]: profile }, { strict })
      expect(issues).toMatchObject([
        {
          code: 'INVALID_VALUE',
          key: section,
          message: 'is not a map of keys and values',
          remedy: `write its keys below it, such as ${example}`,
          file: PROFILE,
          line: 1,
          column: section.length + 3,
        },
      ])
    }
  })
  test('a section inside another', () => {
    const profile = `${COMPLETE_PROFILE}rate_limits:\n  tier_multipliers: none\n`
    const key = 'rate_limits.tier_multipliers'
    expect(failure({ ...COMPLETE, [PROFILE]: profile }).issues).toMatchObject([{ code: 'INVALID_VALUE', key }])
  })
  test('a section next to the old spelling of a key in it', () => {
    const profile = `${COMPLETE_PROFILE}environment: staging\nruntime: production\n`
    expect(failure({ ...COMPLETE, [PROFILE]: profile }).issues).toMatchObject([
      { code: 'INVALID_VALUE', key: 'runtime', line: 23 },
    ])
  })
  test.each<[string, LoadOptions]>([
    ['SYSTEMPROMPT__RUNTIME', { env: { SYSTEMPROMPT__RUNTIME: 'production' } }],
    ['overrides', { overrides: { runtime: 'production' } }],
  ])('a section set by %s', (name, options) => {
    expect(failure(COMPLETE, options).issues).toMatchObject([{ code: 'INVALID_VALUE', key: 'runtime', name }])
  })
  test('without another error of the schema', () => {
    const schema = z.object({ server: z.object({ host: z.string() }) })
    const { issues } = failure({ [PROFILE]: 'name: local\nserver: 5\n' }, { schema })
    expect(issues.map(({ code, key }) => [code, key])).toEqual([['INVALID_VALUE', 'server']])
  })
  test('but a reference to an undefined variable is only that error', () => {
    const { issues } = failure({ [PROFILE]: 'name: local\nserver: ${NO_SERVER}\n' })
    expect(codes(issues)).toEqual(['UNDEFINED_VARIABLE'])
  })
  test.each([
    ['and an empty section is none', 'runtime:\ncloud: null\n'],
    ['and sections of disabled rate_limits are none', 'rate_limits:\n  disabled: true\n  tier_multipliers: none\n'],
  ])('%s', (_, more) => {
    const { config, warnings } = load({ ...COMPLETE, [PROFILE]: COMPLETE_PROFILE + more }, { strict: true })
    expect([config.runtime?.environment, warnings]).toEqual(['development', []])
  })
})

describe('strict', () => {
  test('does not report a required key as missing whose reference fails', () => {
    const profile = COMPLETE_PROFILE.replace('host: 127.0.0.1', 'host: ${NOPE}')
    const { issues } = failure({ ...COMPLETE, [PROFILE]: profile }, { strict: true })
    expect(issues).toMatchObject([{ code: 'UNDEFINED_VARIABLE', key: 'server.host' }])
  })
  test('reports each missing key as an error, with the place where it belongs', () => {
    const profile = COMPLETE_PROFILE.replace(/ {2}jwt_issuer.*\n/, '').replace(/ {2}port.*\n/, '')
    const { issues } = failure({ ...COMPLETE, [PROFILE]: profile }, { strict: true })
    expect(issues.map(({ code, key, file, line }) => [code, key, file, line])).toEqual([
      ['MISSING_KEY', 'server.port', PROFILE, 8],
      ['MISSING_KEY', 'security.jwt_issuer', PROFILE, 17],
    ])
  })
  test('that is off reports missing keys as one warning', () => {
    const { warnings } = load({ ...COMPLETE, [PROFILE]: COMPLETE_PROFILE.replace(/ {2}port.*\n/, '') })
    expect(warnings).toMatchObject([{ code: 'MISSING_KEY', file: PROFILE }])
    expect(warnings[0]?.message).toBe('is missing a key that SystemPrompt requires: server.port')
    expect(load({ [PROFILE]: 'title: own' }).warnings.find(({ code }) => code === 'MISSING_KEY')?.message).toBe(
      'is missing 16 keys that SystemPrompt requires: name, display_name, site.name and 13 more',
    )
  })
  test('reports a likely typo as an error, which is accepted otherwise', () => {
    const files = { ...COMPLETE, [PROFILE]: COMPLETE_PROFILE.replace('port:', 'prot:') }
    expect(failure(files, { strict: true }).issues).toMatchObject([
      { code: 'UNKNOWN_KEY', key: 'server.prot', line: 9, remedy: 'did you mean server.port?' },
    ])
    expect(codes(load(files).warnings)).not.toContain('UNKNOWN_KEY')
  })
  test('does not report a key as a typo of one that is set as well', () => {
    const files = { ...COMPLETE, [PROFILE]: COMPLETE_PROFILE.replace('  port: 8080', '  port: 8080\n  ports: [8081]') }
    expect(load(files, { strict: true }).config.server).toMatchObject({ port: 8080, ports: [8081] })
  })
  test.skipIf(process.platform === 'win32')(
    'suggests another place for a secrets file with mode 777, which chmod may not be able to change',
    () => {
      const cwd = makeProject({ ...COMPLETE, [SECRETS]: { content: '{}', mode: 0o777 } })
      const { warnings } = loadConfigSync({ cwd, env: {} })
      expect(warnings.find(({ code }) => code === 'FILE_MODE')?.remedy).toMatch(
        /^chmod 600 .*the file system has no modes: keep the file elsewhere and name it in secrets/,
      )
    },
  )

  test.skipIf(process.platform === 'win32')(
    'reports a loose file mode as an error, which is a warning otherwise',
    () => {
      const files = {
        ...COMPLETE,
        [SECRETS]: { content: String((COMPLETE as Record<string, unknown>)[SECRETS]), mode: 0o644 },
      }
      const expected = { code: 'FILE_MODE', remedy: `chmod 600 ${SECRETS}` }
      expect(failure(files, { strict: true }).issues).toMatchObject([expected])
      expect(load(files).warnings).toMatchObject([expected])
    },
  )
  test.runIf(process.getuid?.() === 0)(
    'accepts that a group can read a file of root, as in a Kubernetes volume, but not of other users',
    () => {
      const content = String((COMPLETE as Record<string, unknown>)[SECRETS])
      const warned = (mode: number, owner: number) => {
        const cwd = makeProject({ ...COMPLETE, [SECRETS]: { content, mode } })
        chownSync(join(cwd, SECRETS), owner, 1000)
        return codes(loadConfigSync({ cwd, env: {} }).warnings).includes('FILE_MODE')
      }
      expect([0o440, 0o640, 0o460, 0o644].map((mode) => warned(mode, 0))).toEqual([false, false, true, true])
      expect([0o400, 0o440, 0o640].map((mode) => warned(mode, 1000))).toEqual([false, true, true])
    },
  )
})

describe('a list of strings', () => {
  test.each([
    ['{a: 1}', 'write one item per line: - item'],
    ['1', 'write one item per line, in quotes: - "item"'],
    ['[a, 2]', 'write one item per line, in quotes: - "item"'],
    ['[true]', 'write one item per line, in quotes: - "item"'],
  ])('is not %s, and the remedy gives one', (value, remedy) => {
    const profile = (text: string) => ({ [PROFILE]: `secrets: {validation: skip}\nextensions:\n  disabled: ${text}` })
    expect(failure(profile(value)).issues).toMatchObject([{ key: 'extensions.disabled', remedy }])
    expect(load(profile('\n    - "1"\n    - "true"\n    - a')).config.extensions?.disabled).toEqual(['1', 'true', 'a'])
  })
})

describe('overrides', () => {
  const files: Files = {
    [PROFILE]: 'server: {host: a, port: 1}\nfeatures: [{name: one}, {name: two}]\nlist: [a, b]\nextra: 1\nodd.key: 1',
  }
  const env = { SYSTEMPROMPT__SERVER__PORT: '2' }
  test.each<[string, LoadOptions['overrides'] & object, unknown]>([
    ['a tree', { server: { port: 3 } }, { host: 'a', port: 3 }],
    ['a dotted path', { 'server.port': 3 }, { host: 'a', port: 3 }],
    ['a path with brackets', { 'server["port"]': 3 }, { host: 'a', port: 3 }],
    ['undefined, which is ignored', { 'server.port': undefined }, { host: 'a', port: 2 }],
    ['a path and then a tree beside it', { 'server.port': 3, server: { host: 'b' } }, { host: 'b', port: 3 }],
    ['a tree and then a path into it', { server: { host: 'b' }, 'server.port': 3 }, { host: 'b', port: 3 }],
  ])('may be %s', (_, overrides, server) => {
    const { use_https, cors_allowed_origins, ...given } = load(files, { env, overrides }).config.server ?? {}
    expect(given).toEqual(server)
  })
  describe('that the schema does not have', () => {
    const server = z.object({ host: z.string(), port: z.number(), api_key: z.string().optional() })
    const schema = z.object({ server, limits: z.record(z.string(), z.number()).optional() })
    const warningsOf = (overrides: LoadOptions['overrides'] & object, options: LoadOptions = {}) =>
      load(files, { schema, overrides, ...options }).warnings.filter(({ code }) => code === 'UNKNOWN_KEY')

    test.each<[string, string, string]>([
      ['server.prot', '9', 'did you mean server.port?'],
      ['sever.port', '9', 'did you mean server.port?'],
      ['server.timeout', '9', 'correct the key, or add it to the schema'],
    ])('warn that %s has no effect', (key, value, remedy) => {
      const message = 'has no effect: the schema ignores this key'
      expect(warningsOf({ [key]: value })).toMatchObject([{ key, name: 'overrides', message, remedy }])
    })
    test.each(['server.port', 'limits.a', 'runtime.environment', 'features[0].name'])('do not warn about %s', (key) => {
      expect(warningsOf({ [key]: key === 'runtime.environment' ? 'production' : 1 })).toEqual([])
    })
    test.each(['Server.Port', 'sever.prot'])('suggest the right path for several typos: %s', (key) => {
      expect(warningsOf({ [key]: 9 })).toMatchObject([{ key, remedy: 'did you mean server.port?' }])
    })

    class Server {
      readonly #size: number
      constructor(size: number) {
        this.#size = size
      }
      get size(): number {
        return this.#size
      }
    }
    const paging = z.object({ page_size: z.number().default(50) })
    test.each<[string, LoadOptions['schema'], number]>([
      ['moves', paging.transform((given) => ({ pageSize: given.page_size })), 60],
      ['moves, though it has the default value', paging.transform((given) => ({ pageSize: given.page_size })), 50],
      ['hides in an instance', paging.transform((given) => new Server(given.page_size)), 60],
      ['validates and drops', paging.refine((given) => given.page_size > 1).transform(() => ({ title: 'own' })), 60],
    ])('do not warn about a key that the schema %s', (_, schema, page_size) => {
      expect(warningsOf({ page_size }, { schema })).toEqual([])
    })
    test('are not passed to the schema with other values', () => {
      const seen = new Set<number>()
      const noting = paging.transform((given) => {
        seen.add(given.page_size)
        return {}
      })
      expect(warningsOf({ page_size: 60, page_sise: 70 }, { schema: noting })).toHaveLength(1)
      expect([...seen]).toEqual([60])
    })
    test('do not warn without a schema', () => {
      expect(warningsOf({ 'server.prot': 9 }, { schema: undefined })).toEqual([])
    })
    describe('for a variable', () => {
      const camel = z.object({ log: z.object({ maxFiles: z.number().default(5) }).prefault({}) })
      test.each<[string, string, LoadOptions['schema'], string]>([
        ['SYSTEMPROMPT__SERVER__PROT', 'server.prot', schema, 'did you mean SYSTEMPROMPT__SERVER__PORT?'],
        ['SYSTEMPROMPT__SERVER__TYPO', 'server.typo', schema, 'correct the name, or add the key to the schema'],
        [
          'SYSTEMPROMPT__LOG__MAXFILES',
          'log.maxfiles',
          camel,
          "did you mean log.maxFiles? SYSTEMPROMPT__LOG__MAXFILES sets it if the profile or defaults have it too: a variable's name is read in lower case",
        ],
        [
          'SYSTEMPROMPT__LOG__MAX_FILES',
          'log.max_files',
          camel,
          "did you mean log.maxFiles? SYSTEMPROMPT__LOG__MAXFILES sets it if the profile or defaults have it too: a variable's name is read in lower case",
        ],
        [
          'SYSTEMPROMPT__LOG__MAX_FILES',
          'log.max_files',
          z.object({ log: z.object({ 'max-files': z.number().default(5) }).prefault({}) }),
          'did you mean log.max-files? Set it in the profile or in defaults',
        ],
      ])('%s is a warning', (name, key, schema, remedy) => {
        const message = 'has no effect: the schema ignores this key'
        const warnings = warningsOf({}, { schema, env: { [name]: '9' } })
        expect(warnings).toMatchObject([{ name, key, message, remedy }])
      })
      test('the name that sets a key of the profile is suggested', () => {
        const project = { [PROFILE]: 'log: {maxFiles: 3}' }
        const env = { SYSTEMPROMPT__LOG__MAX_FILES: '9' }
        const remedies = load(project, { schema: camel, env }).warnings.map(({ remedy }) => remedy)
        expect(remedies).toContain('did you mean SYSTEMPROMPT__LOG__MAXFILES?')
      })
      test('in a .env file it has a location', () => {
        const [warning] = load({ ...files, '.env': 'A=1\nSYSTEMPROMPT__SERVER__TYPO=x' }, { schema }).warnings.filter(
          ({ code }) => code === 'UNKNOWN_KEY',
        )
        expect(warning).toMatchObject({ key: 'server.typo', file: '.env', line: 2 })
      })
      test.each([
        ['SYSTEMPROMPT__TYPO', 'the schema has no similar key, perhaps since it is for another program'],
        [
          'SYSTEMPROMPT__WORKER__CONCURRENCY',
          'the schema has no such section, perhaps since it is for another program',
        ],
        ['SYSTEMPROMPT__EXTRA', 'a file has the key too, perhaps for another program'],
        ['SYSTEMPROMPT__ODD__KEY__X', 'a file has the key too, perhaps for another program'],
        ['SYSTEMPROMPT__LIMITS__A', 'the schema takes any key'],
        ['SYSTEMPROMPT__RUNTIME__ENVIRONMENT', 'the library knows the key'],
        ['SYSTEMPROMPT__SERVER__API_KEY', 'the schema knows the key'],
      ])('%s is not a warning if %s', (name) => {
        const values = { SYSTEMPROMPT__EXTRA: '2', SYSTEMPROMPT__RUNTIME__ENVIRONMENT: 'test' }
        const profile = 'server: {host: a, port: 1}\nextra: 1\nodd: {Key: {X: 1}}'
        const project = { [PROFILE]: profile }
        const env = { [name]: (values as Record<string, string>)[name] ?? '7' }
        expect(codes(load(project, { schema, env }).warnings)).not.toContain('UNKNOWN_KEY')
      })
      test('that an override replaces, only the override is a warning', () => {
        const env = { SYSTEMPROMPT__SERVER__TYPO: '2' }
        expect(warningsOf({ 'server.typo': 1 }, { env })).toMatchObject([{ name: 'overrides' }])
      })
    })
  })
  test('accept null as a value', () => {
    expect(load(files, { overrides: { extra: null } }).config.extra).toBeNull()
  })
  test('replace a list by a list', () => {
    expect(load(files, { overrides: { list: ['c'] } }).config.list).toEqual(['c'])
  })
  test('do not turn a list into a map by a path to an item', () => {
    const run = () => load(files, { overrides: { 'features[1].name': 'three' } }).config.features
    const result: unknown = (() => {
      try {
        return run()
      } catch (error) {
        return isConfigError(error, 'INVALID_OPTION')
      }
    })()
    expect([true, [{ name: 'one' }, { name: 'three' }]]).toContainEqual(result)
  })
  test.each<[string, LoadOptions['overrides'] & object, string, string]>([
    ['a function', { a: () => 1 }, 'INVALID_OPTION', 'a'],
    ['a date', { a: { b: new Date() } }, 'INVALID_OPTION', 'a.b'],
    ['a map', { a: [new Map()] }, 'INVALID_OPTION', 'a[0]'],
    ['a symbol', { a: Symbol('s') }, 'INVALID_OPTION', 'a'],
    ['a path with an empty step', { 'a..b': 1 }, 'INVALID_OPTION', 'overrides'],
    ['a path with an open bracket', { 'a[b': 1 }, 'INVALID_OPTION', 'overrides'],
    ['a prototype in a path', { 'a.__proto__.b': 1 }, 'FORBIDDEN_KEY', 'overrides'],
    ['a prototype as a key', JSON.parse('{"__proto__": {"x": 1}}'), 'FORBIDDEN_KEY', 'overrides'],
    ['a prototype in a tree', { a: JSON.parse('{"constructor": {"x": 1}}') }, 'INVALID_OPTION', 'a'],
  ])('reject %s', (_, overrides, code, key) => {
    expect(failure(files, { overrides }).issues).toMatchObject([{ code, key }])
    expect(Reflect.get({}, 'x')).toBeUndefined()
  })
  test('reject an item far beyond the end of a list', () => {
    expect(failure(files, { overrides: { 'features[9].name': 'x' } }).issues).toMatchObject([
      { code: 'INVALID_OPTION' },
    ])
  })
  test('accept tens of thousands of paths', () => {
    const paths = Array.from({ length: 50_000 }, (_, index) => [`many.k${index}`, index] as const)
    const { config } = load(
      {},
      { overrides: Object.fromEntries(paths.toReversed()), defaults: Object.fromEntries(paths) },
    )
    expect(Object.keys(config.many as object)).toHaveLength(50_000)
    expect(config.many).toMatchObject({ k0: 0, k49999: 49_999 })
  })
  test('reject a circular object', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(failure(files, { overrides: { circle } }).code).toBe('INVALID_OPTION')
  })
})

describe('defaults', () => {
  test('apply where nothing else is set', () => {
    const files: Files = { [PROFILE]: 'app: {a: 1}', '.env': 'SYSTEMPROMPT__APP__B=2' }
    const { config } = load(files, { defaults: { app: { a: 10, b: 20, c: 30 }, 'app.d': 40 } })
    expect(config.app).toEqual({ a: 1, b: 2, c: 30, d: 40 })
  })
  test('take precedence over SystemPrompt’s own defaults', () => {
    const { config, explain } = load(COMPLETE, { defaults: { server: { use_https: true } } })
    expect(config.server?.use_https).toBe(true)
    expect(explain('server.use_https').map(short)).toEqual([
      ['defaults', true, 'defaults'],
      ['defaults', false, 'profile defaults', 'overridden'],
    ])
  })
  test('do not replace null in a file', () => {
    expect(load({ [PROFILE]: 'extra:' }, { defaults: { extra: 1 } }).config.extra).toBeNull()
  })
})

describe('env', () => {
  afterEach(() => void vi.unstubAllEnvs())
  test('is read instead of process.env', () => {
    vi.stubEnv('SYSTEMPROMPT__APP__A', 'process')
    const cwd = makeProject()
    expect(loadConfigSync({ cwd, env: { SYSTEMPROMPT__APP__B: 'given' } }).config).toEqual({ app: { b: 'given' } })
    expect(loadConfigSync({ cwd }).config.app).toMatchObject({ a: 'process' })
  })
  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'does not have %s, which every object inherits',
    (name) => {
      const result = load({ [PROFILE]: `a: \${${name}:-default}`, '.env': 'B=${toString:-default}' })
      expect([result.config.a, result.env.B]).toEqual(['default', 'default'])
      expect(failure({ [PROFILE]: `a: \${${name}}` }).code).toBe('UNDEFINED_VARIABLE')
    },
  )
  test('may have a variable for an item of a list without turning the list into a map', () => {
    const { features } = load(
      { [PROFILE]: 'features: [{name: one}, {name: two}]' },
      { env: { SYSTEMPROMPT__FEATURES__1__NAME: 'three' } },
    ).config
    expect(Array.isArray(features)).toBe(true)
  })
  test('and process.env are not changed', () => {
    const env = Object.freeze({ PORT: '1' })
    const before = { ...process.env }
    load({ '.env': 'PORT=2\nNEW_VARIABLE=3' }, { env })
    expect([env, { ...process.env }]).toEqual([{ PORT: '1' }, before])
  })
})

describe('dotenv', () => {
  const files: Files = {
    [PROFILE]: 'v: ${V:-none}',
    '.env': 'V=env',
    '.env.local': 'V=local',
    '.env.production': 'V=production',
    'config/one.env': 'V=one',
  }
  test.each<[string, LoadOptions['dotenv'], string, string[]]>([
    ['undefined', undefined, 'local', ['.env.local', '.env']],
    ['true', true, 'local', ['.env.local', '.env']],
    ['false', false, 'none', []],
    ['[]', [], 'none', []],
    ['a list', ['.env.production', '.env'], 'production', ['.env.production', '.env']],
    ['a list with a path', ['config/one.env'], 'one', ['config/one.env']],
    ['{}', {}, 'local', ['.env.local', '.env']],
    ['{ files }', { files: ['.env'] }, 'env', ['.env']],
    ['a file that does not exist', ['.env.nope'], 'none', []],
  ])('%s', (_, dotenv, value, read) => {
    const { config, layers } = load(files, dotenv === undefined ? {} : { dotenv })
    expect(config.v).toBe(value)
    expect(layers.find(({ name }) => name === 'dotenv')?.files ?? []).toEqual(read)
  })
  test('may have an absolute path', () => {
    const elsewhere = join(makeProject({ 'shared.env': 'V=elsewhere' }), 'shared.env')
    expect(load(files, { dotenv: [elsewhere] }).config.v).toBe('elsewhere')
  })
  test('keeps every definition of a variable for explain, however many there are', () => {
    const lines = 250_000
    const { explain } = load({ '.env': 'A=1\n'.repeat(lines) })
    const explained = explain('A')
    expect(explained).toHaveLength(lines)
    expect(explained.at(-1)).toEqual({
      value: '1',
      origin: { layer: 'dotenv', file: '.env', line: 1, column: 1 },
      overridden: true,
    })
  })
  test('override: takes precedence over the environment', () => {
    const env = { V: 'process' }
    expect(load(files, { env }).config.v).toBe('process')
    const result = load(files, { env, dotenv: { override: true } })
    expect([result.config.v, result.env.V]).toEqual(['local', 'local'])
  })
  test('override: takes precedence over SYSTEMPROMPT__ variables too', () => {
    const given = { '.env': 'SYSTEMPROMPT__APP__A=dotenv' }
    const env = { SYSTEMPROMPT__APP__A: 'process' }
    expect(load(given, { env }).config.app).toEqual({ a: 'process' })
    expect(load(given, { env, dotenv: { override: true } }).config.app).toEqual({ a: 'dotenv' })
  })
  test('bare: expands $VAR in .env files, and nowhere else', () => {
    const given = { '.env': 'A=1\nB=$A-${A}', [PROFILE]: 'b: ${B}\nc: $A' }
    expect(load(given).config).toMatchObject({ b: '$A-1', c: '$A' })
    expect(load(given, { dotenv: { bare: true } }).config).toMatchObject({ b: '1-1', c: '$A' })
  })

  test('warns of ignored text without quoting it: lines that are not assignments, and what follows a #', () => {
    const text = 'A=x#canary\nexport canary\nsome canary\nB="canary\nC=x # y\n'
    const { env, warnings } = load({ '.env': text })
    expect({ ...env }).toEqual({ A: 'x', B: '"canary', C: 'x' })
    expect(warnings.map(({ code, line, key, message }) => [code, line, key, message])).toEqual([
      ['SYNTAX', 4, 'B', 'begins with a quote that is never closed, and is read with that quote'],
      ['SYNTAX', 1, 'A', 'ends at the # in it, where a comment begins'],
      ['SYNTAX', 2, undefined, 'is not NAME=VALUE; there are 2 such lines'],
    ])
    expect(JSON.stringify(warnings)).not.toContain('canary')
  })

  test('warns of a value in typographic quotes, which nobody sees in a masked one', () => {
    const { env, warnings } = load({ '.env': 'A=“canary”\nB=‘canary’ # c\nC="“x”"\nD=“x” y\nE=”\n' })
    expect({ ...env }).toEqual({ A: '“canary”', B: '‘canary’', C: '“x”', D: '“x” y', E: '”' })
    const message = 'is in typographic quotes, which are read as a part of it'
    expect(warnings.map(({ code, line, key, message }) => [code, line, key, message])).toEqual([
      ['SYNTAX', 1, 'A', message],
      ['SYNTAX', 2, 'B', message],
    ])
    expect(JSON.stringify(warnings)).not.toContain('canary')
  })
})

describe('settings that overlap', () => {
  const PLACES: readonly [string, (variables: Readonly<Record<string, string>>) => [Files, LoadOptions]][] = [
    ['the environment', (env) => [{}, { env }]],
    [
      'a .env file',
      (variables) => [
        {
          '.env': Object.entries(variables)
            .map(([name, value]) => `${name}=${value}\n`)
            .join(''),
        },
        {},
      ],
    ],
  ]
  describe.each(PLACES)('in %s', (_, place) => {
    test.each<[string, Readonly<Record<string, string>>, unknown]>([
      ['an item of a list', { SYSTEMPROMPT__V: '[a, b]', SYSTEMPROMPT__V__0: 'x' }, ['x', 'b']],
      ['the item after the last', { SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__V__1: 'x' }, ['a', 'x']],
      ['a key of an item', { SYSTEMPROMPT__V: '[{n: a, m: b}]', SYSTEMPROMPT__V__0__N: 'x' }, [{ n: 'x', m: 'b' }]],
      ['a key of a map', { SYSTEMPROMPT__V: '{a: 1, b: 2}', SYSTEMPROMPT__V__A: '3' }, { a: 3, b: 2 }],
      ['a key in capitals', { SYSTEMPROMPT__V: '{apiUrl: 1}', SYSTEMPROMPT__V__APIURL: '2' }, { apiUrl: 2 }],
      ['a key below null', { SYSTEMPROMPT__V: 'null', SYSTEMPROMPT__V__A: '1' }, { a: 1 }],
    ])('are merged: %s', (_, variables, expected) => {
      expect(load(...place(variables)).config.v).toEqual(expected)
    })
    test.each<[string, Readonly<Record<string, string>>]>([
      ['a scalar', { SYSTEMPROMPT__V: '5', SYSTEMPROMPT__V__A: '6' }],
      ['an item', { SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__V__0__A: '6' }],
      ['a list', { SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__V__A: '6' }],
    ])('report a key below %s as an error with its place', (_, variables) => {
      const { issues } = failure(...place(variables))
      expect(issues).toMatchObject([
        { code: 'INVALID_VALUE', message: 'sets a key below one that another variable sets to a value' },
      ])
      const [issue] = issues
      expect(issue?.line === 2 || issue?.name === Object.keys(variables)[1]).toBe(true)
    })
    test('report an item beyond the end of a list as an error', () => {
      const { issues } = failure(...place({ SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__V__2: 'x' }))
      expect(issues).toMatchObject([{ code: 'INVALID_OPTION', message: 'names an item beyond the end of a list' }])
    })
  })
  test.each<[string, Files, LoadOptions, object]>([
    ['a .env file', { '.env': 'A=1\nSYSTEMPROMPT__V__4=x' }, {}, { file: '.env', line: 2 }],
    ['a key in a .env file', { '.env': 'A=1\nSYSTEMPROMPT__V__4__A=x' }, {}, { file: '.env', line: 2 }],
    ['a variable', {}, { env: { SYSTEMPROMPT__V__4: 'x' } }, { key: 'SYSTEMPROMPT__V__4' }],
    ['a key in a variable', {}, { env: { SYSTEMPROMPT__V__4__A: 'x' } }, { key: 'SYSTEMPROMPT__V__4__A' }],
    ['code', {}, { overrides: { 'v[4].a': 1 } }, { key: 'overrides' }],
  ])('report an item beyond the end of a file’s list with its place: %s', (_, files, options, place) => {
    const { issues } = failure({ ...files, [PROFILE]: `${COMPLETE_PROFILE}v: [1, 2]\n` }, options)
    expect(issues).toMatchObject([{ code: 'INVALID_OPTION', ...place }])
  })
  test.each<LoadOptions['overrides'] & object>([
    { 'v[0]': 1, 'v.b': 2 },
    { 'v.b': 2, 'v[0]': 1 },
  ])('keep both an item and a key of one list: %j', (overrides) => {
    const { config } = load({ [PROFILE]: `${COMPLETE_PROFILE}v: [7, 8]\n` }, { overrides })
    expect(config.v).toEqual({ 0: 1, b: 2 })
  })
  test.each<[string, Files, LoadOptions]>([
    ['variables', {}, { env: { SYSTEMPROMPT__V__10: 'b', SYSTEMPROMPT__V__9: 'a' } }],
    ['lines of .env', { '.env': 'SYSTEMPROMPT__V__10=b\nSYSTEMPROMPT__V__9=a' }, {}],
    ['overrides', {}, { overrides: { 'v[10]': 'b', 'v[9]': 'a' } }],
  ])('append items to a list by their numbers, in whatever order they are set: %s', (_, files, options) => {
    const nine = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    const { config } = load({ ...files, [PROFILE]: `${COMPLETE_PROFILE}v: ${JSON.stringify(nine)}\n` }, options)
    expect(config.v).toEqual([...nine, 'a', 'b'])
  })
  test.each<[string, Files, LoadOptions, unknown]>([
    ['from variables', {}, { env: { SYSTEMPROMPT__V__0: 'a', SYSTEMPROMPT__V__1: '2' } }, ['a', 2]],
    [
      'eleven items',
      {},
      { env: Object.fromEntries(TENS.map((n) => [`SYSTEMPROMPT__V__${n}`, `x${n}`])) },
      TENS.map((n) => `x${n}`),
    ],
    ['of maps', {}, { env: { SYSTEMPROMPT__V__0__A: '1', SYSTEMPROMPT__V__0__B: '2' } }, [{ a: 1, b: 2 }]],
    ['in a list', {}, { env: { SYSTEMPROMPT__V__0__0: 'a', SYSTEMPROMPT__V__0__1: 'b' } }, [['a', 'b']]],
    ['from two layers', { '.env': 'SYSTEMPROMPT__V__1=b' }, { env: { SYSTEMPROMPT__V__0: 'a' } }, ['a', 'b']],
    [
      'below a map of a file',
      { [PROFILE]: `${COMPLETE_PROFILE}v:\n  a: 1\n` },
      { overrides: { 'v.b[0]': 1 } },
      { a: 1, b: [1] },
    ],
    ['from overrides', {}, { overrides: { 'v[0]': 1, 'v[1].a': 2 } }, [1, { a: 2 }]],
    ['from defaults', {}, { defaults: { 'v[0]': 1 } }, [1]],
    ['but not with a gap', {}, { env: { SYSTEMPROMPT__V__1: 'a' } }, { 1: 'a' }],
    ['but not with another key', {}, { env: { SYSTEMPROMPT__V__0: 'a', SYSTEMPROMPT__V__B: 'b' } }, { 0: 'a', b: 'b' }],
    ['but not in a map that is written as one', {}, { env: { SYSTEMPROMPT__V: '{"0": a}' } }, { 0: 'a' }],
    [
      'but not in a map of a file',
      { [PROFILE]: `${COMPLETE_PROFILE}v:\n  0: a\n` },
      { env: { SYSTEMPROMPT__V__1: 'b' } },
      { 0: 'a', 1: 'b' },
    ],
    ['but not in a map in code', {}, { overrides: { v: { 0: 'a' } } }, { 0: 'a' }],
  ])('turn indexes into a list: %s', (_, files, options, expected) => {
    expect(load(files, options).config.v).toEqual(expected)
  })
  test('explain an item of such a list', () => {
    const { explain } = load({}, { env: { SYSTEMPROMPT__V__0: 'a', SYSTEMPROMPT__V__1: 'b' } })
    expect(explain('v[1]').map(short)).toEqual([['environment', 'b', 'SYSTEMPROMPT__V__1']])
  })
  test.each([65, 20_000])('reject %i levels as too deep', (levels) => {
    const name = `SYSTEMPROMPT${'__A'.repeat(levels)}`
    const key = Array.from({ length: levels }, () => 'a').join('.')
    const loads: readonly [Files, LoadOptions][] = [
      [{ '.env': `${name}=1` }, {}],
      [{}, { env: { [name]: '1' } }],
      [{}, { overrides: { [key]: 1 } }],
      [{}, { defaults: { [key]: 1 } }],
    ]
    for (const [files, options] of loads) {
      const error = failure(files, options)
      expect(error.issues).toMatchObject([{ code: 'TOO_DEEP', message: 'names a key nested more than 64 levels deep' }])
      if (options.env === undefined) expect(error.message.length).toBeLessThan(500)
    }
  })
  test('accept 64 levels', () => {
    const env = { [`SYSTEMPROMPT${'__A'.repeat(64)}`]: '1' }
    expect(load({}, { env, overrides: { [Array(64).fill('b').join('.')]: 1 } }).config).toHaveProperty('a.a.a.a')
  })
  test('in two .env files: the file of higher precedence wins, in either order', () => {
    const one = { '.env': 'SYSTEMPROMPT__V=5', '.env.local': 'SYSTEMPROMPT__V__A=6' }
    expect(load(one).config.v).toEqual({ a: 6 })
    const other = { '.env': 'SYSTEMPROMPT__V__A=6', '.env.local': 'SYSTEMPROMPT__V=5' }
    expect(load(other).config.v).toBe(5)
  })
  test('explain what was replaced', () => {
    const { explain } = load({}, { env: { SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__V__0: 'x' } })
    expect(explain('v[0]').map(short)).toEqual([
      ['environment', 'x', 'SYSTEMPROMPT__V__0'],
      ['environment', 'a', 'SYSTEMPROMPT__V', 'overridden'],
    ])
  })
})

describe('an empty setting in a .env file', () => {
  test.each<[string, string, string]>([
    ['does not hide that of the file below', 'SYSTEMPROMPT__APP__A=', 'SYSTEMPROMPT__APP__A=5'],
    ['does not hide it in quotes either', 'SYSTEMPROMPT__APP__A=""', 'SYSTEMPROMPT__APP__A=5'],
    ['does not hide an earlier one in the same file', '', 'SYSTEMPROMPT__APP__A=5\nSYSTEMPROMPT__APP__A='],
    [
      'does not hide it from a reference to itself',
      'SYSTEMPROMPT__APP__A=${SYSTEMPROMPT__APP__A}',
      'SYSTEMPROMPT__APP__A=5\nSYSTEMPROMPT__APP__A=',
    ],
    ['may be empty only after substitution', 'SYSTEMPROMPT__APP__A=${NONE:-}\nNONE=', 'SYSTEMPROMPT__APP__A=5'],
    ['does not hide a map', 'SYSTEMPROMPT__APP=${NONE}\nNONE=', 'SYSTEMPROMPT__APP={a: $<FIVE>}\nFIVE=5'],
    [
      'does not hide a reference to a variable below',
      'SYSTEMPROMPT__APP__A=${NONE}\nNONE=',
      'SYSTEMPROMPT__APP__A=$<FIVE>\nFIVE=5',
    ],
    [
      'does not hide the next one that is not empty',
      'SYSTEMPROMPT__APP__A=${NONE}\nSYSTEMPROMPT__APP__A=$<NONE>$<NONE>\nNONE=',
      'SYSTEMPROMPT__APP__A=5\nSYSTEMPROMPT__APP__A=${NONE}',
    ],
  ])('%s', (_, local, shared) => {
    const { config } = load({ [PROFILE]: 'app: {a: 1}', '.env.local': local, '.env': shared })
    expect(config.app).toEqual({ a: 5 })
  })
  test('that is empty after substitution is neither explained nor found by a reference', () => {
    const { explain, env } = load({
      '.env.local': 'SYSTEMPROMPT__APP=${NONE}\nNONE=\nCOPY=${SYSTEMPROMPT__APP}',
      '.env': 'SYSTEMPROMPT__APP=[a, "${SYSTEMPROMPT__APP:-first}"]',
    })
    expect(explain('app[1]').map(short)).toEqual([['dotenv', 'first', '.env:1:1']])
    expect(explain('SYSTEMPROMPT__APP').map(short)).toEqual([['dotenv', '[a, "first"]', '.env:1:1']])
    expect(env.COPY).toBe('[a, "first"]')
  })
  test('does not hide that of the environment, even with `override`', () => {
    const files: Files = { '.env': 'SYSTEMPROMPT__APP__A=${NONE}\nNONE=' }
    const env = { SYSTEMPROMPT__APP__A: '5' }
    expect(load(files, { env }).config.app).toEqual({ a: 5 })
    expect(load(files, { env, dotenv: { override: true } }).config.app).toEqual({ a: 5 })
  })
  test('does not hide that of the profile', () => {
    const { config, env } = load({ [PROFILE]: 'app: {a: 1}', '.env': 'SYSTEMPROMPT__APP__A=\nEMPTY=' })
    expect([config.app, { ...env }]).toEqual([{ a: 1 }, { EMPTY: '' }])
  })
})

describe('a reference in a list or map of a .env setting', () => {
  const setting = (text: string, options: LoadOptions = {}, files: Files = {}): unknown =>
    load({ '.env': `SYSTEMPROMPT__APP=${text}\n`, ...files }, options).config.app
  test.each<[string, string, Readonly<Record<string, string>>, unknown]>([
    ['cannot add a key', '{name: "${NAME}"}', { NAME: 'x", admin: "true' }, { name: 'x", admin: "true' }],
    ['cannot add an item', '["${NAME}"]', { NAME: 'a, b' }, ['a, b']],
    ['cannot become a list itself', '${NAME}', { NAME: '[a, b]' }, '[a, b]'],
    ['cannot become a map', '${NAME:-{a: 1\\}}', { NAME: '{admin: true}' }, '{admin: true}'],
    [
      'has the type of its text, if unquoted and alone',
      '[$<NAME>, "$<NAME>", x$<NAME>]',
      { NAME: '1' },
      [1, '1', 'x1'],
    ],
    ['is not resolved in a key', '{"${NAME}": 1}', { NAME: 'x' }, { '${NAME}': 1 }],
    ['may have a default', '{a: "${UNSET:-b}"}', {}, { a: 'b' }],
  ])('%s', (_, text, env, expected) => {
    expect(setting(text, { env })).toEqual(expected)
  })
  test('puts no secret into a key', () => {
    const options = { env: { OPENAI_API_KEY: 'canary-Zx81Qw7' } }
    expect(Object.keys(setting('{"${OPENAI_API_KEY}": 1}', options) as object)).toEqual(['${OPENAI_API_KEY}'])
  })
  test('makes a value with a secret in it secret, and is explained', () => {
    const files = { '.env': 'SYSTEMPROMPT__APP={url: "x/${ACME}"}\nACME=${OPENAI_API_KEY}' }
    const result = load(files, { env: { OPENAI_API_KEY: 'canary-Zx81Qw7' } })
    expect(inspect(result.config, { depth: 9 })).not.toContain('canary')
    expect(result.explain('app.url')).toMatchObject([
      {
        value: '••••',
        origin: { layer: 'dotenv', file: '.env', line: 1 },
        references: [{ name: 'ACME' }],
        secret: true,
      },
    ])
  })
  test('to the setting itself has its value in the file below', () => {
    const files = { '.env.local': 'SYSTEMPROMPT__APP=["${SYSTEMPROMPT__APP}", mine]' }
    expect(setting('base', {}, files)).toEqual(['base', 'mine'])
  })
  test('without braces is resolved with `bare`', () => {
    expect(setting('[$A]', { env: { A: '1' } })).toEqual(['$A'])
    expect(setting('[$A, b$A]', { env: { A: '1' }, dotenv: { bare: true } })).toEqual([1, 'b1'])
  })
  test('is literal between single quotes', () => {
    expect(setting(`'["\${A}"]'`, { env: { A: '1' } })).toEqual(['${A}'])
  })
  test('must be quoted between brackets, as in any file', () => {
    const { issues } = failure({ '.env': 'SYSTEMPROMPT__APP=[${A}, b]' }, { env: { A: '1' } })
    expect(issues).toMatchObject([{ code: 'SYNTAX', file: '.env', remedy: expect.stringContaining('quote') }])
  })
  test('that is not set is reported once', () => {
    const { issues } = failure({ '.env': 'SYSTEMPROMPT__APP={a: "${UNSET}"}' })
    expect(issues).toMatchObject([{ code: 'UNDEFINED_VARIABLE', file: '.env', line: 1 }])
  })
})

describe('services', () => {
  const files: Files = {
    [PROFILE]: '',
    'services/ai/config.yaml': 'model: a',
    'services/web/config.yaml': 'web: {theme: dark}',
  }
  test.each<[string, LoadOptions['services'], unknown]>([
    ['undefined', undefined, { ai: { model: 'a' }, web: { theme: 'dark' } }],
    ['true', true, { ai: { model: 'a' }, web: { theme: 'dark' } }],
    ['false', false, undefined],
    ['a list', ['web'], { web: { theme: 'dark' } }],
    ['[]', [], undefined],
  ])('%s', (_, services, expected) => {
    expect(load(files, services === undefined ? {} : { services }).config.services).toEqual(expected)
  })
  test('are read outside a SystemPrompt project if they are named', () => {
    const { [PROFILE]: _, ...given } = files
    expect(load(given).config.services).toBeUndefined()
    expect(load(given, { services: true }).config.services).toBeUndefined()
    expect(load(given, { services: ['ai'] }).config.services).toEqual({ ai: { model: 'a' } })
  })
  test.each<[string, Files, string, string]>([
    ['one that does not exist', {}, 'webb', 'did you mean web?'],
    ['one without a similar one', {}, 'search', 'create its config.yaml, or remove the name'],
    [
      'one that the root file lacks',
      { 'services/config/config.yaml': 'ai: {}' },
      'web',
      'create its config.yaml, or remove the name',
    ],
  ])('%s is a warning if it is named', (_, more, name, remedy) => {
    const given = { ...files, 'services/empty/config.yaml': '', ...more }
    const { warnings } = load(given, { services: ['ai', name] })
    expect(warnings.filter(({ code }) => code === 'PATH_MISSING')).toMatchObject([{ key: `services.${name}`, remedy }])
    const wanted = load(given, { services: more['services/config/config.yaml'] ? ['ai'] : ['ai', 'empty'] })
    expect(wanted.warnings.filter(({ code }) => code === 'PATH_MISSING')).toEqual([])
  })
  test('that are not named are not read, and may be broken', () => {
    const given = { ...files, 'services/b/config.yaml': 'x: [1' }
    expect(load(given, { services: ['ai'] }).config.services).toEqual({ ai: { model: 'a' } })
    expect(load(given, { services: ['ai'] }).consulted.files.join()).not.toContain('services/b/config.yaml')
    expect(failure(given).code).toBe('SYNTAX')
  })
  test.each<[string, Files]>([
    ['one that cannot be read', { 'services/ai/config.yaml/': '' }],
    ['one in a root file that cannot be parsed', { 'services/config/config.yaml': 'ai: [' }],
    ['one in a root file that cannot include it', { 'services/config/config.yaml': 'includes: ../ai.yaml' }],
  ])('%s is not reported as missing too', (_, broken) => {
    const { issues, warnings } = failure({ [PROFILE]: '', ...broken }, { services: ['ai'] })
    expect(issues).toHaveLength(1)
    expect(warnings.filter(({ code }) => code === 'PATH_MISSING')).toEqual([])
  })
  test('false: a broken service is not an error', () => {
    const given = { ...files, 'services/ai/config.yaml': '[' }
    expect(failure(given).code).toBe('SYNTAX')
    expect(load(given, { services: false }).config.services).toBeUndefined()
  })
})

describe('onUndefined', () => {
  const files: Files = { [PROFILE]: 'a: ${NOPE}\nb: x-${NOPE}-y\nc: ${NOPE:-default}' }
  test('error: reports every place, with a caret', () => {
    const { issues } = failure(files)
    expect(issues).toMatchObject([
      { code: 'UNDEFINED_VARIABLE', key: 'a', line: 1, column: 4 },
      { code: 'UNDEFINED_VARIABLE', key: 'b', line: 2, column: 6 },
    ])
    expect(issues[1]?.frame).toBe('      2 | b: x-${NOPE}-y\n        |      ^')
  })
  test('error: points at the string if it has escapes, so that the reference is not found as it is written', () => {
    const { issues } = failure({ [PROFILE]: 'a: "x ${NOPE:?say \\"no\\"}"\nb: "x ${NOPE:?no}"\n' })
    expect(issues).toMatchObject([
      { code: 'REQUIRED_VARIABLE', key: 'a', line: 1, column: 4 },
      { code: 'REQUIRED_VARIABLE', key: 'b', line: 2, column: 7 },
    ])
  })
  test('error: names an item of a list by its index', () => {
    const { issues } = failure({ [PROFILE]: 'list:\n  - x\n  - a: ${NOPE}\n' })
    expect(issues).toMatchObject([{ code: 'UNDEFINED_VARIABLE', key: 'list[1].a', line: 3, column: 8 }])
  })
  test('keep and empty: a provider keeps the replacement for its key, and is still disabled', () => {
    const provider: Files = { 'services/ai/config.yaml': 'providers: {acme: {api_key: "${NOPE}"}}' }
    const ai = (options: LoadOptions) => load({ '.systemprompt/': '', ...provider }, options).config.services
    expect(ai({})).toEqual({ ai: { providers: { acme: { enabled: false } } } })
    expect(ai({ onUndefined: 'keep' })).toEqual({ ai: { providers: { acme: { api_key: '${NOPE}', enabled: false } } } })
    expect(ai({ onUndefined: 'empty' })).toEqual({ ai: { providers: { acme: { api_key: '', enabled: false } } } })
  })
  test('a provider whose key comes from the environment is not disabled, whatever the key looks like', () => {
    const files: Files = { '.systemprompt/': '', 'services/ai/config.yaml': 'providers: {acme: {}}' }
    const env = { SYSTEMPROMPT__SERVICES__AI__PROVIDERS__ACME__API_KEY: 'k-${NOPE}' }
    expect(load(files, { env }).config.services).toEqual({ ai: { providers: { acme: { api_key: 'k-${NOPE}' } } } })
  })
  test('keep: leaves the reference as it is written', () => {
    expect(load(files, { onUndefined: 'keep' }).config).toMatchObject({ a: '${NOPE}', b: 'x-${NOPE}-y', c: 'default' })
  })
  test('empty: replaces the reference by an empty string', () => {
    expect(load(files, { onUndefined: 'empty' }).config).toMatchObject({ a: '', b: 'x--y', c: 'default' })
  })
})

describe('limits of references', () => {
  const nested = (depth: number): string => `${'${X:-'.repeat(depth)}end${'}'.repeat(depth)}`
  test('32 nested defaults are resolved, 33 are an error with its place', () => {
    expect(load({ [PROFILE]: `a: "${nested(32)}"` }).config.a).toBe('end')
    expect(failure({ [PROFILE]: `a: 1\nb: "${nested(33)}"` }).issues).toMatchObject([
      { code: 'LIMIT_EXCEEDED', key: 'b', file: PROFILE, line: 2 },
    ])
    expect(failure({ '.env': `A=${nested(33)}` }).issues).toMatchObject([{ code: 'LIMIT_EXCEEDED', key: 'A' }])
  })
})

describe('old spellings', () => {
  const at = (audiences: string): Files => ({
    [PROFILE]: `security: {jwt_audiences: [a, b], jwt: {audiences: ${audiences}}}\nsecrets: {validation: skip}`,
    [SECRETS]: '{}',
  })
  test('of a list next to the current one are a warning if both are equal', () => {
    const { config, warnings } = load(at('[a, b]'))
    expect(config.security?.jwt_audiences).toEqual(['a', 'b'])
    expect(warnings.map(({ code, key }) => [code, key])).toContainEqual(['OLD_SPELLING', 'security.jwt.audiences'])
  })
  test.each(['[a]', '[a, c]', '[a, b, c]', '[b, a]', 'a', '[a, {b: 1}]'])(
    'of a list next to the current one are an error if they differ: %s',
    (audiences) => {
      expect(failure(at(audiences)).issues).toMatchObject([
        { code: 'CONFLICTING_SPELLINGS', key: 'security.jwt.audiences' },
      ])
    },
  )
  test('do not apply to a map with such a name', () => {
    const { config, warnings } = load({ [PROFILE]: 'environment: {REGION: eu}\nsecrets: {validation: skip}' })
    expect(config).toMatchObject({ environment: { REGION: 'eu' }, runtime: { environment: 'development' } })
    expect(codes(warnings)).toEqual(['MISSING_KEY'])
  })
  test.each(['constructor', 'toString'])('do not include what every object inherits: %s', (word) => {
    const { issues } = failure({ [PROFILE]: `runtime: {log_level: ${word}}` })
    expect(issues).toMatchObject([{ code: 'INVALID_VALUE', key: 'runtime.log_level' }])
  })
  test('with the opposite meaning are negated', () => {
    const { config } = load({ [PROFILE]: 'runtime: {colors: true}' })
    expect(config.runtime).toMatchObject({ no_color: false })
    expect(failure({ [PROFILE]: 'runtime: {colors: maybe}' }).issues).toMatchObject([
      { code: 'INVALID_VALUE', key: 'runtime.no_color' },
    ])
  })
  test.each([
    ['yes', false],
    ['1', false],
    ['on', false],
    ['TRUE', false],
    ['no', true],
    ['off', true],
    ['0', true],
    ['false', true],
  ])('with the opposite meaning are negated in a variable and without a profile: %s', (text, expected) => {
    const variable = { SYSTEMPROMPT__RUNTIME__COLORS: text }
    expect(load({}, { env: variable }).config.runtime).toEqual({ no_color: expected })
    expect(load({ [PROFILE]: '' }, { env: variable }).config.runtime).toMatchObject({ no_color: expected })
    expect(load({}, { overrides: { 'runtime.colors': text } }).config.runtime).toEqual({ no_color: expected })
    expect(load({ '.env': `SYSTEMPROMPT__RUNTIME__COLORS=${text}` }).config.runtime).toEqual({ no_color: expected })
  })
  test('with the opposite meaning are negated as a string', () => {
    expect(load({ [PROFILE]: 'runtime: {colors: "false"}' }).config.runtime?.no_color).toBe(true)
    expect(
      load({ [PROFILE]: 'runtime: {colors: "${COLORS}"}' }, { env: { COLORS: 'false' } }).config.runtime,
    ).toMatchObject({
      no_color: true,
    })
  })
})

describe('emptyIsValue', () => {
  const files: Files = {
    [PROFILE]: 'app: {a: file}\nb: "${B-unset}|${B:-empty}"',
    [SECRETS]: '{"acme_key": "from-file"}',
  }
  const env = { SYSTEMPROMPT__APP__A: '', B: '', ACME_KEY: '' }
  test('false: treats an empty variable as not set', () => {
    const { config, secrets } = load(files, { env })
    expect(config).toMatchObject({ app: { a: 'file' }, b: 'unset|empty' })
    expect(secrets.get('acme_key')).toBe('from-file')
  })
  test('true: treats an empty variable as set', () => {
    const { config } = load(files, { env, emptyIsValue: true })
    expect(config).toMatchObject({ app: { a: null }, b: '|empty' })
  })
  test('true: does not let a .env value replace an empty variable', () => {
    expect({ ...load({ '.env': 'X=1' }, { env: { X: '' } }).env }).toEqual({ X: '1' })
    expect({ ...load({ '.env': 'X=1' }, { env: { X: '' }, emptyIsValue: true }).env }).toEqual({})
  })
})

describe('a blank variable', () => {
  const files: Files = { [PROFILE]: '', [SECRETS]: '{"acme_key": "from-file"}', '.env': 'OPENAI_API_KEY=dotenv\nX=1' }
  const blank = { ACME_KEY: ' \t', OPENAI_API_KEY: '  ', X: '  ' }
  test('is not a secret, and is replaced by the value of a file', () => {
    const { secrets, env } = load(files, { env: blank })
    expect([secrets.get('acme_key'), secrets.get('openai')]).toEqual(['from-file', 'dotenv'])
    expect({ ...env }).toEqual({ ACME_KEY: 'from-file', OPENAI_API_KEY: 'dotenv' })
  })
  test('counts as set with `emptyIsValue`', () => {
    expect({ ...load(files, { env: blank, emptyIsValue: true }).env }).toEqual({})
  })
})

describe('a variable with the name that a secret has in files', () => {
  const text = 'sk-made-up'
  test.each<[string, Files, LoadOptions, Readonly<Record<string, string>>]>([
    ['that of a known secret', { '.env': 'github=octocat' }, {}, { github: 'octocat' }],
    [
      'next to the secret',
      { '.env': `github=octocat\nGITHUB_TOKEN=${text}` },
      {},
      { github: 'octocat', GITHUB_TOKEN: text },
    ],
    ['an empty one', { '.env': `github=\nGITHUB_TOKEN=${text}` }, {}, { github: '', GITHUB_TOKEN: text }],
    [
      'that of a secret in secrets.json',
      { ...COMPLETE, [SECRETS]: `{"acme-key": "${text}"}`, '.env': 'acme-key=a\nacme_key=b' },
      {},
      { 'acme-key': 'a', acme_key: 'b', ACME_KEY: text },
    ],
  ])('is a variable of its own: %s', (_, files, options, expected) => {
    expect(load(files, options).env).toMatchObject(expected)
  })
  test('is what a reference to its name resolves to, wherever it is set', () => {
    const reference = { '.env': 'USER_NAME=$<github>' }
    expect(load({ '.env': 'github=octocat\nUSER_NAME=$<github>' }).env.USER_NAME).toBe('octocat')
    expect(load(reference, { env: { github: 'octocat', GITHUB_TOKEN: text } }).env.USER_NAME).toBe('octocat')
    expect(load(reference, { env: { GITHUB_TOKEN: text } }).env.USER_NAME).toBe(text)
  })
  test('is neither the secret nor what explain shows for the secret', () => {
    const { secrets, explain } = load({ '.env': `github=octocat\nGITHUB_TOKEN=${text}` })
    expect(secrets.get('github')).toBe(text)
    expect(explain('github').map(({ origin }) => origin.line)).toEqual([2])
  })
})

test('explain masks a value with a secret in it even if another layer overrides its parent', () => {
  const { explain } = load(
    { '.env': 'SYSTEMPROMPT__V__0=at ${ACME_KEY}\nSYSTEMPROMPT__W__A=at ${ACME_KEY}\n' },
    { env: { ACME_KEY: 'canary', SYSTEMPROMPT__V: '[a]', SYSTEMPROMPT__W: 'a' } },
  )
  for (const path of ['v', 'w']) {
    expect(explain(path)).toHaveLength(2)
    expect(JSON.stringify(explain(path))).not.toContain('canary')
    expect(inspect(explain(path), { depth: null })).not.toContain('canary')
  }
})

describe('a value that dotenvx has encrypted', () => {
  const text = `encrypted:${'Ab0/'.repeat(32)}AB==`
  const files: Files = { '.env': `A=1\nHELLO="${text}"\n` }
  test('is an error that does not repeat it', () => {
    const { issues, message } = failure(files)
    expect(issues).toMatchObject([{ code: 'ENCRYPTED_VALUE', key: 'HELLO', file: '.env', line: 2 }])
    expect(message).not.toContain('Ab0/')
  })
  test('is no error if the environment has the variable, as under dotenvx run', () => {
    expect({ ...load(files, { env: { HELLO: 'World' } }).env }).toEqual({ A: '1' })
  })
  test.each<[string, string]>([
    ['a setting', 'SYSTEMPROMPT__STRIPE__KEY'],
    ['a secret with a required format', 'DATABASE_URL'],
    ['a secret with a minimum length', 'JWT_SECRET'],
  ])('is the only error for %s', (_, name) => {
    const { issues } = failure({ ...COMPLETE, '.env': `${name}="${text}"` })
    expect(issues).toMatchObject([{ code: 'ENCRYPTED_VALUE', key: name, file: '.env', line: 1 }])
  })
  test('is an ordinary string in secrets.json, which dotenvx does not write', () => {
    expect(load({ ...COMPLETE, [SECRETS]: JSON.stringify({ hello: text }) }).env.HELLO).toBe(text)
  })
  test('is distinguished from other strings that begin with encrypted:', () => {
    expect(load({ '.env': 'HELLO=encrypted:no\nB=encrypted:' }).env.HELLO).toBe('encrypted:no')
  })
})

describe('allowEnv', () => {
  const files: Files = { '.env': 'A=1\nNODE_OPTIONS=--inspect\nHTTPS_PROXY=http://evil.example\n' }
  test('that is empty blocks dangerous names, with a warning that has their place', () => {
    const { env, warnings } = load(files)
    expect({ ...env }).toEqual({ A: '1' })
    expect(warnings.map(({ code, key, file, line }) => [code, key, file, line])).toEqual([
      ['BLOCKED_NAME', 'HTTPS_PROXY', '.env', 3],
      ['BLOCKED_NAME', 'NODE_OPTIONS', '.env', 2],
    ])
    expect(warnings[1]?.remedy).toBe("set it in the environment, or name it in allowEnv: ['NODE_OPTIONS']")
  })
  test('that is empty blocks NAME_FILE for a secret, which is read from the environment only', () => {
    const pointers = 'DATABASE_URL_FILE=/etc/passwd\nACME_KEY_FILE=x\nLOG_FILE=log\nSYSTEMPROMPT_SECRETS_DIR=/etc\n'
    const given = { [PROFILE]: '', [SECRETS]: '{"acme_key": "a"}', '.env': pointers }
    const { env, secrets, warnings } = load(given)
    expect([{ ...env }, secrets.names()]).toEqual([{ ACME_KEY: 'a', LOG_FILE: 'log' }, ['acme_key']])
    expect(warnings.filter(({ code }) => code === 'BLOCKED_NAME').map(({ key, line }) => [key, line])).toEqual([
      ['ACME_KEY_FILE', 2],
      ['DATABASE_URL_FILE', 1],
      ['SYSTEMPROMPT_SECRETS_DIR', 4],
    ])
    expect(warnings.at(-1)?.remedy).toBe('set it in the environment, the only place it is read from')
    expect(load({ '.env': pointers }, { allowEnv: ['DATABASE_URL_FILE'] }).env.DATABASE_URL_FILE).toBe('/etc/passwd')
  })
  test('allows a blocked name', () => {
    const { env, warnings } = load(files, { allowEnv: ['NODE_OPTIONS'] })
    expect({ ...env }).toEqual({ A: '1', NODE_OPTIONS: '--inspect' })
    expect(warnings.map(({ key }) => key)).toEqual(['HTTPS_PROXY'])
  })
  test('does not concern names that the environment sets itself', () => {
    expect(load({ '.env': 'A=1' }, { env: { NODE_OPTIONS: '--inspect' } }).warnings).toEqual([])
  })
  test.each(['node_options', 'Node_Options'])('that is empty blocks %s as well', (name) => {
    expect({ ...load({ '.env': `${name}=--inspect` }).env }).toEqual({})
  })
  test('that is empty blocks the variable of a secret with such a name too', () => {
    const { env, secrets, warnings } = load({
      [PROFILE]: 'secrets: {validation: skip}',
      [SECRETS]: '{"LD_PRELOAD": "/x.so"}',
    })
    expect([secrets.get('LD_PRELOAD'), { ...env }]).toEqual(['/x.so', {}])
    expect(codes(warnings)).toContain('BLOCKED_NAME')
  })
})

describe('the result', () => {
  const files: Files = {
    ...COMPLETE,
    '.env': 'GREETING=hello\nBASE=http://localhost\n',
    '.env.local': 'GREETING=${NAME:-you}\n',
    'services/ai/config.yaml': 'model: m\nlist: [{a: 1}, [2]]',
    '.systemprompt/credentials.json': JSON.stringify({
      api_token: 'sp_live_canary-4Rt8Wq2Zx',
      user_email: 'me@acme.example',
      authenticated_at: '2999-01-01T00:00:00Z',
    }),
    '.systemprompt/tenants.json': JSON.stringify({
      tenants: [
        {
          id: 't1',
          name: 'one',
          database_url: 'postgres://u:canary-9Kd3@h/db',
          internal_database_url: 'host=h password=canary-2Xc6',
          admin_password: 'canary-5Vb7',
          proxy: 'http://u:canary-7Ty1@proxy',
          region: 'fra',
        },
        { id: 't2', name: 'two' },
      ],
      active_tenant: 't1',
    }),
  }
  const isDeepFrozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))

  test('is frozen, with a deeply frozen configuration', () => {
    const result = load(files)
    expect(Object.isFrozen(result)).toBe(true)
    expect(isDeepFrozen(result.config)).toBe(true)
    expect([result.env, result.secrets, result.layers, result.warnings, result.profile].map(Object.isFrozen)).toEqual(
      Array(5).fill(true),
    )
    expect(isDeepFrozen(result.tenant)).toBe(true)
    expect(isDeepFrozen(result.credentials)).toBe(true)
  })
  test('layers: those that were used, highest precedence first', () => {
    const { layers } = load(files, { overrides: { a: 1 } })
    expect(layers).toEqual([
      { name: 'overrides' },
      { name: 'environment' },
      { name: 'dotenv', files: ['.env.local', '.env'] },
      { name: 'secrets', files: [SECRETS] },
      { name: 'services', files: ['services/ai/config.yaml'] },
      { name: 'profile', files: [PROFILE] },
      { name: 'defaults' },
    ])
    expect(layers.map(({ name }) => name)).toEqual(LAYERS)
    expect(load({}).layers.map(({ name }) => name)).toEqual(['environment', 'defaults'])
  })
  test('profile: its name, its path, and how it was chosen', () => {
    const { profile, root } = load(files)
    const directory = join(root, '.systemprompt/profiles/local')
    expect(profile).toEqual({ name: 'local', file: join(root, PROFILE), directory, chosenBy: 'only one' })
  })
  test('tenant: the active one', () => {
    expect(load(files).tenant?.id).toBe('t1')
    expect(load(files, { overrides: { 'cloud.tenant_id': 't2' } }).tenant).toEqual({ id: 't2', name: 'two' })
    expect(load(files, { env: { SYSTEMPROMPT__CLOUD__TENANT_ID: 't2' } }).tenant?.name).toBe('two')
  })
  test('tenant: its secrets can be read and are masked when printed', () => {
    const { tenant } = load(files)
    expect([tenant?.database_url, tenant?.admin_password]).toEqual(['postgres://u:canary-9Kd3@h/db', 'canary-5Vb7'])
    for (const printed of [inspect(tenant), JSON.stringify(tenant)]) {
      expect(printed).not.toMatch(/canary/)
      expect(printed).toContain('fra')
    }
  })
  test('credentials: the user, with the token masked when printed', () => {
    const { credentials } = load(files)
    expect({ ...credentials }).toEqual({
      api_token: 'sp_live_canary-4Rt8Wq2Zx',
      api_url: 'https://api.systemprompt.io',
      user_email: 'me@acme.example',
      authenticated_at: '2999-01-01T00:00:00Z',
      expires_at: '2999-01-02T00:00:00.000Z',
      expired: false,
      from: 'file',
    })
    expect(inspect(credentials) + JSON.stringify(credentials)).not.toContain('canary')
  })
  test('credentials: a login with the latest possible date has no expiry', () => {
    const file = JSON.stringify({ api_token: 't', user_email: 'e', authenticated_at: '+275760-09-13T00:00:00Z' })
    const { credentials } = load({ ...files, '.systemprompt/credentials.json': file })
    expect([credentials?.expires_at, credentials?.expired]).toEqual([undefined, false])
  })
  test('env: secrets under their environment names and .env values, without what the environment sets', () => {
    const { env } = load(files, { env: { BASE: 'http://elsewhere', NAME: 'me', OTHER: 'x' } })
    expect({ ...env }).toEqual({ DATABASE_URL, GREETING: 'me', JWT_SECRET })
    expect(Object.keys(env)).toEqual(['DATABASE_URL', 'GREETING', 'JWT_SECRET'])
  })
  test('env: can be assigned to process.env and used for a child process', () => {
    const target: Record<string, string | undefined> = {}
    Object.assign(target, load(files).env)
    expect(target.DATABASE_URL).toBe(DATABASE_URL)
  })
  test('env: masked as a whole when printed', () => {
    const { env } = load(files)
    expect(JSON.parse(JSON.stringify(env))).toEqual(Object.fromEntries(Object.keys(env).map((name) => [name, '••••'])))
    expect(inspect(env)).not.toContain('hello')
  })
  test('secrets: an object that returns values by name only', () => {
    const { secrets } = load(files)
    expect(secrets).toBeInstanceOf(Secrets)
    expect([...secrets]).toEqual(['database_url', 'jwt_secret'])
  })
  test('shows no secret when it is printed', () => {
    const result = load(files)
    const printed = [inspect(result, { depth: null, showHidden: true, getters: true }), JSON.stringify(result)].join()
    expect(printed).not.toMatch(/canary|Kq7vTz2mWx|jwt-0123/)
  })
  test('warnings: problems as data', () => {
    const { warnings } = load({ [PROFILE]: 'runtime: {colors: false}\nsecrets: {validation: skip}' })
    expect(warnings[0]).toEqual({
      code: 'OLD_SPELLING',
      key: 'runtime.colors',
      message: 'is now called runtime.no_color',
      remedy: 'write runtime.no_color with the opposite value',
      file: PROFILE,
      line: 1,
      column: 19,
      frame: '      1 | runtime: {colors: false}\n        |                   ^',
      docs: '@systemprompt/env/docs/errors.md#old_spelling',
    })
  })
  test.skipIf(process.platform === 'win32')('has the content of a profile that is a symbolic link', () => {
    const root = makeProject({ 'shared/profile.yaml': 'app: {a: 1}', '.systemprompt/profiles/local/': '' })
    symlinkSync(join(root, 'shared/profile.yaml'), join(root, PROFILE))
    expect(loadConfigSync({ cwd: root, env: {} }).config.app).toEqual({ a: 1 })
    expect(readFileSync(join(root, PROFILE), 'utf8')).toBe('app: {a: 1}')
  })
})

describe('explain', () => {
  const files: Files = {
    [PROFILE]:
      'server:\n  port: ${PORT}\n  cors_allowed_origins: [http://a.example]\napp:\n  zip: "01234"\n  dsn: x-${ACME_TOKEN}\n  apiKey: canary-inline\n  list:\n    - a\n    - b\n  secret_list: ["${ACME_TOKEN}"]\n',
    [SECRETS]: '{\n  "acme-token": "canary-from-file",\n  "anthropic": "canary-anthropic"\n}',
    '.env': 'PORT=1\nACME_TOKEN=canary-from-dotenv\nNAME=${USER_NAME:-nobody}\nREDIS_URL=redis://:canary-pw@h/0\n',
    '.env.local': 'PORT=2\n',
  }
  const options: LoadOptions = { env: { SYSTEMPROMPT__SERVER__HOST: 'h', USER_NAME: 'me' } }

  test('a key: shows its value, its origin, and what it overrides', () => {
    const given: Files = { [PROFILE]: 'app:\n  a: 1\n', '.env': 'X=0\nSYSTEMPROMPT__APP__A=2\n' }
    const env = { SYSTEMPROMPT__APP__A: '3' }
    const { explain } = load(given, { env, overrides: { 'app.a': 4 }, defaults: { app: { a: 0 } } })
    expect(explain('app.a').map(short)).toEqual([
      ['overrides', 4, 'overrides'],
      ['environment', 3, 'SYSTEMPROMPT__APP__A', 'overridden'],
      ['dotenv', 2, '.env:2:1', 'overridden'],
      ['profile', 1, `${PROFILE}:2:6`, 'overridden'],
      ['defaults', 0, 'defaults', 'overridden'],
    ])
  })
  test('a key with a reference: shows the variable and its place', () => {
    const [winner, ...others] = load(files, options).explain('server.port')
    expect(winner).toEqual({
      value: 2,
      origin: { layer: 'profile', file: PROFILE, line: 2, column: 9 },
      references: [{ name: 'PORT', origin: { layer: 'dotenv', file: '.env.local', line: 1, column: 1 } }],
    })
    expect(others).toEqual([])
  })
  test('a key with a default of SystemPrompt', () => {
    expect(load(files, options).explain('runtime.log_level').map(short)).toEqual([
      ['defaults', 'normal', 'profile defaults'],
    ])
  })
  test('a map: shows its value and its file', () => {
    const { explain, config } = load(files, options)
    const [winner] = explain('server')
    expect(winner?.value).toEqual(config.server)
    expect(winner?.origin).toMatchObject({ layer: 'profile', file: PROFILE })
  })
  test('a list and an item of one', () => {
    const { explain } = load(files, options)
    expect(explain('app.list').map(short)).toEqual([['profile', ['a', 'b'], `${PROFILE}:9:5`]])
    expect(explain('app.list[1]').map(short)).toEqual([['profile', 'b', `${PROFILE}:10:7`]])
  })
  test.each(['acme-token', 'acme_token', 'ACME_TOKEN', 'secrets.acme-token'])('a secret, as %s', (name) => {
    const { explain } = load(files, options)
    expect(explain(name)).toEqual([
      { value: '••••', origin: { layer: 'dotenv', file: '.env', line: 2, column: 1 }, secret: true },
      {
        value: '••••',
        origin: { layer: 'secrets', file: SECRETS, line: 2, column: 17 },
        secret: true,
        overridden: true,
      },
    ])
  })
  test.each(['anthropic', 'anthropic_api_key', 'ANTHROPIC_API_KEY'])('a known secret, as %s', (name) => {
    expect(load(files, options).explain(name).map(short)).toEqual([['secrets', '••••', `${SECRETS}:3:16`]])
  })
  test('a .env variable', () => {
    const { explain } = load(files, options)
    expect(explain('NAME')).toEqual([
      {
        value: 'me',
        origin: { layer: 'dotenv', file: '.env', line: 3, column: 1 },
        references: [{ name: 'USER_NAME', origin: { layer: 'environment', name: 'USER_NAME' } }],
      },
    ])
    expect(explain('PORT').map(short)).toEqual([
      ['dotenv', '2', '.env.local:1:1'],
      ['dotenv', '1', '.env:1:1', 'overridden'],
    ])
  })
  test('masks a .env variable whose value contains a password', () => {
    const [winner] = load(files, options).explain('REDIS_URL')
    expect(winner).toMatchObject({ value: '••••', secret: true })
  })
  test('masks a .env variable that is overridden by a value without a password', () => {
    const { explain } = load({ '.env.local': 'REDIS=redis://h\n', '.env': 'REDIS=redis://u:canary@h\n' })
    expect(explain('REDIS').map(short)).toEqual([
      ['dotenv', '••••', '.env.local:1:1'],
      ['dotenv', '••••', '.env:1:1', 'overridden'],
    ])
  })
  test('shows through which references a secret came into a value', () => {
    const [winner] = load(files, options).explain('app.dsn')
    expect(winner).toMatchObject({ value: '••••', secret: true, through: ['ACME_TOKEN'] })
  })
  test('masks a number under the key of a password, but not a count', () => {
    const { config, explain } = load({ [PROFILE]: 'app: {password: 48151623, max_tokens: 4096, tokens_per_key: 5}' })
    expect(explain('app.password')).toMatchObject([{ value: '••••', secret: true }])
    expect(JSON.parse(JSON.stringify(config.app))).toEqual({ password: '••••', max_tokens: 4096, tokens_per_key: 5 })
  })
  test('masks a value whose key sounds secret', () => {
    expect(load(files, options).explain('app.apiKey')).toMatchObject([{ value: '••••', secret: true }])
  })
  test('masks overridden values by the same rules, including maps and lists', () => {
    const given: Files = {
      [PROFILE]: 'cache:\n  password: {old: x, token: canary-1}\n  tokens: [canary-2, canary-3]\n',
    }
    const { explain } = load(given, { overrides: { cache: { password: 'canary-4', tokens: null } } })
    for (const path of ['cache', 'cache.password', 'cache.tokens'])
      expect(inspect(explain(path), { depth: null }) + JSON.stringify(explain(path))).not.toContain('canary')
  })
  test.each([
    ['a string', 'canary-1', 'canary-2'],
    ['a number', 48151623, 42],
  ])('masks %s that another secret overrides', (_, below, above) => {
    const { explain } = load({ [PROFILE]: `cache: {password: ${below}}\n` }, { overrides: { 'cache.password': above } })
    expect(explain('cache.password')).toMatchObject([
      { value: '••••', secret: true },
      { value: '••••', secret: true, overridden: true },
    ])
  })
  test('masks values that a schema drops as in the configuration', () => {
    const given: Files = {
      [PROFILE]:
        'name: local\ncache:\n  url: x-${ACME_TOKEN}\n  password: canary-1\n  all: [{token: canary-2}]\n  ttl: 300\n',
      [SECRETS]: '{"acme-token": "canary-from-file"}',
    }
    const { explain } = load(given, { schema: z.object({ name: z.string() }) })
    for (const path of ['cache', 'cache.all', 'cache.all[0]'])
      expect(inspect(explain(path), { depth: null }) + JSON.stringify(explain(path))).not.toContain('canary')
    expect(JSON.parse(JSON.stringify(explain('cache')[0]?.value))).toMatchObject({ url: '••••', ttl: 300 })
  })
  test('shows null for a value that a schema turns into null', () => {
    const schema = z.looseObject({ app: z.unknown().transform(() => null) })
    expect(load({ [PROFILE]: 'app: {a: 1}' }, { schema }).explain('app')[0]?.value).toBeNull()
  })
  test('shows the default of a schema', () => {
    const schema = z.looseObject({ app: z.looseObject({ retries: z.number().default(3) }) })
    const { explain } = load(files, { ...options, schema })
    expect(explain('app.retries')).toEqual([{ value: 3, origin: { layer: 'defaults', name: 'schema' } }])
  })
  test('shows that a schema changed the type of a value', () => {
    const schema = z.looseObject({ app: z.looseObject({ zip: z.number() }) })
    const [winner] = load(files, { ...options, schema }).explain('app.zip')
    expect(winner).toMatchObject({ value: 1234, coerced: { from: 'string', to: 'number' } })
  })
  test('shows that the rules of the profile changed the type of a value', () => {
    const { explain } = load({
      [PROFILE]: 'server: {port: "8080", use_https: "yes", cors_allowed_origins: http://a.example}',
    })
    expect(explain('server.port')[0]).toMatchObject({ value: 8080, coerced: { from: 'string', to: 'number' } })
    expect(explain('server.use_https')[0]).toMatchObject({ value: true, coerced: { from: 'string', to: 'boolean' } })
    expect(explain('server.cors_allowed_origins')[0]).toMatchObject({ coerced: { from: 'string', to: 'list' } })
  })
  test('shows the list that a string was split into, and what it overrides', () => {
    const env = { SYSTEMPROMPT__SERVER__CORS_ALLOWED_ORIGINS: 'http://b.example,http://c.example' }
    expect(load(files, { env }).explain('server.cors_allowed_origins').map(short)).toEqual([
      ['environment', ['http://b.example', 'http://c.example'], 'SYSTEMPROMPT__SERVER__CORS_ALLOWED_ORIGINS'],
      ['profile', ['http://a.example'], `${PROFILE}:3:25`, 'overridden'],
      ['defaults', [], 'profile defaults', 'overridden'],
    ])
  })
  test('masks a list that was split from a string with a secret', () => {
    const { config, explain } = load({
      [PROFILE]: 'security: {jwt_audiences: "web,x-${ACME_TOKEN}"}',
      '.env': 'ACME_TOKEN=canary-1,canary-2\n',
    })
    expect(config.security?.jwt_audiences).toHaveLength(3)
    expect(
      inspect([config, config.security?.jwt_audiences, explain('security.jwt_audiences')], { depth: 9 }),
    ).not.toContain('canary')
    expect(JSON.stringify([config, explain('security.jwt_audiences[2]')])).not.toContain('canary')
  })
  test.each([
    'nope',
    'server.nope',
    'app.list[2]',
    'app.list.x',
    'app.list.length',
    'app.secret_list.toString',
    '',
    '.',
    'a..b',
    '[',
    '__proto__',
    'constructor',
    'toString',
    'NOPE',
  ])('returns nothing for %j', (path) => {
    expect(load(files, options).explain(path)).toEqual([])
  })
  test.each([undefined, null, 1])('rejects %j in place of a path', (path) => {
    expect(() => load(files, options).explain(path as unknown as string)).toThrow(/^explain takes a path/)
  })
  test('accepts a key with dots in its name, as config show prints it', () => {
    const { explain } = load({ [PROFILE]: 'hosts:\n  "a.example": 1\n' })
    expect(explain('hosts["a.example"]').map(short)).toEqual([['profile', 1, `${PROFILE}:2:16`]])
  })
})
