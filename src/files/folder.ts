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

/** A file below a folder, or one that was named. */
export interface FoundFile {
  /** As it is shown. */
  readonly path: string
  /** As the system has it: a name need not be UTF-8, and as text it would be another's. */
  readonly place: string | Buffer
  /** It was named, so it is read even if it is a link. */
  readonly isNamed: boolean
}

/**
 * Every regular file at or below a path, folders in the order of names. Links inside of a folder are not followed;
 * FIFOs, sockets and devices in it are passed over. Calls back for what cannot be read, and for a path that is
 * neither a file nor a folder.
 *
 * @param isLeftOut whether a file or folder, by its path, is not to be looked at
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

/** Undefined for what is not there, or no longer; calls back where the system does not say. */
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
 * Hands over a file piece by piece, each valid until the next. False if it cannot be read, or has become
 * something other than a regular file since it was found.
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
