import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterFile } from './after-file.ts'

export interface Recorded {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface TestServer {
  /** `http://127.0.0.1:49152` */
  readonly url: string
  readonly port: number
  readonly requests: Recorded[]
  close(): Promise<void>
}

export type Respond = (request: Recorded, response: ServerResponse, number: number) => void

const running: TestServer[] = []

afterFile(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

/** A real server on loopback that records its requests; closed after the tests of the file. */
export async function serve(respond: Respond): Promise<TestServer> {
  const requests: Recorded[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const recorded = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString('utf8'),
      }
      requests.push(recorded)
      respond(recorded, response, requests.length)
    })
  })
  return listen(server, requests)
}

export async function listen(server: Server, requests: Recorded[] = []): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  const running_ = { url: `http://127.0.0.1:${port}`, port, requests, close }
  running.push(running_)
  return running_
}

export function json(
  response: ServerResponse,
  status: number,
  data?: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(data === undefined ? undefined : JSON.stringify(data))
}
