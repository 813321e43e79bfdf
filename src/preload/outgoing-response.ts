import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

/** Of RFC 9113, section 7. */
const INTERNAL_ERROR = 2

export type Callback = (error?: Error | null) => void
export type WriteArguments = [chunk?: unknown, encoding?: unknown, done?: unknown]
export type WriteHead = (this: OutgoingResponse, status: number, ...given: unknown[]) => unknown
export type SendHeaders = (this: OutgoingResponse, ...given: unknown[]) => unknown

/** What the responses of HTTP/1 and HTTP/2 have in common. */
export interface OutgoingResponse
  extends Pick<ServerResponse, 'headersSent' | 'getHeaders' | 'removeHeader' | 'destroy'> {
  readonly statusCode: number
  statusMessage: string
  /** Null for what HTTP/2 pushes, which has no request. */
  readonly req: Pick<IncomingMessage, 'method' | 'url'> | null
  /** Of HTTP/2. */
  readonly stream?: Pick<ServerHttp2Stream, 'close'>
  write(...given: WriteArguments): boolean
  end(...given: WriteArguments): unknown
  writeHead: WriteHead
  /** The old name in HTTP/1, until Node 25. */
  writeHeader?: WriteHead
  addTrailers?: SendHeaders
  writeEarlyHints?: SendHeaders
  /** From Node 24 on. */
  writeInformation?: SendHeaders
  /** Of HTTP/2. */
  setTrailer?: (this: OutgoingResponse, name: string, value: unknown) => void
}

/** So that the client sees an error: to destroy a stream of HTTP/2 would look like its regular end. */
export function abort(response: OutgoingResponse): void {
  if (response.stream) response.stream.close(INTERNAL_ERROR)
  else response.destroy()
}

/** Whether the program closes the connection after this response. Node notes it when it makes the header. */
export function isLast(response: OutgoingResponse): boolean {
  return Reflect.get(response, '_last') === true || /^close$/i.test(String(response.getHeaders().connection))
}

/** Whether another status and other headers can be sent. Node keeps a header until the first part of the body. */
export function isUnsent(response: OutgoingResponse): boolean {
  if (response.headersSent && Reflect.get(response, '_headerSent') === false) {
    const _hasBody = response.req?.method !== 'HEAD'
    Object.assign(response, { _header: null, _hasBody, _contentLength: null, chunkedEncoding: false })
  }
  return !response.headersSent
}
