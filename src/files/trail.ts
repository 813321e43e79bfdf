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
}

export function newTrail(): Trail {
  return { files: new Set(), directories: new Set() }
}

export function consultedOf({ files, directories }: Trail): Consulted {
  return Object.freeze({ files: Object.freeze([...files]), directories: Object.freeze([...directories]) })
}
