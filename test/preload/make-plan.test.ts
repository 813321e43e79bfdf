import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import type { Environment } from '../../src/options/options.ts'
import { valuesFromPlan } from '../../src/preload/plan.ts'
import { resolveStart } from '../../src/preload/resolve-start.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const uid = process.getuid?.()

afterEach(() => {
  vi.useRealTimers()
})

interface Started {
  /** What the start sets. */
  readonly values: object
  /** What the next one sets by the plan; undefined without a plan. */
  readonly planned: object | undefined
}

/** Starts in a project some milliseconds after the time of a path in it, and again with the environment `next`. */
function startIn(cwd: string, path: string, age: number, env: Environment = {}, next = env): Started {
  vi.useFakeTimers({ now: Math.ceil(statSync(join(cwd, path)).ctimeMs) + age, toFake: ['Date'] })
  const modules = join(cwd, 'node_modules')
  const place = { file: join(modules, '.cache/plan.json'), modules, uid }
  const start = { cwd, env, version: '1' }
  const { values } = resolveStart(start, place)
  const planned = existsSync(place.file) ? valuesFromPlan(place.file, { ...start, env: next }, uid) : undefined
  return { values, planned }
}

const profile: Files = { [PROFILE]: 'name: local\nsecrets: { validation: skip }\n' }

test.each<[string, string, (path: string) => void]>([
  ['file', '.env', (path) => writeFileSync(path, 'A=two\n')],
  [
    'file whose time was set back',
    '.env',
    (path) => {
      writeFileSync(path, 'A=two\n')
      utimesSync(path, 1_000_000_000, 1_000_000_000)
    },
  ],
  ['listed directory', 'services', (path) => mkdirSync(join(path, 'new'))],
])('a plan is made only once a changed %s is too old to change unnoticed', async (_, path, change) => {
  const cwd = makeProject({ ...profile, '.env': 'A=one\n', 'services/': '', 'node_modules/': '' })
  // Everything else is older.
  await setTimeout(50)
  change(join(cwd, path))
  expect(startIn(cwd, path, 2490).planned).toBeUndefined()
  const { values, planned } = startIn(cwd, path, 2510)
  expect(planned).toEqual(values)
})

test.each<[string, Files, object]>([
  [
    'refers to a lower definition of its own name',
    { '.env.local': 'A=${A}-two\n', '.env': 'A=one\n' },
    { A: 'one-two' },
  ],
  [
    'is computed although a .env file sets it',
    { ...profile, [SECRETS]: '{ "other-key": "sk-one" }', '.env': 'SYSTEMPROMPT_CUSTOM_SECRETS=one\n' },
    { SYSTEMPROMPT_CUSTOM_SECRETS: 'OTHER_KEY' },
  ],
])('a value that %s is the same with a plan, if there is one', (_, files, expected) => {
  const cwd = makeProject({ ...files, 'node_modules/': '' })
  const { values, planned } = startIn(cwd, '.env', 10_000)
  expect(values).toMatchObject(expected)
  expect(planned ?? values).toMatchObject(expected)
})

test('a plan that was made while a variable was empty is followed only while it is', () => {
  const cwd = makeProject({ '.env': 'A=${NAME:-nobody}\n', 'node_modules/': '' })
  expect(startIn(cwd, '.env', 10_000, { NAME: '' })).toEqual({ values: { A: 'nobody' }, planned: { A: 'nobody' } })
  expect(startIn(cwd, '.env', 10_000, { NAME: '' }, { NAME: 'somebody' }).planned).toBeUndefined()
})
