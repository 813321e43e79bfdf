import { describe, expect, test } from 'vitest'
import { envNamesOf, isEnvName, KNOWN_SECRETS, knownSecret, secretName } from '../../src/schema/secret-names.ts'

/** formats.md, section 5: name in files, name in the environment, every other spelling. */
const TABLE: [string, string, string[]][] = [
  ['jwt_secret', 'JWT_SECRET', []],
  ['database_url', 'DATABASE_URL', []],
  ['internal_database_url', 'INTERNAL_DATABASE_URL', []],
  ['external_database_url', 'EXTERNAL_DATABASE_URL', []],
  ['database_write_url', 'DATABASE_WRITE_URL', []],
  ['anthropic', 'ANTHROPIC_API_KEY', ['anthropic_api_key']],
  ['openai', 'OPENAI_API_KEY', ['openai_api_key']],
  ['gemini', 'GEMINI_API_KEY', ['gemini_api_key']],
  ['github', 'GITHUB_TOKEN', ['github_token']],
  ['moonshot', 'MOONSHOT_API_KEY', ['kimi', 'moonshot_api_key', 'KIMI_API_KEY', 'kimi_api_key']],
  ['qwen', 'QWEN_API_KEY', ['dashscope', 'qwen_api_key', 'DASHSCOPE_API_KEY']],
  ['sync_token', 'SYNC_TOKEN', []],
  ['oauth_at_rest_pepper', 'OAUTH_AT_REST_PEPPER', []],
  ['manifest_signing_secret_seed', 'MANIFEST_SIGNING_SECRET_SEED', []],
  ['signing_key_pem', 'SIGNING_KEY_PEM', []],
]

describe('a known secret', () => {
  test.each(TABLE)('%s is %s in the environment, in every spelling', (key, env, spellings) => {
    for (const spelling of [key, env, ...spellings])
      for (const name of [spelling, spelling.toUpperCase(), spelling.toLowerCase()])
        expect([name, secretName(name).key, secretName(name).env]).toEqual([name, key, env])
  })
  test('is in the table, which has all of them', () => {
    expect(KNOWN_SECRETS.map(({ key, env }) => [key, env])).toEqual(TABLE.map(([key, env]) => [key, env]))
  })
  test.each(['stripe', '', 'anthropic_key', 'toString', '__proto__', 'constructor'])('is not %j', (name) => {
    expect(knownSecret(name)).toBeUndefined()
  })
  test('has its rules for length and format', () => {
    expect(knownSecret('jwt_secret')?.minLength).toBe(32)
    expect(knownSecret('OAUTH_AT_REST_PEPPER')?.minLength).toBe(32)
    expect(
      ['database_url', 'internal_database_url', 'external_database_url', 'database_write_url'].map(
        (name) => knownSecret(name)?.format,
      ),
    ).toEqual(Array(4).fill('postgres-url'))
  })
})

describe('a custom secret', () => {
  test.each([
    ['stripe-key', 'STRIPE_KEY'],
    ['stripe.key', 'STRIPE_KEY'],
    ['Stripe_Key', 'STRIPE_KEY'],
    ['a-b.c_d', 'A_B_C_D'],
    ['x', 'X'],
  ])('%s is %s in the environment, and keeps its name in files', (name, env) => {
    expect(secretName(name)).toEqual({ key: name, env })
  })
})

test.each([
  ['MOONSHOT_API_KEY', ['MOONSHOT_API_KEY', 'KIMI_API_KEY']],
  ['QWEN_API_KEY', ['QWEN_API_KEY', 'DASHSCOPE_API_KEY']],
  ['JWT_SECRET', ['JWT_SECRET']],
  ['STRIPE_KEY', ['STRIPE_KEY']],
  ['KIMI_API_KEY', ['KIMI_API_KEY']],
])('%s is read from %j', (env, names) => {
  expect(envNamesOf(env)).toEqual(names)
})

test.each(['A', '_A', 'A_B', 'A1', '__PROTO__'])('%s is a valid name for a variable', (name) => {
  expect(isEnvName(name)).toBe(true)
})
test.each(['', '1A', 'A B', 'A=B', 'a', 'Ä', 'A\n', 'A-B', 'A\0'])('%j is not a valid name for a variable', (name) => {
  expect(isEnvName(name)).toBe(false)
})
