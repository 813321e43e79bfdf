import { format, inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isConfigError, type LoadOptions, loadConfigSync, type Problem, Secrets } from '../../src/index.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const CANARY = 'canary-Zx81Qw7'
const GIVEN = {
  anthropic_api_key: `${CANARY}-1`,
  github: `${CANARY}-2`,
  dashscope: `${CANARY}-3`,
  'stripe-key': `${CANARY}-4`,
  'acme.token': `${CANARY}-5`,
  SYNC_TOKEN: `${CANARY}-6`,
  blank: ' ',
  nothing: null,
}

function load(): Secrets {
  const cwd = makeProject({
    [PROFILE]: 'secrets: {validation: skip}',
    [SECRETS]: JSON.stringify(GIVEN),
    '.env': `KIMI_API_KEY=${CANARY}-7\n`,
  })
  return loadConfigSync({ cwd, env: { OPENAI_API_KEY: `${CANARY}-8` } }).secrets
}

describe('a secret is found by every spelling of its name', () => {
  test.each([
    ['anthropic', '-1'],
    ['anthropic_api_key', '-1'],
    ['ANTHROPIC_API_KEY', '-1'],
    ['Anthropic', '-1'],
    ['github', '-2'],
    ['github_token', '-2'],
    ['GITHUB_TOKEN', '-2'],
    ['qwen', '-3'],
    ['dashscope', '-3'],
    ['QWEN_API_KEY', '-3'],
    ['DASHSCOPE_API_KEY', '-3'],
    ['stripe-key', '-4'],
    ['stripe_key', '-4'],
    ['STRIPE_KEY', '-4'],
    ['Stripe-Key', '-4'],
    ['acme.token', '-5'],
    ['acme_token', '-5'],
    ['ACME_TOKEN', '-5'],
    ['sync_token', '-6'],
    ['SYNC_TOKEN', '-6'],
    ['kimi', '-7'],
    ['KIMI_API_KEY', '-7'],
    ['moonshot', '-7'],
    ['MOONSHOT_API_KEY', '-7'],
    ['openai', '-8'],
    ['OPENAI_API_KEY', '-8'],
  ])('%s', (name, end) => {
    const secrets = load()
    expect([secrets.get(name), secrets.require(name), secrets.has(name)]).toEqual([CANARY + end, CANARY + end, true])
  })
  test.each(['nope', '', ' ', 'blank', 'nothing', 'toString', 'constructor', '__proto__', 'size', 'DATABASE_URL'])(
    '%j finds none',
    (name) => {
      const secrets = load()
      expect([secrets.get(name), secrets.has(name)]).toEqual([undefined, false])
      expect(() => secrets.require(name)).toThrow(/is not set/)
    },
  )
})

test.each([undefined, null, 1, {}])('%j is rejected as the name of a secret', (name) => {
  const secrets = load()
  for (const method of ['get', 'require', 'has'] as const)
    expect(() => secrets[method](name as string)).toThrow(new TypeError('The name of a secret is a string'))
})

describe('the names', () => {
  const names = ['acme.token', 'anthropic', 'github', 'moonshot', 'openai', 'qwen', 'stripe-key', 'sync_token']
  test('are those of the files, sorted, in names()', () => {
    expect(load().names()).toEqual(names)
  })
  test('are those of the environment, sorted, in envNames()', () => {
    const env =
      'ACME_TOKEN ANTHROPIC_API_KEY GITHUB_TOKEN MOONSHOT_API_KEY OPENAI_API_KEY QWEN_API_KEY STRIPE_KEY SYNC_TOKEN'
    expect(load().envNames()).toEqual(env.split(' '))
    const given = ['b', 'a'].map((key) => ({ key, env: key.toUpperCase(), value: CANARY }))
    expect(new Secrets(given, []).envNames()).toEqual(['A', 'B'])
  })
  test('are what iterating over the secrets yields, without values', () => {
    const secrets = load()
    expect([...secrets]).toEqual(names)
    expect(Array.from(secrets)).toEqual(names)
    for (const name of secrets) expect(secrets.get(name)).toContain(CANARY)
  })
  test('are counted by size', () => {
    expect(load().size).toBe(names.length)
  })
  test('cannot be changed from outside', () => {
    const secrets = load()
    ;(secrets.names() as string[]).length = 0
    expect(secrets.names()).toEqual(names)
  })
})

describe('require', () => {
  function missing(name: string): unknown {
    try {
      return load().require(name)
    } catch (error) {
      return error
    }
  }
  test.each([
    [
      'signing_key_pem',
      'SIGNING_KEY_PEM',
      `is not set; looked in the process environment, .env, ${SECRETS}`,
      'export SIGNING_KEY_PEM, add it to .env, or add it to secrets.json',
    ],
    [
      'acme-password',
      'ACME_PASSWORD',
      `is not set, or is not known as a secret; looked in the process environment, .env, ${SECRETS}`,
      'add it to secrets.json, or set the variable and name it in secrets.required or SYSTEMPROMPT_CUSTOM_SECRETS',
    ],
  ])('says for %s where it looked and what to do', (name, key, message, remedy) => {
    const error = missing(name)
    expect(isConfigError(error, 'SECRET_MISSING')).toBe(true)
    expect(isConfigError(error) && error.issues).toEqual([
      { code: 'SECRET_MISSING', key, message, remedy, docs: '@systemprompt/env/docs/errors.md#secret_missing' },
    ])
  })
  test('says that a variable that is set may not be known as a secret', () => {
    const { secrets } = loadConfigSync({ cwd: makeProject({}), env: { ACME_PASSWORD: 'canary-in-the-environment' } })
    expect(() => secrets.require('ACME_PASSWORD')).toThrow(
      /ACME_PASSWORD {2}is not set, or is not known as a secret.*name it in secrets\.required/,
    )
  })
  test.each([
    ['names the secrets directory among the places', { 'run/github': 'x' }, 'SYSTEMPROMPT_SECRETS_DIR'],
    ['says that the secrets directory does not exist', {}, 'SYSTEMPROMPT_SECRETS_DIR (no such directory)'],
  ])('%s', (_, files: Files, directory) => {
    const options = { cwd: makeProject(files), env: { SYSTEMPROMPT_SECRETS_DIR: 'run' } }
    const words = `is not set; looked in the process environment, ${directory}  →`
    expect(() => loadConfigSync({ ...options, secrets: { required: ['openai'] } })).toThrow(words)
    expect(() => loadConfigSync(options).secrets.require('openai')).toThrow(words)
  })
  test('does not reveal other secrets', () => {
    expect(String(missing('acme-password'))).not.toContain('canary')
  })
  test('escapes control characters in the name', () => {
    expect(String(missing('\u001b[31mred\u009b'))).not.toMatch(/[\u001b\u009b]/)
  })
})

describe('the secrets can be read only by name:', () => {
  test('the object is frozen', () => {
    const secrets = load()
    expect(Object.isFrozen(secrets)).toBe(true)
    expect(() => Object.assign(secrets, { extra: 1 })).toThrow(TypeError)
    expect(() => Object.defineProperty(secrets, 'get', { value: () => 'x' })).toThrow(TypeError)
  })
  test('the object has no properties', () => {
    const secrets = load()
    expect([Object.keys(secrets), Object.getOwnPropertyNames(secrets), Object.getOwnPropertySymbols(secrets)]).toEqual([
      [],
      [],
      [],
    ])
    expect({ ...secrets }).toEqual({})
    expect(Object.assign({}, secrets)).toEqual({})
    expect(Object.entries(secrets)).toEqual([])
  })
  test('a clone contains no value', () => {
    expect(inspect(structuredClone(load()))).not.toContain('canary')
  })
  test('as a string the object shows only their number', () => {
    const secrets = load()
    expect(`${secrets}`).toBe('Secrets(8)')
    expect(String(secrets)).toBe('Secrets(8)')
  })
  test('as JSON the object has names and masks', () => {
    expect(JSON.parse(JSON.stringify(load()))).toEqual(
      Object.fromEntries(
        load()
          .names()
          .map((name) => [name, '••••']),
      ),
    )
    expect(JSON.stringify({ nested: [load()] })).not.toContain('canary')
  })
  test('inspect prints names and masks', () => {
    expect(inspect(load())).toBe(`Secrets {
  'acme.token': '••••',
  anthropic: '••••',
  github: '••••',
  moonshot: '••••',
  openai: '••••',
  qwen: '••••',
  'stripe-key': '••••',
  sync_token: '••••'
}`)
  })
  test('inspect respects its options', () => {
    expect(inspect(load(), { breakLength: Number.POSITIVE_INFINITY, compact: true })).not.toContain('\n')
    expect(inspect(load(), { colors: true })).toContain('\u001b[32m')
    expect(inspect({ a: { b: load() } }, { depth: 0 })).toBe('{ a: [Object] }')
  })

  const choices = {
    customInspect: [true, false],
    showHidden: [true, false],
    showProxy: [true, false],
    getters: [true, false],
    depth: [0, 2, null],
    compact: [true, false, 3],
    sorted: [true, false],
  } as const
  test('inspect prints no value with any options', () => {
    const secrets = load()
    const error = new Error('with a cause', { cause: secrets })
    for (const options of combinations(choices)) {
      for (const value of [secrets, { secrets }, [secrets], new Map([[secrets, secrets]]), error])
        expect(inspect(value, options), JSON.stringify(options)).not.toContain('canary')
    }
  })
  test.each(['%s', '%o', '%O', '%j', '%d', '%i', '%f', '%c'])('format prints no value for %s', (placeholder) => {
    expect(format(placeholder, load())).not.toContain('canary')
    expect(format(`${placeholder} %s`, { secrets: load() }, [load()])).not.toContain('canary')
  })
})

/** Every combination of one value for each option. */
function* combinations(
  choices: Readonly<Record<string, readonly unknown[]>>,
): Generator<Readonly<Record<string, unknown>>> {
  const [first, ...rest] = Object.entries(choices)
  if (!first) {
    yield {}
    return
  }
  for (const others of combinations(Object.fromEntries(rest)))
    for (const value of first[1]) yield { [first[0]]: value, ...others }
}

describe('a secrets directory obeys the rules of secrets.json:', () => {
  function loadDirectory(files: Files) {
    const cwd = makeProject(Object.fromEntries(Object.entries(files).map(([name, text]) => [`run/${name}`, text])))
    return loadConfigSync({ cwd, env: { SYSTEMPROMPT_SECRETS_DIR: 'run' } })
  }
  const issuesOf = (files: Files): readonly Problem[] => {
    try {
      return loadDirectory(files).warnings
    } catch (error) {
      if (isConfigError(error)) return error.issues
      throw error
    }
  }
  test.each([
    ['github', 'github_token', 'keep one of them, preferably github'],
    ['db-pass', 'db_pass', 'keep one of them'],
    ['DB_PASS', 'db-pass', 'keep one of them'],
  ])('two spellings, %s and %s, with different values are an error', (one, other, remedy) => {
    expect(issuesOf({ [one]: 'first\n', [other]: 'second\n' })).toEqual([
      {
        code: 'SECRET_CONFLICT',
        key: other,
        message: `is another spelling of ${one}, which already exists, with a different value`,
        remedy,
        file: `run/${other}`,
        docs: '@systemprompt/env/docs/errors.md#secret_conflict',
      },
    ])
  })
  test('two spellings with the same value are a warning', () => {
    const files = { kimi: 'same\n', moonshot: 'same' }
    expect(loadDirectory(files).secrets.get('moonshot')).toBe('same')
    expect(issuesOf(files)).toMatchObject([{ code: 'SECRET_CONFLICT', key: 'moonshot' }])
  })
  test.each([
    ['with space', 'SECRET_INVALID'],
    ['1st', 'SECRET_INVALID'],
    ['__proto__', 'FORBIDDEN_KEY'],
    ['constructor', 'FORBIDDEN_KEY'],
  ])('%j cannot be the name of a secret', (name, code) => {
    expect(issuesOf({ [name]: 'x' })).toMatchObject([{ code, key: name, file: `run/${name}` }])
  })
  test('the remedy for 1st says that a name may not begin with a digit', () => {
    const remedy = 'use letters, digits and underscores, and do not begin with a digit'
    expect(issuesOf({ '1st': 'x' })).toMatchObject([{ remedy }])
    expect(loadDirectory({ FIRST_1: 'x' }).warnings).toEqual([])
  })
  test('blank files and what Kubernetes adds to the directory are ignored', () => {
    const files = { '..2026_02_01/token': 'x', '..data': 'x', '.hidden': 'x', 'with space': ' \n', token: 'y' }
    const { secrets, warnings } = loadDirectory(files)
    expect([secrets.names(), warnings]).toEqual([['token'], []])
  })
})

describe('two spellings in secrets.json', () => {
  test.each([
    ['a', 'A', 'keep one of them'],
    ['ACME-TOKEN', 'acme.token', 'keep one of them'],
    ['GITHUB_TOKEN', 'github_token', 'keep one of them, preferably github'],
  ])('%s and %s are both named in the error as they are written', (one, other, remedy) => {
    const cwd = makeProject({ [PROFILE]: '', [SECRETS]: JSON.stringify({ [one]: 'first', [other]: 'second' }) })
    expect(() => loadConfigSync({ cwd, env: {} })).toThrow(
      `${other}  is another spelling of ${one}, which already exists, with a different value  → ${remedy}\n`,
    )
  })
})

describe('a secret with two names in the environment', () => {
  const valueIn = (files: Files, env: Readonly<Record<string, string>> = {}): string | undefined =>
    loadConfigSync({ cwd: makeProject(files), env }).secrets.get('moonshot')
  test.each<[string, Files, string]>([
    [
      'the file of higher precedence wins',
      { '.env': 'MOONSHOT_API_KEY=low', '.env.local': 'KIMI_API_KEY=high' },
      'high',
    ],
    ['it wins with either name', { '.env': 'KIMI_API_KEY=low', '.env.local': 'MOONSHOT_API_KEY=high' }, 'high'],
    ['its canonical name wins in one file', { '.env': 'MOONSHOT_API_KEY=own\nKIMI_API_KEY=other' }, 'own'],
    [
      'a blank value does not hide the file below',
      { '.env': 'MOONSHOT_API_KEY=low', '.env.local': 'KIMI_API_KEY=' },
      'low',
    ],
    [
      'a value may refer to the one below',
      { '.env': 'MOONSHOT_API_KEY=low', '.env.local': 'KIMI_API_KEY=${MOONSHOT_API_KEY}er' },
      'lower',
    ],
  ])('in .env files: %s', (_, files, expected) => {
    expect(valueIn(files)).toBe(expected)
  })
  test('in the environment: either name takes precedence over files', () => {
    const env = { KIMI_API_KEY: 'variable', MOONSHOT_API_KEY_FILE: 'run/key' }
    expect(valueIn({ 'run/key': 'file' }, env)).toBe('variable')
  })
})

describe('a blank secret does not hide the value below it', () => {
  const loadBelow = (env: Readonly<Record<string, string>>, options: LoadOptions = {}, files: Files = {}): Secrets =>
    loadConfigSync({
      cwd: makeProject({
        [PROFILE]: 'secrets: {validation: skip}',
        [SECRETS]: '{"openai": "below"}',
        'run/empty': '',
        'run/newline': '\n',
        'run/blank': ' \t\n',
        'run/key': 'mounted\n',
        ...files,
      }),
      env,
      secrets: { required: ['openai'] },
      ...options,
    }).secrets
  test.each([
    { OPENAI_API_KEY_FILE: 'run/empty' },
    { OPENAI_API_KEY_FILE: 'run/newline' },
    { OPENAI_API_KEY_FILE: 'run/blank' },
    { OPENAI_API_KEY: '  ' },
    { OPENAI_API_KEY: '\n', OPENAI_API_KEY_FILE: 'run/empty' },
  ])('%j', (env) => {
    expect(loadBelow(env).get('openai')).toBe('below')
  })
  test('in the environment and in .env', () => {
    expect(loadBelow({ OPENAI_API_KEY: ' ' }, {}, { '.env': 'OPENAI_API_KEY=dotenv' }).get('openai')).toBe('dotenv')
  })
  test('a blank variable does not conflict with NAME_FILE', () => {
    const env = { OPENAI_API_KEY: ' ', OPENAI_API_KEY_FILE: 'run/key' }
    expect(loadBelow(env).get('openai')).toBe('mounted')
  })
  test('with emptyIsValue it does hide it', () => {
    const options = { emptyIsValue: true, secrets: {} }
    expect(loadBelow({ OPENAI_API_KEY: '' }, options).get('openai')).toBeUndefined()
  })
})
