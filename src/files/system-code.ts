import { types } from 'node:util'

/**
 * `ENOENT`, of an error of the system; empty for anything else. Nothing is asked with `instanceof`: test runners such as
 * Jest run code with globals of its own, and Node's errors are of others.
 */
export function systemCode(error: unknown): string {
  const code: unknown = types.isNativeError(error) ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : ''
}
