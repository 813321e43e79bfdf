import { type ConfigError, isConfigError } from '../../src/index.ts'

/** The ConfigError that `run` throws. @throws any other error, and an error if it throws nothing */
export function configErrorOf(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    if (isConfigError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
