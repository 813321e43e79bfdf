import { mkdirSync } from 'node:fs'
import { unwritable } from './errors.ts'

/** What may hold secrets is for its owner alone, from the moment it exists. */
export const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

/** Makes a directory and what is missing above it, for the owner alone. One that is there stays as it is. */
export function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE })
  } catch (error) {
    throw unwritable(path, error)
  }
}
