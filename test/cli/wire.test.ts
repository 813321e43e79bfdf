import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { json, type Recorded, serve, type TestServer } from '../support/http-server.ts'
import { COMPLETE, makeProject, SECRETS } from '../support/temp-project.ts'
import { CREDENTIALS, cli, TENANTS } from './cloud-project.ts'

/**
 * What the production client sends, exchange by exchange, next to what ours sends. Each difference that
 * fixtures/contract/wire.json allows is spelled out in `ours`.
 */
interface Exchange {
  readonly name: string
  readonly given?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly request: {
    readonly method: string
    readonly path: string
    readonly to?: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly form?: Readonly<Record<string, string>>
  } | null
  readonly response?: { readonly status: number; readonly json?: unknown; readonly text?: string }
  readonly differs?: string
}

const { exchanges } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../fixtures/contract/wire.json', import.meta.url)), 'utf8'),
) as { readonly exchanges: readonly Exchange[] }

const TOKEN = 'e30.eyJleHAiOjk5OTk5OTk5OTl9.sig'
const TENANT = 't-rich'

const exchange = (name: string): Exchange => {
  const found = exchanges.find((each) => each.name === name)
  if (!found) throw new Error(`wire.json has no ${name}`)
  return found
}

/** The production service as in the file: each response is the recorded one. */
async function production(
  overrides: Readonly<Record<string, (request: Recorded) => Exchange['response']>> = {},
): Promise<TestServer> {
  const answers: readonly [string, Exchange['response']][] = [
    ['GET /api/v1/auth/oauth/', exchange('login: where to send the browser').response],
    ['GET /api/v1/auth/me', exchange('login, whoami: who am I').response],
    ['GET /api/v1/tenants', exchange('whoami: tenant count').response],
    ['POST /api/v1/activity', { status: 204 }],
    ['PUT ', { status: 204 }],
    ['DELETE ', { status: 204 }],
  ]
  return serve((request, response) => {
    const line = `${request.method} ${request.path}`
    const override = Object.entries(overrides).find(([start]) => line.startsWith(start))?.[1](request)
    const isKeys = request.method === 'GET' && request.path.endsWith('/secrets')
    const answer =
      override ??
      (isKeys ? { status: 200, json: { keys: [] } } : answers.find(([start]) => line.startsWith(start))?.[1])
    if (!answer) return json(response, 404, { error: { code: 'not_found', message: 'no' } })
    if (answer.text !== undefined) return void response.writeHead(answer.status).end(answer.text)
    json(response, answer.status, answer.json)
  })
}

function project(server: TestServer, secrets: object = {}): string {
  return makeProject({
    ...COMPLETE,
    [SECRETS]: JSON.stringify(secrets),
    [CREDENTIALS]: JSON.stringify({ api_token: TOKEN, api_url: server.url, user_email: 'a@example.com' }),
    [TENANTS]: JSON.stringify({ tenants: [{ id: TENANT, name: 'Rich Prod' }], active_tenant: TENANT }),
  })
}

/** A request in the format of the file, with only the headers that the file names. */
function shapeOf({ method, path, headers, body }: Recorded, like: NonNullable<Exchange['request']>) {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  const names = Object.keys(like.headers)
  return {
    method,
    path: path.replace(`/tenants/${TENANT}/`, '/tenants/TENANT/'),
    headers: Object.fromEntries(names.map((name) => [name, String(headers[name]).replace(TOKEN, 'TOKEN')])),
    ...(isForm
      ? { form: Object.fromEntries(new URLSearchParams(body)) }
      : { body: body === '' ? null : (JSON.parse(body) as unknown) }),
  }
}

/** Compares our request with theirs. */
function expectSame(server: TestServer, name: string, index: number, ours: object = {}): void {
  const { request } = exchange(name)
  if (!request) throw new Error(`${name} sends nothing`)
  const recorded = server.requests.at(index)
  expect(recorded && shapeOf(recorded, request)).toEqual({ ...request, ...ours })
}

const lines = (server: TestServer): string[] =>
  server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)

describe('on the wire like the production client:', () => {
  test('login', async () => {
    const server = await production()
    const cwd = makeProject(COMPLETE)
    const started = await cli(cwd, `cloud login --api-url ${server.url}`, giveUp())
    expect(started.code).toBe(1)
    const redirect = new URL(server.requests[0]?.path ?? '', server.url).searchParams.get('redirect_uri') ?? ''
    // The nonce, and another port where 8765 is busy, are the difference that the file allows.
    expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\/[\w-]{43}$/)
    const theirs = exchange('login: where to send the browser').request?.path
    expect(
      `${server.requests[0]?.path.split('?')[0]}?redirect_uri=${encodeURIComponent('http://127.0.0.1:8765/callback')}`,
    ).toBe(theirs)
    expect(server.requests[0]?.headers.authorization).toBeUndefined()

    const done = await production()
    expect(
      (await cli(makeProject(COMPLETE), `cloud login --with-token --api-url ${done.url}`, { input: TOKEN })).code,
    ).toBe(0)
    expect(lines(done)).toEqual(['GET /api/v1/auth/me', 'POST /api/v1/activity'])
    expectSame(done, 'login, whoami: who am I', 0)
    const activity = exchange('login: activity, failures ignored').request?.body as object
    expectSame(done, 'login: activity, failures ignored', 1, {
      body: { ...activity, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    })
  })

  test('login: activity, failures ignored', async () => {
    const server = await production({ 'POST /api/v1/activity': () => ({ status: 500, text: 'boom' }) })
    expect(
      (await cli(makeProject(COMPLETE), `cloud login --with-token --api-url ${server.url}`, { input: TOKEN })).code,
    ).toBe(0)
  })

  test('whoami', async () => {
    const server = await production()
    expect((await cli(project(server), 'cloud auth whoami')).code).toBe(0)
    expect(lines(server)).toEqual(['GET /api/v1/auth/me', 'GET /api/v1/tenants'])
    expectSame(server, 'login, whoami: who am I', 0)
    expectSame(server, 'whoami: tenant count', 1)
  })

  test.each(['secrets sync', 'secrets sync: internal_database_url wins, blanks and system-managed names are not sent'])(
    '%s',
    async (name) => {
      let keys: string[] = []
      const server = await production({
        PUT: ({ body }) => {
          keys = Object.keys((JSON.parse(body) as { secrets: object }).secrets)
          return { status: 204 }
        },
        GET: () => ({ status: 200, json: { keys } }),
      })
      expect((await cli(project(server, exchange(name).given), 'cloud secrets sync')).code).toBe(0)
      expect(lines(server).map((line) => line.split(' ')[0])).toEqual(['GET', 'PUT', 'GET'])
      expectSame(server, name, 1)
      expect(Object.keys(server.requests[1]?.headers ?? {})).not.toContain('if-match')
    },
  )

  test('secrets sync: nothing to send', async () => {
    const server = await production()
    expect((await cli(project(server, {}), 'cloud secrets sync')).code).toBe(0)
    expect(lines(server)).toEqual([`GET /api/v1/tenants/${TENANT}/secrets`])
  })

  test('secrets set', async () => {
    const server = await production()
    expect((await cli(project(server), `cloud secrets set ${exchange('secrets set').args?.join(' ')}`)).code).toBe(0)
    expectSame(server, 'secrets set', 1, {
      body: { secrets: { CUSTOM_SECRET: 'value', SYSTEMPROMPT_CUSTOM_SECRETS: 'CUSTOM_SECRET' } },
    })
  })

  test.each(['secrets set: only system-managed names', 'secrets set: no equals sign'])('%s', async (name) => {
    const server = await production()
    expect((await cli(project(server), `cloud secrets set ${exchange(name).args?.join(' ')}`)).code).not.toBe(0)
    expect(lines(server).filter((line) => line.startsWith('PUT'))).toEqual([])
  })

  test('secrets unset', async () => {
    const server = await production({ GET: () => ({ status: 200, json: { keys: ['CUSTOM_SECRET'] } }) })
    expect((await cli(project(server), `cloud secrets unset ${exchange('secrets unset').args?.join(' ')}`)).code).toBe(
      0,
    )
    expect(lines(server).map((line) => line.split(' ')[0])).toEqual(['GET', 'DELETE'])
    expectSame(server, 'secrets unset', 1)
  })

  test('secrets cleanup', async () => {
    const server = await production({ GET: () => ({ status: 200, json: { keys: ['SYSTEMPROMPT_API_URL', 'OTHER'] } }) })
    expect(
      (await cli(project(server), `cloud secrets cleanup ${exchange('secrets cleanup').args?.join(' ')}`)).code,
    ).toBe(0)
    expect(lines(server).map((line) => line.split(' ')[0])).toEqual(['GET', 'DELETE'])
    expectSame(server, 'secrets cleanup', 1)
  })

  test('since 2026-05: token exchange before a tenant call', async () => {
    const name = 'since 2026-05: token exchange before a tenant call'
    const server = await production({
      'POST /api/v1/core/oauth/token': () => exchange(name).response,
      'GET /api/v1/tenants/': ({ headers }) =>
        headers.authorization === 'Bearer EXCHANGED' ? { status: 200, json: { keys: [] } } : { status: 401, json: {} },
    })
    expect((await cli(project(server), 'cloud secrets list')).code).toBe(0)
    const form = { ...exchange(name).request?.form, subject_token: TOKEN, resource: server.url }
    expectSame(server, name, 1, { form })
    expect(server.requests[2]?.headers.authorization).toBe('Bearer EXCHANGED')
  })

  test.each([
    ['error: service fails', 9, /\(500: boom\)/],
    ['error: coded', 4, /\(403: role viewer may not write\)/],
  ])('%s', async (name, code, message) => {
    const server = await production({ PUT: () => exchange(name).response })
    const ended = await cli(project(server), 'cloud secrets set A_KEY=x')
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(message)])
  })

  test('every exchange of the file is tested', () => {
    const callback = ['login: the browser comes back', 'login: the browser comes back with an error']
    // test/cloud/callback.test.ts tests the callback of the browser.
    const text = readFileSync(fileURLToPath(import.meta.url), 'utf8')
    expect(
      exchanges.map(({ name }) => name).filter((name) => !callback.includes(name) && !text.includes(name)),
    ).toEqual([])
  })
})

/** A browser that cannot be opened, which ends the login that would wait otherwise. */
function giveUp() {
  return {
    openBrowser: async () => {
      throw new RangeError('no browser')
    },
  }
}
