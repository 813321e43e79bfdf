import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CloudClient } from '../../src/cloud/client.ts'
import { isCloudError } from '../../src/cloud/index.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { OPERATIONS } from '../cloud/contract-file.ts'
import { type ContractProxy, contractProxy } from '../support/contract-proxy.ts'

/**
 * The client against the emulator, with the contract in between: every request and every response is checked against
 * fixtures/contract/cloud-api.yaml.
 */
let emulator: Emulator
let older: Emulator
let proxy: ContractProxy
let olderProxy: ContractProxy
beforeAll(async () => {
  emulator = await startEmulator()
  older = await startEmulator({ exchange: false })
  proxy = await contractProxy(emulator.url)
  olderProxy = await contractProxy(older.url)
})
afterAll(async () => {
  await Promise.all([emulator.close(), older.close()])
})

const TENANT = 'tenant_demo'

function cloud(token = older.token()): CloudClient {
  return new CloudClient({ apiUrl: olderProxy.url, token })
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((caught: unknown) => caught)
  return isCloudError(error) ? `${error.code} ${error.status} ${error.serverCode}` : 'no error'
}

/** A request that our client would not send. */
async function raw(method: string, path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${older.token()}`, ...(init.headers as Record<string, string>) }
  const response = await fetch(olderProxy.url + path, { ...init, method, headers })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

function put(body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return raw('PUT', `/api/v1/tenants/${TENANT}/secrets`, { body: text, headers: { 'content-type': type } })
}

describe('secrets', () => {
  test('are set, listed by name and removed', async () => {
    const client = cloud()
    await client.setSecrets(TENANT, { B: 'b', A: 'a' })
    await client.setSecrets(TENANT, { A: 'ä"\n', C: '' })
    expect((await client.listSecretKeys(TENANT)).keys).toEqual(['A', 'B', 'C'])
    expect(['A', 'B', 'C'].map((name) => older.secret(TENANT, name))).toEqual(['ä"\n', 'b', ''])
    await client.unsetSecret(TENANT, 'B')
    expect((await client.listSecretKeys(TENANT)).keys).toEqual(['A', 'C'])
    expect(await codeOf(client.unsetSecret(TENANT, 'B'))).toBe('NOT_FOUND 404 key_not_found')
  })

  test('are written with If-Match only if they have not changed since', async () => {
    const client = cloud()
    const { etag } = await client.listSecretKeys('tenant_staging')
    await client.setSecrets('tenant_staging', { A: '1' }, { ifMatch: etag })
    expect(await codeOf(client.setSecrets('tenant_staging', { A: '2' }, { ifMatch: etag }))).toBe(
      'CONFLICT 412 changed',
    )
    expect(older.secret('tenant_staging', 'A')).toBe('1')
  })

  test.each<[string, unknown, string]>([
    ['an empty object', { secrets: {} }, 'body_invalid'],
    ['a list', { secrets: ['A'] }, 'body_invalid'],
    ['another key beside secrets', { secrets: { A: '1' }, force: true }, 'body_invalid'],
    ['a body that is not an object', '"A=1"', 'body_invalid'],
    ['a body that is not JSON', '{"secrets":', 'json_invalid'],
    ['a lower-case name', { secrets: { good: '1' } }, 'key_invalid'],
    ['a name with a slash', { secrets: { 'A/B': '1' } }, 'key_invalid'],
    ['a very long name', { secrets: { [`A${'B'.repeat(255)}`]: '1' } }, 'key_invalid'],
    ['a system-managed name', { secrets: { FLY_APP_NAME: '1' } }, 'key_reserved'],
    ['a number', { secrets: { A: 1 } }, 'value_invalid'],
    ['a NUL', { secrets: { A: '\0' } }, 'value_invalid'],
    ['a very long value', { secrets: { A: 'x'.repeat(65_537) } }, 'value_too_long'],
    [
      'too many secrets',
      { secrets: Object.fromEntries(Array.from({ length: 2_001 }, (_, at) => [`K${at}`, ''])) },
      'too_many_secrets',
    ],
  ])('are not stored if one of them is invalid (%s)', async (_, body, code) => {
    const withGood = typeof body === 'object' && body !== null && 'secrets' in body && !Array.isArray(body.secrets)
    const before = older.secret(TENANT, 'GOOD')
    const filled =
      withGood && code !== 'body_invalid' ? { secrets: { GOOD: 'new', ...(body.secrets as object) } } : body
    expect(await put(filled)).toEqual({ status: 422, body: { error: { code, message: expect.any(String) } } })
    expect(older.secret(TENANT, 'GOOD')).toBe(before)
  })

  test('are accepted as JSON only, and in a body of at most 1 MiB', async () => {
    expect((await put({ secrets: { A: '1' } }, 'text/plain')).status).toBe(422)
    expect((await put({ secrets: { A: 'x'.repeat(1_100_000) } })).status).toBe(413)
  })

  test('can be set a thousand at a time', async () => {
    const secrets = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`MANY_${at}`, `value ${at}`]))
    await cloud().setSecrets('tenant_staging', secrets)
    expect((await cloud().listSecretKeys('tenant_staging')).keys.length).toBeGreaterThanOrEqual(1_000)
  })
})

describe('permissions:', () => {
  test('a viewer sees names and changes nothing, and the audit log has the attempts', async () => {
    const viewer = cloud(older.token('user_viewer'))
    expect((await viewer.listSecretKeys(TENANT)).keys).toContain('A')
    expect(await codeOf(viewer.setSecrets(TENANT, { A: 'x' }))).toBe('FORBIDDEN 403 forbidden')
    expect(await codeOf(viewer.unsetSecret(TENANT, 'A'))).toBe('FORBIDDEN 403 forbidden')
    const { data } = await viewer.auditSecrets(TENANT, { limit: 2 })
    expect(data.map(({ actor, action, key }) => [actor, action, key])).toEqual([
      ['viewer@example.com', 'denied', 'A'],
      ['viewer@example.com', 'denied', 'A'],
    ])
  })

  test('another user’s tenant looks like one that does not exist', async () => {
    const [theirs, none] = ['tenant_other', 'tenant_none'].map((tenant) => codeOf(cloud().listSecretKeys(tenant)))
    expect(await theirs).toBe('NOT_FOUND 404 tenant_not_found')
    expect(await theirs).toBe(await none)
    expect((await cloud().listTenants()).map(({ id }) => id)).toEqual(['tenant_demo', 'tenant_staging'])
    expect((await cloud().whoami()).tenants?.map(({ id }) => id)).toEqual(['tenant_demo', 'tenant_staging'])
  })

  test.each<[string, (good: string) => string]>([
    ['not a token', () => 'x'],
    ['a token of the service', (good) => good.replace('sp_test_', 'sp_live_')],
    ['another signature', (good) => `${good.slice(0, -4)}AAAA`],
    [
      'another payload',
      (good) => good.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"user_dev"}').toString('base64url')}.`),
    ],
    ['algorithm none', (good) => good.replace(/_ey[^.]+/, `_${Buffer.from('{"alg":"none"}').toString('base64url')}`)],
    ['an additional part', (good) => `${good}.x`],
  ])('an invalid token is rejected (%s)', async (_, change) => {
    expect(await codeOf(cloud(change(older.token())).whoami())).toBe('NOT_LOGGED_IN 401 unauthorized')
  })

  test('a token expires by a clock that can be moved, and can be revoked', async () => {
    const fresh = await startEmulator({ exchange: false })
    const token = fresh.token('user_dev', 3600)
    const client = new CloudClient({ apiUrl: fresh.url, token })
    fresh.moveClock(3_598_000)
    expect(await codeOf(client.whoami())).toBe('no error')
    fresh.moveClock(3_000)
    expect(await codeOf(client.whoami())).toBe('NOT_LOGGED_IN 401 unauthorized')
    fresh.moveClock(-3_600_000)
    expect(await codeOf(client.whoami())).toBe('no error')
    fresh.revoke(token)
    expect(await codeOf(client.whoami())).toBe('NOT_LOGGED_IN 401 unauthorized')
    await fresh.close()
  })

  test('too many requests with one token get a 429 with the time to wait', async () => {
    const fresh = await startEmulator({ requests: 3 })
    const pauses: number[] = []
    const clock = {
      now: () => Date.now(),
      random: () => 0,
      sleep: async (time: number) => {
        pauses.push(time)
        fresh.moveClock(time)
      },
    }
    const client = new CloudClient({ apiUrl: fresh.url, token: fresh.token(), clock })
    for (const _ of [1, 2, 3, 4]) await client.whoami()
    expect(pauses).toEqual([expect.closeTo(60_000, -4)])
    await new CloudClient({ apiUrl: fresh.url, token: fresh.token('user_other') }).whoami()
    await fresh.close()
  })
})

describe('the token exchange', () => {
  test('is required for tenant requests only', async () => {
    const client = new CloudClient({ apiUrl: proxy.url, token: emulator.token() })
    // The resource is the emulator's own URL; the proxy in front of it has another.
    expect(await codeOf(client.listSecretKeys(TENANT))).toBe('NOT_LOGGED_IN 401 unauthorized')
    const direct = new CloudClient({ apiUrl: emulator.url, token: emulator.token() })
    expect((await direct.listSecretKeys(TENANT)).keys).toEqual([])
    expect((await client.whoami()).user.email).toBe('dev@example.com')
  })

  test('returns a token that is valid for tenant requests only', async () => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: emulator.token(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: emulator.url,
      client_id: 'sp_web',
    })
    const exchange = (body: URLSearchParams) =>
      fetch(`${proxy.url}/api/v1/core/oauth/token`, {
        method: 'POST',
        body: body.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const answer = (await (await exchange(form)).json()) as { access_token: string; expires_in: number }
    expect(answer.expires_in).toBe(300)
    const short = new CloudClient({ apiUrl: emulator.url, token: answer.access_token })
    expect((await short.listSecretKeys(TENANT)).keys).toEqual([])
    expect(await codeOf(short.whoami())).toBe('NOT_LOGGED_IN 401 unauthorized')
    for (const name of form.keys()) {
      const wrong = new URLSearchParams(form)
      wrong.set(name, 'x')
      expect((await exchange(wrong)).status, name).toBe(name === 'subject_token' ? 401 : 400)
    }
  })

  test('does not exist on an older service', async () => {
    expect(
      (
        await raw('POST', '/api/v1/core/oauth/token', {
          body: 'a=b',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
      ).status,
    ).toBe(404)
  })
})

describe('the audit log', () => {
  test('lists everything that was done, newest first, page by page', async () => {
    const fresh = await startEmulator({ exchange: false })
    const between = await contractProxy(fresh.url)
    const client = new CloudClient({ apiUrl: between.url, token: fresh.token() })
    await client.setSecrets(TENANT, { A: 'canary-1', B: 'canary-2' })
    await client.listSecretKeys(TENANT)
    await client.unsetSecret(TENANT, 'A')
    const pages = []
    let cursor: string | undefined
    do {
      const page = await client.auditSecrets(TENANT, { limit: 2, cursor })
      pages.push(page.data)
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    expect(pages.map((page) => page.map(({ action, key }) => `${action} ${key}`))).toEqual([
      ['unset A', 'list *'],
      ['set B', 'set A'],
    ])
    expect(pages.flat().every(({ client: agent }) => agent?.startsWith('systemprompt-env/'))).toBe(true)
    expect(JSON.stringify(pages)).not.toContain('canary')
    expect(between.violations).toEqual([])
    await fresh.close()
  })

  test.each(['0', '501', '-1', 'x', '1.5', ''])('rejects the limit %j', async (limit) => {
    expect((await raw('GET', `/api/v1/tenants/${TENANT}/secrets/audit?limit=${limit}`)).status).toBe(422)
  })

  test('rejects an unknown cursor', async () => {
    expect((await raw('GET', `/api/v1/tenants/${TENANT}/secrets/audit?cursor=nowhere`)).status).toBe(422)
  })
})

test('a login can be reported; an unknown event is rejected', async () => {
  await cloud().reportActivity('cloud_login', 'user_dev', new Date())
  const wrong = await raw('POST', '/api/v1/activity', {
    body: '{"event":"x"}',
    headers: { 'content-type': 'application/json' },
  })
  expect(wrong.status).toBe(422)
})

test.each([
  '/api/v1/auth/oauth/gitlab?redirect_uri=http://127.0.0.1:1/callback',
  '/api/v1/auth/oauth/github',
  ...[
    'https://127.0.0.1/callback',
    'http://example.com/callback',
    'http://127.0.0.1.example.com/callback',
    'http://u@127.0.0.1/callback',
    'http://127.0.0.1/elsewhere',
    'http://127.0.0.1/callbackx',
    'javascript:alert(1)',
    'x',
  ].map((uri) => `/api/v1/auth/oauth/github?redirect_uri=${encodeURIComponent(uri)}`),
])('a login is not started by %s', async (path) => {
  expect((await raw('GET', path)).status).toBeGreaterThanOrEqual(400)
})

test('an unknown operation gets an error as in the contract', async () => {
  expect((await raw('GET', '/api/v2')).body).toEqual({ error: { code: 'not_found', message: expect.any(String) } })
})

test('no request and no response violated the contract, and every operation was used', async () => {
  const client = cloud()
  await client.beginLogin('github', 'http://127.0.0.1:8765/callback/nonce')
  expect([...proxy.violations, ...olderProxy.violations.filter((each) => !/no operation/.test(each))]).toEqual([])
  const good = [...proxy.covered, ...olderProxy.covered]
    .filter((each) => / 20\d$/.test(each))
    .map((each) => each.split(' ')[0])
  expect([...new Set(good)].sort()).toEqual(OPERATIONS.map(({ id }) => id).sort())
})
