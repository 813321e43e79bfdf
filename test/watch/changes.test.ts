import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ConfigChange, type LoadOptions, loadConfig } from '../../src/index.ts'
import { changesBetween } from '../../src/watch/changes.ts'
import { type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const profile = (yaml: string): Files => ({ [PROFILE]: `secrets: {validation: skip}\n${yaml}\n` })

/** The changes of a project's configuration when files are written. */
async function changes(before: Files, after: Files, options: LoadOptions = {}): Promise<readonly ConfigChange[]> {
  const cwd = makeProject({ ...profile(''), ...before })
  const load = () => loadConfig({ cwd, env: {}, ...options })
  const previous = await load()
  writeFiles(cwd, after)
  return changesBetween(previous, await load())
}

/** The same as short text: `+a: 1`, `-a: 1`, `a: 1 → 2`. */
async function words(before: Files, after: Files, options?: LoadOptions): Promise<readonly string[]> {
  return (await changes(before, after, options)).map(({ path, kind, previous, current }) => {
    const [was, is] = [JSON.stringify(previous), JSON.stringify(current)]
    if (kind === 'added') return `+${path}: ${is}`
    return kind === 'removed' ? `-${path}: ${was}` : `${path}: ${was} → ${is}`
  })
}

describe('a change of the configuration is reported with its path:', () => {
  test.each<[string, string, string, string[]]>([
    ['a value', 'a: 1', 'a: 2', ['a: 1 → 2']],
    ['a type', 'a: 1', 'a: "1"', ['a: 1 → "1"']],
    ['null', 'a: 1', 'a: null', ['a: 1 → null']],
    ['a new key', '', 'a: 1', ['+a: 1']],
    ['a removed key', 'a: 1', '', ['-a: 1']],
    ['a nested value', 'a: {b: {c: 1, d: 1}}', 'a: {b: {c: 2, d: 1}}', ['a.b.c: 1 → 2']],
    ['a new map, value by value', '', 'a: {b: 1, c: 2}', ['+a.b: 1', '+a.c: 2']],
    ['an item', 'a: [1, 2]', 'a: [1, 3]', ['a[1]: 2 → 3']],
    ['a longer list', 'a: [1]', 'a: [1, 2]', ['+a[1]: 2']],
    ['a shorter list', 'a: [1, 2]', 'a: [1]', ['-a[1]: 2']],
    ['a list that gets its first item', 'a: []', 'a: [1]', ['+a[0]: 1']],
    ['a map that loses its last key', 'a: {b: 1}', 'a: {}', ['-a.b: 1']],
    ['a new empty map', '', 'a: {}', ['+a: {}']],
    ['a scalar that becomes a map', 'a: 1', 'a: {b: 1}', ['-a: 1', '+a.b: 1']],
    ['a key with a dot', '"a.b": 1', '"a.b": 2', ['["a.b"]: 1 → 2']],
    ['but not the order of keys', 'a: 1\nb: 2', 'b: 2\na: 1', []],
    ['but not a comment', 'a: 1', '# new\na: 1 # one', []],
    ['but not another spelling of a value', 'a: 10', 'a: 0xa', []],
  ])('%s', async (_, before, after, expected) => {
    expect(await words(profile(before), profile(after))).toEqual(expected)
  })
})

describe('a change elsewhere is reported with its path:', () => {
  test.each<[string, Files, Files, string[]]>([
    [
      'a secret, and the variable that it becomes',
      { [SECRETS]: '{"anthropic": "one"}' },
      { [SECRETS]: '{"anthropic": "two"}' },
      ['secrets.anthropic: "••••" → "••••"', 'env.ANTHROPIC_API_KEY: "••••" → "••••"'],
    ],
    ['a new secret', {}, { [SECRETS]: '{"mine": "one"}' }, ['+secrets.mine: "••••"', '+env.MINE: "••••"']],
    [
      'but not another spelling of the name of a secret',
      { [SECRETS]: '{"anthropic": "one"}' },
      { [SECRETS]: '{"ANTHROPIC_API_KEY": "one"}' },
      [],
    ],
    ['a variable', { '.env': 'PORT=1' }, { '.env': 'PORT=2' }, ['env.PORT: "••••" → "••••"']],
    ['but not a variable that moves to another file', { '.env': 'PORT=1' }, { '.env': '', '.env.local': 'PORT=1' }, []],
    [
      'the tenant',
      {
        '.systemprompt/tenants.json':
          '{"tenants":[{"id":"a","name":"A","region":"iad","database_url":"postgres://u:p@h/a"}],"active_tenant":"a"}',
      },
      {
        '.systemprompt/tenants.json':
          '{"tenants":[{"id":"a","name":"A","region":"fra","database_url":"postgres://u:q@h/a"}],"active_tenant":"a"}',
      },
      ['tenant.region: "iad" → "fra"', 'tenant.database_url: "••••" → "••••"'],
    ],
    [
      'the login',
      { '.systemprompt/credentials.json': '{"api_token":"one","user_email":"a@example.com"}' },
      { '.systemprompt/credentials.json': '{"api_token":"two","user_email":"b@example.com"}' },
      ['credentials.api_token: "••••" → "••••"', 'credentials.user_email: "a@example.com" → "b@example.com"'],
    ],
  ])('%s', async (_, before, after, expected) => {
    expect(await words(before, after)).toEqual(expected)
  })
  test('the profile', async () => {
    const second = { '.systemprompt/profiles/second/profile.yaml': profile('')[PROFILE] ?? '' }
    const found = await changes(second, { '.systemprompt/sessions/index.json': '{"active_profile_name": "second"}' })
    expect(found.map(({ path, part }) => `${part} ${path}`)).toEqual([
      'config name',
      'config display_name',
      'profile profile.name',
      'profile profile.file',
      'profile profile.directory',
      'profile profile.chosenBy',
    ])
  })
  test('and is distinguished from a key of the same name', async () => {
    const found = await changes(
      { ...profile('env: {A: 1}'), '.env': 'A=1' },
      { ...profile('env: {A: 2}'), '.env': 'A=2' },
    )
    expect(found.map(({ path, part }) => `${part} ${path}`)).toEqual(['config env.A', 'env env.A'])
  })
})

describe('a change shows no secret', () => {
  const CANARY = 'Canary7Kq2vTz9mWx4'
  test.each<[string, Files, Files]>([
    ['of secrets.json', { [SECRETS]: '{"mine": "one"}' }, { [SECRETS]: `{"mine": "${CANARY}"}` }],
    ['that was removed', { [SECRETS]: `{"mine": "${CANARY}"}` }, { [SECRETS]: '{}' }],
    [
      'that was substituted',
      { ...profile('a: "x${MINE}"'), [SECRETS]: '{"mine": "one"}' },
      { [SECRETS]: `{"mine": "${CANARY}"}` },
    ],
    ['with the key of a secret', profile('smtp: {password: x}'), profile(`smtp: {password: ${CANARY}}`)],
    ['in a URL', profile('url: http://a'), profile(`url: https://u:${CANARY}@h/`)],
    [
      'that was not a secret before',
      profile(`a: ${CANARY}`),
      { ...profile('a: "${MINE}"'), [SECRETS]: `{"mine": "${CANARY}"}` },
    ],
    ['in a list', profile('tokens: []'), profile(`tokens: [${CANARY}]`)],
    ['of a .env file', {}, { '.env': `PLAIN=${CANARY}` }],
  ])('%s', async (_, before, after) => {
    const found = await changes(before, after)
    expect(found).not.toEqual([])
    expect(JSON.stringify(found)).not.toContain(CANARY)
  })
})

class Opaque {
  readonly #inside: string
  constructor(inside: string) {
    this.#inside = inside
  }
  [inspect.custom]() {
    return `Opaque ${this.#inside.length}`
  }
}

class Box {
  constructor(readonly inside: string) {}
}

describe('a change of what a schema makes of secrets shows no secret:', () => {
  test.each<[string, (all: { key: string }) => unknown, string[]]>([
    ['a key', ({ key }) => ({ allowed: { [key]: true } }), ['allowed: "••••" → "••••"']],
    ['a new key', ({ key }) => ({ allowed: key === 'made-up-two' ? { [key]: 1 } : {} }), ['allowed: "••••" → "••••"']],
    ['a single string', ({ key }) => `key ${key}`, [': "••••" → "••••"']],
  ])('%s', async (_, make, expected) => {
    const schema = z.looseObject({ key: z.string() }).transform(make)
    expect(await words(profile('key: made-up-one'), profile('key: made-up-two'), { schema })).toEqual(expected)
  })
})

describe('the output of a schema is compared by its content:', () => {
  const made = (make: (value: string) => unknown) => ({
    schema: z.looseObject({ a: z.string().transform(make) }),
  })
  test.each<[string, (value: string) => unknown]>([
    ['a URL', (value) => new URL(`http://host/${value}`)],
    ['the parameters of a URL', (value) => new URLSearchParams({ value })],
    ['an object with private fields', (value) => new Opaque(value)],
    ['a date', (value) => new Date(Number(value.length))],
    ['a map', (value) => new Map([[value, 1]])],
    ['a set', (value) => new Set([value])],
    ['a regular expression', (value) => new RegExp(value)],
    ['an object of a class', (value) => new Box(value)],
    ['a big integer', (value) => BigInt(value.length)],
  ])('%s', async (_, make) => {
    expect(await changes(profile('a: x'), profile('a: long'), made(make))).toMatchObject([
      { path: 'a', kind: 'changed' },
    ])
    expect(await changes(profile('a: x'), profile('# again\na: x'), made(make))).toEqual([])
  })
  test('functions are treated as equal', async () => {
    expect(
      await changes(
        profile('a: x'),
        profile('a: x '),
        made((value) => () => value),
      ),
    ).toEqual([])
  })
})
