import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Control, control } from './control.ts'
import type { Faults } from './faults.ts'
import { deliver, injectFault } from './inject-fault.ts'

export interface ServerOptions {
  /** 0 for any free port. */
  readonly port: number
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** Bytes of a request's body. */
  readonly maxBytes: number
  readonly faults: Faults
  /** If absent, there is no test API. */
  readonly control?: Control
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Serves on the loopback address only, and only requests that name it as their host. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer(
    (incoming, outgoing) => void handle(incoming, outgoing, server, options).catch(() => outgoing.destroy()),
  )
  // By itself, Node closes the connection without a response.
  server.on('connect', (_, socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(`HTTP/1.1 405 ${STATUS_CODES[405]}\r\nconnection: close\r\n\r\n`)
  })
  // A body that is sent byte by byte does not block anything for long.
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

async function handle(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  server: Server,
  options: ServerOptions,
): Promise<void> {
  outgoing.on('error', () => undefined)
  incoming.on('error', () => undefined)
  const { method = 'GET', url = '/' } = incoming
  if (!isForUs(incoming, server))
    return refuse(outgoing, 403, 'host_invalid', 'The emulator answers only on 127.0.0.1 and localhost')
  // A Request cannot have this method.
  if (method === 'TRACE') return refuse(outgoing, 405, 'method_not_allowed', 'The emulator does not accept TRACE')
  const body = await bodyOf(incoming, options.maxBytes)
  if (body === undefined)
    return refuse(outgoing, 413, 'body_too_large', `A request body can have at most ${options.maxBytes} bytes`)
  const path = url.split('?')[0] ?? '/'
  if (path.startsWith('/_test/') && options.control) {
    if (control(path, incoming, body, options.faults, options.control)) return void outgoing.writeHead(204).end()
    return refuse(
      outgoing,
      422,
      'test_invalid',
      'POST faults {rules, seed}, clock {advance} or revoke {token}, as JSON',
    )
  }
  const respond = async (): Promise<Response> => options.fetch(toRequest(incoming, body))
  const fault = options.faults.next(method, path)
  if (fault) await injectFault(fault, outgoing, respond)
  else await deliver(outgoing, await respond())
}

/**
 * A page of another site can make a browser send requests here: through a name that resolves to 127.0.0.1, which the
 * Host header reveals, or directly, which the Origin header reveals.
 */
function isForUs({ headers }: IncomingMessage, server: Server): boolean {
  const address = server.address() as AddressInfo | null
  if (!address) return false
  const hosts = [`127.0.0.1:${address.port}`, `localhost:${address.port}`]
  const { host = '', origin } = headers
  // A form sent with no-referrer has the origin "null".
  return (
    hosts.includes(host) &&
    (origin === undefined || origin === 'null' || hosts.some((own) => origin === `http://${own}`))
  )
}

/** A body that is too large is read, and discarded, up to this many times the allowed size. */
const DISCARD_FACTOR = 64

/**
 * Undefined for a body that is too large. It is read anyway: closing the connection while the client still sends would
 * reset it, and the response would be lost.
 */
async function bodyOf(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      size += part.length
      if (size > maxBytes * DISCARD_FACTOR) return undefined
      if (size > maxBytes) parts.length = 0
      else parts.push(part)
    }
  } catch {
    return undefined
  }
  return size > maxBytes ? undefined : Buffer.concat(parts)
}

function toRequest({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): Request {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // Not resolved against the host: //name/ would be another host, and //:99999/ no URL at all.
  return new Request(`http://${headers.host}${url.startsWith('/') ? url : '/'}`, {
    method,
    headers: given,
    ...(hasBody ? { body: new Uint8Array(body) } : {}),
  })
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  outgoing.end(JSON.stringify({ error: { code, message } }))
}
