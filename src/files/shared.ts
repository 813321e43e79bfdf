import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { unwritable } from './errors.ts'
import { makeDirectory } from './modes.ts'
import { systemCode } from './system-code.ts'

/**
 * Makes a file that is no secret and that others work with too, such as one that goes into a repository or an image:
 * with the mode that the user's umask gives. One that is there already stays as it is.
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
