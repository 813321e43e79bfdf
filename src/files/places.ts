import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path'
import { listDirectory, realPath } from '../read/guard.ts'
import { systemCode } from './system-code.ts'
import type { Consulted } from './trail.ts'

/** Directories, and the names in them that determine what is found; `'all'` if every name does. Links are followed. */
export type Places = ReadonlyMap<string, ReadonlySet<string> | 'all'>

const MAX_LINKS = 40

/**
 * The places where a change can affect what is found at these paths: the directory of each path and of every link on
 * the way to it (Kubernetes replaces a link), or, for a missing directory, the nearest one that exists. In the project,
 * `root`, and directly above a file elsewhere, also the directories above, since one of them may be moved away.
 */
export function placesOf({ files, directories }: Consulted, root: string): Places {
  const walk: Walk = { places: new Map(), known: new Map(), top: dirname(realPath(root) ?? root) }
  for (const file of files) follow(file, walk)
  for (const directory of directories) {
    const end = follow(directory, walk)
    if (end !== undefined) walk.places.set(end, 'all')
  }
  return walk.places
}

/** Whether anything in these places has changed since a moment; allows for the coarse clocks of file systems. */
export function hasChangedSince(places: Places, moment: number): boolean {
  const isNewer = (path: string): boolean => {
    const stat = statusOf(path)
    return stat !== undefined && Math.max(stat.mtimeMs, stat.ctimeMs) > moment - CLOCK_STEP
  }
  return [...places].some(([directory, names]) => {
    if (isNewer(directory)) return true
    return [...(names === 'all' ? listDirectory(directory) : names)].some((name) => isNewer(join(directory, name)))
  })
}

/** Milliseconds. */
const CLOCK_STEP = 2000

/** Whether a file does not exist, or is empty. */
export function isMissingOrEmpty(path: string): boolean {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat === undefined || (stat.isFile() && stat.size === 0)
  } catch {
    return true
  }
}

interface Walk {
  readonly places: Map<string, Set<string> | 'all'>
  /** What was found at each path, since most paths have a common beginning. */
  readonly known: Map<string, Entry>
  readonly top: string
}

type Entry = { readonly link: string } | 'there' | 'missing'

/** Follows a path step by step; returns its real path, or undefined if it breaks off. */
function follow(path: string, { places, known, top }: Walk): string | undefined {
  // A Windows path on another system: there is no such file.
  if (!isAbsolute(path)) return undefined
  let [at, steps] = stepsOf(path)
  for (let links = 0; ; ) {
    const [name, ...rest] = steps
    if (name === undefined) return at
    const next = join(at, name)
    const entry = known.get(next) ?? entryAt(next)
    known.set(next, entry)
    if (entry !== 'there' || rest.length <= 1 || isIn(at, top)) add(places, at, name)
    if (entry === 'missing') return undefined
    if (entry === 'there') {
      at = next
      steps = rest
      continue
    }
    if (++links > MAX_LINKS) return undefined
    const [start, more] = stepsOf(resolve(at, entry.link))
    at = start
    steps = [...more, ...rest]
  }
}

function stepsOf(path: string): [start: string, steps: string[]] {
  const { root } = parse(path)
  return [
    root,
    path
      .slice(root.length)
      .split(sep)
      .filter((step) => step !== ''),
  ]
}

function entryAt(path: string): Entry {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (!stat?.isSymbolicLink()) return stat ? 'there' : 'missing'
    return { link: readlinkSync(path) }
  } catch (error) {
    // Node's permissions can allow a directory, and none of those above it.
    return systemCode(error) === 'ERR_ACCESS_DENIED' ? 'there' : 'missing'
  }
}

/** The status of the path itself; links are not followed. */
export function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function isIn(directory: string, top: string): boolean {
  return directory === top || directory.startsWith(top.endsWith(sep) ? top : top + sep)
}

function add(places: Walk['places'], directory: string, name: string): void {
  const names = places.get(directory)
  if (names === undefined) places.set(directory, new Set([name]))
  else if (names !== 'all') names.add(name)
}
