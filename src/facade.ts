/**
 * The library as Node loads it. Each function reads the library when it is first called, so that an import costs
 * next to nothing. It is built as CommonJS, which starts sooner. Bundlers take `index.ts`, which has the same exports
 * in one piece.
 *
 * The build puts an entry before it, `dist/node.cjs`, that names these exports and takes `preload/entry.ts` where a
 * flag may have named it: Node reads an entry letter by letter for its exports, so that one is as short as can be.
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

/** What a program imports, made in a loop: a start compiles and runs no more than that. */
export function facade(): Readonly<Record<string, unknown>> {
  const exports: Record<string, unknown> = { LAYERS, PROBLEM_CODES }
  for (const name of CLASSES) exports[name] = lazyClass(name)
  for (const name of FUNCTIONS) exports[name] = lazyFunction(name)
  // A program that is compiled to CommonJS asks for this.
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

/** The class itself to whoever makes an instance, extends it or asks `instanceof`. */
function lazyClass(name: (typeof CLASSES)[number]): unknown {
  function Lazy(): void {}
  return new Proxy(Lazy, {
    get: (_, key) => Reflect.get(core()[name], key),
    construct: (_, args, target) => Reflect.construct(core()[name], args, target) as object,
  })
}
