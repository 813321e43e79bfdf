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

/** More than this is none of ours. */
const LARGEST = 256 * 1024
/** Writable by the group or by others. */
const SHARED = 0o022

/**
 * The text of a file in a cache that only its user can have written: a regular file, no link, owned by whom this
 * runs as, writable by nobody else, and the very one that {@link writeCacheFile} made. Undefined for any other, such
 * as one that came with a repository, and for one that is not there.
 */
export function readCacheFile(path: string, uid: number | undefined): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const stat = fstatSync(descriptor)
    const isOwn = uid === undefined || (stat.uid === uid && (stat.mode & SHARED) === 0)
    if (!stat.isFile() || !isOwn || stat.size > LARGEST) return undefined
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
 * Writes a file of a cache below `modules`, whole or not at all. What cannot be written is left: a cache is no
 * reason to fail. A `node_modules` of somebody else gets no files of ours, which its owner could not remove.
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
    removeIfThere(temporary)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * What a file of ours begins with: its own number and time of birth, which stay when it is renamed and are others in
 * a copy, a checkout or an image. Who makes a file elsewhere cannot know them. On Windows the number alone is as good,
 * and a file that takes the name of another takes its time of birth as well.
 */
function headOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${IS_WINDOWS ? '' : birthtimeMs}\n`
}

function removeIfThere(path: string): void {
  try {
    rmSync(path)
  } catch {
    // It was never written, or cannot be removed where nothing can be written.
  }
}
