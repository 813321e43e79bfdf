import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { StoredLogin } from '../../src/cloud/credentials.ts'
import type { Emulator } from '../../src/emulator/index.ts'
import { withLock } from '../../src/files/lock.ts'
import { bundleForChild } from '../support/bundle.ts'
import { serve } from '../support/http-server.ts'
import { sampled } from '../support/random.ts'
import { COMPLETE, makeProject, SECRETS, writeFiles } from '../support/temp-project.ts'
import { CREDENTIALS, cli, cloudProject, emulated, TENANTS } from './cloud-project.ts'

const TENANT = 'tenant_demo'
const LIST = 'SYSTEMPROMPT_CUSTOM_SECRETS'
/** How many processes run at once. */
const PROCESSES = sampled(4, 12)

/** Runs a command line in a process of its own; returns its exit code and its output. */
async function processOf(cwd: string, line: string): Promise<{ readonly code: number | null; readonly all: string }> {
  const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const child = spawn(process.execPath, [program, ...line.split(' ')], { cwd, env: { PATH: process.env.PATH } })
  let all = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (all += piece))
  child.stdin.end()
  return { code: await new Promise((resolve) => child.on('close', resolve)), all }
}

/** The emulator behind a server that passes on no ETag, as a service without ETags. */
async function withoutEtag(emulator: Emulator): Promise<string> {
  const { url } = await serve(async ({ method, path, headers, body }, response) => {
    const { authorization = '', 'content-type': type = 'application/json' } = headers
    // Long enough for the others to have read the names before.
    if (method === 'PUT' || path.endsWith(`/${LIST}`)) await wait(500)
    const answer = await fetch(emulator.url + path, {
      method,
      headers: { authorization, 'content-type': type },
      ...(body === '' ? {} : { body }),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  return url
}

function talkingTo(cwd: string, url: string): string {
  const credentials = JSON.parse(readFileSync(join(cwd, CREDENTIALS), 'utf8')) as object
  writeFiles(cwd, { [CREDENTIALS]: JSON.stringify({ ...credentials, api_url: url }) })
  return cwd
}

const NAMES = Array.from({ length: PROCESSES }, (_, at) => `KEY_${String(at).padStart(2, '0')}`)

describe.each([
  ['with ETags', (emulator: Emulator) => emulator.url],
  ['without ETags', withoutEtag],
] as const)('concurrent commands at a service %s', (_, urlOf) => {
  test('list all custom secrets that they set', async () => {
    const emulator = await emulated({ exchange: false, requests: 1_000_000 })
    const cwd = talkingTo(cloudProject(emulator), await urlOf(emulator))
    const ended = await Promise.all(NAMES.map((name) => processOf(cwd, `cloud secrets set ${name}=x`)))
    expect(ended.map(({ code, all }) => [code, code === 0 ? '' : all])).toEqual(NAMES.map(() => [0, '']))
    expect(emulator.secret(TENANT, LIST)).toBe(NAMES.join(','))
  }, 120_000)

  test('remove the list of custom secrets with the last ones', async () => {
    const emulator = await emulated({ exchange: false, requests: 1_000_000 })
    const cwd = talkingTo(cloudProject(emulator), await urlOf(emulator))
    expect((await cli(cwd, `cloud secrets set ${NAMES.map((name) => `${name}=x`).join(' ')}`)).code).toBe(0)
    const ended = await Promise.all(NAMES.map((name) => processOf(cwd, `cloud secrets unset ${name} -y`)))
    expect(ended.filter(({ code }) => code !== 0)).toEqual([])
    expect((await cli(cwd, 'cloud secrets list')).out).toBe('')
  }, 120_000)

  test('leave a list of custom secrets that is correct when they set, unset and sync', async () => {
    const emulator = await emulated({ exchange: false, requests: 1_000_000 })
    const url = await urlOf(emulator)
    const cwd = talkingTo(cloudProject(emulator), url)
    expect((await cli(cwd, `cloud secrets set ${NAMES.map((name) => `OLD_${name}=x`).join(' ')}`)).code).toBe(0)
    const lines = NAMES.flatMap((name) => [`set ${name}=x`, `unset OLD_${name} -y`])
    // In a checkout of its own, whose secrets.json has one more.
    const other = talkingTo(cloudProject(emulator, { [SECRETS]: JSON.stringify({ from_a_file: 'x' }) }), url)
    const ended = await Promise.all([
      ...lines.map((line) => processOf(cwd, `cloud secrets ${line}`)),
      processOf(other, 'cloud secrets sync'),
    ])
    expect(ended.filter(({ code }) => code !== 0)).toEqual([])
    expect(emulator.secret(TENANT, LIST)).toBe(['FROM_A_FILE', ...NAMES].join(','))
  }, 120_000)
})

test('generate replaces no secret that has been set while it waited for the file', async () => {
  const cwd = makeProject(COMPLETE)
  const file = join(cwd, SECRETS)
  const text = JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), webhook_key: 'of-another-command' })
  const waiting = await withLock(file, async () => {
    const changes = watch(dirname(file))
    const ended = processOf(cwd, 'secrets generate webhook_key')
    for await (const { filename } of changes) if (filename?.includes('secrets.json.lock.')) break
    writeFiles(cwd, { [SECRETS]: text })
    return { ended }
  })
  expect(await waiting.ended).toMatchObject({ code: 2, all: expect.stringContaining('not an interactive terminal') })
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test('concurrent logins over broken files all succeed, and move only the broken files aside', async () => {
  const child = await bundleForChild(fileURLToPath(new URL('./login-child.ts', import.meta.url)))
  for (let round = 0; round < sampled(5, 100); round++) {
    const cwd = makeProject({ '.systemprompt/.gitignore': '*\n', [CREDENTIALS]: '{broken', [TENANTS]: '{broken' })
    const children = NAMES.map((name) => spawn(process.execPath, [child, cwd, name]))
    await Promise.all(children.map(({ stdout }) => once(stdout, 'data')))
    const ended = Promise.all(children.map((each) => once(each, 'close')))
    for (const { stdin } of children) stdin.end('go\n')
    expect((await ended).map(([code]) => code)).toEqual(NAMES.map(() => 0))
    const state = join(cwd, '.systemprompt')
    const aside = readdirSync(state).filter((name) => name.includes('.broken-'))
    expect(aside.map((name) => readFileSync(join(state, name), 'utf8'))).toEqual(['{broken', '{broken'])
    expect(NAMES).toContain((JSON.parse(readFileSync(join(cwd, CREDENTIALS), 'utf8')) as StoredLogin).user_email)
  }
}, 120_000)

describe('two commands that send the same secret concurrently', () => {
  const ROTATE = 'cloud secrets rotate jwt_secret --generate -y'

  /** A project at a service that waits for `meanwhile` before it handles the first write. */
  async function overtaken(emulator: Emulator, meanwhile: (cwd: string) => Promise<unknown>): Promise<string> {
    let writes = 0
    const { url } = await serve(async ({ method, path, headers, body }, response) => {
      if (method === 'PUT' && ++writes === 1) await meanwhile(cwd)
      const { authorization = '' } = headers
      const sent = method === 'PUT' ? { body, headers: { authorization, 'content-type': 'application/json' } } : {}
      const answer = await fetch(emulator.url + path, { method, headers: { authorization }, ...sent })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    })
    const cwd = talkingTo(cloudProject(emulator), url)
    return cwd
  }

  test.each([
    [ROTATE, ROTATE, 8],
    ['cloud secrets sync', ROTATE, 0],
  ])('%s, overtaken by %s, warns, and the next sync sends what the file has', async (line, faster, exit) => {
    const emulator = await emulated({ exchange: false })
    const cwd = await overtaken(emulator, (project) => cli(project, faster))
    const { code, err } = await cli(cwd, line)
    expect([code, err]).toEqual([exit, expect.stringMatching(/^(DATABASE_URL, )?JWT_SECRET: another command has sent/)])
    const { changed } = JSON.parse((await cli(cwd, 'cloud secrets diff --json')).out) as { changed: string[] }
    expect(changed).toContain('JWT_SECRET')
    expect((await cli(cwd, 'cloud secrets sync')).code).toBe(0)
    const { jwt_secret } = JSON.parse(readFileSync(join(cwd, SECRETS), 'utf8')) as { jwt_secret: string }
    expect(emulator.secret(TENANT, 'JWT_SECRET')).toBe(jwt_secret)
    expect((await cli(cwd, 'cloud secrets diff --json')).out).toContain('"changed": []')
  })

  test('do not report a rotation that may have been overwritten', async () => {
    const emulator = await emulated({ exchange: false })
    const cwd = await overtaken(emulator, (project) => cli(project, ROTATE))
    const state = `tenant_demo may not have the JWT_SECRET that ${SECRETS} has. Run 'systemprompt cloud secrets sync'.`
    const { out, err } = await cli(cwd, ROTATE)
    expect([out, err.split('\n')[1]]).toEqual(['', `✖ ${state}`])
    const other = await overtaken(emulator, (project) => cli(project, ROTATE))
    const { code, out: json } = await cli(other, `${ROTATE} --json`)
    const failed = [{ name: TENANT, code: 'CONFLICT', message: expect.stringContaining(state) }]
    expect([code, JSON.parse(json)]).toMatchObject([8, { ok: false, secret: 'JWT_SECRET', failed }])
  })

  test('do not warn when both send the same value', async () => {
    const emulator = await emulated({ exchange: false })
    const cwd = await overtaken(emulator, (project) => cli(project, 'cloud secrets sync'))
    const { code, err } = await cli(cwd, 'cloud secrets sync')
    expect([code, err]).toEqual([0, ''])
    expect((await cli(cwd, 'cloud secrets diff --json')).out).toContain('"changed": []')
  })
})

describe('a write that succeeded, but whose response was lost,', () => {
  test.each([
    ['set', 'cloud secrets set A_KEY=x B_KEY=y'],
    ['sync', 'cloud secrets sync'],
    ['rotate', 'cloud secrets rotate jwt_secret --generate -y'],
  ])('does not make %s conflict with itself', async (_, line) => {
    const emulator = await emulated()
    const cwd = cloudProject(emulator)
    writeFiles(cwd, { [SECRETS]: JSON.stringify({ jwt_secret: 'j'.repeat(40), my_own: 'x' }) })
    emulator.faults.set([{ fault: { type: 'apply-then-drop' }, method: 'PUT', times: 1 }])
    const { code, err } = await cli(cwd, line)
    expect([code, err]).toEqual([0, ''])
    const { keys } = JSON.parse((await cli(cwd, 'cloud secrets list --json')).out) as { keys: string[] }
    const custom = keys.filter((name) => ['A_KEY', 'B_KEY', 'MY_OWN'].includes(name))
    expect(emulator.secret(TENANT, LIST) ?? '').toBe(custom.join(','))
  })

  test('does not make unset fail', async () => {
    const emulator = await emulated()
    const cwd = cloudProject(emulator)
    await cli(cwd, 'cloud secrets set A_KEY=x B_KEY=y')
    emulator.faults.set([{ fault: { type: 'apply-then-drop' }, times: 3, after: 2 }])
    const { code, err } = await cli(cwd, 'cloud secrets unset A_KEY B_KEY -y')
    expect([code, err]).toEqual([0, ''])
    expect((await cli(cwd, 'cloud secrets list')).out).toBe('')
  })
})
