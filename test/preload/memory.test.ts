import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
import { resolveStart } from '../../src/preload/resolve-start.ts'
import { makeProject, PROFILE } from '../support/temp-project.ts'

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

test('what a preload resolved answers a load', () => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  expect(loadConfigSync().profile).toBe(loadConfigSync().profile)
})

test('a file that changes while it is read is read again', () => {
  let isChanged = false
  const env = new Proxy(process.env, {
    getOwnPropertyDescriptor(target, name) {
      if (name === 'TRIGGER' && !isChanged) {
        isChanged = true
        writeFileSync(join(cwd, '.env'), 'A=two\nB=${TRIGGER:-no}\n')
      }
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
  })
  expect(resolveStart({ cwd, env, version: '1' }, undefined).values.A).toBe('one')
  expect(loadConfigSync().env.A).toBe('two')
})

test('a login that has ended since is not said to last', () => {
  resolveStart({ cwd, env: process.env, version: '1' }, undefined)
  expect(loadConfigSync().credentials?.expired).toBe(false)
  vi.useFakeTimers({ now: Date.now() + 4 * HOUR, toFake: ['Date'] })
  expect(loadConfigSync().credentials?.expired).toBe(true)
})
