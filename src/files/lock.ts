import { randomBytes } from 'node:crypto'
import { linkSync, lstatSync, rmSync, utimesSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { listDirectory, readFileBytes } from '../read/guard.ts'
import { writeExclusively } from './atomic.ts'
import { FileError, unwritable } from './errors.ts'
import { makePrivateDirectory } from './modes.ts'
import { currentOwner, hasEnded, type Owner } from './owner.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { systemCode } from './system-code.ts'
import { discard, isOlderThan, removeLeftovers, temporaryName } from './temporary.ts'
import { IS_WINDOWS } from './windows.ts'

export interface LockOptions {
  /** Milliseconds to wait for another process. @default 10000 */
  readonly timeout?: number
}

/** Milliseconds after which a lock from another machine, whose processes cannot be checked, counts as abandoned. */
const ABANDONED_AFTER = 60_000
const MAX_DEPTH = 8

/**
 * Runs work while no other process does so for the same file. The lock is a file beside it, created atomically with its
 * owner in it; the lock of a dead owner is broken.
 *
 * We do not use proper-lockfile: it detects a dead owner only by ten seconds of silence. After a `kill -9` every
 * command would wait, and a suspended process would lose a lock that it still holds.
 *
 * @throws FileError FILE_LOCKED, FILE_UNWRITABLE
 */
export async function withLock<T>(file: string, work: () => T | Promise<T>, options: LockOptions = {}): Promise<T> {
  const release = await lockFile(file, options)
  try {
    return await work()
  } finally {
    release()
  }
}

/** Locks a file, and returns the function that releases the lock. */
export async function lockFile(file: string, { timeout = 10_000 }: LockOptions = {}): Promise<() => void> {
  makePrivateDirectory(dirname(file))
  const deadline = Date.now() + timeout
  const release = await acquire(`${file}.lock`, file, deadline, 0)
  const refreshTimer = setInterval(() => refresh(`${file}.lock`), ABANDONED_AFTER / 3).unref()
  await removeLeftoverLocks(`${file}.lock`, file, deadline)
  return () => {
    clearInterval(refreshTimer)
    release()
  }
}

/** Keeps a lock from looking abandoned to another machine, such as a container. */
function refresh(lock: string): void {
  const now = new Date()
  try {
    utimesSync(lock, now, now)
  } catch {
    // The lock was removed.
  }
}

interface Holder extends Owner {
  /** Unique for each time that a lock is taken. */
  readonly token: string
}

async function acquire(lock: string, file: string, deadline: number, depth: number): Promise<() => void> {
  const mine: Holder = { ...currentOwner(), token: randomBytes(8).toString('hex') }
  for (;;) {
    if (tryAcquire(lock, mine, file)) return () => release(lock, mine)
    const holder = holderOf(lock)
    if (holder !== 'none' && isAbandoned(lock, holder)) await breakLock(lock, holder, file, deadline, depth)
    else if (Date.now() > deadline) throw locked(file, holder)
    else await wait(2 + Math.random() * 15)
  }
}

/**
 * Two processes may find the same dead owner, and the slower one must not remove the lock that the faster one has taken
 * since. So before breaking a lock, a process takes a second lock, named after the first one's token, and checks again.
 * That lock can be left behind too, and is broken in the same way.
 */
async function breakLock(lock: string, dead: Holder | 'unreadable', file: string, deadline: number, depth: number) {
  if (depth === MAX_DEPTH) throw locked(file, dead)
  const token = dead === 'unreadable' ? 'x' : dead.token
  const unlock = await acquire(`${lock}.${token}`, file, deadline, depth + 1)
  try {
    const now = holderOf(lock)
    const isSame = now === dead || (typeof now === 'object' && typeof dead === 'object' && now.token === dead.token)
    if (isSame && isAbandoned(lock, dead)) removeLock(lock, file)
  } finally {
    unlock()
  }
}

/** Removes the locks for breaking a lock that killed processes have left behind. */
async function removeLeftoverLocks(lock: string, file: string, deadline: number): Promise<void> {
  removeLeftovers(lock)
  const name = `${basename(lock)}.`
  for (const entry of listDirectory(dirname(lock))) {
    if (!entry.startsWith(name) || !LEFTOVER_NAME.test(entry.slice(name.length))) continue
    // One that cannot be removed does no harm.
    await removeIfAbandoned(join(dirname(lock), entry), file, deadline).catch(() => undefined)
  }
}

async function removeIfAbandoned(lock: string, file: string, deadline: number): Promise<void> {
  const holder = holderOf(lock)
  if (holder !== 'none' && isAbandoned(lock, holder)) await breakLock(lock, holder, file, deadline, 0)
}

/** Tokens, the deepest last. */
const LEFTOVER_NAME = /^(?:[0-9a-f]{16}|x)(?:\.(?:[0-9a-f]{16}|x))*$/

/** Does not remove a directory, which is nobody's lock. */
function removeLock(lock: string, file: string): void {
  try {
    retryWhileBusy(() => rmSync(lock, { force: true }))
  } catch {
    throw locked(file, 'unreadable')
  }
}

/** A hard link appears at once with its content, or not at all. */
function tryAcquire(lock: string, mine: Holder, file: string): boolean {
  const temporary = temporaryName(lock)
  try {
    writeExclusively(temporary, JSON.stringify(mine))
    linkSync(temporary, lock)
    return true
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return false
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) return tryAcquireWithoutLinks(lock, mine, file)
    throw unwritable(file, error)
  } finally {
    discard(temporary)
  }
}

/** Some file systems have no links. */
function tryAcquireWithoutLinks(lock: string, mine: Holder, file: string): boolean {
  try {
    writeExclusively(lock, JSON.stringify(mine))
    return true
  } catch (error) {
    const code = systemCode(error)
    // On Windows a lock that is released while somebody reads it still exists, and cannot be opened.
    const isBeingReleased = IS_WINDOWS && (code === 'EPERM' || code === 'EBUSY')
    if (code === 'EEXIST' || isBeingReleased) return false
    throw unwritable(file, error)
  }
}

function release(lock: string, mine: Holder): void {
  const holder = holderOf(lock)
  if (typeof holder === 'object' && holder.token === mine.token) retryWhileBusy(() => rmSync(lock, { force: true }))
}

function holderOf(lock: string): Holder | 'none' | 'unreadable' {
  // Opening a FIFO in its place would block.
  const bytes = readFileBytes(lock)
  if (bytes === undefined) return lstatSync(lock, { throwIfNoEntry: false }) ? 'unreadable' : 'none'
  try {
    const holder: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return isHolder(holder) ? holder : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false
  const texts = ['machine', 'started', 'token'].every((key) => typeof Reflect.get(value, key) === 'string')
  return (
    texts && Number.isInteger(Reflect.get(value, 'pid')) && /^[0-9a-f]{16}$/.test(String(Reflect.get(value, 'token')))
  )
}

function isAbandoned(lock: string, holder: Holder | 'unreadable'): boolean {
  const ended = holder === 'unreadable' ? undefined : hasEnded(holder)
  return ended ?? isOlderThan(ABANDONED_AFTER, lock)
}

function locked(file: string, holder: Holder | 'none' | 'unreadable'): FileError {
  const by = typeof holder === 'object' ? ` by process ${holder.pid}` : ''
  return new FileError(
    'FILE_LOCKED',
    file,
    `is being changed${by}`,
    `Try again; if no other command is running, remove ${file}.lock`,
  )
}
