/** Rules for values that the loader and the zod schemas share. */

import { parseUrl } from '../url.ts'

/** Whether a string is an absolute http(s) URL. */
export function isHttpUrl(text: string): boolean {
  return httpUrl(text) !== undefined
}

/** Whether a string is only scheme, host and port. */
export function isHttpOrigin(text: string): boolean {
  const url = httpUrl(text)
  if (!url || /[/?#]$/.test(text)) return false
  return [url.search, url.hash, url.username, url.password].every((part) => part === '') && url.pathname === '/'
}

/** Whether a string is a postgres:// or postgresql:// URL. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(text) && parseUrl(text) !== undefined
}

function httpUrl(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) ? parseUrl(text) : undefined
}
