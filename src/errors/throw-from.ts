import { isConfigError } from './errors.ts'

/**
 * Throws `error` as what `called` has to say: the stack of a `ConfigError` begins where the program called that. Node and
 * test runners show the first line of an error that nobody catches, and a line of this library would tell nobody anything.
 */
export function throwFrom(called: (...args: never[]) => unknown, error: unknown): never {
  if (isConfigError(error)) Error.captureStackTrace(error, called)
  throw error
}
