import { createHash } from 'node:crypto'
import { childEnvironment, type Environment, type ResolvedConfig } from '../index.ts'
import type { Variables } from './export-formats.ts'

/**
 * The variable in which `run` and `export` leave word of what they set: the names, each with a short digest of its
 * value. That came from files, and so a `run` or `export` behind them must not take it for somebody's choice.
 */
const MARKER = 'SYSTEMPROMPT_EXPORTED'

const VERSION = '1'

/** The names in an environment that `run` or `export` set and nobody has changed since; the marker is one. */
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

/** An environment as it would be without these. `SYSTEMPROMPT_PROFILE` is none: the profile stays until another is named. */
export function withoutExported(env: Environment): Environment {
  const names = new Set(exportedNames(env))
  // Of Windows' own environment a copy would no longer know that `Path` and `PATH` are one variable.
  if (names.size === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)))
}

/** The environment of a program that is started with a configuration. */
export function environmentFor(result: ResolvedConfig, environment: Environment): Record<string, string> {
  const inherited = isNone(result) ? environment : withoutExported(environment)
  const env = childEnvironment(result, inherited)
  // What replaced its pointer is not marked: without either it could not be found again.
  const found = Object.keys(variablesOf(result)).filter((name) => env[`${name}_FILE`] === inherited[`${name}_FILE`])
  const marks = found.map((name) => `${name}=${digest(env[name] ?? '')}`)
  return marks.length > 0 ? { ...env, [MARKER]: [VERSION, ...marks].join(',') } : env
}

/** Where there is nothing to be found, what was set for a project above stays. */
function isNone({ profile, layers }: ResolvedConfig): boolean {
  return profile === undefined && !layers.some(({ name }) => name === 'dotenv')
}

/** What a program is given of a configuration, sorted by name, less the path of the profile: elsewhere it is none. */
export function variablesOf({ env, secrets }: ResolvedConfig): Variables {
  return Object.fromEntries(Object.entries(childEnvironment({ env, secrets, profile: undefined }, {})).sort())
}

export interface EnvironmentChange {
  readonly set: Variables
  /** The names of variables that are not to be set any longer. */
  readonly gone: readonly string[]
}

/**
 * How a shell comes to have the environment of such a program.
 *
 * @param options `isNamed`: somebody has named the profile; only then do programs of the shell have to be told which one
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
    gone: [...exportedNames(environment), ...pointers].filter((name) => !Object.hasOwn(env, name)),
  }
}

/** 16 bits: enough to see that somebody changed a value, too few to find it by. The value stands beside it. */
function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 4)
}
