import { join } from 'node:path'
import { type DiscoverOptions, findProjectRoot } from '../discover.ts'

/** A project's `.systemprompt` directory, whether or not it is there yet, and whatever its profiles hold. Absolute. */
export function findStateDirectory(options: DiscoverOptions): string {
  return join(findProjectRoot(options), '.systemprompt')
}
