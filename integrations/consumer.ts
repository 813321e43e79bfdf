import type { Consumer } from './options.ts'

/**
 * What `target` of webpack, Rspack and Rsbuild means: a name, several, or `false` for none. Of several one can be
 * a version of the language; what a browser can run as well counts as client.
 */
export function consumerOfTarget(target: unknown): Consumer {
  const names = (Array.isArray(target) ? target : [target]).map(String).filter((name) => !/^es\d+$/.test(name))
  const isServer = names.length > 0 && names.every((name) => /^(?:async-)?node[\d.]*$|^electron[\d.]*-main$/.test(name))
  return isServer ? 'server' : 'client'
}

/** What `platform` of esbuild and Rolldown means; `neutral` is neither, so it counts as client. */
export function consumerOfPlatform(platform: unknown): Consumer {
  return platform === 'node' ? 'server' : 'client'
}

/** What Farm's `output.targetEnv` means: `node`, `node16`, `node-legacy`, `browser-es2017`, `library`, … */
export function consumerOfTargetEnv(targetEnv: unknown): Consumer {
  return typeof targetEnv === 'string' && targetEnv.startsWith('node') ? 'server' : 'client'
}

/**
 * Who runs what an environment of Vite builds; undefined for other hosts.
 *
 * @param context the `this` of the hook that asks
 */
export function consumerOfEnvironment(context: unknown): Consumer | undefined {
  const consumer = property(property(property(context, 'environment'), 'config'), 'consumer')
  return consumer === 'client' || consumer === 'server' ? consumer : undefined
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
