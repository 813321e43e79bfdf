import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import {
  COMPLETE,
  DATABASE_URL,
  type Files,
  JWT_SECRET,
  makeProject,
  SECRETS,
  writeFiles,
} from '../support/temp-project.ts'

/** What the programs of the table can use: what they see of the environment, and ways to start others. */
const LIB = `
import { fork, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

const NAMES = ['DATABASE_URL', 'JWT_SECRET', 'GREETING', 'ONLY_ONE', 'OWN']
export const seen = (env = process.env) =>
  Object.fromEntries(NAMES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
export const print = (value = seen()) => console.log(JSON.stringify(value))
export const child = new URL('./child.mjs', import.meta.url)
export const inWorker = (options, file = child) =>
  new Promise((resolve, reject) => new Worker(file, options).on('message', resolve).on('error', reject))
export const inFork = (options) =>
  new Promise((resolve) => fork(child, { ...options, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }).on('message', resolve))
export const inSpawn = (args, options = {}, command = process.execPath) =>
  new Promise((resolve) => {
    let out = ''
    const started = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
    started.stdout.on('data', (data) => { out += data })
    started.on('close', () => resolve(JSON.parse(out)))
  })
export const preloaded = ['--import', '@systemprompt/env']
export const write = (file, text) => writeFileSync(file, text)
`

const CHILD = `
import { parentPort } from 'node:worker_threads'
import { seen, print } from './lib.mjs'
if (parentPort) parentPort.postMessage(seen())
else if (process.send) process.send(seen(), () => process.disconnect())
else print()
`

const OTHER_SECRETS = JSON.stringify({ jwt_secret: `other-${JWT_SECRET}` })

const FILES: Files = {
  ...COMPLETE,
  '.env': 'GREETING=hello\nONLY_ONE=one\n',
  'package.json': JSON.stringify({ type: 'module', scripts: { seen: 'node child.mjs' } }),
  'lib.mjs': LIB,
  'child.mjs': CHILD,
  'packages/inner/package.json': '{}',
}

const ALL = { DATABASE_URL, JWT_SECRET, GREETING: 'hello', ONLY_ONE: 'one' }
const OTHER = { JWT_SECRET: `other-${JWT_SECRET}`, GREETING: 'hello from the other' }

interface Row {
  /** The program, which has everything of `lib.mjs` in scope, and `other`, the root of another project. */
  readonly program: string
  readonly sees: object
  readonly env?: Readonly<Record<string, string>>
}

const ROWS: Readonly<Record<string, Row>> = {
  'the program itself': { program: 'print()', sees: ALL },
  'a variable that is already set keeps its value': {
    program: 'print()',
    env: { GREETING: 'mine' },
    sees: { ...ALL, GREETING: 'mine' },
  },
  'an empty variable counts as unset': { program: 'print()', env: { GREETING: '' }, sees: ALL },
  'a blank secret counts as unset': { program: 'print()', env: { DATABASE_URL: ' ' }, sees: ALL },

  'a worker started from a file': { program: 'print(await inWorker({}))', sees: ALL },
  'a worker started from source text': {
    program: `print(await inWorker({ eval: true }, "import('./lib.mjs').then(({ seen }) => require('node:worker_threads').parentPort.postMessage(seen()))"))`,
    sees: ALL,
  },
  'a worker started from source text with an empty environment gets nothing: Node does not run --import modules before it':
    {
      program: `print(await inWorker({ eval: true, env: {} }, "setTimeout(() => import('./lib.mjs').then(({ seen }) => require('node:worker_threads').parentPort.postMessage(seen())), 100)"))`,
      sees: {},
    },
  'a worker with an empty environment resolves again': { program: 'print(await inWorker({ env: {} }))', sees: ALL },
  'a worker without flags inherits': { program: 'print(await inWorker({ execArgv: [] }))', sees: ALL },
  'a worker without flags or environment gets nothing': {
    program: 'print(await inWorker({ execArgv: [], env: {} }))',
    sees: {},
  },
  'a worker that shares the environment': {
    program: `const { SHARE_ENV } = await import('node:worker_threads'); print(await inWorker({ env: SHARE_ENV }))`,
    sees: ALL,
  },
  'a worker with a value of its own keeps it': {
    program: `print(await inWorker({ env: { ...process.env, GREETING: 'mine' } }))`,
    sees: { ...ALL, GREETING: 'mine' },
  },
  'a worker started after the program changed a variable': {
    program: `process.env.GREETING = 'changed'; print(await inWorker({}))`,
    sees: { ...ALL, GREETING: 'changed' },
  },

  'a fork': { program: 'print(await inFork({}))', sees: ALL },
  'a fork without flags inherits': { program: 'print(await inFork({ execArgv: [] }))', sees: ALL },
  'a fork with an empty environment resolves again': { program: 'print(await inFork({ env: {} }))', sees: ALL },
  'a fork started after the program changed a variable': {
    program: `process.env.GREETING = 'changed'; print(await inFork({}))`,
    sees: { ...ALL, GREETING: 'changed' },
  },
  'a fork started after the program deleted a variable: it is set again, as any empty one would be': {
    program: `delete process.env.GREETING; print(await inFork({}))`,
    sees: ALL,
  },
  'a fork started after the files changed': {
    program: `write('.env', 'GREETING=changed\\nONLY_ONE=one\\n'); print(await inFork({}))`,
    sees: { ...ALL, GREETING: 'changed' },
  },
  'a fork started after a name was removed from the files': {
    program: `write('.env', 'GREETING=hello\\n'); print(await inFork({}))`,
    sees: { DATABASE_URL, JWT_SECRET, GREETING: 'hello' },
  },
  'a fork started after a name was added to the files': {
    program: `write('.env.local', 'OWN=new\\n'); print(await inFork({}))`,
    sees: { ...ALL, OWN: 'new' },
  },

  'a child spawned without flags inherits': { program: `print(await inSpawn(['child.mjs']))`, sees: ALL },
  'a child spawned with the flag': {
    program: `print(await inSpawn([...preloaded, 'child.mjs']))`,
    sees: ALL,
  },
  'a child in a subfolder of the project': {
    program: `print(await inSpawn([...preloaded, '../../child.mjs'], { cwd: 'packages/inner' }))`,
    sees: ALL,
  },
  'a child in another project gets only the values of that project': {
    program: `print(await inSpawn([...preloaded, 'child.mjs'], { cwd: other }))`,
    sees: OTHER,
  },
  'a child in another project keeps what the user has set': {
    program: `print(await inSpawn([...preloaded, 'child.mjs'], { cwd: other }))`,
    env: { DATABASE_URL: 'postgres://mine/db' },
    sees: { ...OTHER, DATABASE_URL: 'postgres://mine/db' },
  },
  'a child in another project, started by a tool that drops the marker': {
    program: `const { SYSTEMPROMPT_INJECTED, SYSTEMPROMPT_PROFILE, ...env } = process.env
      print(await inSpawn([...preloaded, 'child.mjs'], { cwd: other, env }))`,
    sees: ALL,
  },
  'a grandchild in this project, started by a child in another': {
    program: `print(await inSpawn([...preloaded, '-e', "console.log(require('node:child_process').execFileSync(process.execPath, ['--import', '@systemprompt/env', 'child.mjs'], { cwd: process.env.BACK, encoding: 'utf8' }))"], { cwd: other, env: { ...process.env, BACK: process.cwd() } }))`,
    sees: ALL,
  },
  'a child outside any project inherits': {
    program: `print(await inSpawn([...preloaded.slice(0, 1), import.meta.resolve('@systemprompt/env'), child.pathname], { cwd: '/' }))`,
    sees: ALL,
  },
  'a child preloaded by NODE_OPTIONS': {
    program: `print(await inSpawn(['child.mjs'], { env: { PATH: process.env.PATH, NODE_OPTIONS: '--import @systemprompt/env' } }))`,
    sees: ALL,
  },
  'npm run preloaded by NODE_OPTIONS': {
    program: `print(await inSpawn(['run', '--silent', 'seen'], { env: { PATH: process.env.PATH, NODE_OPTIONS: '--import @systemprompt/env' } }, 'npm'))`,
    sees: ALL,
  },
  'a cluster': {
    program: `const { default: cluster } = await import('node:cluster')
      cluster.setupPrimary({ exec: 'child.mjs' })
      cluster.fork().on('message', (message) => print(message))`,
    sees: ALL,
  },
}

const roots = new Map<string, string>()

beforeAll(async () => {
  const other = makeProject({
    ...COMPLETE,
    '.systemprompt/profiles/local/profile.yaml': 'name: other\nsecrets: { validation: skip }\n',
    [SECRETS]: OTHER_SECRETS,
    '.env': 'GREETING=hello from the other\n',
    'package.json': '{ "type": "module" }',
    'lib.mjs': LIB,
    'child.mjs': CHILD,
  })
  installInto(other)
  for (const [title, { program }] of Object.entries(ROWS)) {
    const main = `import * as lib from './lib.mjs'\nconst other = ${JSON.stringify(other)}\nconst { ${'seen, print, child, inWorker, inFork, inSpawn, preloaded, write'} } = lib\n${program}\n`
    const root = makeProject({ ...FILES, 'main.mjs': main })
    installInto(root)
    roots.set(title, root)
  }
  // A plan is made only of files that have not changed for some seconds.
  await setTimeout(3000)
}, 120_000)

describe.each(['resolved', 'by plan'])('the environment after a preload, %s:', (how) => {
  test.each(Object.entries(ROWS))('%s', async (title, { sees, env = {} }) => {
    const root = roots.get(title) ?? ''
    const cache = join(root, 'node_modules/.cache/systemprompt-env')
    // The resolved start has left a plan, which is not valid for other variables or for files that have changed since.
    const isPlanned = existsSync(cache) && Object.keys(env).length === 0
    if (how === 'resolved') rmSync(cache, { recursive: true, force: true })
    else if (!isPlanned) await start({ cwd: root, args: ['--import', '@systemprompt/env', '-e', '0'] })
    expect(existsSync(cache)).toBe(how === 'by plan')
    const { code, out, err } = await start({ cwd: root, args: ['--import', '@systemprompt/env', 'main.mjs'], env })
    expect({ code, err, sees: out === '' ? out : (JSON.parse(out) as unknown) }).toEqual({ code: 0, err: '', sees })
    if (/\bwrite\(/.test(ROWS[title]?.program ?? '')) {
      writeFiles(root, { '.env': String((FILES as Record<string, string>)['.env']) })
      rmSync(join(root, '.env.local'), { force: true })
      rmSync(cache, { recursive: true, force: true })
    }
    await setTimeout(0)
  })
})
