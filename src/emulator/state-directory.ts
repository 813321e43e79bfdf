import { join } from 'node:path'
import { type DiscoverOptions, findProjectRoot } from '../discover.ts'

/**
 * Where the command `systemprompt cloud emulator` keeps the state of a project's emulator, for `directory` of
 * `startEmulator`. Absolute; it need not be there yet.
 *
 * @param options `cwd`: where the project is looked for, going upward
 */
export function findEmulatorDirectory(options: DiscoverOptions): string {
  return join(findProjectRoot(options), '.systemprompt', 'emulator')
}
