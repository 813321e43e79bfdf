import { isConfigError } from './errors.ts'

/**
 * Throws `error`; the stack of a `ConfigError` then starts where the program called `called`. Node and test runners
 * show the first line of an uncaught error, and a line in this library would not help anybody.
 */
export function throwFrom(called: (...args: never[]) => unknown, error: unknown): never {
  if (isConfigError(error)) Error.captureStackTrace(error, called)
  throw error
}
