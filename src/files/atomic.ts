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
import { retryWhileBusy } from './retry-while-busy.ts'
import { discard, removeLeftovers, temporaryName } from './temporary.ts'

/**
 * Writes a file atomically, readable by its owner only: at every moment either the old text or the new one is there,
 * and when this returns the new one is on the disk. A link in the file's place is refused.
 *
 * We do not use write-file-atomic: its temporary name is predictable, it opens that through links, copies the mode of
 * the old file, and leaves temporary files behind when it is killed.
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
    retryWhileBusy(() => renameSync(temporary, file))
    syncDirectory(dirname(file))
  } catch (error) {
    discard(temporary)
    throw unwritable(file, error)
  }
}

/** Moves a file aside under a unique name, and returns that; undefined if there was none. */
export function moveAside(file: string, now: number): string | undefined {
  if (!isTaken(file)) return undefined
  const stamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 17)
  const target = asideName(file, stamp)
  try {
    retryWhileBusy(() => renameSync(file, target))
  } catch (error) {
    throw unwritable(file, error)
  }
  return target
}

/** What a file is called once it is moved aside. */
export function asideName(file: string, stamp: string): string {
  return `${file}.broken-${stamp}`
}

/**
 * Removes a file and the leftovers of killed processes, and returns whether it existed. A link is removed, not its
 * target.
 */
export function removeFile(file: string): boolean {
  removeLeftovers(file)
  if (!isTaken(file)) return false
  try {
    retryWhileBusy(() => rmSync(file))
    syncDirectory(dirname(file))
  } catch (error) {
    throw unwritable(file, error)
  }
  return true
}

/** Whether the path exists, even as a broken link. @throws FileError in a directory that may not be entered */
export function isTaken(file: string): boolean {
  return statOf(file) !== undefined
}

/** Whether the path is a regular file, not a link to one. @throws FileError as `isTaken` does */
export function isRegularFile(file: string): boolean {
  return statOf(file)?.isFile() ?? false
}

/** Whether the path is a directory, not a link to one. @throws FileError as `isTaken` does */
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

/** Creates a file that must not exist yet, for its owner only, and waits until it is on the disk. */
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

/** A rename survives a power failure only once the directory is synced. Windows cannot open a directory. */
function syncDirectory(directory: string): void {
  let descriptor: number | undefined
  try {
    descriptor = openSync(directory, constants.O_RDONLY)
    fsyncSync(descriptor)
  } catch {
    // Some file systems cannot do this; the rename is done anyway.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
