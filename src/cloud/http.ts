import { types } from 'node:util'
import type { Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import { systemCode } from '../files/system-code.ts'
import type { Environment } from '../options/options.ts'
import { isLoopback } from './endpoint.ts'
import { CloudError, isCloudError } from './errors.ts'

/** Bounds of one request (docs/security.md). Times are in milliseconds, sizes in bytes. */
export const BOUNDS = {
  connect: 5_000,
  headers: 10_000,
  /** Between two chunks of a response. */
  idle: 10_000,
  /** All attempts of one operation together. */
  total: 60_000,
  /** A response, after decompression. */
  response: 1024 * 1024,
} as const

export type Bounds = { readonly [Name in keyof typeof BOUNDS]: number }

/** One request to the service. Its headers contain the token. */
export interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The service's response. `text` is empty for a redirect, which is never followed. */
export interface Answer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly text: string
}

/** Sends one request, once. */
export interface Transport {
  /** @throws CloudError NETWORK, TIMEOUT, BAD_ANSWER, REFUSED */
  send(request: Request, timeout: number): Promise<Answer>
  /** Closes the connections that are kept alive. */
  close(): Promise<void>
}

/**
 * The only place that uses the network. Proxies from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are used, but never for
 * loopback.
 */
export function createTransport(env: Environment, bounds: Bounds = BOUNDS): Transport {
  let agents: Promise<Agents> | undefined
  const connect = (): Promise<Agents> => {
    agents ??= connectVia(env, bounds)
    return agents
  }
  return {
    async send(request, timeout) {
      const { fetch, direct, proxied } = await connect()
      const signal = AbortSignal.timeout(Math.ceil(timeout))
      try {
        const response = await fetch(request.url, {
          method: request.method,
          headers: { ...request.headers },
          ...(request.body === undefined ? {} : { body: request.body }),
          // Never followed: the body, which may be secrets, would be sent again to the target.
          redirect: 'manual',
          signal,
          dispatcher: isLoopback(request.url.hostname) ? direct : proxied,
        })
        const { status, body, headers } = response
        const isRedirect = status >= 300 && status < 400
        // A redirect's body may have no end, and would keep the process alive.
        if (isRedirect) await body?.cancel().catch(() => undefined)
        const text = isRedirect ? '' : await readBounded(body, bounds.response)
        return { status, header: (name) => headers.get(name) ?? undefined, text }
      } catch (error) {
        throw failure(error, signal.aborted)
      }
    },
    async close() {
      const open = await agents
      agents = undefined
      await Promise.all([open?.direct.destroy(), open?.proxied.destroy()])
    },
  }
}

interface Agents {
  readonly fetch: typeof import('undici').fetch
  readonly direct: EnvHttpProxyAgent
  readonly proxied: EnvHttpProxyAgent
}

async function connectVia(env: Environment, bounds: Bounds): Promise<Agents> {
  const { EnvHttpProxyAgent, fetch, Pool } = await import('undici')
  const connect = { timeout: bounds.connect }
  const options = {
    connect,
    proxyTls: connect,
    requestTls: connect,
    // A proxy that accepts a connection and stays silent would keep the process alive for five minutes: the request for
    // a tunnel has none of the bounds below, and does not end with ours.
    clientFactory: (origin: URL, given: object) =>
      withProxyErrors(new Pool(origin, { ...given, headersTimeout: bounds.connect })),
    headersTimeout: bounds.headers,
    bodyTimeout: bounds.idle,
    // All header lines of a response together.
    maxHeaderSize: 16 * 1024,
  }
  const proxyVariable = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? ''
  try {
    return {
      fetch,
      direct: new EnvHttpProxyAgent({ ...options, httpProxy: '', httpsProxy: '' }),
      proxied: new EnvHttpProxyAgent({
        ...options,
        httpProxy: proxyVariable('HTTP_PROXY'),
        httpsProxy: proxyVariable('HTTPS_PROXY'),
        noProxy: proxyVariable('NO_PROXY'),
      }),
    }
  } catch {
    // The error contains the URL, which may contain a password.
    throw new CloudError('REFUSED', 'The URL of the proxy is not valid', {
      remedy: 'Correct HTTPS_PROXY, HTTP_PROXY or NO_PROXY',
    })
  }
}

const PROXY = { remedy: 'Check HTTPS_PROXY and HTTP_PROXY, and run it again' }

/**
 * Reports a proxy's failures as the proxy's. If it hangs up, undici would reconnect again and again for as long as the
 * error is undici's own.
 */
function withProxyErrors(pool: Pool): Pool {
  const connect = pool.connect.bind(pool) as (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
      const tunnel = await connect(options).catch((error: unknown) => {
        const code = codeOf(error)
        if (UNTRUSTED.test(code)) throw error
        if (TIMEOUTS.includes(code)) throw new CloudError('TIMEOUT', 'The proxy did not respond in time', PROXY)
        throw new CloudError('NETWORK', `The proxy could not be reached (${code})`, PROXY)
      })
      if (tunnel.statusCode === 200) return tunnel
      tunnel.socket.on('error', () => undefined).destroy()
      throw new CloudError('NETWORK', `The proxy refused the connection (${tunnel.statusCode})`, PROXY)
    },
  })
}

async function readBounded(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.byteLength
    // Leaving the loop cancels the rest, which is then not decompressed.
    if (size > limit) throw new CloudError('BAD_ANSWER', 'The response is larger than 1 MiB', { isUncertain: true })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']

/** The original message may contain the URL, so only its code is used. */
function failure(error: unknown, hasTimedOut: boolean): CloudError {
  const known = [error, types.isNativeError(error) ? error.cause : undefined].find((candidate) =>
    isCloudError(candidate),
  )
  if (known) return known
  const code = codeOf(error)
  if (hasTimedOut || TIMEOUTS.includes(code)) {
    const isConnect = code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT'
    const what = isConnect ? 'The service could not be reached in time' : 'The service did not respond in time'
    return new CloudError('TIMEOUT', what, isConnect ? {} : { isUncertain: true })
  }
  if (/^Z_|^ERR__ERROR_FORMAT|^ERR_BROTLI|^ZSTD/.test(code)) {
    return new CloudError('BAD_ANSWER', 'The response is not compressed as its headers say', { isUncertain: true })
  }
  if (UNTRUSTED.test(code)) {
    return new CloudError('REFUSED', `The certificate of the service is not trusted (${code})`, {
      remedy: 'Check the URL; behind a company proxy set NODE_EXTRA_CA_CERTS',
    })
  }
  if (isBlockedPort(error)) {
    return new CloudError('REFUSED', 'The port of the service is one that HTTP clients refuse to use', {
      remedy: 'Check the URL; any other port works',
    })
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return new CloudError('REFUSED', "Node's permissions do not allow the network", {
      remedy: 'Start Node with --allow-net',
    })
  }
  if (UNSENT.test(code)) return new CloudError('NETWORK', `The service could not be reached (${code})`)
  return new CloudError('NETWORK', `The connection broke${code === '' ? '' : ` (${code})`}`, { isUncertain: true })
}

const UNTRUSTED = /CERT|^ERR_TLS|SELF_SIGNED|^UNABLE_/
/** No request was sent: nothing can have been done. */
const UNSENT = /^ECONNREFUSED$|^ENOTFOUND$|^EAI_|^EHOSTUNREACH$|^ENETUNREACH$/

/** Ports of other protocols, such as 25, which fetch refuses. */
function isBlockedPort(error: unknown): boolean {
  return types.isNativeError(error) && types.isNativeError(error.cause) && error.cause.message === 'bad port'
}

/** `ECONNRESET`, from the error or from its cause. */
function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; types.isNativeError(at) && depth < 5; at = at.cause, depth++) {
    const errors: unknown = Reflect.get(at, 'errors')
    const code = systemCode(Array.isArray(errors) ? errors[0] : at)
    if (code !== '') return code
  }
  return ''
}
