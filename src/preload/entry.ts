import { facade } from '../facade.ts'
import { preloadIfRequested } from './process.ts'

export { preloadProcess } from './process.ts'

/** Returns what a program imports, after preparing the process if one of Node's flags names the entry. */
export function preloaded(file: string): ReturnType<typeof facade> {
  preloadIfRequested(file)
  return facade()
}
