import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { updateSyncRecord } from '../../src/cloud/sync-record.ts'
import { updateRegistry } from '../../src/cloud/tenants.ts'
import { json, type Respond, serve } from '../support/http-server.ts'
import { COMPLETE, makeProject, PROFILE } from '../support/temp-project.ts'
import { CREDENTIALS, cli, TENANTS } from './cloud-project.ts'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** A project that is logged in at a service which responds like this. */
async function projectAt(respond: Respond): Promise<string> {
  const { url } = await serve(respond)
  return makeProject({
    ...COMPLETE,
    [CREDENTIALS]: JSON.stringify({ api_token: 'token', api_url: url, user_email: 'dev@example.com' }),
    [TENANTS]: JSON.stringify({ tenants: [{ id: 't', name: 't' }], active_tenant: 't' }),
  })
}

/** The secrets of the project and more, with the list of custom secrets. */
const ALL = ['DATABASE_URL', 'JWT_SECRET', 'OLD_A', 'OLD_B', 'OLD_C', 'SYSTEMPROMPT_CUSTOM_SECRETS']

/** A service that lists these names, stores what it gets, and refuses to remove anything. */
function listing(...keys: string[]): Respond {
  return ({ method }, response) => {
    if (method === 'GET') return json(response, 200, { keys })
    return json(response, method === 'PUT' ? 204 : 403)
  }
}

test('sync --prune handles as many names as fit into a response', async () => {
  const names = Array.from({ length: 140_000 }, (_, index) => index.toString(36).toUpperCase())
  const cwd = await projectAt((_, response) => json(response, 200, { keys: names }))
  const { code, out, err } = await cli(cwd, 'cloud secrets sync --prune -n')
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(`remove ${names.length}.`)
})

describe('a response of a service cannot control the terminal', () => {
  const ESCAPE = '\u001b]0;title\u0007\u061c'

  test.each(['sync --prune -y', 'sync --prune -n', 'diff', 'list', 'list --json', `unset A_KEY${ESCAPE} -y`])(
    'with an escape sequence in a name: %j',
    async (line) => {
      const cwd = await projectAt(listing(`A${ESCAPE}`, 'JWT_SECRET', 'DATABASE_URL'))
      const { out, err } = await cli(cwd, `cloud secrets ${line}`)
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c]/)
      if (!line.startsWith('unset')) expect(out + err).toContain('A\\u001b]0;title\\u0007\\u061c')
    },
  )

  test('with an escape sequence in a message', async () => {
    const cwd = await projectAt((_, response) =>
      json(response, 422, { error: { code: 'x', message: `no${ESCAPE}name` } }),
    )
    expect((await cli(cwd, 'cloud secrets list')).err).toContain('(422: no ]0;title  name)')
  })

  test('nor can an escape sequence in a path of the profile', async () => {
    const cwd = makeProject({ [PROFILE]: `name: local\nsecrets:\n  secrets_path: "./a\\e]0;title\\a.json"\n` })
    for (const line of ['secrets list', 'secrets get A', 'secrets unset A -y', 'secrets list --json']) {
      const { out, err } = await cli(cwd, line)
      expect(out + err).toContain('a\\u001b]0;title\\u0007.json')
      expect(out + err).not.toContain('\u001b')
    }
  })
})

describe('when the service fails part-way,', () => {
  test.each<[string, Respond]>([
    ['with 500', (_, response) => json(response, 500)],
    ['with 401, since the login was revoked', (_, response) => json(response, 401)],
    ['with 403', (_, response) => json(response, 403)],
    ['with a redirect', (_, response) => json(response, 302, undefined, { location: 'https://evil.example/' })],
    ['with the page of a proxy', (_, response) => void response.end('<h1>Wifi</h1>')],
  ])(
    '%s, unset lists what was removed and what failed, for every k of n, and ends with exit code 8',
    async (_, fail) => {
      const names = ['A_KEY', 'B_KEY', 'C_KEY', 'D_KEY']
      for (let good = 1; good <= names.length; good++) {
        let removed = 0
        const cwd = await projectAt((request, response, number) => {
          if (request.method === 'GET') return json(response, 200, { keys: [...names, 'OTHER_KEY'] })
          if (request.method === 'DELETE' && removed++ < good) return json(response, 204)
          return fail(request, response, number)
        })
        const ended = await cli(cwd, `cloud secrets unset ${names.join(' ')} -y --json`)
        const report = JSON.parse(ended.out) as { removed: string[]; failed: { name: string }[] }
        expect([ended.code, report.removed, report.failed.map(({ name }) => name)]).toEqual([
          8,
          names.slice(0, good),
          [...names.slice(good), 'SYSTEMPROMPT_CUSTOM_SECRETS'],
        ])
      }
    },
  )

  test('sync --prune reports what it could not remove, without listing the names again', async () => {
    let lists = 0
    const cwd = await projectAt(({ method }, response) => {
      if (method === 'GET') return lists++ === 0 ? json(response, 200, { keys: ['OLD_KEY'] }) : json(response, 500)
      return json(response, method === 'PUT' ? 204 : 500)
    })
    const ended = await cli(cwd, 'cloud secrets sync --prune -y --json')
    expect([ended.code, JSON.parse(ended.out)]).toEqual([
      8,
      expect.objectContaining({
        ok: false,
        sent: ['DATABASE_URL', 'JWT_SECRET'],
        failed: [{ name: 'OLD_KEY', code: 'UNAVAILABLE', message: expect.any(String) }],
      }),
    ])
  })

  test.each([
    [403, 4],
    [500, 9],
  ])('sync --prune with nothing to send reports a refusal with %i once', async (status, code) => {
    const cwd = await projectAt(({ method }, response) => {
      if (method === 'DELETE') json(response, status)
      else json(response, method === 'PUT' ? 204 : 200, method === 'PUT' ? undefined : { keys: ALL })
    })
    expect((await cli(cwd, 'cloud secrets sync -q')).code).toBe(0)
    const text = await cli(cwd, 'cloud secrets sync --prune -y')
    expect([text.code, text.out.includes('✔'), text.err]).toEqual([
      code,
      false,
      expect.stringContaining(`The service refused to remove the secret (${status})`),
    ])
    const asJson = await cli(cwd, 'cloud secrets sync --prune -y --json')
    expect([asJson.code, JSON.parse(asJson.out)]).toEqual([code, { ok: false, error: expect.any(Object) }])
  })

  test('sync --prune says what it could not remove and why, and counts a missing secret as removed', async () => {
    const cwd = await projectAt(({ method, path }, response) => {
      if (method === 'GET') return json(response, 200, { keys: ALL })
      if (method === 'PUT') return json(response, 204)
      return json(response, path.endsWith('/OLD_A') ? 204 : path.endsWith('/OLD_B') ? 404 : 403)
    })
    expect((await cli(cwd, 'cloud secrets sync -q')).code).toBe(0)
    const text = await cli(cwd, 'cloud secrets sync --prune -y')
    expect(text).toMatchObject({
      code: 8,
      out: expect.stringMatching(/\n✔ Removed 2 secrets\. Restart what uses them\.\n$/),
      err: expect.stringMatching(/^✖ OLD_C: The service refused to remove the secret \(403\)\. .+\n$/),
    })
    expect(JSON.parse((await cli(cwd, 'cloud secrets sync --prune -y --json')).out)).toMatchObject({
      ok: false,
      removed: ['OLD_A', 'OLD_B'],
      failed: [{ name: 'OLD_C', code: 'FORBIDDEN', message: expect.any(String) }],
    })
  })

  test('sync --prune ends with exit code 5 when the tenant no longer exists', async () => {
    const error = { code: 'tenant_not_found', message: 'no such tenant' }
    const cwd = await projectAt(({ method }, response) => {
      if (method === 'DELETE') json(response, 404, { error })
      else json(response, method === 'PUT' ? 204 : 200, method === 'PUT' ? undefined : { keys: ALL })
    })
    expect((await cli(cwd, 'cloud secrets sync -q')).code).toBe(0)
    expect((await cli(cwd, 'cloud secrets sync --prune -y')).code).toBe(5)
  })
})

test('a tenant from the service does not replace a local one', async () => {
  const cwd = makeProject({
    [TENANTS]: JSON.stringify({ tenants: [{ id: 'mine', name: 'mine', tenant_type: 'local', database_url: 'mine' }] }),
  })
  const state = join(cwd, '.systemprompt')
  const files = { state, credentials: join(cwd, CREDENTIALS), tenants: join(cwd, TENANTS) }
  const theirs = ['mine', 'local_x', 'cloud'].map((id) => ({ id, name: 'theirs', database_url: 'postgres://theirs/x' }))
  const { tenants } = await updateRegistry(files, theirs, 0)
  expect(tenants).toEqual([
    { id: 'mine', name: 'mine', tenant_type: 'local', database_url: 'mine' },
    expect.objectContaining({ id: 'cloud', tenant_type: 'cloud' }),
  ])
})

test.skipIf(spawnSync('git', ['--version']).status !== 0)(
  'a sync record that git does not ignore is not written',
  async () => {
    const cwd = makeProject({ '.systemprompt/.gitignore': '*\n!cloud\n!cloud/*\n' })
    spawnSync('git', ['init', '-q'], { cwd })
    const state = join(cwd, '.systemprompt')
    const files = { state, credentials: join(cwd, CREDENTIALS), tenants: join(cwd, TENANTS) }
    const target = { files, apiUrl: 'https://api.systemprompt.io', tenant: 't' }
    await expect(updateSyncRecord(target, { sent: { A: 'b' } })).rejects.toMatchObject({ code: 'FILE_EXPOSED' })
    expect(spawnSync('ls', [join(state, 'cloud')], { encoding: 'utf8' }).stdout).toBe('')
  },
)

describe.skipIf(process.platform === 'win32' || !existsSync(CLI))('the installed command', () => {
  test('whose reader has gone still does its work, and ends with the same exit code', async () => {
    for (const [status, code] of [
      [204, 0],
      [403, 4],
    ] as const) {
      let puts = 0
      const cwd = await projectAt(({ method }, response) => {
        if (method === 'PUT') puts++
        const keys = puts > 0 ? ['DATABASE_URL', 'JWT_SECRET'] : []
        // The reader has gone before anything is written.
        if (method === 'GET') setTimeout(() => json(response, 200, { keys }), 200)
        else json(response, status)
      })
      const { out } = await shell(
        cwd,
        `"${process.execPath}" "${CLI}" cloud secrets sync | true; echo "\${PIPESTATUS[0]}"`,
      )
      expect([out, puts]).toEqual([`${code}\n`, 1])
    }
  })

  test('ends with the program that it runs when their reader has gone', async () => {
    const cwd = makeProject(COMPLETE)
    const { out } = await shell(cwd, `"${process.execPath}" "${CLI}" run --redact -- yes | head -1`)
    expect(out).toBe('y\n')
  })

  test.each([
    ['/dev/zero', 6, 'Standard input is larger than 1 MiB.\n'],
    ['/dev/null', 2, 'Standard input is empty. Give the value there, or add --allow-empty for an empty value.\n'],
    ['.', 2, 'Standard input is empty. Give the value there, or add --allow-empty for an empty value.\n'],
  ])('with %s as standard input ends with exit code %i', async (input, code, message) => {
    const ended = await shell(makeProject(COMPLETE), `"${process.execPath}" "${CLI}" secrets set A_KEY <${input}`)
    expect([ended.code, ended.err]).toEqual([code, message])
  })
})

/** Runs a line of bash. */
async function shell(cwd: string, line: string): Promise<{ code: number | null; out: string; err: string }> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('bash', ['-c', line], { cwd, env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    out += String(text)
  })
  child.stderr.on('data', (text: Buffer) => {
    err += String(text)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out, err }
}
