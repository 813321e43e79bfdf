import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { childEnvironment, loadConfigSync } from '../../src/index.ts'
import { encodePlan, type Plan } from '../../src/preload/plan.ts'
import { installInto, start } from '../support/installed.ts'
import { type Files, makeProject, PROFILE, writeFiles } from '../support/temp-project.ts'

const PRINT = `
  const own = Object.entries(process.env).filter(([name]) => !['PATH', 'HOME', 'SYSTEMPROMPT_INJECTED'].includes(name))
  const resolved = Object.keys(require.cache).some((file) => file.endsWith('core.cjs'))
  console.log(JSON.stringify({ resolved, env: Object.fromEntries(own) }))`

const FILES: Files = { 'package.json': '{}', 'main.cjs': PRINT }
const PLAIN: Files = { ...FILES, '.env': 'A=one\nB=${A}\n' }
const ENV = { A: 'one', B: 'one' }

interface Seen {
  readonly resolved: boolean
  readonly env: Readonly<Record<string, string>>
}

async function run(root: string, env: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const { code, out, err } = await start({ cwd: root, args: ['--import', '@systemprompt/env', 'main.cjs'], env })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Seen
}

function planOf(root: string): { readonly file: string; readonly head: string; readonly plan: Plan } {
  const directory = join(root, 'node_modules/.cache/systemprompt-env')
  const file = join(directory, readdirSync(directory)[0] ?? '')
  const [head = '', , body = ''] = readFileSync(file, 'utf8').split('\n')
  return { file, head, plan: JSON.parse(body) as Plan }
}

/** Writes a plan as an attacker would who knows everything but cannot change code. */
function forge(root: string, change: (plan: Plan) => object): void {
  const { file, head, plan } = planOf(root)
  writeFileSync(file, `${head}\n${encodePlan(change(plan) as Plan)}`)
}

let root = ''
let atHome = ''
const homes = ['', '']

beforeAll(async () => {
  root = makeProject(PLAIN)
  atHome = makeProject({
    ...FILES,
    [PROFILE]: 'name: local\nsecrets: { validation: skip, secrets_path: ~/secrets.json }\n',
  })
  for (const [index, name] of ['one', 'two'].entries())
    homes[index] = makeProject({ 'secrets.json': `{ "stripe_key": "secret-of-${name}" }` })
  for (const project of [root, atHome]) installInto(project)
  await setTimeout(2600)
}, 60_000)

describe('a plan that was made elsewhere', () => {
  test('is invalid as a copy, as from a checkout', async () => {
    await run(root)
    const { file } = planOf(root)
    expect((await run(root)).resolved).toBe(false)
    copyFileSync(file, `${file}.copy`)
    renameSync(`${file}.copy`, file)
    expect(await run(root)).toEqual({ resolved: true, env: ENV })
    expect((await run(root)).resolved).toBe(false)
  })

  const forgeries: Readonly<Record<string, (plan: Plan) => object>> = {
    'a variable that runs code as a text': (plan) => ({
      ...plan,
      texts: { NODE_OPTIONS: '--require ./hostile.cjs' },
    }),
    'any variable as a text': (plan) => ({ ...plan, texts: { DATABASE_URL: 'postgres://hostile/db' } }),
    'a blocked name for a value': (plan) => ({ ...plan, values: { LD_PRELOAD: plan.values.A } }),
    'a blocked name in lower case': (plan) => ({ ...plan, values: { node_options: plan.values.A } }),
    'the name of the marker': (plan) => ({ ...plan, values: { SYSTEMPROMPT_INJECTED: plan.values.A } }),
    'another version': (plan) => ({ ...plan, version: '0.0.0' }),
    'another working directory': (plan) => ({ ...plan, cwd: '/' }),
    'only a version and a directory': ({ version, cwd }) => ({ version, cwd }),
    'a value marked as JSON that is not JSON': (plan) => ({
      ...plan,
      values: { A: plan.values.A?.map((piece) => ({ ...piece, isJson: true })) },
    }),
    'a source that does not exist': (plan) => ({ ...plan, sources: { ...plan.sources, '/nowhere/.env': '-' } }),
    'a source that is not a path': (plan) => ({ ...plan, sources: { ...plan.sources, '\0': '-' } }),
    'no files': ({ files: _, ...plan }) => plan,
  }
  test.each(Object.entries(forgeries))('is invalid with %s', async (_, change) => {
    await run(root)
    forge(root, change)
    expect(await run(root)).toEqual({ resolved: true, env: ENV })
  })
})

test('a plan is not followed with another home directory, since ~ is another file', async () => {
  const [one = '', two = ''] = homes
  expect((await run(atHome, { HOME: one })).env).toMatchObject({ STRIPE_KEY: 'secret-of-one' })
  expect(await run(atHome, { HOME: one })).toMatchObject({ resolved: false, env: { STRIPE_KEY: 'secret-of-one' } })
  expect((await run(atHome, { HOME: two })).env).toMatchObject({ STRIPE_KEY: 'secret-of-two' })
})

test('a plan may have names that every object inherits', async () => {
  const names = makeProject({ ...FILES, '.env': 'constructor=one\ntoString=two\n__proto__=three\n' })
  installInto(names)
  await setTimeout(2600)
  const env = { constructor: 'one', toString: 'two', ['__proto__']: 'three' }
  for (const resolved of [true, false]) {
    const seen = await run(names)
    expect(seen.resolved).toBe(resolved)
    expect(Object.entries(seen.env).sort()).toEqual(Object.entries(env).sort())
  }
})

test('a file cannot set the marker of the variables that a preload may remove', () => {
  writeFiles(root, { '.env': 'A=one\nSYSTEMPROMPT_INJECTED=1,NODE_ENV=1\n' })
  expect(childEnvironment(loadConfigSync({ cwd: root, env: {} }), {})).toEqual({ A: 'one' })
})
