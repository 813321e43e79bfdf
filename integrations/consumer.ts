import type { Environment } from 'vite'
import type { Build } from './build.ts'
import type { Consumer } from './options.ts'

/**
 * The consumer that `target` of webpack, Rspack or Rsbuild stands for: a name, a list, or `false`. A list may include a
 * version of the language; anything that a browser could run counts as client.
 */
export function consumerOfTarget(target: unknown): Consumer {
  const names = (Array.isArray(target) ? target : [target]).map(String).filter((name) => !/^es\d+$/.test(name))
  const isServer = names.length > 0 && names.every((name) => /^(?:async-)?node[\d.]*$|^electron[\d.]*-main$/.test(name))
  return isServer ? 'server' : 'client'
}

/** The consumer that `platform` of esbuild or Rolldown stands for; `neutral` is neither, so it counts as client. */
export function consumerOfPlatform(platform: unknown): Consumer {
  return platform === 'node' ? 'server' : 'client'
}

/**
 * The consumer that Farm's `output.targetEnv` stands for: `node`, `node16`, `node-legacy`, `browser-es2017`, `library`,
 * …
 */
export function consumerOfTargetEnv(targetEnv: unknown): Consumer {
  return typeof targetEnv === 'string' && targetEnv.startsWith('node') ? 'server' : 'client'
}

/**
 * Who runs the module that a hook is called for: the user's option, else what the Vite environment says, else what the
 * host has set for the whole build.
 *
 * @param context the `this` of the calling hook
 */
export function consumerOf(context: object, { options, consumer }: Pick<Build, 'options' | 'consumer'>): Consumer {
  return options.consumer ?? consumerOfEnvironment(context) ?? consumer
}

/**
 * Who runs what a Vite environment builds; undefined for other hosts.
 *
 * @param context the `this` of the calling hook
 */
export function consumerOfEnvironment(context: object): Consumer | undefined {
  const { environment } = context as { readonly environment?: Environment }
  if (!environment) return undefined
  return isTestedInNode(environment) ? 'server' : environment.config.consumer
}

/**
 * Whether Vitest runs the code in Node although it uses a client environment, as for tests with a DOM. Builds never do,
 * and for real pages, as in browser mode, Vitest starts a server with other plugins.
 */
function isTestedInNode({ mode, config: { plugins } }: Environment): boolean {
  const has = (...names: string[]): boolean => plugins.some(({ name }) => names.includes(name))
  return mode === 'dev' && has('vitest', 'vitest:project') && !has('vitest:browser')
}
