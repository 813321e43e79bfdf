import type { Stats } from 'node:fs'
import { listingSignatureOf, signatureIn } from './signature.ts'

/**
 * Absolute paths that a load looked at, whether or not anything was there. A change at one of them can change the
 * result, or mend an error: they are what to watch.
 */
export interface Consulted {
  /** Files that were read or looked for. */
  readonly files: readonly string[]
  /** Directories whose entries took part: a profile, a service or a secret that is new appears in one of them. */
  readonly directories: readonly string[]
}

/** What a load leaves behind while it goes on. */
export interface Trail {
  readonly files: Set<string>
  readonly directories: Set<string>
  /** The signature that a file had when the load first looked at it; not of each. */
  readonly seen: Map<string, string>
  /** The same of directories whose entries took part. */
  readonly listed: Map<string, string>
}

export function newTrail(): Trail {
  return { files: new Set(), directories: new Set(), seen: new Map(), listed: new Map() }
}

/** Notes a file with what the system says of it; undefined where nothing is there. */
export function noteFile({ files, seen }: Trail, path: string, stat: Stats | undefined): void {
  files.add(path)
  if (!seen.has(path)) seen.set(path, signatureIn(stat))
}

/** Notes a directory that is about to be listed. */
export function noteListing({ directories, listed }: Trail, path: string): void {
  directories.add(path)
  if (!listed.has(path)) listed.set(path, listingSignatureOf(path))
}

export function consultedOf({ files, directories }: Trail): Consulted {
  return Object.freeze({ files: Object.freeze([...files]), directories: Object.freeze([...directories]) })
}
