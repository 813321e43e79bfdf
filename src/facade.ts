/**
 * The library as Node loads it. Each function loads the library on its first call, so that an import costs next to
 * nothing. It is built as CommonJS, which starts faster. Bundlers use `index.ts`, which has the same exports in one
 * piece.
 *
 * The build puts an entry in front of it, `dist/node.cjs`, which lists these exports and uses `preload/entry.ts` if one
 * of Node's flags may have named it. Node scans that entry character by character for exports, so it is kept short.
 */
import type * as Core from './core.ts'
import { PROBLEM_CODES } from './errors/problem-codes.ts'
import { core } from './on-demand.ts'
import { LAYERS } from './types.ts'

const FUNCTIONS = [
  'checkConfig',
  'childEnvironment',
  'defineConfig',
  'formatPath',
  'isConfigError',
  'listProfiles',
  'loadConfig',
  'loadConfigSync',
  'nearest',
  'parseOverrides',
  'parsePath',
  'renderProblem',
  'reveal',
  'secretValues',
  'watchConfig',
  'writeTypes',
] as const satisfies readonly (keyof typeof Core)[]

const CLASSES = ['ConfigError', 'Secrets'] as const satisfies readonly (keyof typeof Core)[]

/** The exports of the package, created in a loop so that a start compiles and runs as little code as possible. */
export function facade(): Readonly<Record<string, unknown>> {
  const exports: Record<string, unknown> = { LAYERS, PROBLEM_CODES }
  for (const name of CLASSES) exports[name] = lazyClass(name)
  for (const name of FUNCTIONS) exports[name] = lazyFunction(name)
  // Expected by programs that are compiled to CommonJS.
  return Object.defineProperty(exports, '__esModule', { value: true })
}

function lazyFunction(name: (typeof FUNCTIONS)[number]): unknown {
  return function called(...args: unknown[]): unknown {
    try {
      return Reflect.apply(core()[name], undefined, args)
    } catch (error) {
      core().throwFrom(called, error)
    }
  }
}

/** A stand-in that resolves to the class itself when it is constructed, extended or used with `instanceof`. */
function lazyClass(name: (typeof CLASSES)[number]): unknown {
  function Lazy(): void {}
  return new Proxy(Lazy, {
    get: (_, key) => Reflect.get(core()[name], key),
    construct: (_, args, target) => Reflect.construct(core()[name], args, target) as object,
  })
}
