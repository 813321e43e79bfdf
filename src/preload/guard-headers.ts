import { printable } from '../errors/frame.ts'
import type { Match, Matcher } from '../scan/matcher.ts'
import type { OutgoingResponse, SendHeaders, WriteHead } from './outgoing-response.ts'

export interface ResponseGuard {
  readonly matcher: Matcher
  /** Logs a message, for which the response is named, and the secret that was found. */
  readonly report: (found: Match, response: OutgoingResponse, message: (named: string) => string) => void
  readonly isHttp2: boolean
}

/**
 * From now on, leaves headers and reason phrases that contain a secret out of the responses of a prototype.
 *
 * @returns a function that removes the headers which a response has so far, and one that ends this
 */
export function guardHeaders(
  prototype: OutgoingResponse,
  { matcher, report, isHttp2 }: ResponseGuard,
): { readonly cleanHeaders: (response: OutgoingResponse) => void; readonly restore: () => void } {
  const { writeHead, writeHeader, addTrailers, writeEarlyHints, writeInformation, setTrailer } = prototype

  prototype.writeHead = withCleanHeaders(writeHead)
  if (writeHeader) prototype.writeHeader = withCleanHeaders(writeHeader)
  if (addTrailers) prototype.addTrailers = withCleanArguments(addTrailers)
  if (writeEarlyHints) prototype.writeEarlyHints = withCleanArguments(writeEarlyHints)
  if (writeInformation) prototype.writeInformation = withCleanArguments(writeInformation)
  if (setTrailer)
    prototype.setTrailer = function (name, value) {
      if (!isSecretHeader(name, value, this)) setTrailer.call(this, name, value)
    }

  return {
    cleanHeaders,
    restore() {
      const original = { writeHead, writeHeader, addTrailers, writeEarlyHints, writeInformation, setTrailer }
      for (const [name, method] of Object.entries(original)) if (method) Reflect.set(prototype, name, method)
    },
  }

  /** For HTTP/1 in `writeHead`, which Node calls before it sends headers, whoever has set them. */
  function cleanHeaders(response: OutgoingResponse): void {
    const headers = Object.entries(response.headersSent ? {} : response.getHeaders())
    // In most cases, one search is enough.
    if (!secretIn(headers.map(([name, value]) => `${name}: ${textOf(value)}`).join('\n'))) return
    for (const [name, value] of headers) if (isSecretHeader(name, value, response)) response.removeHeader(name)
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
    report(found, response, (named) => `The header ${shown} was left out of the ${named}`)
    return true
  }

  function isSecretReason(reason: unknown, response: OutgoingResponse): boolean {
    const found = typeof reason === 'string' ? secretIn(reason) : undefined
    if (found) report(found, response, (named) => `The reason phrase was left out of the ${named}`)
    return found !== undefined
  }

  function secretIn(text: string): Match | undefined {
    return matcher.find(text)[0]
  }
}

function pairsIn(list: readonly unknown[]): [unknown, unknown][] {
  return list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]] as [unknown, unknown]] : []))
}

/** A header can have several values. */
function textOf(value: unknown): string {
  return [value].flat().join('\n')
}
