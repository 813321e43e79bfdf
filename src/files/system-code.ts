import { types } from 'node:util'

/**
 * The code of a system error, such as `ENOENT`; empty for anything else. Does not use `instanceof`: test runners such
 * as Jest run code with their own globals, and Node's errors are not instances of those.
 */
export function systemCode(error: unknown): string {
  const code: unknown = types.isNativeError(error) ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : ''
}
