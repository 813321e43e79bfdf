import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs'

/** What a path that leads nowhere has for a signature. */
export const ABSENT = '-'
/** What a directory has that is only looked for: what is created in it changes its times, and nothing else. */
export const DIRECTORY = 'd'

/**
 * What tells one state of a file from another without reading it: the numbers that git goes by. A file whose
 * content changed has another time of change, size or inode; who sets its time back changes that of the inode.
 */
export function signatureOf(path: string): string {
  return signatureIn(statOf(path))
}

/** The same of a directory whose entries count: one that is added or taken away changes it. */
export function listingSignatureOf(path: string): string {
  const stat = statOf(path)
  return stat ? numbers(stat) : ABSENT
}

/** When a file or its place was last changed, in milliseconds since 1970; 0 for what is not there. */
export function changedAt(path: string): number {
  const stat = statOf(path)
  return stat ? Math.max(stat.ctimeMs, stat.mtimeMs) : 0
}

/** The text of a file that has the signature before it is read and after: it may be written over meanwhile. */
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

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** The same from what the system said already. */
export function signatureIn(stat: Stats | undefined): string {
  if (!stat) return ABSENT
  return stat.isDirectory() ? DIRECTORY : numbers(stat)
}

function numbers({ dev, ino, size, mode, uid, mtimeMs, ctimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mode}:${uid}:${mtimeMs}:${ctimeMs}`
}
