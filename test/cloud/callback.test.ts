import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Callback, openCallback } from '../../src/cloud/callback.ts'
import { checkedAuthorizeUrl } from '../../src/cloud/login.ts'
import { sampled, seeded } from '../support/random.ts'

const TOKEN = 'sp_test_e30.eyJleHAiOjk5OTk5OTk5OTl9.sig'

const open: Callback[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((callback) => callback.close()))
})

async function opened(): Promise<Callback> {
  const callback = await openCallback(0)
  open.push(callback)
  return callback
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A request with exactly these headers, some of which fetch would not send. */
function ask(
  address: string,
  options: { method?: string; headers?: Record<string, string>; path?: string } = {},
): Promise<Answer> {
  const { hostname, port, pathname, search, host } = new URL(address)
  const { method = 'GET', headers = {}, path = pathname + search } = options
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: { host, ...headers } }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Whether the login is still waiting. */
async function waits({ result }: Callback): Promise<boolean> {
  return (await Promise.race([result, 'waiting'])) === 'waiting'
}

describe('the callback of the browser', () => {
  test('with a token redirects to a page that contains no token anywhere', async () => {
    const callback = await opened()
    expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\/[\w-]{43}$/)
    const back = await ask(`${callback.redirectUri}?access_token=${TOKEN}`)
    expect(await callback.result).toEqual({ token: TOKEN })
    expect(back.status).toBe(303)
    const page = await ask(new URL(String(back.headers.location), callback.redirectUri).href)
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('You are logged in')])
    expect(page.body).toContain('prefers-color-scheme: dark')
    for (const { headers, body } of [back, page]) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      })
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(JSON.stringify(headers) + body).not.toContain(TOKEN.slice(0, 12))
    }
  })

  test('with an error ends the login with that error, and shows a page too', async () => {
    const callback = await opened()
    const back = await ask(`${callback.redirectUri}?error=access_denied&error_description=User%20said%20no`)
    expect(await callback.result).toEqual({ error: 'access_denied', description: 'User said no' })
    const page = await ask(new URL(String(back.headers.location), callback.redirectUri).href)
    expect(page.body).toContain('login failed')
  })

  test('is accepted once: a second token changes nothing', async () => {
    const callback = await opened()
    await ask(`${callback.redirectUri}?access_token=${TOKEN}`)
    expect((await ask(`${callback.redirectUri}?access_token=other`)).status).toBe(400)
    expect(await callback.result).toEqual({ token: TOKEN })
  })

  test('uses another port when the registered one is in use', async () => {
    const first = await opened()
    const { port } = new URL(first.redirectUri)
    const second = await openCallback(Number(port))
    open.push(second)
    expect(new URL(second.redirectUri).port).not.toBe(port)
  })

  test.each<[string, (redirect: string) => string, boolean]>([
    ['is accepted unchanged', (redirect) => `${redirect}?access_token=${TOKEN}`, true],
    ['is accepted with spaces around it', (redirect) => `  ${redirect}?access_token=${TOKEN}\n`, true],
    ['is rejected without a token', (redirect) => redirect, false],
    [
      'is rejected if it is that of another login',
      (redirect) => `${redirect.slice(0, -3)}abc?access_token=${TOKEN}`,
      false,
    ],
    [
      'is rejected if it has another port',
      (redirect) => `${redirect.replace(/:\d+/, ':1')}?access_token=${TOKEN}`,
      false,
    ],
    ['is rejected if it is not a URL', () => 'sk-ant-something', false],
  ])('pasted from another machine %s', async (_, address, isTaken) => {
    const callback = await opened()
    expect(callback.paste(address(callback.redirectUri))).toBe(isTaken)
    expect(await waits(callback)).toBe(!isTaken)
  })
})

describe('a request that is not the callback gets a 400, and the login keeps waiting:', () => {
  const HOSTS = ['own', 'localhost', 'evil.example', 'none', 'twice']
  const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS']
  const MODES = [undefined, 'navigate', 'cors', 'no-cors']
  const ORIGINS = [undefined, 'https://evil.example', 'null']
  const combinations = HOSTS.flatMap((host) =>
    METHODS.flatMap((method) => MODES.flatMap((mode) => ORIGINS.map((origin) => ({ host, method, mode, origin })))),
  )

  test(`${combinations.length} combinations of headers, of which only those of a browser are accepted`, async () => {
    const accepted: string[] = []
    for (const { host, method, mode, origin } of combinations) {
      const callback = await opened()
      const { port } = new URL(callback.redirectUri)
      const names: Record<string, string> = {
        own: `127.0.0.1:${port}`,
        localhost: `localhost:${port}`,
        'evil.example': 'evil.example',
        none: '127.0.0.1',
        twice: `127.0.0.1:${port}, evil.example`,
      }
      const headers = {
        host: names[host] ?? '',
        ...(mode ? { 'sec-fetch-mode': mode } : {}),
        ...(origin ? { origin } : {}),
      }
      const { status } = await ask(`${callback.redirectUri}?access_token=${TOKEN}`, { method, headers })
      if (status !== 400) accepted.push(`${host} ${method} ${mode} ${origin}`)
      expect(await waits(callback)).toBe(status === 400)
      await callback.close()
    }
    expect(accepted).toEqual(['own GET undefined undefined', 'own GET navigate undefined'])
  }, 30_000)

  test.each<[string, Record<string, string>]>([
    ['for an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'navigate' }],
    ['for a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
  ])('%s on a page of another site', async (_, headers) => {
    const callback = await opened()
    expect((await ask(`${callback.redirectUri}?access_token=${TOKEN}`, { headers })).status).toBe(400)
    expect(await waits(callback)).toBe(true)
  })

  test('forged callbacks, none of which is accepted, before the real one', async () => {
    const random = seeded()
    const callback = await opened()
    const { origin, pathname } = new URL(callback.redirectUri)
    const nonce = pathname.slice('/callback/'.length)
    const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_']
    const forged: readonly (() => string)[] = [
      () => `/callback?access_token=${TOKEN}`,
      () => `/callback/?access_token=${TOKEN}`,
      () => `/callback/${Array.from({ length: 43 }, () => random.pick(letters)).join('')}?access_token=${TOKEN}`,
      () => `/callback/${nonce.slice(0, random.below(43))}?access_token=${TOKEN}`,
      () => `/callback/${nonce}x?access_token=${TOKEN}`,
      () => `/callback/${nonce}/?access_token=${TOKEN}`,
      () => `/callback/${nonce.toUpperCase()}x?access_token=${TOKEN}`,
      () => `//callback/${nonce}?access_token=${TOKEN}`,
      () => `/callback/${nonce}`,
      () => `/callback/${nonce}?access_token=`,
      () => `/callback/${nonce}?access_token=a&access_token=b`,
      () => `/callback/${nonce}?access_token=a&error=b`,
      () => `/callback/${nonce}?access_token=${encodeURIComponent('a b')}`,
      () => `/callback/${nonce}?access_token=${encodeURIComponent('ä')}`,
      () => `/callback/${nonce}?access_token=${'x'.repeat(8_193)}`,
      () => `/callback/${nonce}?token=${TOKEN}`,
      () => `/callback/?error=access_denied`,
      () => `/done/${nonce}`,
      () => '/',
      () => '/favicon.ico',
    ]
    for (let count = 0; count < sampled(200, 10_000); count++) {
      const path = (forged[count % forged.length] ?? (() => '/'))()
      expect((await ask(origin, { path })).status, `${path} (seed ${random.seed})`).toBe(400)
    }
    expect(await waits(callback)).toBe(true)
    await ask(`${callback.redirectUri}?access_token=${TOKEN}`)
    expect(await callback.result).toEqual({ token: TOKEN })
  }, 60_000)
})

test('a browser that is slow to follow the redirect still gets its page, and then the login ends at once', async () => {
  const callback = await openCallback(0)
  const { headers } = await ask(`${callback.redirectUri}?access_token=${TOKEN}`)
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const closed = callback.close()
  vi.advanceTimersByTime(1_500)
  const page = await ask(new URL(String(headers.location), callback.redirectUri).href)
  expect(page.status).toBe(200)
  await closed
})

test('idle connections do not delay the end of the login', async () => {
  const callback = await openCallback(0)
  const { port } = new URL(callback.redirectUri)
  const idle = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined))
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  const closed = idle.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  await ask(`${callback.redirectUri}?access_token=${TOKEN}`)
  await callback.close()
  await expect(Promise.all(closed)).resolves.toHaveLength(4)
})

describe('an authorize URL', () => {
  const api = 'https://api.systemprompt.io'
  test.each([
    [api, 'https://github.com/login/oauth/authorize?client_id=x'],
    [api, 'https://accounts.google.com/o/oauth2/v2/auth?x=1'],
    [api, 'https://api.systemprompt.io/authorize'],
    [api, 'https://login.systemprompt.io/authorize'],
    ['https://cloud.example.com', 'https://cloud.example.com/authorize'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/login/oauth/authorize?state=x'],
  ])('for %s: %s is opened', (apiUrl, address) => {
    expect(checkedAuthorizeUrl(address, apiUrl)).toBe(new URL(address).href)
  })

  test.each([
    [api, 'http://github.com/login'],
    [api, 'https://github.com.evil.example/login'],
    [api, 'https://evilsystemprompt.io/'],
    [api, 'https://user:pass@github.com/'],
    [api, 'http://127.0.0.1:8787/'],
    [api, 'file:///etc/passwd'],
    [api, 'javascript:alert(1)'],
    [api, 'data:text/html,x'],
    [api, '--version'],
    [api, ''],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8788/'],
    ['http://127.0.0.1:8787', 'http://evil.example/'],
  ])('for %s: %s is refused', (apiUrl, address) => {
    expect(() => checkedAuthorizeUrl(address, apiUrl)).toThrowError(expect.objectContaining({ code: 'REFUSED' }))
  })
})
