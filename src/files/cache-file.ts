import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { IS_WINDOWS } from './windows.ts'

/** A larger file is not one of ours. */
const MAX_SIZE = 256 * 1024
/** Writable by the group or by others. */
const SHARED = 0o022

/**
 * The text of a cache file that only its user can have written: a regular file, not a link, owned by the user of this
 * process, writable by nobody else, and the very file that {@link writeCacheFile} made. Undefined if it does not exist,
 * and for any other file, such as one that came with a repository.
 */
export function readCacheFile(path: string, uid: number | undefined): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(descriptor)
    const isOwn = uid === undefined || (stat.uid === uid && (stat.mode & SHARED) === 0)
    if (!stat.isFile() || !isOwn || stat.size > MAX_SIZE) return undefined
    const text = readFileSync(descriptor, 'utf8')
    const head = headOf(stat)
    return text.startsWith(head) ? text.slice(head.length) : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * Writes a cache file below `modules` atomically. Failures are ignored: a cache is no reason to fail. Nothing is
 * written to a `node_modules` of another user, who could not remove it.
 */
export function writeCacheFile(path: string, text: string, modules: string, uid: number | undefined): void {
  const temporary = `${path}.${Math.random().toString(36).slice(2)}.tmp`
  let descriptor: number | undefined
  try {
    if (uid !== undefined && statSync(modules).uid !== uid) return
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    descriptor = openSync(temporary, 'wx', 0o600)
    writeFileSync(descriptor, headOf(fstatSync(descriptor)) + text)
    renameSync(temporary, path)
  } catch {
    removeIfExists(temporary)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * The first line of a cache file: its own inode and birth time. They survive a rename, but differ in a copy, a checkout
 * or an image, and nobody who creates a file elsewhere can know them. On Windows the inode is enough, and a file that
 * takes over another's name also takes over its birth time.
 */
function headOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${IS_WINDOWS ? '' : birthtimeMs}\n`
}

function removeIfExists(path: string): void {
  try {
    rmSync(path)
  } catch {
    // It was never created, or cannot be removed because nothing can be written here.
  }
}
