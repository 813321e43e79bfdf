import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CloudClient } from '../../src/cloud/client.ts'
import { BOUNDS, createTransport } from '../../src/cloud/http.ts'
import { isCloudError } from '../../src/cloud/index.ts'
import { FAULT_TYPES, type Fault } from '../../src/emulator/faults.ts'
import { type Emulator, type Seed, startEmulator } from '../../src/emulator/index.ts'
import { bundleForChild } from '../support/bundle.ts'
import { sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ testApi: true, exchange: false })
})
afterAll(() => emulator.close())

const TENANT = 'tenant_demo'

/** The status of a request with these headers, some of which fetch would not send. */
function statusOf(
  headers: Record<string, string>,
  path = '/api/v1/auth/me',
  method = 'GET',
  body = '',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: emulator.port, path, method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

describe('the server', () => {
  test('listens on loopback only', async () => {
    expect(emulator.url).toBe(`http://127.0.0.1:${emulator.port}`)
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    for (const { address, family, internal } of others) {
      if (internal || family !== 'IPv4') continue
      await expect(fetch(`http://${address}:${emulator.port}/`)).rejects.toThrow()
    }
  })

  test.each<[string, (port: number) => Record<string, string>, number]>([
    ['127.0.0.1', (port) => ({ host: `127.0.0.1:${port}` }), 401],
    ['localhost', (port) => ({ host: `localhost:${port}` }), 401],
    ['a hostile name that resolves to loopback', (port) => ({ host: `evil.example:${port}` }), 403],
    ['a name that begins like its own', (port) => ({ host: `127.0.0.1.evil.example:${port}` }), 403],
    ['an address without a port', () => ({ host: '127.0.0.1' }), 403],
    ['another port', (port) => ({ host: `127.0.0.1:${port + 1}` }), 403],
    ['the origin of another site', (port) => ({ host: `127.0.0.1:${port}`, origin: 'https://evil.example' }), 403],
    ['its own origin', (port) => ({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` }), 401],
  ])('checks the Host and Origin headers: %s', async (_, headers, status) => {
    expect(await statusOf(headers(emulator.port))).toBe(status)
  })

  test('fails when its port is in use', async () => {
    await expect(startEmulator({ port: emulator.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

/** Sends a request line as it is, and returns everything up to the end of the connection. */
function responseTo(line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(emulator.port, '127.0.0.1')
    let response = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece) => (response += piece))
    socket.on('error', ({ message }) => (response += message))
    socket.on('close', () => resolve(response))
    socket.write(`${line}\r\nHost: 127.0.0.1:${emulator.port}\r\nConnection: close\r\n\r\n`)
  })
}

describe('a request line', () => {
  const HOSTILE = [
    ...['//:99999/', '//', '///', '//[', '//[::1', '//a:b@c/', '//user:pass@', '//@:/', '//1.2.3.4.5:1/', '//xn--a/'],
    ...['/\\', '/\\\\:99999/', '/'.repeat(9_000), `/${'a'.repeat(20_000)}`, '/%', '/%zz', '/%ff', '/%00', '/..//../'],
    ...['*', '?', '#', '/#x', '/??', 'foo', 'mailto:x', 'javascript:alert(1)', 'http://[/', 'http://:99999/', '/a b'],
    ...['/\0', '/\x7f', '/é', '//_test/clock', '/api/v1/tenants/%2e%2e/secrets', '/api/v1/tenants/%E0%A4%A/secrets'],
  ].map((target) => `GET ${target} HTTP/1.1`)
  const METHODS = [
    'TRACE /',
    'TRACE *',
    'CONNECT 127.0.0.1:80',
    'CONNECT /',
    'TRACK /',
    'PURGE /',
    'NOTHING /',
    'get /',
  ]
  const OTHERS = [
    ...METHODS.map((each) => `${each} HTTP/1.1`),
    'GET',
    '',
    ' ',
    'GET / HTTP/9.9',
    'PRI * HTTP/2.0',
    '\x16\x03',
  ]

  const LINES = [...HOSTILE, 'HEAD //:99999/ HTTP/1.1', 'DELETE //:1x/ HTTP/1.1', ...OTHERS]
  test.each(LINES.map((line) => [line.slice(0, 60), line]))('%j gets a 4xx', async (_, line) => {
    expect(await responseTo(line)).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test('of a client that resets the connection does not end the emulator', async () => {
    const reset = (): Promise<unknown> => {
      const socket = connect(emulator.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
      setImmediate(() => socket.resetAndDestroy())
      return once(socket, 'close')
    }
    for (let round = 0; round < 100; round++) await reset()
    expect(await responseTo('GET / HTTP/1.1')).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  test('gives a path, never another host', async () => {
    const own = `127.0.0.1:${emulator.port}`
    expect(await responseTo(`GET //${own}/api/v1/auth/me HTTP/1.1`)).toMatch(/^HTTP\/1\.1 404 /)
  })
})

test('a body that is too large gets a 413, however long it is', async () => {
  for (let round = 0; round < 10; round++) {
    expect(await sentInPieces(`${emulator.url}/api/v1/activity`, (round + 2) * 16)).toBe('413 body_too_large')
  }
})

describe('the test API', () => {
  const post = async (path: string, body: unknown, type = 'application/json'): Promise<number> =>
    (
      await fetch(emulator.url + path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': type },
      })
    ).status

  test('sets faults, moves the clock and revokes tokens', async () => {
    const token = emulator.token()
    const client = new CloudClient({ apiUrl: emulator.url, token })
    expect(await post('/_test/faults', { rules: [{ fault: { type: 'status', status: 418 }, times: 1 }] })).toBe(204)
    await expect(client.whoami()).rejects.toMatchObject({ status: 418 })
    expect(await post('/_test/clock', { advance: 25 * 3_600_000 })).toBe(204)
    await expect(client.whoami()).rejects.toMatchObject({ status: 401 })
    expect(await post('/_test/clock', { advance: -25 * 3_600_000 })).toBe(204)
    await client.whoami()
    expect(await post('/_test/revoke', { token })).toBe(204)
    await expect(client.whoami()).rejects.toMatchObject({ status: 401 })
  })

  test.each<[string, unknown]>([
    ['/_test/faults', { rules: [{ fault: { type: 'explode' } }] }],
    ['/_test/faults', { rules: [{ fault: { type: 'delay' } }] }],
    ...[
      { fault: { type: 'status', status: 99 } },
      { fault: { type: 'status', status: 200.5 } },
      { fault: { type: 'status', status: 503, retryAfter: 'soon' } },
      { fault: { type: 'slow', time: -1 } },
      { fault: { type: 'delay', time: 1e10 } },
      { fault: { type: 'html', status: 1000 } },
      { fault: { type: 'gzip-bomb', size: 'large' } },
      { fault: { type: 'redirect', location: 'a\nb' } },
      { fault: { type: 'redirect', location: '/', status: '307' } },
      { fault: { type: 'constructor' } },
      { fault: { type: 'drop' }, method: 5 },
      { fault: { type: 'drop' }, path: null },
      { fault: { type: 'drop' }, times: '1' },
      { fault: { type: 'drop' }, after: -1 },
      { fault: { type: 'drop' }, probability: 2 },
    ].map((rule): [string, object] => ['/_test/faults', { rules: [rule] }]),
    ['/_test/faults', {}],
    ['/_test/clock', { advance: 'x' }],
    ['/_test/clock', { advance: 1e300 }],
    ['/_test/clock', { advance: Number.MAX_SAFE_INTEGER }],
    ['/_test/clock', { advance: -Number.MAX_SAFE_INTEGER }],
    ['/_test/clock', { advance: 9e14 }],
    ['/_test/nothing', {}],
  ])('rejects %s %j', async (path, body) => {
    expect(await post(path, body)).toBe(422)
  })

  test('rejects what a page of another site could send, and does not exist unless it is enabled', async () => {
    expect(await post('/_test/clock', { advance: 1 }, 'text/plain')).toBe(422)
    const plain = await startEmulator()
    expect(
      (
        await fetch(`${plain.url}/_test/clock`, {
          method: 'POST',
          body: '{"advance":1}',
          headers: { 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(404)
    await plain.close()
  })
})

describe('a fault', () => {
  const faults: Readonly<Record<Fault['type'], [Fault, string]>> = {
    status: [{ type: 'status', status: 500 }, 'UNAVAILABLE'],
    delay: [{ type: 'delay', time: 2_500 }, 'TIMEOUT'],
    drop: [{ type: 'drop' }, 'NETWORK'],
    'apply-then-drop': [{ type: 'apply-then-drop' }, 'NETWORK'],
    reset: [{ type: 'reset' }, 'NETWORK'],
    truncate: [{ type: 'truncate' }, 'NETWORK'],
    slow: [{ type: 'slow', time: 300 }, 'TIMEOUT'],
    redirect: [{ type: 'redirect', location: 'https://evil.example/' }, 'REFUSED'],
    html: [{ type: 'html' }, 'BAD_ANSWER'],
    'invalid-json': [{ type: 'invalid-json' }, 'BAD_ANSWER'],
    'gzip-bomb': [{ type: 'gzip-bomb' }, 'BAD_ANSWER'],
  }
  const quick = { ...BOUNDS, headers: 500, idle: 500 }

  test.each(FAULT_TYPES)('of type %s has its effect until it is cleared', async (type) => {
    const [fault, code] = faults[type]
    const clock = { now: () => Date.now(), sleep: async () => undefined, random: () => 0 }
    const client = new CloudClient({
      apiUrl: emulator.url,
      token: emulator.token(),
      clock,
      timeout: 2_000,
      transport: createTransport({}, quick),
    })
    emulator.faults.set([{ fault, method: 'GET', path: `/api/v1/tenants/${TENANT}` }])
    const error: unknown = await client.listSecretKeys(TENANT).catch((caught: unknown) => caught)
    emulator.faults.clear()
    expect(isCloudError(error) && error.code).toBe(code)
    await client.listSecretKeys(TENANT)
    await client.close()
  })

  test('that drops the response still carries out the request', async () => {
    const client = new CloudClient({
      apiUrl: emulator.url,
      token: emulator.token(),
      clock: { now: () => 0, sleep: async () => undefined, random: () => 0 },
    })
    emulator.faults.set([{ fault: { type: 'apply-then-drop' }, times: 1 }])
    await client.setSecrets(TENANT, { DROPPED: 'x' })
    emulator.faults.set([{ fault: { type: 'apply-then-drop' }, times: 1 }])
    await client.unsetSecret(TENANT, 'DROPPED')
    expect(emulator.secret(TENANT, 'DROPPED')).toBeUndefined()
  })

  test('obeys after, times, method and probability, and repeats with the same seed', async () => {
    const client = new CloudClient({ apiUrl: emulator.url, token: emulator.token() })
    const outcomes = async (): Promise<string> => {
      const all = Array.from({ length: 12 }, () =>
        client.whoami().then(
          () => '.',
          () => 'x',
        ),
      )
      const results: string[] = []
      for (const each of all) results.push(await each)
      return results.join('')
    }
    const fault: Fault = { type: 'status', status: 500 }
    const one = async (): Promise<string> => {
      let text = ''
      for (let at = 0; at < 12; at++)
        text += await client.whoami().then(
          () => '.',
          () => 'x',
        )
      return text
    }
    emulator.faults.set([{ fault, after: 2, times: 3 }])
    expect(await one()).toBe('..xxx.......')
    emulator.faults.set([{ fault, method: 'PUT' }])
    expect(await outcomes()).toBe('............')
    const runs: string[] = []
    for (const seed of [7, 7, 8]) {
      emulator.faults.set([{ fault, probability: 0.5 }], seed)
      runs.push(await one())
    }
    emulator.faults.clear()
    expect(runs[0]).toBe(runs[1])
    expect(runs[0]).not.toBe(runs[2])
    expect(runs[0]).toMatch(/x.*\.|\..*x/)
  })
})

describe('the state', () => {
  const CANARY = 'canary-9d3f7a21c4e8b605'

  test('stays usable when the clock is moved very far', async () => {
    const directory = join(makeProject(), 'emulator')
    const first = await startEmulator({ directory, exchange: false })
    for (const time of [8.64e15, -8.64e15, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => first.moveClock(time)).toThrow('cannot be moved there')
    first.moveClock(Date.UTC(9989, 0) - Date.now())
    await new CloudClient({ apiUrl: first.url, token: first.token() }).setSecrets(TENANT, { A: 'a' })
    await first.close()
    const second = await startEmulator({ directory })
    expect(second.secret(TENANT, 'A')).toBe('a')
    await second.close()
  })

  test('is kept encrypted, readable by its owner only and locked while in use', async () => {
    const directory = join(makeProject(), 'emulator')
    const first = await startEmulator({ directory, exchange: false })
    const token = first.token()
    await new CloudClient({ apiUrl: first.url, token }).setSecrets(TENANT, { A: CANARY })
    await expect(startEmulator({ directory })).rejects.toMatchObject({ code: 'FILE_LOCKED' })
    await first.close()
    for (const name of readdirSync(directory)) {
      expect((statSync(join(directory, name)).mode & 0o077).toString(8), name).toBe('0')
      const text = readFileSync(join(directory, name), 'latin1')
      const encoded = [CANARY, Buffer.from(CANARY).toString('base64').slice(0, 20), Buffer.from(CANARY).toString('hex')]
      expect(
        encoded.some((form) => text.includes(form)),
        name,
      ).toBe(false)
    }
    const second = await startEmulator({ directory, exchange: false })
    expect(second.secret(TENANT, 'A')).toBe(CANARY)
    expect((await new CloudClient({ apiUrl: second.url, token }).whoami()).user.id).toBe('user_dev')
    await second.close()
  })

  test('is ignored by git, and not written when git tracks it', async () => {
    const root = makeProject()
    const git = (...argv: string[]) => spawnSync('git', argv, { cwd: root, encoding: 'utf8' }).stdout
    git('init', '--quiet')
    const directory = join(root, '.systemprompt/emulator')
    await (await startEmulator({ directory })).close()
    git('add', '--all')
    expect(git('ls-files')).toBe('')
    git('add', '--force', '.')
    await expect(startEmulator({ directory })).rejects.toMatchObject({ code: 'FILE_EXPOSED' })
  })

  test.each<[string, (lines: string[]) => string[]]>([
    ['changed', ([first = '', ...rest]) => [first.replace('dev@example.com', 'eve@example.com'), ...rest]],
    ['removed', ([first = '', , ...rest]) => [first, ...rest]],
    ['duplicated', ([first = '', ...rest]) => [first, first, ...rest]],
    ['moved', (lines) => lines.reverse()],
    ['replaced by nonsense', ([, ...rest]) => ['x', ...rest]],
  ])('is rejected when an entry was %s', async (_, change) => {
    const directory = join(makeProject(), 'emulator')
    const first = await startEmulator({ directory, exchange: false })
    const client = new CloudClient({ apiUrl: first.url, token: first.token() })
    for (const name of ['A', 'B', 'C']) await client.setSecrets(TENANT, { [name]: name })
    await first.close()
    const file = join(directory, 'journal.jsonl')
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    writeFileSync(
      file,
      change(lines)
        .map((line) => `${line}\n`)
        .join(''),
    )
    await expect(startEmulator({ directory })).rejects.toThrow(/journal was changed: entry \d/)
    expect(existsSync(`${file}.lock`)).toBe(false)
  })

  test('has values that cannot be decrypted in place of another', async () => {
    const directory = join(makeProject(), 'emulator')
    const first = await startEmulator({ directory, exchange: false })
    await new CloudClient({ apiUrl: first.url, token: first.token() }).setSecrets(TENANT, { A: 'a', B: 'b' })
    await first.close()
    const { createVault } = await import('../../src/emulator/vault.ts')
    const vault = createVault(Buffer.alloc(32))
    const sealed = vault.seal('value', 'here')
    expect([vault.open(sealed, 'here'), vault.open(sealed, 'there'), vault.open('', 'here')]).toEqual([
      'value',
      undefined,
      undefined,
    ])
    expect(createVault(Buffer.alloc(32, 1)).open(sealed, 'here')).toBeUndefined()
  })

  test('survives SIGKILL with every confirmed write, and none written in part', async () => {
    const random = seeded()
    const directory = join(makeProject(), 'emulator')
    const script = await bundleForChild(fileURLToPath(new URL('./child.ts', import.meta.url)))
    let done = 0
    const rounds = sampled(5, 100)
    for (let round = 0; round < rounds; round++) {
      const { child, url, token } = await startChild(script, directory)
      const client = new CloudClient({
        apiUrl: url,
        token,
        timeout: 5000,
        clock: { now: () => Date.now(), sleep: async () => undefined, random: () => 0 },
      })
      // Each round completes a write, however slow the machine is.
      await client.setSecrets(TENANT, { COUNT: String(++done), TWIN: String(done) })
      setTimeout(() => child.kill('SIGKILL'), random.below(150))
      const ended = new Promise((resolve) => child.once('exit', resolve))
      for (;;) {
        try {
          await client.setSecrets(TENANT, { COUNT: String(done + 1), TWIN: String(done + 1) })
          done++
        } catch {
          break
        }
      }
      await ended
      await client.close()
      const after = await startEmulator({ directory })
      const [count, twin] = ['COUNT', 'TWIN'].map((name) => Number(after.secret(TENANT, name) ?? 0))
      await after.close()
      expect(count, `seed ${random.seed}`).toBe(twin)
      expect(count).toBeGreaterThanOrEqual(done)
      done = count ?? done
    }
    expect(done).toBeGreaterThanOrEqual(rounds)
  }, 60_000)
})

test.each<[unknown, RegExp]>([
  [null, /not an object/],
  [{}, /no list of users/],
  [{ users: [], tenants: [] }, /no list of users/],
  [{ users: [{ id: 'u' }], tenants: [] }, /no id or no email/],
  [
    { users: [{ id: 'u', email: 'e' }], tenants: [{ id: 't', name: 't', members: { x: 'admin' } }] },
    /who is not a user/,
  ],
  [
    { users: [{ id: 'u', email: 'e' }], tenants: [{ id: 't', name: 't', members: { u: 'king' } }] },
    /neither admin nor viewer/,
  ],
  [{ users: [{ id: 'u', email: 'e' }], tenants: [{ id: 't', name: 't' }] }, /has no members/],
])('a seed %j is rejected', async (seed, message) => {
  await expect(startEmulator({ seed: seed as Seed })).rejects.toThrow(message)
})

/** Sends a body of this many chunks of 64 KiB; returns the response, or how the connection ended. */
function sentInPieces(url: string, pieces: number): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (piece) => (text += piece))
      response.on('end', () => resolve(`${response.statusCode} ${JSON.parse(text).error.code}`))
    })
    sent.on('error', (error) => resolve(String(Reflect.get(error, 'code'))))
    const send = (left: number): void => {
      if (left === 0) return void sent.end()
      sent.write('x'.repeat(65_536))
      setTimeout(send, 1, left - 1)
    }
    send(pieces)
  })
}

async function startChild(
  script: string,
  directory: string,
): Promise<{ child: ChildProcess; url: string; token: string }> {
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (text: Buffer) => resolve(String(text))),
  )
  return { child, ...(JSON.parse(line) as { url: string; token: string }) }
}
