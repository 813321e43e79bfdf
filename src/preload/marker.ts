import { IS_WINDOWS } from '../files/windows.ts'
import type { Environment } from '../options/options.ts'

/**
 * The variable by which a preload tells processes that inherit its environment which names it set, with a short digest
 * of each value. A second run, in a worker, a child or another project, can then tell which variables it may set again,
 * and which have been changed since.
 */
export const MARKER = 'SYSTEMPROMPT_INJECTED'

const VERSION = '1'

export function encodeMarker(names: readonly string[], env: Environment): string {
  return [VERSION, ...names.map((name) => `${name}=${digest(env[name] ?? '')}`)].join(',')
}

/** The names in an environment that a preload set and that have not been changed since. */
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

/** The variables that a preload set and that have not been changed since. */
export function injectedIn(env: Environment): Record<string, string> {
  return Object.fromEntries(injectedNames(env).map((name) => [name, env[name] ?? '']))
}

/**
 * An environment without the variables that a preload set: those come from files, and a load that reads the files must
 * not treat them as set by the user.
 */
export function withoutInjected(env: Environment): Environment {
  if (env[MARKER] === undefined) return env
  const names = new Set([MARKER, ...injectedNames(env)])
  if (IS_WINDOWS) return hiding(names, env)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)))
}

/** On Windows `Path` and `PATH` are one variable, which a copy would not respect. */
function hiding(names: ReadonlySet<string>, env: Environment): Environment {
  const hidden = new Set([...names].map((name) => name.toUpperCase()))
  const isShown = (name: string | symbol): boolean => typeof name !== 'string' || !hidden.has(name.toUpperCase())
  // Not a proxy of the environment itself, in which nothing could be hidden once it is frozen.
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
 * 16 bits of FNV-1a: enough to notice that a value was changed, too few to find out a secret. The secret itself is in
 * the same environment.
 */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(36)
}
