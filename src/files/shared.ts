import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { unwritable } from './errors.ts'
import { makeDirectory } from './modes.ts'
import { systemCode } from './system-code.ts'

/**
 * Creates a file that holds no secrets and that others use too, such as one for a repository or an image, with the mode
 * from the user's umask. An existing file is left unchanged.
 *
 * @throws FileError FILE_UNWRITABLE
 */
export function writeSharedFile(file: string, content: string): void {
  makeDirectory(dirname(file))
  try {
    writeFileSync(file, content, { flag: 'wx' })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw unwritable(file, error)
  }
}
