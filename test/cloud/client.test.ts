import { execFile } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CloudClient, type CloudClientOptions } from '../../src/cloud/client.ts'
import { BOUNDS, type Bounds, createTransport } from '../../src/cloud/http.ts'
import { CloudError, isCloudError } from '../../src/cloud/index.ts'
import { durationText } from '../../src/cloud/responses.ts'
import { type Clock, retryAfter } from '../../src/cloud/retry.ts'
import { bundleForChild } from '../support/bundle.ts'
import { json, listen, type Recorded, serve, type TestServer } from '../support/http-server.ts'
import { start } from '../support/installed.ts'
import { makeProject } from '../support/temp-project.ts'

const TOKEN = 'sp_test_e30.eyJleHAiOjk5OTk5OTk5OTl9.c2lnbmF0dXJlLW9mLWEtdG9rZW4'

/** A clock that records delays instead of waiting. */
function testClock(): Clock & { readonly pauses: number[] } {
  const pauses: number[] = []
  return { pauses, now: () => Date.now(), sleep: async (time) => void pauses.push(time), random: () => 0.5 }
}

function clientOf(url: string, options: Partial<CloudClientOptions> = {}): CloudClient {
  return new CloudClient({ apiUrl: url, token: TOKEN, clock: testClock(), ...options })
}

const shortly: Bounds = { ...BOUNDS, headers: 1_000, idle: 1_000 }

async function errorOf(work: Promise<unknown>): Promise<CloudError> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (isCloudError(error)) return error
  throw new Error(`no CloudError but ${String(error)}`)
}

/** A server that gives the same response to every request. */
function always(status: number, data?: unknown, headers?: Record<string, string>): Promise<TestServer> {
  return serve((_, response) => json(response, status, data, headers))
}

describe('a URL of the API', () => {
  test.each([
    ['https://api.systemprompt.io', 'https://api.systemprompt.io'],
    ['https://api.systemprompt.io/', 'https://api.systemprompt.io'],
    ['https://example.com/prefix/', 'https://example.com/prefix'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
    ['http://[::1]:8787', 'http://[::1]:8787'],
    ['http://localhost:8787', 'http://localhost:8787'],
  ])('%s is accepted', (apiUrl, expected) => {
    expect(new CloudClient({ apiUrl }).apiUrl).toBe(expected)
  })

  test('defaults to that of the service', () => {
    for (const options of [[], [{}], [{ apiUrl: undefined }]] as const)
      expect(new CloudClient(...options).apiUrl).toBe('https://api.systemprompt.io')
  })

  test.each([
    'http://api.systemprompt.io',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'https://user@api.systemprompt.io',
    'https://user:password@api.systemprompt.io',
    'https://:password@api.systemprompt.io',
    'https://api.systemprompt.io?x=1',
    'https://api.systemprompt.io?',
    'https://api.systemprompt.io#x',
    'ftp://api.systemprompt.io',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'api.systemprompt.io',
    '',
  ])('%s is rejected', (apiUrl) => {
    expect(() => new CloudClient({ apiUrl })).toThrowError(CloudError)
  })

  test.each([1, 25, 6000])('with port %i, which fetch blocks, is reported as such, without a retry', async (port) => {
    const clock = testClock()
    const error = await errorOf(clientOf(`http://127.0.0.1:${port}`, { clock }).whoami())
    expect([error.code, error.isUncertain, clock.pauses]).toEqual(['REFUSED', false, []])
    expect(error.message).toContain('HTTP clients refuse to use')
  })

  test.each(['..', '.', '', 'a\ud800'])('is never requested for a tenant named %j', async (tenant) => {
    const server = await always(200, { keys: [] })
    expect((await errorOf(clientOf(server.url).listSecretKeys(tenant))).code).toBe('NOT_ACCEPTED')
    expect(server.requests).toEqual([])
  })

  test.each([
    '../../auth',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    '%2e%2e',
    'ä',
    'a\r\nb',
    ';',
    '@evil.example',
    '//evil.example',
  ])('has the name of a tenant encoded in its path: %j', async (tenant) => {
    const server = await always(200, { keys: [] })
    await clientOf(`${server.url}/prefix`).listSecretKeys(tenant)
    const [, name = '', ...rest] =
      /^\/prefix\/api\/v1\/tenants\/([^/?#]+)\/secrets$/.exec(server.requests[0]?.path ?? '') ?? []
    expect([decodeURIComponent(name), rest]).toEqual([tenant, []])
  })
})

describe('a token', () => {
  test.each(['a b', 'a\nb', 'ä', 'a\u0000', '', 'a\u007f'])('with %j in it is rejected, and not repeated', (token) => {
    const secret = `canary-7f3a9c${token}`
    try {
      new CloudClient({ apiUrl: 'https://api.systemprompt.io', token: token === '' ? '' : secret })
      expect.unreachable()
    } catch (error) {
      expect(isCloudError(error, 'REFUSED')).toBe(true)
      expect(String(error)).not.toContain('canary')
    }
  })

  test('is not needed to begin a login, and is not sent there', async () => {
    const server = await always(200, { authorize_url: 'https://github.com/login' })
    const redirect = 'http://127.0.0.1:8765/callback/n'
    expect(await clientOf(server.url).beginLogin('github', redirect)).toBe('https://github.com/login')
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
    expect(server.requests[0]?.path).toBe(`/api/v1/auth/oauth/github?redirect_uri=${encodeURIComponent(redirect)}`)
  })

  test('that is missing is reported before anything is sent', async () => {
    const server = await always(200)
    const error = await errorOf(new CloudClient({ apiUrl: server.url }).whoami())
    expect(error).toMatchObject({ code: 'NOT_LOGGED_IN', remedy: "Run 'systemprompt cloud auth login'" })
    expect(server.requests).toEqual([])
  })
})

describe('a redirect', () => {
  const redirects = [301, 302, 303, 307, 308].flatMap((status) =>
    ['other host', 'other port', '/elsewhere', '//other', 'https', '', 'not a url %'].map(
      (to) => [status, to] as const,
    ),
  )
  test.each(redirects)('%i to %s is not followed', async (status, to) => {
    const target = await always(200, { keys: [] })
    const place: Record<string, string> = {
      'other host': target.url.replace('127.0.0.1', 'localhost'),
      'other port': `${target.url}/?secret=1`,
      '//other': target.url.replace('http:', ''),
      https: target.url.replace('http:', 'https:'),
    }
    const server = await serve((_, response) => {
      response.writeHead(status, to === '' ? {} : { location: place[to] ?? to })
      response.end()
    })
    const client = clientOf(server.url)
    const errors = [
      await errorOf(client.setSecrets('t', { CANARY: 'canary-secret-value' })),
      await errorOf(client.listSecretKeys('t')),
      await errorOf(client.unsetSecret('t', 'CANARY')),
    ]
    expect(errors.map(({ code, status: shown }) => [code, shown])).toEqual(errors.map(() => ['REFUSED', status]))
    expect(errors.join()).not.toContain('secret=1')
    expect([server.requests.length, target.requests.length]).toEqual([3, 0])
  })
})

test.each([
  ['a secret', 'canary-secret-value.example', false],
  ['a secret in capitals', 'Sk-Live-CANARY.example', false],
  ['a part of a secret', 'x.canary-secret.example', false],
  ['the token', `${TOKEN.replace(/_/g, '-')}.example`, false],
  ['nothing secret', 'portal.example', true],
])('a redirect to a host with %s in its name: whether it is shown is %s', async (_, host, isShown) => {
  const server = await serve((_request, response) => {
    response.writeHead(307, { location: `https://${host}/?canary-secret-value` })
    response.end()
  })
  const secrets = { A: 'canary-secret-value', B: 'SK-LIVE-canary' }
  const { code, message } = await errorOf(clientOf(server.url).setSecrets('t', secrets))
  expect([code, message.toLowerCase().includes(host.toLowerCase())]).toEqual(['REFUSED', isShown])
  expect(message.toLowerCase()).not.toContain('canary')
})

test('a message of the service that repeats a secret in another case is not shown', async () => {
  const server = await always(422, { error: { code: 'x', message: 'what is CANARY-SECRET-value?' } })
  const { message } = await errorOf(clientOf(server.url).setSecrets('t', { A: 'canary-secret-value' }))
  expect(message).toContain('its message repeats a secret and is not shown')
})

test('a redirect whose body never ends is not waited for', async () => {
  let ended: () => void = () => undefined
  const isOver = new Promise<void>((resolve) => {
    ended = resolve
  })
  const server = await serve((_, response) => {
    response.writeHead(302, { location: 'https://evil.example/' })
    response.write('<h1>')
    response.on('close', ended)
  })
  expect((await errorOf(clientOf(server.url).whoami())).code).toBe('REFUSED')
  await isOver
})

describe('a response', () => {
  const cases: readonly [number, string, string][] = [
    [400, 'NOT_ACCEPTED', 'Verify the format'],
    [401, 'NOT_LOGGED_IN', "Run 'systemprompt cloud auth login'"],
    [403, 'FORBIDDEN', 'Ask the admin of the tenant'],
    [409, 'CONFLICT', 'Run it again'],
    [412, 'CONFLICT', 'Run it again'],
    [413, 'NOT_ACCEPTED', 'Verify the format'],
    [422, 'NOT_ACCEPTED', 'Verify the format'],
    [500, 'UNAVAILABLE', 'Run it again in a while'],
    [501, 'UNAVAILABLE', 'Run it again in a while'],
    [418, 'BAD_ANSWER', 'Check the endpoint'],
  ]
  test.each(cases)('with status %i is %s, is not retried, and says what to do', async (status, code, remedy) => {
    const body = { error: { code: 'some_code', message: 'some message' } }
    const server = await always(status, body, { 'x-request-id': 'req_42' })
    const error = await errorOf(clientOf(server.url).whoami())
    expect(error).toMatchObject({ code, status, serverCode: 'some_code', requestId: 'req_42' })
    expect(error.message).toContain(`(${status}: some message, request req_42). ${remedy}`)
    expect(server.requests).toHaveLength(1)
  })

  test('with status 404 is about the tenant in a tenant request, and about the endpoint elsewhere', async () => {
    const server = await always(404, '<h1>Not found</h1>')
    const client = clientOf(server.url)
    expect((await errorOf(client.listSecretKeys('t'))).message).toContain('Check the tenant with')
    const calls = [
      () => client.whoami(),
      () => client.listTenants(),
      () => client.beginLogin('github', 'http://127.0.0.1/callback'),
    ]
    for (const call of calls) {
      const error = await errorOf(call())
      expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404 })
      expect(error.message).toBe(
        `${server.url} does not respond like SystemPrompt Cloud (404). Check --api-url of 'systemprompt cloud auth login', or SYSTEMPROMPT_API_URL.`,
      )
    }
  })

  test('that is HTML is shown as text, limited to 200 characters', async () => {
    const page = `<html><head><style>body{color:red}</style></head><body><h1>Bad\u001b[2J gateway</h1>${'x'.repeat(999)}</body></html>`
    const server = await serve((_, response) => void response.writeHead(500, { 'content-type': 'text/html' }).end(page))
    const { message } = await errorOf(clientOf(server.url).whoami())
    expect(message).toMatch(
      /^The service refused to say who is logged in \(500: Bad \[2J gateway x{184}\)\. Run it again/,
    )
  })

  test('with status 200 that is HTML, broken or not as in the contract is an error', async () => {
    const texts = ['<html></html>', '{"keys":', '{"keys":[1]}', '[]', 'null', '"x"', '{"keys":{}}', '']
    let at = 0
    const server = await serve((_, response) => void response.end(texts[at]))
    for (; at < texts.length; at++) {
      expect((await errorOf(clientOf(server.url).listSecretKeys('t'))).code, texts[at]).toBe('BAD_ANSWER')
    }
  })

  test('with status 200 that is the page of a proxy is shown, and leaves a write uncertain', async () => {
    const server = await serve((_, response) => void response.end('<title>Wifi</title> Log in to the <b>network</b>'))
    const client = clientOf(server.url)
    const errors = await Promise.all(
      [client.listSecretKeys('t'), client.setSecrets('t', { KEY: 'x' }), client.unsetSecret('t', 'KEY')].map(errorOf),
    )
    for (const { code, message } of errors) {
      expect(code).toBe('BAD_ANSWER')
      expect(message).toContain('(200: Wifi Log in to the network). Check the endpoint, and whether there is a proxy')
    }
    expect(errors.map(({ isUncertain }) => isUncertain)).toEqual([false, true, true])
  })

  test('with status 200 that is truncated within a token shows none of it', async () => {
    const server = await serve(({ method }, response) =>
      method === 'POST' ? void response.end('{"access_token":"canary-4b1d77') : json(response, 401),
    )
    const { code, message } = await errorOf(clientOf(server.url).listSecretKeys('t'))
    expect([code, message]).toEqual(['BAD_ANSWER', expect.not.stringContaining('canary')])
  })

  test('that repeats a secret or the token is not shown', async () => {
    const server = await serve((request, response) =>
      json(response, 422, {
        error: { code: 'x', message: `not accepted: ${request.body} ${request.headers.authorization}` },
      }),
    )
    const client = clientOf(server.url)
    const errors = [await errorOf(client.setSecrets('t', { KEY: 'canary-4b1d77' })), await errorOf(client.whoami())]
    for (const error of errors) {
      const text = `${error.message}${error.stack}${JSON.stringify(error)}`
      expect(text).toContain('repeats a secret and is not shown')
      expect(text).not.toMatch(/canary|sp_test/)
    }
  })

  test('whose error code or request ID equals a secret is reported without them', async () => {
    const body = { error: { code: 'canary-4b1d77', message: 'no' } }
    const server = await always(422, body, { 'x-request-id': 'Canary-4B1D77' })
    const error = await errorOf(clientOf(server.url).setSecrets('t', { KEY: 'canary-4b1d77' }))
    expect(error).toMatchObject({ code: 'NOT_ACCEPTED', serverCode: undefined, requestId: undefined })
    expect(`${error.message}${JSON.stringify(error)}`.toLowerCase()).not.toContain('canary')
  })

  test('is shown without characters that change the direction of text', async () => {
    const message = '\u202e\u2066so \u200fis\u2069 \u061cthis\u202c'
    const server = await always(422, { error: { code: 'x', message } })
    const error = await errorOf(clientOf(server.url).whoami())
    expect(error.message).toMatch(/\(422: so +is +this\)/)
  })

  test('that is a decompression bomb is aborted at 1 MiB', async () => {
    const bomb = Buffer.concat(Array<Buffer>(200).fill(gzipSync(Buffer.alloc(1024 * 1024))))
    const server = await serve((_, response, number) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
      response.end(number === 1 ? gzipSync('{}') : bomb)
    })
    // In a process of its own: this one may grow for other reasons, and shrink on a machine that lacks memory.
    const child = await bundleForChild(fileURLToPath(new URL('./peak-child.ts', import.meta.url)))
    const { stdout } = await promisify(execFile)(process.execPath, [child, server.url])
    const { code, message, grown } = JSON.parse(stdout) as { code: string; message: string; grown: number }
    expect([code, message]).toEqual(['BAD_ANSWER', expect.stringContaining('larger than 1 MiB')])
    expect(grown).toBeLessThan(100 * 1024 * 1024)
  })

  test('that is not compressed as its header says is an error', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end('{"user":{}}')
    })
    expect(['BAD_ANSWER', 'NETWORK']).toContain((await errorOf(clientOf(server.url).whoami())).code)
  })

  test('that is compressed is decompressed', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync('{"keys":["A"]}'))
    })
    expect((await clientOf(server.url).listSecretKeys('t')).keys).toEqual(['A'])
  })
})

type Misbehave = (response: ServerResponse, request: Recorded) => void

describe('a request that fails', () => {
  const drop: Misbehave = (response) => response.socket?.destroy()
  const reset: Misbehave = (response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"keys"')
    setImmediate(() => response.socket?.resetAndDestroy())
  }
  const hang: Misbehave = () => undefined
  const stall: Misbehave = (response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"keys"')
  }
  const cut: Misbehave = (response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"keys"')
    setImmediate(() => response.socket?.end())
  }
  const status =
    (code: number): Misbehave =>
    (response) =>
      json(response, code, { error: { code: 'x', message: 'y' } })

  test.each<[string, Misbehave, string]>([
    ['dropped', drop, 'NETWORK'],
    ['reset in the middle', reset, 'NETWORK'],
    ['truncated', cut, 'NETWORK'],
    ['without a response', hang, 'TIMEOUT'],
    ['without the end of a response', stall, 'TIMEOUT'],
    ['answered with 408', status(408), 'UNAVAILABLE'],
    ['answered with 429', status(429), 'RATE_LIMITED'],
    ['answered with 502', status(502), 'UNAVAILABLE'],
    ['answered with 503', status(503), 'UNAVAILABLE'],
    ['answered with 504', status(504), 'UNAVAILABLE'],
  ])(
    '(%s) is attempted four times at most',
    async (_, misbehave, code) => {
      // A time-out takes its time.
      const tries = code === 'TIMEOUT' ? 2 : 4
      let good = tries
      const server = await serve((request, response, number) =>
        number < good ? misbehave(response, request) : json(response, 200, { keys: ['A'] }),
      )
      const clock = testClock()
      // Only what never comes is waited for shortly: on a busy machine an answer takes its time too.
      const bounds = code === 'TIMEOUT' ? shortly : BOUNDS
      const client = clientOf(server.url, { clock, transport: createTransport({}, bounds) })
      expect((await client.listSecretKeys('t')).keys).toEqual(['A'])
      expect([server.requests.length, clock.pauses]).toEqual([tries, [125, 500, 2000].slice(0, tries - 1)])
      if (code !== 'TIMEOUT') {
        good = 99
        const error = await errorOf(client.listSecretKeys('t'))
        expect([error.code, server.requests.length]).toEqual([code, 8])
      }
      await client.close()
    },
    30_000,
  )

  test('since no server listens is retried, and says to check the connection', async () => {
    const server = await always(200)
    await server.close()
    const clock = testClock()
    const error = await errorOf(clientOf(server.url, { clock }).whoami())
    expect(error.message).toBe(
      'The service could not be reached (ECONNREFUSED). Check the connection and run it again.',
    )
    expect([error.isUncertain, clock.pauses.length]).toEqual([false, 3])
  })

  test.each([
    ['2', 2_000],
    ['60', 60_000],
  ])('with Retry-After %s waits that long', async (header, expected) => {
    const server = await serve((_, response, number) =>
      number === 1 ? json(response, 429, {}, { 'retry-after': header }) : json(response, 200, { keys: [] }),
    )
    const clock = testClock()
    const heard: number[] = []
    await clientOf(server.url, { clock, onWait: (time) => heard.push(time) }).listSecretKeys('t')
    expect([clock.pauses, heard]).toEqual([[expected], [expected]])
  })

  test.each(['0', 'Thu, 01 Jan 1970 00:00:01 GMT'])('with Retry-After %s waits as without it', async (header) => {
    const server = await always(503, {}, { 'retry-after': header })
    const clock = testClock()
    const heard: number[] = []
    const client = clientOf(server.url, { clock, onWait: (time) => heard.push(time) })
    const { message } = await errorOf(client.listSecretKeys('t'))
    expect([clock.pauses, heard]).toEqual([[125, 500, 2_000], []])
    expect(message).toContain('Run it again in a while.')
  })

  test.each<[string, number | undefined, number[]]>([
    ['60', undefined, [60_000]],
    ['25', undefined, [25_000, 25_000]],
    ['7', 20_000, [7_000, 7_000]],
    ['45', 30_000, []],
    ['25', 600_000, [25_000, 25_000]],
    ['7200', undefined, []],
  ])(
    'with Retry-After %s every time waits no longer than its timeout in total (%s ms)',
    async (header, timeout, expected) => {
      const server = await always(429, {}, { 'retry-after': header })
      const clock = testClock()
      const options = timeout === undefined ? { clock } : { clock, timeout }
      const error = await errorOf(clientOf(server.url, options).listSecretKeys('t'))
      expect([error.code, clock.pauses, server.requests.length]).toEqual([
        'RATE_LIMITED',
        expected,
        expected.length + 1,
      ])
      expect(error.message).toContain(header === '7200' ? 'It asks to wait 2 h;' : `It asks to wait ${header} s;`)
    },
  )

  test('with a Retry-After of more than a minute is not retried', async () => {
    const server = await always(503, {}, { 'retry-after': '61' })
    expect((await errorOf(clientOf(server.url).whoami())).code).toBe('UNAVAILABLE')
    expect(server.requests).toHaveLength(1)
  })

  test('takes no longer than its timeout with all its retries', async () => {
    const server = await serve(() => undefined)
    const error = await errorOf(clientOf(server.url, { timeout: 200 }).whoami())
    expect([error.code, server.requests.length]).toEqual(['TIMEOUT', 1])
  })

  /** Responses take this many milliseconds of the clock. `given` lists the time that each attempt was given. */
  function timed(took: number): Required<Pick<CloudClientOptions, 'transport' | 'clock'>> & { given: number[] } {
    const real = createTransport({})
    const given: number[] = []
    let now = 0
    const transport = {
      ...real,
      send: (request: Parameters<typeof real.send>[0], timeout: number) => {
        given.push(timeout)
        now += took
        return real.send(request, timeout)
      },
    }
    const sleep = async (time: number): Promise<void> => {
      now += time
    }
    return { given, transport, clock: { ...testClock(), now: () => now, sleep } }
  }

  // Pauses of our own are 125, 500 and 2000 ms.
  test.each<[string, number | undefined, number, string | undefined, number[]]>([
    ['a minute in total by default', undefined, 20_000, undefined, [60_000, 39_875, 19_375]],
    ['what earlier attempts and pauses have left', 1_000, 200, undefined, [1_000, 675]],
    ['no time after a pause that would take all that is left', 1_125, 250, undefined, [1_125, 750]],
    ['what the pauses that the service asked for have left', 20_000, 1_000, '7', [20_000, 12_000, 4_000]],
    ['no time after a pause asked for that would take all that is left', 9_000, 1_000, '8', [9_000]],
    [
      'a minute by default, not counting pauses that the service asked for',
      undefined,
      1_000,
      '25',
      [60_000, 59_000, 58_000],
    ],
    ['the rest of that minute, even if a pause asked for is longer', undefined, 40_000, '25', [60_000, 20_000]],
  ])('is given %s', async (_, timeout, took, retryAfter, expected) => {
    const server = await always(503, {}, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
    const { given, ...simulated } = timed(took)
    await errorOf(clientOf(server.url, { timeout, ...simulated }).whoami())
    expect(given).toEqual(expected)
  })

  test('takes no longer than its timeout with an exchange of the token', async () => {
    const server = await serve(({ path }, response) => {
      const status = path === '/api/v1/core/oauth/token' ? 200 : 401
      json(response, status, { access_token: 'short-lived' })
    })
    const { given, ...simulated } = timed(3_000)
    await errorOf(clientOf(server.url, { timeout: 10_000, ...simulated }).listSecretKeys('t'))
    expect(given).toEqual([10_000, 7_000, 4_000])
  })

  test('is not repeated once the exchange of the token has used up the time', async () => {
    const server = await serve(({ path }, response) => {
      const status = path === '/api/v1/core/oauth/token' ? 200 : 401
      json(response, status, { access_token: 'short-lived' })
    })
    const { given, ...simulated } = timed(5_000)
    await errorOf(clientOf(server.url, { timeout: 8_000, ...simulated }).listSecretKeys('t'))
    expect(given).toEqual([8_000, 3_000, 1])
  })

  test('is a success if it was a removal that was done, but whose response was lost', async () => {
    let isThere = true
    const server = await serve((_, response) => {
      if (!isThere) return json(response, 404, { error: { code: 'not_found', message: 'no such key' } })
      isThere = false
      response.socket?.destroy()
    })
    await clientOf(server.url).unsetSecret('t', 'A')
    expect(server.requests).toHaveLength(2)
    expect((await errorOf(clientOf(server.url).unsetSecret('t', 'A'))).message).toMatch(
      /^The cloud has no such secret \(404\)\. If it was never synced, run 'systemprompt cloud secrets sync'\.$/,
    )
  })

  test('is uncertain if it was a write whose first response was lost, whatever comes afterwards', async () => {
    const server = await serve((_, response, number) => {
      if (number === 1) response.socket?.destroy()
      else json(response, number === 2 ? 503 : 500)
    })
    expect(await errorOf(clientOf(server.url).setSecrets('t', { A: 'b' }))).toMatchObject({ isUncertain: true })
    expect(server.requests).toHaveLength(3)
  })

  test('is uncertain if it was a write, all of whose responses were lost', async () => {
    const server = await serve((_, response) => void response.socket?.destroy())
    expect(await errorOf(clientOf(server.url).setSecrets('t', { A: 'b' }))).toMatchObject({
      code: 'NETWORK',
      isUncertain: true,
    })
  })
})

test.each([
  [1, '1 s'],
  [1_500, '2 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [121_000, '3 min'],
  [119 * 60_000, '119 min'],
  [120 * 60_000, '2 h'],
])('%i ms are shown as %s', (time, text) => {
  expect(durationText(time)).toBe(text)
})

test.each<[string | undefined, number | undefined]>([
  [undefined, undefined],
  ['3', 3_000],
  ['soon', undefined],
  ['-1', undefined],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
])('Retry-After: %s is %s ms', (header, expected) => {
  expect(retryAfter(header, 10_000) ?? undefined).toBe(expected)
})

describe('a tenant request that is answered with 401', () => {
  const refuse = (response: ServerResponse): void =>
    json(response, 401, { error: { code: 'token', message: 'too long' } })

  async function exchanging(life: unknown = { expires_in: 300 }): Promise<TestServer> {
    return serve((request, response) => {
      if (request.path === '/api/v1/core/oauth/token') {
        return json(response, 200, { access_token: 'short-lived', ...(life as object) })
      }
      return request.headers.authorization === 'Bearer short-lived'
        ? json(response, 200, { keys: [] })
        : refuse(response)
    })
  }

  test('is repeated with an exchanged token, which is used until half a minute before it expires', async () => {
    const server = await exchanging()
    let now = 0
    const client = clientOf(server.url, { clock: { ...testClock(), now: () => now } })
    await client.listSecretKeys('t')
    expect(server.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['secrets', 'token', 'secrets'])
    expect(Object.fromEntries(new URLSearchParams(server.requests[1]?.body))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: server.url,
      client_id: 'sp_web',
    })
    expect(server.requests[1]?.headers.authorization).toBeUndefined()
    now = 269_000
    await client.listSecretKeys('t')
    expect(server.requests).toHaveLength(4)
    now = 271_000
    await client.listSecretKeys('t')
    expect(server.requests).toHaveLength(7)
  })

  test('keeps its 401 if the service exchanges no tokens, and asks for an exchange only once', async () => {
    const server = await serve((request, response) =>
      request.path.endsWith('token') ? json(response, 404, {}) : refuse(response),
    )
    const client = clientOf(server.url)
    for (const _ of [1, 2]) expect((await errorOf(client.listSecretKeys('t'))).status).toBe(401)
    expect(server.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['secrets', 'token', 'secrets'])
  })

  test('is repeated only once', async () => {
    const server = await serve((request, response) =>
      request.path.endsWith('token') ? json(response, 200, { access_token: 'short' }) : refuse(response),
    )
    expect((await errorOf(clientOf(server.url).listSecretKeys('t'))).code).toBe('NOT_LOGGED_IN')
    expect(server.requests).toHaveLength(3)
  })

  test('is the only request for which a token is exchanged', async () => {
    const server = await serve((_, response) => refuse(response))
    expect((await errorOf(clientOf(server.url).whoami())).code).toBe('NOT_LOGGED_IN')
    expect(server.requests).toHaveLength(1)
  })

  test.each(['b c', 'ä'])('fails if the exchanged token %j is invalid', async (token) => {
    const server = await serve((request, response) =>
      request.path.endsWith('token') ? json(response, 200, { access_token: token }) : refuse(response),
    )
    expect((await errorOf(clientOf(server.url).listSecretKeys('t'))).code).toBe('REFUSED')
  })
})

describe('the client', () => {
  test('sends the secrets of a write in a single request', async () => {
    const server = await serve((_, response) => void response.writeHead(204).end())
    const secrets = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`KEY_${at}`, `value ${at}\n"é"`]))
    await clientOf(server.url).setSecrets('t', secrets, { ifMatch: '"v1"' })
    expect(server.requests).toHaveLength(1)
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ secrets })
    expect(server.requests[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'if-match': '"v1"' })
  })

  test('sends nothing for a write without secrets or with an invalid name', async () => {
    const server = await always(204)
    await clientOf(server.url).setSecrets('t', {})
    expect((await errorOf(clientOf(server.url).setSecrets('t', { 'a-b': 'x' }))).code).toBe('NOT_ACCEPTED')
    expect(server.requests).toEqual([])
  })

  test('says that an endpoint has no audit log', async () => {
    const server = await always(404, { error: { code: 'not_found', message: 'no route' } })
    expect((await errorOf(clientOf(server.url).auditSecrets('t'))).message).toBe(
      'This endpoint has no audit log (404). Use an endpoint that has it; the emulator does.',
    )
    const unknown = await always(404, { error: { code: 'tenant_not_found', message: 'no tenant' } })
    expect((await errorOf(clientOf(unknown.url).auditSecrets('t'))).code).toBe('NOT_FOUND')
  })

  test('ignores that a login cannot be reported', async () => {
    const server = await always(500)
    await clientOf(server.url).reportActivity('cloud_login', 'user_1', new Date(0))
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      event: 'cloud_login',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: { user_id: 'user_1' },
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('a proxy', () => {
  /** A proxy that connects every tunnel to this port. */
  async function proxyTo(port: number): Promise<{ server: TestServer; asked: string[] }> {
    const asked: string[] = []
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(502).end()
    })
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.method} ${request.url}`)
      const upstream = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    return { server: await listen(proxy), asked }
  }

  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'in %s is used through a tunnel, without seeing the token',
    async (name) => {
      const target = await always(200, { keys: [] })
      const { server, asked } = await proxyTo(target.port)
      const client = clientOf('https://api.systemprompt.io', { env: { [name]: server.url } })
      // The target speaks no TLS, so only the tunnel is established.
      await errorOf(client.listSecretKeys('t'))
      expect(new Set(asked)).toEqual(new Set(['CONNECT api.systemprompt.io:443']))
      await client.close()
    },
  )

  test('in the environment of the process is used by default', async () => {
    const target = await always(200, { keys: [] })
    const { server, asked } = await proxyTo(target.port)
    vi.stubEnv('https_proxy', undefined)
    vi.stubEnv('no_proxy', undefined)
    vi.stubEnv('NO_PROXY', undefined)
    vi.stubEnv('HTTPS_PROXY', server.url)
    onTestFinished(() => void vi.unstubAllEnvs())
    const client = new CloudClient({ token: TOKEN, clock: testClock() })
    await errorOf(client.listSecretKeys('t'))
    expect(new Set(asked)).toEqual(new Set(['CONNECT api.systemprompt.io:443']))
    await client.close()
  })

  test('is bypassed for hosts in NO_PROXY, and always for loopback', async () => {
    const target = await always(200, { keys: [] })
    const { server, asked } = await proxyTo(target.port)
    const env = { HTTPS_PROXY: server.url, HTTP_PROXY: server.url }
    await clientOf(target.url, { env }).listSecretKeys('t')
    const other = clientOf('https://nowhere.invalid', { env: { ...env, NO_PROXY: 'nowhere.invalid' } })
    expect((await errorOf(other.whoami())).code).toBe('NETWORK')
    expect(asked).toEqual([])
  })

  test('that accepts a connection and never responds does not keep a command from ending', {
    timeout: 60_000,
  }, async () => {
    const sockets: Socket[] = []
    const proxy = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    })
    const { port } = proxy.address() as AddressInfo
    const { code, err } = await start({
      cwd: makeProject(),
      args: [fileURLToPath(new URL('../../dist/cli.js', import.meta.url)), 'cloud', 'auth', 'whoami', '--timeout', '1'],
      env: {
        HTTPS_PROXY: `http://127.0.0.1:${port}`,
        SYSTEMPROMPT_API_TOKEN: 'sp_live_made_up',
        SYSTEMPROMPT_USER_EMAIL: 'a@example.com',
      },
    })
    expect([code, err]).toEqual([9, expect.stringContaining('did not respond in time')])
    expect(sockets).toHaveLength(1)
  })

  test.each([
    [
      'requires a password',
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
      'The proxy refused the connection (407)',
    ],
    ['forbids the address', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'The proxy refused the connection (403)'],
    // undici connects again for as long as the program runs, and asks nothing else in between.
    ['hangs up', '', 'The proxy could not be reached (UND_ERR_SOCKET)'],
  ])('that %s is reported as the cause, after four attempts at most', async (_, answer, what) => {
    let asked = 0
    const proxy = createTcpServer((socket) => {
      asked++
      socket.on('error', () => undefined).once('data', () => socket.end(answer))
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    const { port } = proxy.address() as AddressInfo
    const client = clientOf('https://x.invalid', { env: { HTTPS_PROXY: `http://u:canary@127.0.0.1:${port}` } })
    const { code, message } = await errorOf(client.whoami())
    expect([code, message]).toEqual(['NETWORK', `${what}. Check HTTPS_PROXY and HTTP_PROXY, and run it again.`])
    expect(asked).toBeLessThanOrEqual(4)
    await client.close()
  })

  test('that cannot be reached is reported as the cause', async () => {
    const client = clientOf('https://x.invalid', { env: { HTTPS_PROXY: 'http://127.0.0.1:9' } })
    expect((await errorOf(client.whoami())).message).toMatch(
      /^The proxy could not be reached \(ECONNREFUSED\)\. Check HTTPS/,
    )
  })

  test('with an invalid URL is rejected, without its password in the message', async () => {
    const error = await errorOf(clientOf('https://x.invalid', { env: { HTTPS_PROXY: 'http://u:canary@[' } }).whoami())
    expect([error.code, error.message.includes('canary')]).toEqual(['REFUSED', false])
  })
})
