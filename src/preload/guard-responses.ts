import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { types } from 'node:util'
import { printable } from '../errors/frame.ts'
import { createGate, type Gate } from '../scan/gate.ts'
import type { Match, Matcher } from '../scan/matcher.ts'
import { nameToShow } from '../secrets/secret.ts'
import { guardHeaders, type ResponseGuard } from './guard-headers.ts'
import {
  abort,
  type Callback,
  isLast,
  isUnsent,
  type OutgoingResponse,
  type WriteArguments,
} from './outgoing-response.ts'

const WITHHELD = 'This response was withheld because it contains a secret. The log of the server says which.\n'

/** The longest path in a message, in UTF-16 units. */
const LONGEST_PATH = 100

type IsBytes = (chunk: unknown) => chunk is ArrayBufferView

interface Parts {
  readonly chunk?: Uint8Array
  readonly done?: Callback
}

/**
 * From now on, withholds every response of this process's HTTP servers that contains a secret, and leaves out headers
 * that contain one. Programs see clients that accept no compression: a compressed response cannot be searched.
 *
 * @returns a function that ends this
 */
export function guardResponses(matcher: Matcher, log: (message: string) => void): () => void {
  const { Server, ServerResponse } = process.getBuiltinModule('node:http')
  const { Server: SecureServer } = process.getBuiltinModule('node:https')
  const { createServer, createSecureServer, Http2ServerResponse } = process.getBuiltinModule('node:http2')
  const http2 = [createServer(), createSecureServer()].map((server) => Object.getPrototypeOf(server) as EventEmitter)
  const report: ResponseGuard['report'] = (found, response, message) => {
    log(`${message(`response to ${requestOf(response, matcher)}`)}: ${contains(found)}`)
  }
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

function guard(prototype: OutgoingResponse, responseGuard: ResponseGuard): () => void {
  const { matcher, report, isHttp2 } = responseGuard
  const { write, end, writeHead } = prototype
  const { cleanHeaders, restore } = guardHeaders(prototype, responseGuard)
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

  return () => {
    restore()
    Object.assign(prototype, { write, end })
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

  /** Returns false, as `write` does for what is not wanted: a source that is piped stops. */
  function withhold(response: OutgoingResponse, found: Match, done: Callback | undefined): false {
    report(found, response, (named) => `The ${named} was withheld`)
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
}

/** Without its query, in which clients send what is theirs. */
function requestOf({ req }: OutgoingResponse, matcher: Matcher): string {
  if (!req) return 'a pushed request'
  const { method = '', url = '' } = req
  // Programs replace it, also by a URL that is an object.
  const [path = ''] = String(url).split(/[?#]/, 1)
  const isSecret = matcher.find(path).length > 0
  return `${method} ${isSecret ? '…' : printable(path.slice(0, LONGEST_PATH))}`
}

function contains({ name, part, form }: Match): string {
  const details = [part, form === 'plain' ? undefined : form].filter((each) => each !== undefined)
  return `it contains the secret ${nameToShow(name)}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
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
