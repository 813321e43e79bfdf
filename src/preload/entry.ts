import { facade } from '../facade.ts'
import { preloadIfNamed } from './process.ts'

export { preloadProcess } from './process.ts'

/** What a program imports, once the process is prepared if one of Node's flags named the entry. */
export function preloaded(file: string): ReturnType<typeof facade> {
  preloadIfNamed(file)
  return facade()
}
