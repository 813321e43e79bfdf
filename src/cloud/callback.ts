import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseUrl } from '../url.ts'
import { landingPage } from './landing-page.ts'
import { isTokenText } from './token.ts'

/** How the browser came back. */
export type LoginAnswer = { readonly token: string } | { readonly error: string; readonly description: string }

/** Waits for the browser on this machine. */
export interface Callback {
  /** `http://127.0.0.1:8765/callback/<43 characters that nobody can guess>` */
  readonly redirectUri: string
  readonly answer: Promise<LoginAnswer>
  /** Takes the address that the browser ended on, pasted from another machine; false for one that is not right. */
  paste(address: string): boolean
  /** Lets a browser that has come back see its page, and ends every connection. */
  close(): Promise<void>
}

/** The port that is registered with the providers. */
const PORT = 8765
/** Milliseconds that a browser has to follow to its page, also on a busy machine; nobody waits for one that has. */
const LANDING = 2_000

/**
 * Opens the address that a login comes back to. A request that is not exactly what the browser sends at the end of
 * this login, another path, host, method or a script's request, is answered 400, and the waiting goes on.
 */
export async function openCallback(port = PORT): Promise<Callback> {
  const nonce = randomBytes(32).toString('base64url')
  const landing = randomBytes(32).toString('base64url')
  let settle: (answer: LoginAnswer) => void = () => undefined
  const answer = new Promise<LoginAnswer>((resolve) => {
    settle = resolve
  })
  let outcome: LoginAnswer | undefined
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
    const found = isSame(pathname, `/callback/${nonce}`) ? answerIn(searchParams) : undefined
    if (outcome || !found) return refuse(response)
    outcome = found
    // The token is in the address of this request; the page that stays on the screen has another.
    respond(response, 303, { location: `/done/${landing}` })
    settle(found)
  })
  server.requestTimeout = 5_000
  const origin = `http://127.0.0.1:${await listen(server, port)}`

  return {
    redirectUri: `${origin}/callback/${nonce}`,
    answer,
    paste(address) {
      const url = parseUrl(address.trim())
      const isOurs = url?.origin === origin && isSame(url.pathname, `/callback/${nonce}`)
      const found = isOurs ? answerIn(url.searchParams) : undefined
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

/** What a page of another site can make a browser send, or another program on this machine, is told apart here. */
function isNavigation({ method, headers }: IncomingMessage, server: Server): boolean {
  const address = server.address() as AddressInfo | null
  const says = (name: string, expected: string): boolean => (headers[name] ?? expected) === expected
  return (
    method === 'GET' &&
    headers.host === `127.0.0.1:${address?.port}` &&
    headers.origin === undefined &&
    says('sec-fetch-mode', 'navigate') &&
    says('sec-fetch-dest', 'document')
  )
}

/** undefined for a query that is neither a token nor an error, or is both. */
function answerIn(query: URLSearchParams): LoginAnswer | undefined {
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

/** The wanted port, or any that is free. */
async function listen(server: Server, port: number): Promise<number> {
  for (const wanted of [port, 0]) {
    const hasIt = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(wanted, '127.0.0.1', () => resolve(true))
    })
    server.removeAllListeners('error')
    if (hasIt) break
  }
  return (server.address() as AddressInfo).port
}
