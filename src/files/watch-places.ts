import { watch } from 'node:fs'
import { basename, join } from 'node:path'
import { listDirectory } from '../read/guard.ts'
import { type Places, statusOf } from './places.ts'

export interface PlacesWatch {
  /**
   * Watches these places from now on, and no others. Those already watched stay so without interruption: pending events
   * in them are still reported. Returns whether any of them was not watched before.
   */
  watch(places: Places): boolean
  /**
   * Starts all watches again, since a directory that was removed and recreated has the same name, and may have the same
   * inode.
   */
  watchAnew(places: Places): void
  close(): void
}

export interface PlacesWatchOptions {
  /** Something may have changed; also called when nothing has. */
  readonly onEvent: () => void
  /** Whether to keep the process running. */
  readonly persistent: boolean
  /** Poll every so many milliseconds; if undefined, use the system's notifications. */
  readonly poll: number | undefined
}

/** Milliseconds between two polls of what the system cannot watch. */
const DEFAULT_POLL = 1000

/**
 * Reports changes in directories. Directories are watched, not files: when an editor replaces a file, a watch on the
 * file stays with the old one.
 */
export function watchPlaces(options: PlacesWatchOptions): PlacesWatch {
  let watched: ReadonlyMap<string, Watched> = new Map()
  /** Old watches are closed last, so that nothing goes unwatched in between. */
  const change = (places: Places, isKept: (directory: string, names: Names) => boolean): void => {
    const before = [...watched.values()]
    watched = new Map(
      [...places].map(([directory, names]) => {
        const known = isKept(directory, names) ? watched.get(directory) : undefined
        return [directory, known ?? { names, close: watchDirectory(directory, names, options) }]
      }),
    )
    const kept = new Set(watched.values())
    for (const one of before) if (!kept.has(one)) one.close()
  }
  return {
    watch(places) {
      const isWatched = (directory: string, names: Names): boolean => covers(watched.get(directory)?.names, names)
      const isNew = [...places].some(([directory, names]) => !isWatched(directory, names))
      change(places, isWatched)
      return isNew
    },
    watchAnew: (places) => change(places, () => false),
    close: () => change(new Map(), () => false),
  }
}

/** A directory, and the names in it that matter. */
interface Watched {
  readonly names: Names
  close(): void
}

type Names = ReadonlySet<string> | 'all'

function covers(watched: Names | undefined, names: Names): boolean {
  if (watched === undefined || watched === 'all' || names === 'all') return watched === 'all'
  return [...names].every((name) => watched.has(name))
}

function watchDirectory(directory: string, names: Names, options: PlacesWatchOptions): () => void {
  const { onEvent, persistent, poll } = options
  if (poll !== undefined) return pollDirectory(directory, names, options)
  const wanted = new Set(names === 'all' ? [] : [...names, basename(directory)].map(folded))
  try {
    const watcher = watch(directory, { persistent }, (_, name) => {
      if (names === 'all' || name === null || wanted.has(folded(name))) onEvent()
    })
    // The directory was removed, on Windows; the next check finds out.
    watcher.on('error', onEvent)
    return () => watcher.close()
  } catch {
    // No permission to read it, or too many watches on this machine.
    return pollDirectory(directory, names, options)
  }
}

/** Case-insensitive file systems report a name as it is written on the disk. */
function folded(name: string): string {
  return name.normalize().toLowerCase()
}

function pollDirectory(directory: string, names: Names, options: PlacesWatchOptions): () => void {
  const { onEvent, persistent, poll = DEFAULT_POLL } = options
  const look = (): string =>
    (names === 'all' ? listDirectory(directory) : [...names]).map(stateIn(directory)).join('\n')
  let seen = look()
  const timer = setInterval(() => {
    const state = look()
    if (state !== seen) onEvent()
    seen = state
  }, poll)
  if (!persistent) timer.unref()
  return () => clearInterval(timer)
}

function stateIn(directory: string): (name: string) => string {
  return (name) => {
    const stat = statusOf(join(directory, name))
    return stat ? [name, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(':') : name
  }
}
