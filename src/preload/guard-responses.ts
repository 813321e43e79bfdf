import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { types } from 'node:util'
import { printable } from '../errors/frame.ts'
import { createGate, type Gate } from '../scan/gate.ts'
import type { Match, Matcher } from '../scan/matcher.ts'
import { nameToShow } from '../secrets/secret.ts'

const WITHHELD = 'This response was withheld because it contains a secret. The log of the server says which.\n'

/** Of RFC 9113, section 7. */
const INTERNAL_ERROR = 2

/** The longest path in a message, in UTF-16 units. */
const LONGEST_PATH = 100

type Callback = (error?: Error | null) => void
type WriteArguments = [chunk?: unknown, encoding?: unknown, done?: unknown]
type IsBytes = (chunk: unknown) => chunk is ArrayBufferView

interface Parts {
  readonly chunk?: Uint8Array
  readonly done?: Callback
}

/** What the responses of HTTP/1 and HTTP/2 have in common. */
interface OutgoingResponse extends Pick<ServerResponse, 'headersSent' | 'getHeaders' | 'removeHeader' | 'destroy'> {
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

type SendHeaders = (this: OutgoingResponse, ...given: unknown[]) => unknown

type WriteHead = (this: OutgoingResponse, status: number, ...given: unknown[]) => unknown

interface Guard {
  readonly matcher: Matcher
  readonly report: (message: string) => void
  readonly isHttp2: boolean
}

/**
 * From now on, withholds every response of this process's HTTP servers that contains a secret, and leaves out headers
 * that contain one. Programs see clients that accept no compression: a compressed response cannot be searched.
 *
 * @returns a function that ends this
 */
export function guardResponses(matcher: Matcher, report: Guard['report']): () => void {
  const { Server, ServerResponse } = process.getBuiltinModule('node:http')
  const { Server: SecureServer } = process.getBuiltinModule('node:https')
  const { createServer, createSecureServer, Http2ServerResponse } = process.getBuiltinModule('node:http2')
  const http2 = [createServer(), createSecureServer()].map((server) => Object.getPrototypeOf(server) as EventEmitter)
  const restores = [
    ...[Server.prototype, SecureServer.prototype, ...http2].map(disableCompression),
    guard(ServerResponse.prototype as unknown as OutgoingResponse, { matcher, report, isHttp2: false }),
    guard(Http2ServerResponse.prototype as unknown as OutgoingResponse, { matcher, report, isHttp2: true }),
  ]
  return () => {
    for (const restore of restores) restore()
  }
}

function disableCompression(prototype: EventEmitter): () => void {
  const { emit } = prototype
  const hadOwnEmit = Object.hasOwn(prototype, 'emit')
  prototype.emit = function (event, ...given: unknown[]) {
    if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation')
      acceptOnlyIdentity(given[0] as IncomingMessage)
    return emit.call(this, event, ...given)
  }
  return () => {
    if (hadOwnEmit) prototype.emit = emit
    else Reflect.deleteProperty(prototype, 'emit')
  }
}

/** Says of a request that its client accepts no compression. */
function acceptOnlyIdentity({ headers, rawHeaders }: IncomingMessage): void {
  if (headers['accept-encoding'] === undefined) return
  headers['accept-encoding'] = 'identity'
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === 'accept-encoding') rawHeaders[at + 1] = 'identity'
}

function guard(prototype: OutgoingResponse, { matcher, report, isHttp2 }: Guard): () => void {
  const { write, end, writeHead, writeHeader, addTrailers, writeEarlyHints, writeInformation, setTrailer } = prototype
  /** Whether Node sends it. Bytes can come from another realm, such as a context of `node:vm`. */
  const isBytes: IsBytes = isHttp2 ? ArrayBuffer.isView : types.isUint8Array
  const gates = new WeakMap<OutgoingResponse, Gate | 'open' | 'closed'>()
  /** Responses of which Node has got a part of the body, which it may keep for a while. */
  const started = new WeakSet<OutgoingResponse>()

  prototype.write = function (...given) {
    const gate = gateOf(this)
    if (gate === 'open') return write.apply(this, given)
    const { chunk, done } = partsOf(given, isBytes)
    if (gate === 'closed') {
      discard(done)
      return false
    }
    if (isHttp2) cleanHeaders(this)
    const passed = chunk && gate.push(chunk)
    if (isMatch(passed)) return withhold(this, passed, done)
    try {
      if (passed?.length === 0 && passed !== chunk) {
        // Or a length that is set afterwards would not count the chunk. HTTP/2 would send the head at once.
        if (!isHttp2 && !this.headersSent) this.writeHead(this.statusCode)
        return discard(done)
      }
      const isSent = !passed || passed === chunk ? write.apply(this, given) : write.call(this, passed, done)
      started.add(this)
      return isSent
    } catch (error) {
      // Node refuses the head, and the program may send something else.
      if (!this.headersSent) gates.delete(this)
      throw error
    }
  }

  prototype.end = function (...given) {
    const gate = gateOf(this)
    if (gate === 'open') return end.apply(this, given)
    const { chunk, done } = partsOf(given, isBytes)
    if (gate === 'closed') {
      discard(done)
      return this
    }
    // Node refuses the chunk, and the program may send something else.
    if (!chunk && given[0] && given[0] !== done) return end.apply(this, given)
    if (isHttp2) cleanHeaders(this)
    const rest = gate.end(chunk)
    if (isMatch(rest)) {
      withhold(this, rest, done)
      return this
    }
    return endUnguarded(this, rest === chunk || rest.length === 0 ? given : [rest, done])
  }

  prototype.writeHead = withCleanHeaders(writeHead)
  if (writeHeader) prototype.writeHeader = withCleanHeaders(writeHeader)
  if (addTrailers) prototype.addTrailers = withCleanArguments(addTrailers)
  if (writeEarlyHints) prototype.writeEarlyHints = withCleanArguments(writeEarlyHints)
  if (writeInformation) prototype.writeInformation = withCleanArguments(writeInformation)
  if (setTrailer)
    prototype.setTrailer = function (name, value) {
      if (!isSecretHeader(name, value, this)) setTrailer.call(this, name, value)
    }

  return () => {
    const original = { write, end, writeHead, writeHeader, addTrailers, writeEarlyHints, writeInformation, setTrailer }
    for (const [name, method] of Object.entries(original)) if (method) Reflect.set(prototype, name, method)
  }

  function gateOf(response: OutgoingResponse): Gate | 'open' | 'closed' {
    const known = gates.get(response)
    if (known) return known
    const gate = createGate(matcher)
    gates.set(response, gate)
    return gate
  }

  /** Node may call `write` for the last chunk. If this fails, the program may send something else. */
  function endUnguarded(response: OutgoingResponse, given: WriteArguments): unknown {
    const gate = gateOf(response)
    gates.set(response, 'open')
    try {
      return end.apply(response, given)
    } catch (error) {
      gates.set(response, gate)
      throw error
    }
  }

  function withCleanHeaders(send: WriteHead): WriteHead {
    return function (status, ...given) {
      cleanHeaders(this)
      if (!isHttp2 && isSecretReason(this.statusMessage, this)) this.statusMessage = ''
      const cleaned = given
        .map((each) => (typeof each === 'object' ? withoutSecrets(each, this) : each))
        .filter((each) => !isSecretReason(each, this))
      return send.call(this, status, ...cleaned)
    }
  }

  /** For headers that are sent apart from those of the response. */
  function withCleanArguments(send: SendHeaders): SendHeaders {
    return function (...given) {
      return send.apply(
        this,
        given.map((each) => (typeof each === 'object' ? withoutSecrets(each, this) : each)),
      )
    }
  }

  /** Returns false, as `write` does for what is not wanted: a source that is piped stops. */
  function withhold(response: OutgoingResponse, found: Match, done: Callback | undefined): false {
    report(`The response to ${requestOf(response)} was withheld: ${contains(found)}`)
    if (!started.has(response) && isUnsent(response)) {
      const connection = isLast(response) ? { connection: 'close' } : {}
      for (const name of Object.keys(response.getHeaders())) response.removeHeader(name)
      const content = { 'content-type': 'text/plain; charset=utf-8', 'content-length': WITHHELD.length }
      // HTTP/2 has no reason phrases, and the program may have set one.
      writeHead.call(response, 500, ...(isHttp2 ? [] : ['Internal Server Error']), { ...content, ...connection })
      endUnguarded(response, [WITHHELD])
    } else abort(response)
    gates.set(response, 'closed')
    discard(done)
    return false
  }

  /** For HTTP/1 in `writeHead`, which Node calls before it sends headers, whoever has set them. */
  function cleanHeaders(response: OutgoingResponse): void {
    const headers = Object.entries(response.headersSent ? {} : response.getHeaders())
    // In most cases, one search is enough.
    if (!secretIn(headers.map(([name, value]) => `${name}: ${textOf(value)}`).join('\n'))) return
    for (const [name, value] of headers) if (isSecretHeader(name, value, response)) response.removeHeader(name)
  }

  /** Headers as `writeHead` takes them: an object, a list of names and values, or a list of pairs. */
  function withoutSecrets(headers: object | null, response: OutgoingResponse): unknown {
    if (!headers) return headers
    const isFlat = Array.isArray(headers) && !Array.isArray(headers[0])
    const pairs = isFlat ? pairsIn(headers) : Array.isArray(headers) ? headers : Object.entries(headers)
    const kept = (pairs as [string, unknown][]).filter(([name, value]) => !isSecretHeader(name, value, response))
    return isFlat ? kept.flat() : Array.isArray(headers) ? kept : Object.fromEntries(kept)
  }

  function isSecretHeader(name: string, value: unknown, response: OutgoingResponse): boolean {
    const found = secretIn(`${name}: ${textOf(value)}`)
    if (!found) return false
    const shown = secretIn(name) ? '…' : printable(name)
    report(`The header ${shown} was left out of the response to ${requestOf(response)}: ${contains(found)}`)
    return true
  }

  function isSecretReason(reason: unknown, response: OutgoingResponse): boolean {
    const found = typeof reason === 'string' ? secretIn(reason) : undefined
    if (found) report(`The reason phrase was left out of the response to ${requestOf(response)}: ${contains(found)}`)
    return found !== undefined
  }

  function secretIn(text: string): Match | undefined {
    return matcher.find(text)[0]
  }

  /** Without its query, in which clients send what is theirs. */
  function requestOf({ req }: OutgoingResponse): string {
    if (!req) return 'a pushed request'
    const { method = '', url = '' } = req
    // Programs replace it, also by a URL that is an object.
    const [path = ''] = String(url).split(/[?#]/, 1)
    return `${method} ${secretIn(path) ? '…' : printable(path.slice(0, LONGEST_PATH))}`
  }
}

function contains({ name, part, form }: Match): string {
  const details = [part, form === 'plain' ? undefined : form].filter((each) => each !== undefined)
  return `it contains the secret ${nameToShow(name)}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

function pairsIn(list: readonly unknown[]): [unknown, unknown][] {
  return list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]] as [unknown, unknown]] : []))
}

/** A header can have several values. */
function textOf(value: unknown): string {
  return [value].flat().join('\n')
}

/** The arguments of `write` and `end`. No chunk means that there is none, or none that Node accepts. */
function partsOf([chunk, encoding, done]: WriteArguments, isBytes: IsBytes): Parts {
  const callback = [chunk, encoding, done].find((each) => typeof each === 'function') as Callback | undefined
  const parts = callback ? { done: callback } : {}
  if (typeof chunk === 'string') {
    // To Node 20 and 22, 'buffer' is no encoding. Newer ones refuse it themselves.
    const isEncoded = typeof encoding === 'string' && encoding !== 'buffer'
    return { ...parts, chunk: Buffer.from(chunk, isEncoded ? (encoding as BufferEncoding) : 'utf8') }
  }
  return isBytes(chunk) ? { ...parts, chunk: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) } : parts
}

function isMatch(passed: Uint8Array | Match | undefined): passed is Match {
  return passed !== undefined && !(passed instanceof Uint8Array)
}

/** What is not sent counts as written. */
function discard(done: Callback | undefined): true {
  if (done) queueMicrotask(done)
  return true
}

/** So that the client sees an error: to destroy a stream of HTTP/2 would look like its regular end. */
function abort(response: OutgoingResponse): void {
  if (response.stream) response.stream.close(INTERNAL_ERROR)
  else response.destroy()
}

/** Whether the program closes the connection after this response. Node notes it when it makes the header. */
function isLast(response: OutgoingResponse): boolean {
  return Reflect.get(response, '_last') === true || /^close$/i.test(String(response.getHeaders().connection))
}

/** Whether another status and other headers can be sent. Node keeps a header until the first part of the body. */
function isUnsent(response: OutgoingResponse): boolean {
  if (response.headersSent && Reflect.get(response, '_headerSent') === false) {
    const _hasBody = response.req?.method !== 'HEAD'
    Object.assign(response, { _header: null, _hasBody, _contentLength: null, chunkedEncoding: false })
  }
  return !response.headersSent
}
