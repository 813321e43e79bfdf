import type { ResolvedConfig } from '../expose/expose.ts'
import type { Environment } from '../options/options.ts'
import { withoutInjected } from '../preload/marker.ts'
import { injectedVariables } from './injected.ts'

/**
 * The environment for a program that is started with a project's configuration, as `systemprompt run` starts it:
 * the given one, with secrets under their environment names, .env values, `SYSTEMPROMPT_PROFILE` (the path of
 * the profile that was loaded) and `SYSTEMPROMPT_CUSTOM_SECRETS`. What the given one sets already stays; what a
 * preload has set in it does not, since that may be of another profile. Nor does `<NAME>_FILE` of a secret that the
 * program gets itself: both together are an error to a load, and to many other programs.
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
  const names = secrets.envNames()
  const given = injectedVariables({ env, profile, secrets: names }, {})
  const replaced = names.filter((name) => Object.hasOwn(given, name)).map((name) => `${name}_FILE`)
  const own = Object.entries(withoutInjected(environment)).filter(
    ([name, value]) => value !== undefined && !replaced.includes(name),
  )
  return { ...(Object.fromEntries(own) as Record<string, string>), ...given }
}
