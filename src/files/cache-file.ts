import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** More than this is none of ours. */
const LARGEST = 256 * 1024
/** Writable by the group or by others. */
const SHARED = 0o022

/**
 * The text of a file in a cache that only its user can have written: a regular file, no link, owned by whom this
 * runs as, writable by nobody else. Undefined for any other, and for one that is not there.
 */
export function readCacheFile(path: string, uid: number | undefined): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(descriptor)
    const isOwn = uid === undefined || (stat.uid === uid && (stat.mode & SHARED) === 0)
    return stat.isFile() && isOwn && stat.size <= LARGEST ? readFileSync(descriptor, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * Writes a file of a cache below `modules`, whole or not at all. What cannot be written is left: a cache is no
 * reason to fail. A `node_modules` of somebody else gets no files of ours, which its owner could not remove.
 */
export function writeCacheFile(path: string, text: string, modules: string, uid: number | undefined): void {
  const temporary = `${path}.${Math.random().toString(36).slice(2)}.tmp`
  try {
    if (uid !== undefined && statSync(modules).uid !== uid) return
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 })
    renameSync(temporary, path)
  } catch {
    removeIfThere(temporary)
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path)
  } catch {
    // It was never written, or cannot be removed where nothing can be written.
  }
}
