import { existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
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

test('a login that has expired since is shown as expired', () => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  expect(loadConfigSync().credentials?.expired).toBe(false)
  vi.useFakeTimers({ now: Date.now() + 4 * HOUR, toFake: ['Date'] })
  expect(loadConfigSync().credentials?.expired).toBe(true)
})
