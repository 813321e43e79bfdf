import { existsSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type LoadOptions, loadConfigSync } from '../../src/index.ts'
import { resolveStart } from '../../src/preload/resolve-start.ts'
import { makeProject, PROFILE, writeFiles } from '../support/temp-project.ts'

const HOUR = 3_600_000

let cwd = ''
const before = process.cwd()

beforeEach(async () => {
  cwd = makeProject({
    '.env': 'A=one\nB=${TRIGGER:-no}\n',
    [PROFILE]: 'name: local\nsecrets: { validation: skip }\n',
    '.systemprompt/credentials.json': JSON.stringify({
      api_token: 'token-of-somebody',
      user_email: 'a@example.org',
      authenticated_at: new Date(Date.now() - 21 * HOUR).toISOString(),
    }),
  })
  await setTimeout(100)
  process.chdir(cwd)
})

afterEach(() => {
  vi.useRealTimers()
  process.chdir(before)
})

test('a load returns what the preload resolved', () => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  expect(loadConfigSync().profile).toBe(loadConfigSync().profile)
})

describe('a load resolves again', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test.each<[string, () => unknown, () => unknown, unknown]>([
    ['with an option', () => undefined, () => loadConfigSync({ overrides: { name: 'mine' } }).config.name, 'mine'],
    [
      'from another directory',
      () => process.chdir(makeProject({ '.env': 'A=there' })),
      () => loadConfigSync().env.A,
      'there',
    ],
    [
      'once a variable that was used has been set',
      () => vi.stubEnv('TRIGGER', 'pulled'),
      () => loadConfigSync().env.B,
      'pulled',
    ],
    [
      'once a setting has been added',
      () => vi.stubEnv('SYSTEMPROMPT__NAME', 'set'),
      () => loadConfigSync().config.name,
      'set',
    ],
    [
      'once a file has changed',
      () => writeFiles(cwd, { [PROFILE]: 'name: changed\nsecrets: { validation: skip }\n' }),
      () => loadConfigSync().config.name,
      'changed',
    ],
    [
      'once a file has been created',
      () => writeFiles(cwd, { '.env.local': 'A=local\n' }),
      () => loadConfigSync().env.A,
      'local',
    ],
    [
      'once a service has been created',
      () => writeFiles(cwd, { 'services/own/config.yaml': 'title: own\n' }),
      () => loadConfigSync().config.services,
      { own: { title: 'own' } },
    ],
  ])('%s', (_, change, load, expected) => {
    resolveStart({ cwd, env: process.env, version: '1' }, undefined)
    change()
    expect(load()).toEqual(expected)
  })

  test.each<[string, string, string | undefined]>([
    ['once a setting has another value', 'other', 'other'],
    ['once a setting has been removed', '', 'local'],
  ])('%s', (_, value, expected) => {
    vi.stubEnv('SYSTEMPROMPT__NAME', 'set')
    resolveStart({ cwd, env: process.env, version: '1' }, undefined)
    expect(loadConfigSync().config.name).toBe('set')
    vi.stubEnv('SYSTEMPROMPT__NAME', value === '' ? undefined : value)
    expect(loadConfigSync().config.name).toBe(expected)
  })
})

/** Every option but those that are applied only after everything is resolved. */
const EARLY_OPTIONS: Required<Omit<LoadOptions, 'schema' | 'variables'>> = {
  cwd: '.',
  profile: 'local',
  secrets: {},
  strict: false,
  overrides: {},
  defaults: {},
  env: process.env,
  dotenv: true,
  services: true,
  onUndefined: 'error',
  emptyIsValue: false,
  allowEnv: [],
  public: [],
  prefix: [],
}

test.each(Object.entries(EARLY_OPTIONS))('a load with the option %s resolves again', (name, value) => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  const { profile } = loadConfigSync()
  expect(profile).toBeDefined()
  expect(loadConfigSync({ [name]: value }).profile).not.toBe(profile)
})

describe('a load uses what the preload resolved', () => {
  test.each<[string, () => void, LoadOptions]>([
    [
      'with a schema, and with options that are undefined',
      () => undefined,
      { schema: z.looseObject({}), profile: undefined },
    ],
    ['with a schema for variables', () => undefined, { variables: z.looseObject({}) }],
    ['even if a variable that was not used has changed', () => vi.stubEnv('NOT_USED', 'x'), {}],
  ])('%s', (_, change, options) => {
    resolveStart({ cwd, env: process.env, version: '1' }, undefined)
    const first = loadConfigSync().profile
    change()
    expect(loadConfigSync(options).profile).toBe(first)
    vi.unstubAllEnvs()
  })

  test('and says which files were consulted', () => {
    const alone = loadConfigSync({ env: process.env }).consulted
    resolveStart({ cwd, env: process.env, version: '1' }, undefined)
    expect(loadConfigSync().consulted).toEqual(alone)
  })
})

/** A file can change twice within one step of the system's clock, without a change of its times. */
test.each([
  [10, false],
  [30, true],
])('what the preload resolved %i ms after a file was written is used: %j', (age, isKept) => {
  writeFiles(cwd, { '.env': 'A=new\n' })
  vi.useFakeTimers({ now: Math.ceil(statSync(join(cwd, '.env')).ctimeMs) + age, toFake: ['Date'] })
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  const [one, other] = [loadConfigSync(), loadConfigSync()]
  expect(one.profile === other.profile).toBe(isKept)
})

/** An environment that makes a change when the load looks up a variable of `.env`, after it has read the files. */
function afterReading(env: NodeJS.ProcessEnv, change: () => void): NodeJS.ProcessEnv {
  let isChanged = false
  return new Proxy(env, {
    getOwnPropertyDescriptor(target, name) {
      if (name === 'TRIGGER' && !isChanged) {
        isChanged = true
        change()
      }
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
  })
}

test('a file that changes while it is read is read again', () => {
  const env = afterReading(process.env, () => writeFileSync(join(cwd, '.env'), 'A=two\nB=${TRIGGER:-no}\n'))
  expect(resolveStart({ cwd, env, version: '1' }, undefined).values.A).toBe('one')
  expect(loadConfigSync().env.A).toBe('two')
})

describe.each([
  ['a file with values', '.env', ['two', 'local']],
  ['a profile', PROFILE, ['one', 'other']],
  ['a listed directory', '.systemprompt/profiles', ['one', 'other']],
])('a symbolic link to %s that is changed to an older target after it was followed', (_, path, expected) => {
  const exchange = (): void => {
    rmSync(join(cwd, path), { recursive: true })
    symlinkSync(join(cwd, 'other', path), join(cwd, path))
  }

  beforeEach(() => {
    writeFiles(cwd, {
      'other/.env': 'B=${TRIGGER:-no}\nA=two\n',
      [`other/${PROFILE}`]: 'name: other\nsecrets: { validation: skip }\n',
      'node_modules/': '',
    })
    renameSync(join(cwd, path), join(cwd, 'first'))
    symlinkSync(join(cwd, 'first'), join(cwd, path))
    vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] })
  })

  test('is read again by a load', () => {
    const { values } = resolveStart({ cwd, env: afterReading(process.env, exchange), version: '1' }, undefined)
    const { env, config } = loadConfigSync()
    expect([values.A, env.A, config.name]).toEqual(['one', ...expected])
  })

  test('leaves no plan', () => {
    const modules = join(cwd, 'node_modules')
    const place = { file: join(modules, '.cache/plan.json'), modules, uid: process.getuid?.() }
    resolveStart({ cwd, env: afterReading({}, exchange), version: '1' }, place)
    expect(existsSync(place.file)).toBe(false)
    resolveStart({ cwd, env: {}, version: '1' }, place)
    expect(existsSync(place.file)).toBe(true)
  })
})

test('a symbolic link to an empty directory that is changed after the directory was listed is followed again', () => {
  const services = join(cwd, 'services')
  writeFiles(cwd, { 'empty/': '', 'other/own/config.yaml': 'title: own\n' })
  symlinkSync('empty', services)
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] })
  const env = afterReading(process.env, () => {
    rmSync(services)
    symlinkSync('other', services)
  })
  resolveStart({ cwd, env, version: '1' }, undefined)
  expect(loadConfigSync().config.services).toEqual({ own: { title: 'own' } })
})

test.each([
  [2.5, false, 'The cloud login expires within the hour'],
  [4, true, 'The cloud login has expired'],
])('a login that expired or is about to expire %f hours later is reported then', (hours, isExpired, message) => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  const first = loadConfigSync()
  expect(first.credentials?.expired).toBe(false)
  vi.useFakeTimers({ now: Date.now() + hours * HOUR, toFake: ['Date'] })
  const { credentials, warnings } = loadConfigSync()
  expect(credentials?.expired).toBe(isExpired)
  expect(warnings.filter((warning) => !first.warnings.some(({ code }) => code === warning.code))).toEqual([
    expect.objectContaining({ message }),
  ])
})

test('problems that a schema finds in what the preload resolved are not reported to the next load', () => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  const { profile } = loadConfigSync()
  expect(() => loadConfigSync({ schema: z.looseObject({ missing: z.string() }) })).toThrow('missing')
  expect(loadConfigSync().profile).toBe(profile)
})

test('a service that is added to a directory of services is read', async () => {
  writeFiles(cwd, { 'services/ai/config.yaml': 'title: ai\n' })
  await setTimeout(100)
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  expect(loadConfigSync().config.services).toEqual({ ai: { title: 'ai' } })
  writeFiles(cwd, { 'services/own/config.yaml': 'title: own\n' })
  expect(loadConfigSync().config.services).toEqual({ ai: { title: 'ai' }, own: { title: 'own' } })
})
