import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ConfigError,
  type Explanation,
  type LoadOptions,
  loadConfigSync,
  type Problem,
  parsePath,
  type ResolvedConfig,
  reveal,
} from '../src/index.ts'
import { copyProject, removeProject, snapshot } from './support/project.ts'

/** case.json: how a project is loaded. `<root>` stands for its directory, here and in the expectations. */
interface Case {
  /** The sentence of the documentation that the case shows. */
  readonly rule: string
  /** @default '.' */
  readonly cwd?: string
  readonly options?: LoadOptions
  /** The whole process environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly modes?: Readonly<Record<string, string>>
  readonly readOnly?: boolean
  /** What `~` is, relative to the project. */
  readonly home?: string
  /** The time of the load, ISO 8601. */
  readonly now?: string
}

/** One problem: its code alone, or code, key, file, line and column, of which those left out must be absent. */
type ExpectedProblem = string | (Partial<Problem> & { readonly says?: readonly string[] })

/** expected.json. What is left out is not looked at, but for `root` and `warnings`. */
interface Expected {
  /** The profile's name, or more of it; null: none. */
  readonly profile?: string | object | null
  /** Relative to the case. @default '' */
  readonly root?: string
  readonly config?: object
  /** Paths that `config` does not have. */
  readonly absent?: readonly string[]
  /** By any name; null: not set. */
  readonly secrets?: Readonly<Record<string, string | null>>
  /** The whole of it. */
  readonly env?: Readonly<Record<string, string>>
  readonly tenant?: object | null
  readonly credentials?: object | null
  readonly layers?: readonly (string | { readonly name: string; readonly files: readonly string[] })[]
  /** @default [] */
  readonly warnings?: readonly ExpectedProblem[]
  /** All origins of a key, the one that counts first. */
  readonly explain?: Readonly<Record<string, readonly object[]>>
}

/** expected-error.json */
interface ExpectedError {
  readonly issues: readonly ExpectedProblem[]
}

const fixtures = fileURLToPath(new URL('../fixtures/resolve', import.meta.url))
const names = readdirSync(fixtures).sort()

/** What Windows does not have, or only for some users. */
const OF_POSIX = /by-a-link|may-be-links|link-within|readable-by/

describe('resolving a project', () => {
  beforeEach(() => {
    // Whoever looks into the process environment instead of the given one finds this, and fails.
    vi.stubEnv('SYSTEMPROMPT_PROFILE', 'of-the-shell-that-runs-the-tests')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.useRealTimers()
  })

  test('every folder in fixtures/resolve is a case', () => {
    const files = (name: string): string[] =>
      readdirSync(join(fixtures, name)).filter((file) => /^(case|expected)/.test(file))
    const incomplete = names.filter((name) => files(name).length !== 2 || !files(name).includes('case.json'))
    expect(incomplete).toEqual([])
    expect(names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))).toEqual([])
  })

  test.each(names.filter((name) => sep === '/' || !OF_POSIX.test(name)))('%s', (name) => {
    const fixture = join(fixtures, name)
    const given = readExpectation<Case>(join(fixture, 'case.json'), CASE_KEYS)
    const root = copyProject(fixture, given)
    try {
      settle(given, root)
      const before = snapshot(root)
      const processBefore = { ...process.env }
      const outcome = load(withRoot(given, root), root)
      expect(snapshot(root)).toEqual(before)
      expect(process.env).toEqual(processBefore)
      if (existsSync(join(fixture, 'expected-error.json'))) checkError(outcome, fixture, root)
      else checkResult(outcome, fixture, root)
    } finally {
      removeProject(root)
    }
  })
})

function load({ cwd = '.', options, env }: Case, root: string): ResolvedConfig | ConfigError {
  try {
    return loadConfigSync({ ...options, cwd: join(root, cwd), env: Object.freeze({ ...env }) }) as ResolvedConfig
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Some rules depend on who runs the load, and when. */
function settle({ home, now }: Case, root: string): void {
  if (home !== undefined) {
    vi.stubEnv('HOME', join(root, home))
    vi.stubEnv('USERPROFILE', join(root, home))
  }
  if (now !== undefined) vi.useFakeTimers({ now: new Date(now), toFake: ['Date'] })
}

function checkError(outcome: ResolvedConfig | ConfigError, fixture: string, root: string): void {
  const expected = withRoot(readExpectation<ExpectedError>(join(fixture, 'expected-error.json'), ['issues']), root)
  if (!(outcome instanceof ConfigError)) throw new Error('The load should have failed, and did not')
  expectProblems(outcome.issues, expected.issues)
  expectNoSecret([outcome.message, String(outcome.stack), JSON.stringify(outcome), print(outcome)], [], root)
}

function checkResult(outcome: ResolvedConfig | ConfigError, fixture: string, root: string): void {
  const expected = withRoot(readExpectation<Expected>(join(fixture, 'expected.json'), EXPECTED_KEYS), root)
  if (outcome instanceof ConfigError) throw outcome
  const { config, secrets, env, profile, tenant, credentials, layers } = outcome
  expect(relative(root, outcome.root).replaceAll(sep, '/')).toBe(expected.root ?? '')
  expectProblems(outcome.warnings, expected.warnings ?? [])
  if (expected.config) expect(reveal(config)).toMatchObject(expected.config)
  for (const path of expected.absent ?? []) expect({ path, value: valueAt(config, path) }).toEqual({ path })
  if (expected.secrets) expect(pick(expected.secrets, (name) => secrets.get(name) ?? null)).toEqual(expected.secrets)
  if (expected.env) expect(reveal(env)).toEqual(expected.env)
  if (typeof expected.profile === 'string') expect(profile?.name).toBe(expected.profile)
  else expectPart(profile, expected.profile)
  expectPart(tenant && reveal(tenant), expected.tenant)
  expectPart(credentials && reveal(credentials), expected.credentials)
  const shownLayers = layers.map((layer, index) => (typeof expected.layers?.[index] === 'string' ? layer.name : layer))
  if (expected.layers) expect(shownLayers).toEqual(expected.layers)
  for (const [path, origins] of Object.entries(expected.explain ?? {})) {
    const wanted = origins.map((origin) => ({ overridden: false, ...origin }))
    expect({ path, origins: outcome.explain(path).map(flattened) }).toMatchObject({ path, origins: wanted })
  }
  const explained = [...Object.keys(expected.explain ?? {}), ...secrets].map((path) => outcome.explain(path))
  const shown = [outcome, secrets, config, env, tenant, credentials, explained, structuredClone(secrets)]
  expectNoSecret(
    shown.flatMap((value) => [JSON.stringify(value) ?? '', print(value)]),
    secretsOf(expected),
    root,
  )
}

/** Exactly these, in this order. */
function expectProblems(actual: readonly Problem[], expected: readonly ExpectedProblem[]): void {
  const shown = actual.map((problem, index) => {
    const { code, key, file, line, column, message, remedy } = problem
    const wanted = expected[index]
    if (typeof wanted === 'string') return code
    const words = wanted?.says?.map((text) =>
      `${message} → ${remedy}`.includes(text) ? text : `${message} → ${remedy}`,
    )
    return { code, key, file, line, column, says: words }
  })
  expect(shown).toEqual(expected)
}

function expectPart(actual: unknown, expected: object | null | undefined): void {
  if (expected === null) expect(actual).toBeUndefined()
  else if (expected) expect(actual).toMatchObject(expected)
}

function flattened({ origin, overridden, ...rest }: Explanation): object {
  return { ...origin, ...rest, overridden: overridden ?? false }
}

/** Every made-up secret in the fixtures has `fake` in it; the samples of the documentation are given by value. */
function expectNoSecret(texts: readonly string[], secrets: readonly string[], root: string): void {
  // The name of the temporary directory is random: any word could be in it.
  for (const text of texts.map((shown) => shown.replaceAll(root, '<root>'))) {
    const leaked = [...(text.match(/.{0,8}fake.{0,8}/gi) ?? []), ...secrets.filter((secret) => text.includes(secret))]
    expect(leaked, `in ${text}`).toEqual([])
  }
}

function secretsOf({ secrets, credentials, tenant }: Expected): readonly string[] {
  const values = [
    ...Object.values(secrets ?? {}),
    ...Object.entries(credentials ?? {}).flatMap(([key, value]) => (key === 'api_token' ? [value] : [])),
    ...Object.entries(tenant ?? {}).flatMap(([key, value]) => (/database_url$|token$/.test(key) ? [value] : [])),
  ]
  return values.filter((value): value is string => typeof value === 'string' && value.length >= 8)
}

function print(value: unknown): string {
  return [{}, { showHidden: true }, { showProxy: true, getters: true }]
    .map((options) => inspect(value, { depth: Number.POSITIVE_INFINITY, ...options }))
    .join('\n')
}

function valueAt(value: unknown, path: string): unknown {
  return (parsePath(path) ?? [path]).reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    value,
  )
}

function pick<T>(like: object, value: (key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, value(key)]))
}

const CASE_KEYS = ['rule', 'cwd', 'options', 'env', 'modes', 'readOnly', 'home', 'now'] satisfies (keyof Case)[]
const EXPECTED_KEYS = [
  'profile',
  'root',
  'config',
  'absent',
  'secrets',
  'env',
  'tenant',
  'credentials',
  'layers',
  'warnings',
  'explain',
] satisfies (keyof Expected)[]

/** A misspelt key would be an expectation that nobody looks at. */
function readExpectation<T extends object>(file: string, keys: readonly string[]): T {
  const expectation = JSON.parse(readFileSync(file, 'utf8')) as T
  expect(Object.keys(expectation).filter((key) => !keys.includes(key))).toEqual([])
  return expectation
}

/** A path below the root is written as the system writes it. */
function withRoot<T>(value: T, root: string): T {
  return JSON.parse(JSON.stringify(value), (_, text: unknown) =>
    typeof text === 'string'
      ? text.replace(/<root>([^:]*)/g, (_, rest: string) => root + rest.replaceAll('/', sep))
      : text,
  ) as T
}
