/** Rules of values that the loader and the zod schemas share. */

import { parseUrl } from '../url.ts'

/** An absolute http(s) URL. */
export function isHttpUrl(text: string): boolean {
  return httpUrl(text) !== undefined
}

/** Scheme, host and port, and nothing else. */
export function isHttpOrigin(text: string): boolean {
  const url = httpUrl(text)
  if (!url || /[/?#]$/.test(text)) return false
  return [url.search, url.hash, url.username, url.password].every((part) => part === '') && url.pathname === '/'
}

/** A postgres:// or postgresql:// URL. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(text) && parseUrl(text) !== undefined
}

function httpUrl(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) ? parseUrl(text) : undefined
}
