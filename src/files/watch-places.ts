import { watch } from 'node:fs'
import { basename, join } from 'node:path'
import { listDirectory } from '../read/guard.ts'
import { type Places, statusOf } from './places.ts'

export interface PlacesWatch {
  /**
   * Watches these places from now on, and no others. Those that are watched already stay so without a break: what
   * happened in them and was not told yet will be. Returns whether some of them were not watched before.
   */
  watch(places: Places): boolean
  /** Begins all of them anew, since a directory that was removed and made again has the same name, and can have the same number. */
  watchAnew(places: Places): void
  close(): void
}

export interface PlacesWatchOptions {
  /** Something may have changed; called more often than that is so. */
  readonly onEvent: () => void
  /** Keeps the process running. */
  readonly persistent: boolean
  /** Look every so many milliseconds; undefined: let the system tell. */
  readonly poll: number | undefined
}

/** Milliseconds between two looks at what the system cannot tell about. */
const DEFAULT_POLL = 1000

/**
 * Tells of changes in directories. Directories are watched and not files: an editor that replaces a file leaves a
 * watch on the file behind.
 */
export function watchPlaces(options: PlacesWatchOptions): PlacesWatch {
  let watched: ReadonlyMap<string, Watched> = new Map()
  /** What is no longer wanted is closed last, so that nothing goes unwatched in between. */
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

/** A directory, and which names in it count. */
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
    // The directory was removed, on Windows; the next look finds out.
    watcher.on('error', onEvent)
    return () => watcher.close()
  } catch {
    // No right to read it, or too many watches on this machine.
    return pollDirectory(directory, names, options)
  }
}

/** File systems that do not tell capitals from small letters report a name as it is written there. */
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
