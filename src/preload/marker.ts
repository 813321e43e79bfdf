import type { Environment } from '../options.ts'

/**
 * The variable in which a preload leaves word for the processes that inherit its environment: which names it set,
 * and a short digest of what each was set to. So a second run, in a worker, in a child, in another project, knows
 * what is its own to set again, and what somebody has set since.
 */
export const MARKER = 'SYSTEMPROMPT_INJECTED'

const VERSION = '1'

export function encodeMarker(names: readonly string[], env: Environment): string {
  return [VERSION, ...names.map((name) => `${name}=${digest(env[name] ?? '')}`)].join(',')
}

/** The names in an environment that a preload set and nobody has changed since. */
export function injectedNames(env: Environment): readonly string[] {
  if (env[MARKER] === undefined) return []
  const [version, ...entries] = env[MARKER].split(',')
  if (version !== VERSION) return []
  return entries.flatMap((entry) => {
    const [name = '', expected] = entry.split('=')
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    return value !== undefined && digest(value) === expected ? [name] : []
  })
}

/**
 * An environment as it would be without a preload: what it set comes from files, and so a load that looks at the
 * files must not take it for somebody's choice.
 */
export function withoutInjected(env: Environment): Environment {
  if (env[MARKER] === undefined) return env
  const names = new Set([MARKER, ...injectedNames(env)])
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)))
}

/**
 * 24 bits of FNV-1a: enough to see that somebody changed a value, too few to find a secret by. The secret itself
 * stands beside it in the same environment.
 */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return ((hash >>> 8) ^ (hash & 0xff)).toString(36)
}
