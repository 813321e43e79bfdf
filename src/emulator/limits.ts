import { Refusal } from './refusal.ts'
import type { Store } from './store.ts'

/** The emulator's limits. */
export const LIMITS = {
  /** Bytes of a request's body. */
  body: 1024 * 1024,
  /** Characters of a value. */
  value: 64 * 1024,
  /** Characters of a name. */
  name: 255,
  /** Secrets of a tenant. */
  keys: 2_000,
  /** Requests per token or address and minute. */
  requests: 600,
} as const

export interface Limiter {
  /** @throws Refusal 429 */
  count(token: string): void
}

/** Limits the requests per token and minute, by the emulator's clock. */
export function createLimiter(store: Store, maxRequests: number): Limiter {
  const windows = new Map<string, { readonly start: number; used: number }>()
  return {
    count(token) {
      const now = store.now()
      const known = windows.get(token)
      const window = known && now - known.start < 60_000 && now >= known.start ? known : { start: now, used: 0 }
      if (window !== known && windows.size > 1_000) windows.clear()
      windows.set(token, window)
      window.used++
      if (window.used <= maxRequests) return
      const wait = Math.ceil((window.start + 60_000 - now) / 1000)
      throw new Refusal(429, 'rate_limited', 'Too many requests', { 'retry-after': String(Math.max(1, wait)) })
    },
  }
}
