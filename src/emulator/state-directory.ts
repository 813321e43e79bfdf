import { join } from 'node:path'
import { type DiscoverOptions, findProjectRoot } from '../discover.ts'

/**
 * The directory in which `systemprompt cloud emulator` keeps the state of a project's emulator, for `directory` of
 * `startEmulator`. Absolute; it may not exist yet.
 *
 * @param options `cwd`: where the search for the project starts, going upward
 */
export function findEmulatorDirectory(options: DiscoverOptions): string {
  return join(findProjectRoot(options), '.systemprompt', 'emulator')
}
