import type { ResolvedConfig } from '../expose/expose.ts'
import type { Environment } from '../options/options.ts'
import { withoutInjected } from '../preload/marker.ts'
import { injectedVariables } from './injected.ts'

/**
 * Returns the environment for a child process with a project's configuration, as `systemprompt run` does: the given
 * environment, with secrets by their environment names, .env values, `SYSTEMPROMPT_PROFILE` (the path of the loaded
 * profile) and `SYSTEMPROMPT_CUSTOM_SECRETS`. Variables that are already set stay, except those set by a preload, which
 * may belong to another profile, and the `<NAME>_FILE` of a secret that the child gets itself: having both is an error
 * to a load, and to many other programs.
 *
 * @param environment the environment that the configuration was loaded with
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
