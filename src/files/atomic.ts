import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { FileError, unwritable } from './errors.ts'
import { FILE_MODE, makePrivateDirectory } from './modes.ts'
import { patiently } from './patiently.ts'
import { discard, removeLeftovers, temporaryName } from './temporary.ts'

/**
 * Writes a file so that at every moment either the old text or the new one is there, readable by its owner
 * alone, and so that it is on the disk when this returns. A link in the file's place is refused.
 *
 * Ours and not write-file-atomic: that foresees its temporary name, opens it through links, copies the mode
 * of the old file, and leaves temporary files behind when it is killed.
 *
 * @throws FileError FILE_NOT_REGULAR, FILE_UNWRITABLE
 */
export function writeFileAtomic(file: string, content: string): void {
  makePrivateDirectory(dirname(file))
  refuseIrregular(file)
  removeLeftovers(file)
  const temporary = temporaryName(file)
  try {
    writeExclusively(temporary, content)
    patiently(() => renameSync(temporary, file))
    syncDirectory(dirname(file))
  } catch (error) {
    discard(temporary)
    throw unwritable(file, error)
  }
}

/** Puts a file out of the way under a name of its own, and returns that; undefined where there was none. */
export function moveAside(file: string, now: number): string | undefined {
  if (!isTaken(file)) return undefined
  const stamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 17)
  const aside = `${file}.broken-${stamp}`
  try {
    patiently(() => renameSync(file, aside))
  } catch (error) {
    throw unwritable(file, error)
  }
  return aside
}

/** Removes a file and what killed processes have left of it, and says whether there was one. A link is removed, not what it leads to. */
export function removeFile(file: string): boolean {
  removeLeftovers(file)
  if (!isTaken(file)) return false
  try {
    patiently(() => rmSync(file))
    syncDirectory(dirname(file))
  } catch (error) {
    throw unwritable(file, error)
  }
  return true
}

/** Whether anything stands there, a link that leads nowhere as well. @throws FileError in a directory that may not be entered */
export function isTaken(file: string): boolean {
  return statOf(file) !== undefined
}

/** Whether a regular file stands there, and no link to one. @throws FileError as `isTaken` does */
export function isRegularFile(file: string): boolean {
  return statOf(file)?.isFile() ?? false
}

/** Whether a directory stands there, and no link to one. @throws FileError as `isTaken` does */
export function isDirectory(file: string): boolean {
  return statOf(file)?.isDirectory() ?? false
}

function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch (error) {
    throw unwritable(file, error)
  }
}

/** Creates a file that must not be there, for its owner alone, and waits until it is on the disk. */
export function writeExclusively(file: string, content: string): void {
  // Windows has no O_NOFOLLOW.
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0)
  const descriptor = openSync(file, flags, FILE_MODE)
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function refuseIrregular(file: string): void {
  const stat = statOf(file)
  if (!stat || stat.isFile()) return
  const what = stat.isSymbolicLink() ? 'is a link' : stat.isDirectory() ? 'is a directory' : 'is not a regular file'
  throw new FileError('FILE_NOT_REGULAR', file, what, 'Replace it with a regular file, or remove it')
}

/** A rename is only safe from a power cut once the directory is written. Windows cannot open one. */
function syncDirectory(directory: string): void {
  let descriptor: number | undefined
  try {
    descriptor = openSync(directory, constants.O_RDONLY)
    fsyncSync(descriptor)
  } catch {
    // Some file systems cannot, and the rename has been done.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
