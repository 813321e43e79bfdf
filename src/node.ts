/**
 * The library as Node loads it. Each function reads the library when it is first called, so that an import costs
 * next to nothing; where one of Node's flags named this module, it preloads. It is built as CommonJS, which starts
 * sooner. Bundlers take `index.ts`, which has the same exports in one piece.
 */
import type * as Core from './core.ts'
import type * as Preload from './preload/process.ts'
import type * as Scan from './scan/index.ts'

const core = (): typeof Core => require('./core.cjs') as typeof Core

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

// Without a flag nobody named it, and most imports end here.
if (process.execArgv.length > 0 || process.env.NODE_OPTIONS) {
  const { preloadIfNamed } = require('./preload.cjs') as typeof Preload
  preloadIfNamed({ file: __filename, core, scan: () => require('./scan.js') as typeof Scan })
}

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
