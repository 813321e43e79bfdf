import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { unwritable } from './errors.ts'
import { systemCode } from './system-code.ts'

/** What may hold secrets is for its owner alone, from the moment it exists. */
export const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** Makes a directory and what is missing above it, for the owner alone. One that is there stays as it is. */
export function makePrivateDirectory(path: string): void {
  makeDirectory(path, DIRECTORY_MODE)
}

/**
 * The same with the mode that the user's umask gives, unless another is named.
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

/** Node says ENOENT also where a file system is read-only; the first step, made by itself, tells. */
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
