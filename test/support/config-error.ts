import { type ConfigError, isConfigError } from '../../src/index.ts'

/** The ConfigError that something throws. @throws what else it throws, and an error where it throws nothing */
export function configErrorOf(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    if (isConfigError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
