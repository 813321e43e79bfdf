import { IS_WINDOWS } from '../files/windows.ts'
import type { Environment } from '../options/options.ts'

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

/** What a preload set and nobody has changed since. */
export function injectedIn(env: Environment): Record<string, string> {
  return Object.fromEntries(injectedNames(env).map((name) => [name, env[name] ?? '']))
}

/**
 * An environment as it would be without a preload: what it set comes from files, and so a load that looks at the
 * files must not take it for somebody's choice.
 */
export function withoutInjected(env: Environment): Environment {
  if (env[MARKER] === undefined) return env
  const names = new Set([MARKER, ...injectedNames(env)])
  if (IS_WINDOWS) return hiding(names, env)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)))
}

/** On Windows `Path` and `PATH` are one variable, which a copy would not know. */
function hiding(names: ReadonlySet<string>, env: Environment): Environment {
  const hidden = new Set([...names].map((name) => name.toUpperCase()))
  const isShown = (name: string | symbol): boolean => typeof name !== 'string' || !hidden.has(name.toUpperCase())
  // Not over the environment itself, of which nothing could be hidden once it is frozen.
  return new Proxy<Environment>(
    {},
    {
      get: (_, name) => (isShown(name) ? Reflect.get(env, name) : undefined),
      has: (_, name) => isShown(name) && Reflect.has(env, name),
      getOwnPropertyDescriptor: (_, name) => {
        const descriptor = isShown(name) ? Reflect.getOwnPropertyDescriptor(env, name) : undefined
        return descriptor && { ...descriptor, configurable: true }
      },
      ownKeys: () => Reflect.ownKeys(env).filter(isShown),
    },
  )
}

/**
 * 16 bits of FNV-1a: enough to see that somebody changed a value, too few to find a secret by. The secret itself
 * stands beside it in the same environment.
 */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(36)
}
