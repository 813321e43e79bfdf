import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { unwritable } from './errors.ts'
import { systemCode } from './system-code.ts'

/** Files that may hold secrets are for their owner only, from the moment they exist. */
export const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** Creates a directory and its missing parents, for the owner only. An existing one is left unchanged. */
export function makePrivateDirectory(path: string): void {
  makeDirectory(path, DIRECTORY_MODE)
}

/**
 * The same with the mode from the user's umask, unless another is given.
 *
 * @throws FileError FILE_UNWRITABLE
 */
export function makeDirectory(path: string, mode?: number): void {
  try {
    mkdirSync(path, { recursive: true, mode })
  } catch (error) {
    throw unwritable(path, systemCode(error) === 'ENOENT' ? reasonFor(path, error) : error)
  }
}

/**
 * Node reports ENOENT for a read-only file system too; creating the first missing directory alone shows the real error.
 */
function reasonFor(path: string, error: unknown): unknown {
  const above = dirname(path)
  if (above !== path && !existsSync(above)) return reasonFor(above, error)
  try {
    mkdirSync(path)
    return error
  } catch (reason) {
    return reason
  }
}
