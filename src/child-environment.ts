import type { ResolvedConfig } from './expose.ts'
import { injectedVariables } from './injected.ts'
import type { Environment } from './options.ts'
import { withoutInjected } from './preload/marker.ts'

/**
 * The environment for a program that is started with a project's configuration, as `systemprompt run` starts it:
 * the given one, with secrets under their environment names, .env values, `SYSTEMPROMPT_PROFILE` (the path of
 * the profile that was loaded) and `SYSTEMPROMPT_CUSTOM_SECRETS`. What the given one sets already stays; what a
 * preload has set in it does not, since that may be of another profile.
 *
 * @param environment the one that the configuration was loaded with
 * @example
 * const result = await loadConfig({ profile: 'staging' })
 * spawn('psql', { env: childEnvironment(result, process.env), stdio: 'inherit' })
 */
export function childEnvironment(
  { env, profile, secrets }: Pick<ResolvedConfig<unknown>, 'env' | 'profile' | 'secrets'>,
  environment: Environment,
): Record<string, string> {
  const own = Object.entries(withoutInjected(environment)).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    ...injectedVariables({ env, profile, secrets: secrets.envNames() }, {}),
  }
}
