import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs'

/** The signature of a path that does not exist. */
export const ABSENT = '-'
/** The signature of a path that cannot be examined, such as a link to itself: reading it would fail. */
export const HIDDEN = '?'
/**
 * The signature of a directory of which only the existence matters: creating something in it changes just its times.
 */
export const DIRECTORY = 'd'

/**
 * Distinguishes states of a file without reading it, by the same numbers as git. A file whose content changed has
 * another modification time, size or inode; setting the modification time back changes the inode's change time.
 */
export function signatureOf(path: string): string {
  const stat = statOf(path)
  return stat === HIDDEN ? HIDDEN : signatureIn(stat)
}

/** The same for a directory whose entries matter: adding or removing one changes it. */
export function listingSignatureOf(path: string): string {
  const stat = statOf(path)
  return typeof stat === 'object' ? numbers(stat) : (stat ?? ABSENT)
}

/** When a file or its inode last changed, in milliseconds since 1970; 0 if that is unknown. */
export function changedAt(path: string): number {
  const stat = statOf(path)
  return typeof stat === 'object' ? Math.max(stat.ctimeMs, stat.mtimeMs) : 0
}

/** The text of a file whose signature is the expected one before and after reading: it may be overwritten meanwhile. */
export function readUnchanged(path: string, expected: string | undefined): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    if (signatureIn(fstatSync(descriptor)) !== expected) return undefined
    const text = readFileSync(descriptor, 'utf8')
    return signatureIn(fstatSync(descriptor)) === expected ? text : undefined
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function statOf(path: string): Stats | typeof HIDDEN | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return HIDDEN
  }
}

/** The same from an existing `Stats`. */
export function signatureIn(stat: Stats | undefined): string {
  if (!stat) return ABSENT
  return stat.isDirectory() ? DIRECTORY : numbers(stat)
}

function numbers({ dev, ino, size, mode, uid, mtimeMs, ctimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mode}:${uid}:${mtimeMs}:${ctimeMs}`
}
