import { randomBytes } from 'node:crypto'
import { customList } from '../cloud/for-commands.ts'
import { usageError } from './io.ts'

/**
 * A new random value for a secret, in base64.
 *
 * @param key the name in the environment
 * @throws CliError USAGE for a secret of another service: a random value would only replace the real one
 */
export function randomSecret(key: string, bytes = 48): string {
  if (!MADE_HERE.has(key) && customList([key]) === '')
    throw usageError(`A new ${key} comes from its provider and cannot be generated here; nothing was changed.`)
  return randomBytes(bytes).toString('base64')
}

/** Of the secrets that SystemPrompt knows, those that are its own. */
const MADE_HERE: ReadonlySet<string> = new Set(['JWT_SECRET', 'OAUTH_AT_REST_PEPPER', 'SYNC_TOKEN'])
