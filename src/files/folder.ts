import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { join, sep } from 'node:path'

/** A file in a folder, or one that was named. */
export interface FoundFile {
  /** The path to show. */
  readonly path: string
  /** The path for the system: a name that is not UTF-8 would be another's as a string. */
  readonly place: string | Buffer
  /** Whether it was named: then it is read even if it is a link. */
  readonly isNamed: boolean
}

/**
 * Every regular file at or below a path, with folders sorted by name. Links inside a folder are not followed; FIFOs,
 * sockets and devices in it are skipped. Calls back for what cannot be read, and for a path that is neither a file nor
 * a folder.
 *
 * @param isLeftOut whether to skip a file or folder, by its path
 */
export function* filesBelow(
  path: string,
  isLeftOut: (path: string) => boolean,
  onUnreadable: (path: string) => void,
): Generator<FoundFile> {
  const stat = statOf(path, statSync)
  if (stat?.isFile()) yield { path, place: path, isNamed: true }
  else if (stat?.isDirectory()) yield* entriesBelow(Buffer.from(path), isLeftOut, onUnreadable)
  else onUnreadable(path)
}

function* entriesBelow(
  directory: Buffer,
  isLeftOut: (path: string) => boolean,
  onUnreadable: (path: string) => void,
): Generator<FoundFile> {
  for (const name of namesIn(directory, onUnreadable)) {
    const place = Buffer.concat([directory, SEPARATOR, name])
    const path = join(String(directory), String(name))
    if (isLeftOut(path)) continue
    const stat = statOf(place, lstatSync, () => onUnreadable(path))
    if (stat?.isFile()) yield { path, place, isNamed: false }
    else if (stat?.isDirectory()) yield* entriesBelow(place, isLeftOut, onUnreadable)
  }
}

const SEPARATOR = Buffer.from(sep)

function namesIn(directory: Buffer, onUnreadable: (path: string) => void): readonly Buffer[] {
  try {
    return readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare)
  } catch {
    onUnreadable(String(directory))
    return []
  }
}

/** Undefined if the path does not exist (any more); calls back if the system cannot tell. */
function statOf(place: string | Buffer, stat: typeof statSync, onUnknown?: () => void): Stats | undefined {
  try {
    return stat(place, { throwIfNoEntry: false })
  } catch {
    onUnknown?.()
    return undefined
  }
}

const CHUNK = 1024 * 1024

/**
 * Passes on a file in pieces, each valid until the next. False if it cannot be read, or is no longer a regular file.
 */
export function readPieces({ place, isNamed }: FoundFile, take: (piece: Uint8Array) => void): boolean {
  let descriptor: number | undefined
  try {
    // Opening a FIFO that took its place would wait for a writer.
    const follow = isNamed ? 0 : (constants.O_NOFOLLOW ?? 0)
    descriptor = openSync(place, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | follow)
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
