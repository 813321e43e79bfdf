/**
 * The library as Node loads it. Each function reads the library when it is first called, so that an import costs
 * next to nothing. It is built as CommonJS, which starts sooner. Bundlers take `index.ts`, which has the same exports
 * in one piece.
 *
 * The build puts an entry before it, `dist/node.cjs`, that names these exports and takes `preload/entry.ts` where a
 * flag may have named it: Node reads an entry letter by letter for its exports, so that one is as short as can be.
 */
import type * as Core from './core.ts'
import { core } from './on-demand.ts'

export { PROBLEM_CODES } from './problem-codes.ts'
export { LAYERS } from './types.ts'

export const {
  checkConfig,
  childEnvironment,
  defineConfig,
  formatPath,
  isConfigError,
  listProfiles,
  loadConfig,
  loadConfigSync,
  nearest,
  parseOverrides,
  parsePath,
  renderProblem,
  reveal,
  secretValues,
  watchConfig,
  writeTypes,
} = lazyFunctions()
export const ConfigError = lazyClass('ConfigError')
export const Secrets = lazyClass('Secrets')

function lazyFunctions(): typeof Core {
  const lazy =
    (_: object, name: string): unknown =>
    (...args: unknown[]): unknown =>
      Reflect.apply(Reflect.get(core(), name) as () => unknown, undefined, args)
  return new Proxy({}, { get: lazy }) as typeof Core
}

/** The class itself to whoever makes an instance, extends it or asks `instanceof`. */
function lazyClass<Name extends 'ConfigError' | 'Secrets'>(name: Name): (typeof Core)[Name] {
  function Lazy(): void {}
  return new Proxy(Lazy as unknown as (typeof Core)[Name], {
    get: (_, key) => Reflect.get(core()[name], key),
    construct: (_, args, target) => Reflect.construct(core()[name], args, target) as object,
  })
}
