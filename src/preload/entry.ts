import * as facade from '../facade.ts'
import { preloadIfNamed } from './process.ts'

export { preloadProcess } from './process.ts'

// As `facade.cjs` has it: a program that is compiled to CommonJS asks, and flags should not change the answer.
Reflect.defineProperty(facade, '__esModule', { value: true })

/** What a program imports, once the process is prepared if one of Node's flags named the entry. */
export function preloaded(file: string): typeof facade {
  preloadIfNamed(file)
  return facade
}
