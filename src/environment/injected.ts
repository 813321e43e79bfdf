import type { ProfileRef } from '../discover.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { knownSecret } from '../schema/secret-names.ts'

export interface Injectable {
  /** Secrets and .env values: the `env` of a load. */
  readonly env: Readonly<Record<string, string>>
  readonly profile: Pick<ProfileRef, 'file'> | undefined
  /** The environment names of all secrets. */
  readonly secrets: Iterable<string>
}

/**
 * The variables that a preload or `systemprompt run` adds to an environment: secrets and .env values, the profile's
 * path, and the names of custom secrets, so that SystemPrompt's own tools find both (formats.md, section 7). Either of
 * the last two is left out if it is already set; `env` has no such variables in the first place.
 */
export function injectedVariables(
  { env, profile, secrets }: Injectable,
  environment: Environment,
): Record<string, string> {
  const custom = [...secrets].filter((name) => !knownSecret(name)).sort()
  const own = {
    ...(profile ? { SYSTEMPROMPT_PROFILE: profile.file } : {}),
    ...(custom.length > 0 ? { SYSTEMPROMPT_CUSTOM_SECRETS: custom.join(',') } : {}),
  }
  const isUnset = ([name]: readonly [string, string]): boolean => !variableIn(environment, name)?.trim()
  return { ...env, ...Object.fromEntries(Object.entries(own).filter(isUnset)) }
}
