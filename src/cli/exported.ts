import { createHash } from 'node:crypto'
import { childEnvironment, type Environment, type ResolvedConfig } from '../index.ts'
import type { Variables } from './export-formats.ts'

/**
 * The variable in which `run` and `export` record what they set: the names, each with a short digest of its value.
 * Those values came from files, so a nested `run` or `export` must not treat them as set by the user.
 */
const MARKER = 'SYSTEMPROMPT_EXPORTED'

const VERSION = '1'

/** The names in an environment that `run` or `export` set and nobody has changed since, including the marker. */
function exportedNames(env: Environment): readonly string[] {
  if (env[MARKER] === undefined) return []
  const [version, ...entries] = env[MARKER].split(',')
  if (version !== VERSION) return [MARKER]
  const names = entries.flatMap((entry) => {
    const [name = '', expected] = entry.split('=')
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    return value !== undefined && digest(value) === expected ? [name] : []
  })
  return [MARKER, ...names]
}

/**
 * The environment without those variables. `SYSTEMPROMPT_PROFILE` is kept: the profile stays until another is named.
 */
export function withoutExported(env: Environment): Environment {
  const names = new Set(exportedNames(env))
  // A copy of Windows' own environment would no longer treat `Path` and `PATH` as one variable.
  if (names.size === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)))
}

/** The environment of a program that is started with a configuration. */
export function environmentFor(result: ResolvedConfig, environment: Environment): Record<string, string> {
  const inherited = hasNoConfiguration(result) ? environment : withoutExported(environment)
  const env = childEnvironment(result, inherited)
  // A secret whose `_FILE` pointer was removed is not marked: without both it could not be found again.
  const found = Object.keys(variablesOf(result)).filter((name) => env[`${name}_FILE`] === inherited[`${name}_FILE`])
  const marks = found.map((name) => `${name}=${digest(env[name] ?? '')}`)
  return marks.length > 0 ? { ...env, [MARKER]: [VERSION, ...marks].join(',') } : env
}

/** If there is no configuration here, what was set for an outer project is kept. */
function hasNoConfiguration({ profile, layers }: ResolvedConfig): boolean {
  return profile === undefined && !layers.some(({ name }) => name === 'dotenv')
}

/**
 * The variables that a configuration gives a program, sorted by name, without the profile's path, which is meaningless
 * elsewhere.
 */
export function variablesOf({ env, secrets }: ResolvedConfig): Variables {
  return Object.fromEntries(Object.entries(childEnvironment({ env, secrets, profile: undefined }, {})).sort())
}

export interface EnvironmentChange {
  readonly set: Variables
  /** The names of variables to unset. */
  readonly unset: readonly string[]
}

/**
 * The changes that give a shell the environment of such a program.
 *
 * @param options `isNamed`: whether somebody has named the profile; only then must programs of the shell be told which
 * one
 */
export function changeFor(
  result: ResolvedConfig,
  environment: Environment,
  { isNamed }: { readonly isNamed: boolean },
): EnvironmentChange {
  const env = environmentFor(result, environment)
  const own = [...(env[MARKER] === environment[MARKER] ? [] : [MARKER]), ...(isNamed ? ['SYSTEMPROMPT_PROFILE'] : [])]
  const names = [...Object.keys(variablesOf(result)), ...own].filter((name) => Object.hasOwn(env, name))
  const pointers = Object.keys(environment).filter((name) => name.endsWith('_FILE'))
  return {
    set: Object.fromEntries(names.map((name) => [name, env[name] ?? ''])),
    unset: [...exportedNames(environment), ...pointers].filter((name) => !Object.hasOwn(env, name)),
  }
}

/** 16 bits: enough to detect that a value was changed, too few to recover it. The value itself is right beside it. */
function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 4)
}
