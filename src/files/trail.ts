import type { Stats } from 'node:fs'
import { listingSignatureOf, signatureIn } from './signature.ts'

/**
 * Absolute paths that a load looked at, whether or not they exist. A change at one of them can change the result, or
 * fix an error: they are what to watch.
 */
export interface Consulted {
  /** Files that were read or looked for. */
  readonly files: readonly string[]
  /** Directories whose entries were listed: a new profile, service or secret appears in one of them. */
  readonly directories: readonly string[]
}

/** What a load records as it goes. */
export interface Trail {
  readonly files: Set<string>
  readonly directories: Set<string>
  /** The signature of a file when the load first looked at it; not every file has one. */
  readonly seen: Map<string, string>
  /** The same for directories whose entries were listed. */
  readonly listed: Map<string, string>
}

export function newTrail(): Trail {
  return { files: new Set(), directories: new Set(), seen: new Map(), listed: new Map() }
}

/** Records a file with its status; undefined if it does not exist. */
export function noteFile({ files, seen }: Trail, path: string, stat: Stats | undefined): void {
  files.add(path)
  if (!seen.has(path)) seen.set(path, signatureIn(stat))
}

/** Records a directory that is about to be listed. */
export function noteListing({ directories, listed }: Trail, path: string): void {
  directories.add(path)
  if (!listed.has(path)) listed.set(path, listingSignatureOf(path))
}

export function consultedOf({ files, directories }: Trail): Consulted {
  return Object.freeze({ files: Object.freeze([...files]), directories: Object.freeze([...directories]) })
}
