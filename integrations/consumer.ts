import type { Environment } from 'vite'
import type { Build } from './build.ts'
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
 * Who runs the module that a hook is asked about: what the user says, else what an environment of Vite says, else what
 * the host has said for the whole build.
 *
 * @param context the `this` of the hook that asks
 */
export function consumerOf(context: object, { options, consumer }: Pick<Build, 'options' | 'consumer'>): Consumer {
  return options.consumer ?? consumerOfEnvironment(context) ?? consumer
}

/**
 * Who runs what an environment of Vite builds; undefined for other hosts.
 *
 * @param context the `this` of the hook that asks
 */
export function consumerOfEnvironment(context: object): Consumer | undefined {
  const { environment } = context as { readonly environment?: Environment }
  if (!environment) return undefined
  return isTestedInNode(environment) ? 'server' : environment.config.consumer
}

/**
 * Whether Vitest runs the code in Node, where it takes an environment of a client for tests with a DOM. No build does, and
 * for pages, as in its browser mode, Vitest starts a server that has other plugins.
 */
function isTestedInNode({ mode, config: { plugins } }: Environment): boolean {
  const has = (...names: string[]): boolean => plugins.some(({ name }) => names.includes(name))
  return mode === 'dev' && has('vitest', 'vitest:project') && !has('vitest:browser')
}
