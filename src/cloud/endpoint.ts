import { DEFAULT_API_URL } from '../service.ts'
import { parseUrl } from '../url.ts'
import { CloudError } from './errors.ts'

/**
 * The normalised URL of a service. Plain http is allowed only for loopback addresses, since anyone on the network could
 * read the token.
 *
 * @throws CloudError REFUSED
 */
export function endpointOf(apiUrl: string): URL {
  const url = parseUrl(apiUrl)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw unusable('is not an http(s) URL')
  if (url.username !== '' || url.password !== '') throw unusable('contains a user name or a password')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(apiUrl)) throw unusable('contains a query or a fragment')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw unusable(
      'is plain http, which anyone on the network can read',
      'Use https; http is for the emulator on this machine',
    )
  }
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** A loopback address that does not depend on a name server; by RFC 6761 `localhost` is one. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

/** `https://api.systemprompt.io`: the form that people write and that files contain. */
export function endpointText(url: URL): string {
  return url.href.replace(/\/$/, '')
}

/**
 * The URL of an operation. Segments are names from files and from the service: one that would lead elsewhere, such as
 * `..`, is refused.
 *
 * @throws CloudError NOT_ACCEPTED
 */
export function operationUrl(
  endpoint: URL,
  segments: readonly string[],
  query: Readonly<Record<string, string>> = {},
): URL {
  const path = `${endpoint.pathname === '/' ? '' : endpoint.pathname}/${segments.map(encodeSegment).join('/')}`
  const url = new URL(path, endpoint)
  if (url.origin !== endpoint.origin || url.pathname !== path) throw notASegment()
  url.search = new URLSearchParams(query).toString()
  return url
}

function encodeSegment(segment: string): string {
  if (segment === '' || /^\.{1,2}$/.test(segment) || /\p{Surrogate}/u.test(segment)) throw notASegment()
  return encodeURIComponent(segment)
}

function notASegment(): CloudError {
  return new CloudError('NOT_ACCEPTED', 'The name of the tenant or the secret is not valid')
}

function unusable(what: string, remedy = `Write it as ${DEFAULT_API_URL}`): CloudError {
  return new CloudError('REFUSED', `The URL of the service (api_url) ${what}`, { remedy })
}
