import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { collectProblems, type Problem } from '../../src/errors/errors.ts'
import { loadConfigSync } from '../../src/index.ts'
import { readGivenTree } from '../../src/read/given-tree.ts'
import {
  credentialsSchema,
  jsonSchema,
  type Profile,
  profileSchema,
  secretsSchema,
  tenantsSchema,
} from '../../src/schema/index.ts'
import { PROFILE_FIELDS, type ProfileField } from '../../src/schema/profile-fields.ts'
import { KNOWN_SECRETS } from '../../src/schema/secret-names.ts'
import { nodeAt, toPlain } from '../../src/tree.ts'
import { checkProfile, PROFILE_DEFAULTS } from '../../src/validate/check-profile.ts'
import { makeProject, PROFILE } from '../support/temp-project.ts'

/** `{ a: { b: value } }` for `a.b`. */
const nested = (path: string, value: unknown): Record<string, unknown> =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>

/** The loader's errors for a profile, and the profile that it makes of it. */
function asLoaded(plain: Record<string, unknown>): { errors: readonly Problem[]; plain: unknown } {
  const problems = collectProblems()
  const tree = readGivenTree({ tree: plain }, 'overrides', problems)
  const profile = { name: 'local', file: '/p/profile.yaml', directory: '/p', chosenBy: 'only one' } as const
  const checked = checkProfile(tree, { profile, file: 'profile.yaml', strict: false, exists: () => true }, problems)
  return { errors: problems.errors, plain: toPlain(checked) }
}

function goodValue({ type, oneOf, format, min, max }: ProfileField): unknown {
  if (oneOf) return oneOf[0]
  if (format === 'http-url') return 'https://api.example.com/v1'
  if (format === 'http-origin') return ['https://example.com:8443', 'http://localhost']
  if (type === 'string[]') return ['a', 'b']
  if (type === 'string') return 'text'
  return type === 'boolean' ? true : (max ?? (min ?? 0) + 1)
}

/** Values of every kind, valid for some fields and invalid for others. */
const VALUES: readonly unknown[] = [
  '',
  ' ',
  'text',
  'local',
  'cloud',
  'postgres',
  'Postgres',
  'normal',
  'trace',
  'json',
  0,
  1,
  -1,
  1.5,
  0.5,
  8080,
  65535,
  65536,
  true,
  false,
  [],
  ['a'],
  [''],
  [1],
  [null],
  [['a']],
  [true],
  {},
  { a: 1 },
  'http://example.com',
  'https://example.com:8443/a?b#c',
  'HTTPS://EXAMPLE.COM',
  'https://user:pw@example.com',
  'https://münchen.example',
  'http://localhost',
  'http://127.0.0.1:8080',
  'http://[::1]:8080',
  'http:/example.com',
  'http:example.com',
  'http://',
  '//example.com',
  'example.com',
  'ftp://example.com',
  'https://exa mple.com',
  'https://example.com:99999',
  ['https://example.com'],
  ['http://localhost:5173'],
  ['http://127.0.0.1:8080'],
  ['http://[::1]:8080'],
  ['HTTPS://EXAMPLE.com'],
  ['https://example.com/'],
  ['https://example.com/path'],
  ['https://example.com?'],
  ['https://example.com#'],
  ['https://example.com:443'],
  ['http://example.com:80'],
  ['https://user@example.com'],
  ['https://user:pw@example.com'],
  ['https://münchen.example'],
  ['*'],
  ['null'],
  ['ws://example.com'],
  ['https://a.example', 'nonsense'],
]

describe.each(PROFILE_FIELDS.map((field) => [field.path, field] as const))('%s', (path, field) => {
  test('a valid value is accepted by the loader and by the schema', () => {
    const good = nested(path, goodValue(field))
    const loaded = asLoaded(good)
    expect(loaded.errors).toEqual([])
    expect(profileSchema.safeParse(good)).toMatchObject({ success: true })
  })
  test('the loader and the schema accept the same values', () => {
    const differing = VALUES.filter((value) => {
      const given = nested(path, value)
      const { errors, plain } = asLoaded(given)
      // What the loader accepts, perhaps as another type, the schema accepts as that; what it refuses, the schema refuses.
      return errors.length === 0 ? !profileSchema.safeParse(plain).success : profileSchema.safeParse(given).success
    })
    expect(differing).toEqual([])
  })
  test('null is accepted, as a value or as unset', () => {
    const { errors, plain } = asLoaded(nested(path, null))
    expect(errors).toEqual([])
    expect(profileSchema.safeParse(plain).success).toBe(true)
    if (field.nullable) expect(profileSchema.safeParse(nested(path, null)).success).toBe(true)
  })
  test('its default is valid and among the profile defaults, if there is one', () => {
    const node = nodeAt(PROFILE_DEFAULTS, path.split('.'))
    expect(node && toPlain(node)).toEqual(field.default)
    if (field.default !== undefined) expect(asLoaded(nested(path, field.default)).errors).toEqual([])
  })
})

test('the loader and the schema agree on a whole number beyond ±2^53', () => {
  const given = nested('rate_limits.tasks_per_second', 2 ** 53)
  expect(asLoaded(given).errors.length === 0).toBe(profileSchema.safeParse(given).success)
})

describe('profileSchema', () => {
  test('has the fields of the table and no others', () => {
    const paths = (schema: z.ZodType, at: string): string[] => {
      const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
      return inner instanceof z.ZodObject
        ? Object.entries(inner.shape).flatMap(([key, child]) =>
            paths(child as z.ZodType, at === '' ? key : `${at}.${key}`),
          )
        : [at]
    }
    expect(paths(profileSchema, '').sort()).toEqual(PROFILE_FIELDS.map(({ path }) => path).sort())
  })
  test('keeps unknown keys', () => {
    expect(profileSchema.parse({ extra: 1, server: { more: 2 } })).toEqual({ extra: 1, server: { more: 2 } })
  })
  test('can be extended and passed to loadConfigSync', () => {
    const schema = profileSchema.extend({ greeting: z.string() })
    const cwd = makeProject({ [PROFILE]: 'greeting: hello\nserver: {port: "8080"}' })
    const { config } = loadConfigSync({ cwd, env: {}, schema })
    expectTypeOf(config.greeting).toEqualTypeOf<string>()
    expectTypeOf(config.server).toEqualTypeOf<Profile['server']>()
    expect([config.greeting, config.server?.port]).toEqual(['hello', 8080])
  })
})

describe('secretsSchema', () => {
  test.each<[string, unknown]>([
    ['nothing', {}],
    ['a custom secret', { 'stripe-key': 'x' }],
    ['numbers, booleans and null, which are taken as text or as absent', { a: 1, b: true, c: null }],
    ['a long jwt_secret', { jwt_secret: 'x'.repeat(32) }],
    ['a blank jwt_secret, which counts as absent', { jwt_secret: ' ', database_url: '' }],
    ['a database', { database_url: 'postgres://u:p@h:5432/d', DATABASE_WRITE_URL: 'postgresql://h/d' }],
  ])('accepts %s', (_, secrets) => {
    expect(secretsSchema.safeParse(secrets).success).toBe(true)
  })
  test.each<[string, unknown, string]>([
    ['a short jwt_secret', { jwt_secret: 'x'.repeat(31) }, 'jwt_secret'],
    ['a short jwt_secret in another spelling', { JWT_SECRET: 'short' }, 'JWT_SECRET'],
    ['the URL of another kind of database', { database_url: 'mysql://h/d' }, 'database_url'],
    ['a URL that does not parse', { database_url: 'postgres://u:p@h:port/d' }, 'database_url'],
    ['an object', { a: {} }, 'a'],
    ['a list', { a: [] }, 'a'],
  ])('refuses %s', (_, secrets, path) => {
    const { error } = secretsSchema.safeParse(secrets)
    expect(error?.issues.map((issue) => issue.path)).toEqual([[path]])
  })
  test('shows no value in its issues', () => {
    const { error } = secretsSchema.safeParse({ jwt_secret: 'canary', database_url: 'canary://x' })
    expect(JSON.stringify(error?.issues)).not.toContain('canary')
  })
})

describe('credentialsSchema and tenantsSchema', () => {
  test('accept what the documentation shows, and unknown keys', () => {
    const credentials = {
      api_token: 'x',
      api_url: 'https://api.systemprompt.io',
      user_email: 'e',
      authenticated_at: 'now',
      last_validated_at: null,
      more: 1,
    }
    expect(credentialsSchema.parse(credentials)).toEqual(credentials)
    const tenants = {
      tenants: [{ id: 'a', name: 'b', tenant_type: 'local', database_url: null, more: 1 }],
      active_tenant: null,
      synced_at: 'now',
    }
    expect(tenantsSchema.parse(tenants)).toEqual(tenants)
  })
  test.each([
    {},
    { api_token: '' },
    { api_token: 'x', user_email: '' },
    { api_token: 'x', user_email: 'e', api_url: 'no' },
  ])('refuse %j as credentials', (value) => {
    expect(credentialsSchema.safeParse(value).success).toBe(false)
  })
  test.each([
    {},
    { tenants: {} },
    { tenants: [{ id: '', name: 'x' }] },
    { tenants: [{ id: 'x' }] },
    { tenants: [{ id: 'x', name: 'y', tenant_type: 'z' }] },
  ])('refuse %j as tenants', (value) => {
    expect(tenantsSchema.safeParse(value).success).toBe(false)
  })
})

describe.each(['profile', 'secrets', 'credentials', 'tenants'] as const)('the JSON Schema of %s', (file) => {
  const schema = jsonSchema(file)
  const KEYWORDS = [
    '$schema',
    'type',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'items',
    'anyOf',
    'enum',
    'minLength',
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'format',
    'pattern',
    'description',
    'default',
    'const',
  ]
  const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)

  /** What does not conform to draft 2020-12. */
  function* faults(value: unknown, at: string): Generator<string> {
    if (typeof value === 'boolean') return
    if (!isRecord(value)) return yield `${at} is no schema`
    for (const [keyword, operand] of Object.entries(value)) {
      const place = `${at}/${keyword}`
      if (!KEYWORDS.includes(keyword)) yield `${place} is no keyword`
      if (keyword === 'type' && ![operand].flat().every((type) => TYPES.includes(String(type))))
        yield `${place} is no type`
      if (keyword === 'properties')
        for (const [key, inner] of Object.entries(operand as object)) yield* faults(inner, `${place}/${key}`)
      if (['items', 'additionalProperties', 'propertyNames'].includes(keyword)) yield* faults(operand, place)
      if (keyword === 'anyOf')
        for (const [index, inner] of (operand as unknown[]).entries()) yield* faults(inner, `${place}/${index}`)
      if (keyword === 'pattern') new RegExp(String(operand), 'u')
      if (['required', 'enum', 'anyOf'].includes(keyword) && !Array.isArray(operand)) yield `${place} is no list`
    }
  }
  test('is a valid JSON Schema', () => {
    expect([...faults(schema, file)]).toEqual([])
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(schema.type).toBe('object')
  })
  test('is plain data, the same on every call', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
    expect(jsonSchema(file)).toEqual(schema)
  })
})

describe('what an editor shows for profile.yaml', () => {
  interface Shown {
    readonly properties?: Readonly<Record<string, Shown>>
    readonly default?: unknown
    readonly description?: string
  }
  const shownOf = (path: string): Shown | undefined =>
    path.split('.').reduce<Shown | undefined>((at, step) => at?.properties?.[step], jsonSchema('profile'))

  test.each(PROFILE_FIELDS.map((field) => [field.path, field] as const))(
    'has the default, and says what is required: %s',
    (path, field) => {
      const shown = shownOf(path)
      expect(shown).toBeDefined()
      expect(shown?.default).toEqual(field.default)
      expect(shown?.description?.includes('Required') ?? false).toBe(field.required === true)
    },
  )
  test('describes units and relative paths', () => {
    const words = [
      'rate_limits.mcp_per_second',
      'security.jwt_access_token_expiration',
      'paths.storage',
      'secrets.secrets_path',
      'secrets.validation',
    ].map((path) => shownOf(path)?.description)
    expect(words).toEqual([
      'Requests per second.',
      "Seconds. Required: 'systemprompt config check' rejects a profile without it.",
      "A path; a relative one starts from the profile's directory.",
      "A relative path starts from the profile's directory.",
      'Whether a missing secret is an error, a warning, or ignored.',
    ])
  })
})

describe('the JSON Schemas accept', () => {
  const accepts = (file: Parameters<typeof jsonSchema>[0], value: unknown): boolean =>
    z.fromJSONSchema(jsonSchema(file) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success

  test('the quickstart’s profile, with its references', () => {
    const path = fileURLToPath(
      new URL('../../fixtures/quickstart/.systemprompt/profiles/local/profile.yaml', import.meta.url),
    )
    const profile: unknown = parse(readFileSync(path, 'utf8'), { merge: true })
    expect(accepts('profile', profile)).toBe(true)
  })
  test.each(PROFILE_FIELDS.map((field) => [field.path, field] as const))(
    '%s with a valid value or a reference, and nothing else',
    (path, field) => {
      expect(accepts('profile', nested(path, goodValue(field)))).toBe(true)
      for (const reference of ['${X}', '$<X>', '${X:-8080}', 'http://${HOST}:${PORT}', 'x$<Y:-z>'])
        expect([reference, accepts('profile', nested(path, reference))]).toEqual([reference, true])
      expect(accepts('profile', nested(path, { a: 1 }))).toBe(false)
      const isText = field.type === 'string' && !field.oneOf && !field.format
      if (!isText) expect(accepts('profile', nested(path, 'no such value'))).toBe(false)
    },
  )
  test('a reference as an item of a list', () => {
    expect(accepts('profile', { server: { cors_allowed_origins: ['${ORIGIN}', 'https://a.example'] } })).toBe(true)
    expect(accepts('profile', { security: { jwt_audiences: ['$<AUDIENCE>'] } })).toBe(true)
  })
  test('custom keys', () => {
    expect(accepts('profile', { cache: { url: 'redis://h' }, server: { more: [1] } })).toBe(true)
  })
  test('known secrets, custom ones and null, but no invalid ones', () => {
    expect(accepts('secrets', { jwt_secret: 'x'.repeat(32), anthropic: null, 'stripe-key': 'y', number: 1 })).toBe(true)
    expect(accepts('secrets', { jwt_secret: 'short' })).toBe(false)
    expect(accepts('secrets', { custom: {} })).toBe(false)
  })
  test('every known secret, with its variable as the description', () => {
    const { properties } = jsonSchema('secrets') as { properties: Record<string, { description: string }> }
    expect(Object.entries(properties).map(([key, { description }]) => [key, description])).toEqual(
      KNOWN_SECRETS.map(({ key, env }) => [key, env]),
    )
  })
  test('credentials and tenants with their required keys', () => {
    expect(accepts('credentials', { api_token: 'x', user_email: 'e' })).toBe(true)
    expect(accepts('credentials', { api_token: 'x' })).toBe(false)
    expect(accepts('tenants', { tenants: [{ id: 'a', name: 'b' }] })).toBe(true)
    expect(accepts('tenants', { tenants: [{ id: 'a' }] })).toBe(false)
  })
})
