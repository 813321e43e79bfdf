import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file below a folder, or one that was named. */
export interface FoundFile {
  readonly path: string
  /** It was named, so it is read even if it is a link. */
  readonly isNamed: boolean
}

/**
 * Every regular file at or below a path, folders in the order of names. Links inside of a folder are not followed;
 * FIFOs, sockets and devices are passed over. Calls back for a folder that cannot be read.
 *
 * @param isLeftOut whether a file or folder, by its path, is not to be looked at
 */
export function* filesBelow(
  path: string,
  isLeftOut: (path: string) => boolean,
  onUnreadable: (path: string) => void,
): Generator<FoundFile> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) onUnreadable(path)
  else if (stat.isFile()) yield { path, isNamed: true }
  else if (stat.isDirectory()) yield* entriesBelow(path, isLeftOut, onUnreadable)
}

function* entriesBelow(
  directory: string,
  isLeftOut: (path: string) => boolean,
  onUnreadable: (path: string) => void,
): Generator<FoundFile> {
  for (const name of namesIn(directory, onUnreadable)) {
    const path = join(directory, name)
    const stat = isLeftOut(path) ? undefined : lstatSync(path, { throwIfNoEntry: false })
    if (stat?.isFile()) yield { path, isNamed: false }
    else if (stat?.isDirectory()) yield* entriesBelow(path, isLeftOut, onUnreadable)
  }
}

function namesIn(directory: string, onUnreadable: (path: string) => void): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    onUnreadable(directory)
    return []
  }
}

const CHUNK = 1024 * 1024

/**
 * Hands over a file piece by piece, each valid until the next. False if it cannot be read, or has become
 * something other than a regular file since it was found.
 */
export function readPieces({ path, isNamed }: FoundFile, take: (piece: Uint8Array) => void): boolean {
  let descriptor: number | undefined
  try {
    // Opening a FIFO that took its place would wait for a writer.
    const follow = isNamed ? 0 : (constants.O_NOFOLLOW ?? 0)
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | follow)
    if (!fstatSync(descriptor).isFile()) return false
    const buffer = Buffer.allocUnsafe(CHUNK)
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      take(buffer.subarray(0, length))
    }
    return true
  } catch {
    return false
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
