import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseUrl } from '../url.ts'
import { landingPage } from './landing-page.ts'
import { isTokenText } from './token.ts'

/** What the browser came back with. */
export type LoginResult = { readonly token: string } | { readonly error: string; readonly description: string }

/** Waits on this machine for the browser to come back. */
export interface Callback {
  /** `http://127.0.0.1:8765/callback/<43 unguessable characters>` */
  readonly redirectUri: string
  readonly result: Promise<LoginResult>
  /** Takes a callback URL that was pasted from another machine; false if it is not valid. */
  paste(address: string): boolean
  /** Lets a browser that has come back load its page, then closes every connection. */
  close(): Promise<void>
}

/** The port registered with the providers. */
const PORT = 8765
/**
 * Milliseconds that a browser has to follow the redirect to its page, even on a busy machine; once it has, nothing
 * waits.
 */
const LANDING = 2_000

/**
 * Opens the URL that a login comes back to. Any request other than the one with which the browser ends this login
 * (another path, host or method, or one from a script) gets 400, and the wait continues.
 */
export async function openCallback(port = PORT): Promise<Callback> {
  const nonce = randomBytes(32).toString('base64url')
  const landing = randomBytes(32).toString('base64url')
  let settle: (result: LoginResult) => void = () => undefined
  const result = new Promise<LoginResult>((resolve) => {
    settle = resolve
  })
  let outcome: LoginResult | undefined
  let landed: () => void = () => undefined
  const hasLanded = new Promise<void>((resolve) => {
    landed = resolve
  })

  const server = createServer((request, response) => {
    const { pathname, searchParams } = addressOf(request)
    if (!isNavigation(request, server)) return refuse(response)
    if (outcome && isSame(pathname, `/done/${landing}`)) {
      response.on('close', landed)
      return respond(response, 200, {}, landingPage('error' in outcome ? 'failed' : 'done'))
    }
    const found = isSame(pathname, `/callback/${nonce}`) ? resultIn(searchParams) : undefined
    if (outcome || !found) return refuse(response)
    outcome = found
    // This request's URL contains the token; the URL of the page that stays on the screen does not.
    respond(response, 303, { location: `/done/${landing}` })
    settle(found)
  })
  server.requestTimeout = 5_000
  const origin = `http://127.0.0.1:${await listen(server, port)}`

  return {
    redirectUri: `${origin}/callback/${nonce}`,
    result,
    paste(address) {
      const url = parseUrl(address.trim())
      const isOurs = url?.origin === origin && isSame(url.pathname, `/callback/${nonce}`)
      const found = isOurs ? resultIn(url.searchParams) : undefined
      if (found) settle(found)
      return found !== undefined
    },
    async close() {
      if (outcome) await Promise.race([hasLanded, new Promise((resolve) => setTimeout(resolve, LANDING).unref())])
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Rejects what a page of another site, or another program on this machine, can make a browser send. */
function isNavigation({ method, headers }: IncomingMessage, server: Server): boolean {
  const address = server.address() as AddressInfo | null
  const hasHeader = (name: string, expected: string): boolean => (headers[name] ?? expected) === expected
  return (
    method === 'GET' &&
    headers.host === `127.0.0.1:${address?.port}` &&
    headers.origin === undefined &&
    hasHeader('sec-fetch-mode', 'navigate') &&
    hasHeader('sec-fetch-dest', 'document')
  )
}

/** Undefined for a query that has neither a token nor an error, or both. */
function resultIn(query: URLSearchParams): LoginResult | undefined {
  const [token, error] = [query.getAll('access_token'), query.getAll('error')]
  if (token.length + error.length !== 1) return undefined
  const [only = ''] = token
  if (token.length === 1) return isTokenText(only) ? { token: only } : undefined
  return { error: error[0] ?? '', description: query.get('error_description') ?? '' }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function addressOf({ url = '/' }: IncomingMessage): URL {
  return parseUrl(url, 'http://127.0.0.1') ?? new URL('http://127.0.0.1')
}

function refuse(response: ServerResponse): void {
  respond(response, 400, {}, landingPage('wrong'))
}

function respond(response: ServerResponse, status: number, headers: Record<string, string>, page = ''): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...headers,
  })
  response.end(page)
}

/** Listens on the wanted port, or on any free one. */
async function listen(server: Server, port: number): Promise<number> {
  for (const wanted of [port, 0]) {
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(wanted, '127.0.0.1', () => resolve(true))
    })
    server.removeAllListeners('error')
    if (isListening) break
  }
  return (server.address() as AddressInfo).port
}
