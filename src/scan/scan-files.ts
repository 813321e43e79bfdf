import { filesBelow, readPieces } from '../files/folder.ts'
import { readStaged, stagedFiles } from '../files/staged.ts'
import type { Matcher } from './matcher.ts'
import type { SecretForm } from './patterns.ts'
import type { SecretPart } from './secret-parts.ts'
import { createStreamSearch, type LocatedMatch, type StreamSearch } from './stream-search.ts'

/** A secret in a file. It never contains the value. */
export interface Finding {
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 units. */
  readonly column: number
  /** The secret's name. */
  readonly name: string
  readonly part?: SecretPart
  readonly form: SecretForm
}

/** What was found, and how much was searched. */
export interface ScanResult {
  readonly findings: readonly Finding[]
  /** How many files were searched, and how many bytes they have. */
  readonly files: number
  readonly bytes: number
  /** Paths that could not be read, and so were not searched. */
  readonly unreadable: readonly string[]
}

/** What to search. */
export interface ScanOptions {
  /** Whether to skip a file or folder, by its path. Folders named `.git` below a searched one are always skipped. */
  readonly isLeftOut?: ((path: string) => boolean) | undefined
}

/**
 * Searches files, and everything in folders, of any size and kind. Symbolic links inside a folder are not followed.
 * FIFOs, sockets and devices are skipped inside a folder, and listed in `unreadable` if they are named directly.
 *
 * @example
 * const { findings } = scanFiles(createMatcher(secrets), ['dist'])
 * findings[0] // { file: 'dist/app.js', line: 1, column: 8121, name: 'STRIPE_KEY', form: 'base64' }
 */
export function scanFiles(matcher: Matcher, paths: readonly string[], { isLeftOut }: ScanOptions = {}): ScanResult {
  const tally = new Tally(matcher)
  const leavesOut = (path: string): boolean => /(?:^|[\\/])\.git$/.test(path) || isLeftOut?.(path) === true
  for (const path of paths) {
    for (const file of filesBelow(path, leavesOut, (unread) => tally.unreadable.push(unread))) {
      tally.begin(file.path)
      if (!readPieces(file, (piece) => tally.push(piece))) tally.unreadable.push(file.path)
    }
  }
  return tally.end()
}

/**
 * Searches what git is about to commit: the staged content, not the files as they are now. Resolves to undefined if
 * there is no repository or no git, or if the staged content could not all be read.
 */
export async function scanStaged(matcher: Matcher, cwd: string): Promise<ScanResult | undefined> {
  const staged = stagedFiles(cwd)
  if (!staged) return undefined
  const tally = new Tally(matcher)
  const read = new Set<string>()
  const isComplete =
    staged.length === 0 ||
    (await readStaged(cwd, staged, ({ path }, piece) => {
      if (!read.has(path)) tally.begin(path)
      read.add(path)
      tally.push(piece)
    }))
  return isComplete ? { ...tally.end(), files: staged.length } : undefined
}

class Tally {
  readonly unreadable: string[] = []
  readonly #matcher: Matcher
  readonly #findings: Finding[] = []
  #file = ''
  #search: StreamSearch | undefined
  #files = 0
  #bytes = 0

  constructor(matcher: Matcher) {
    this.#matcher = matcher
  }

  begin(file: string): void {
    this.#finish()
    this.#file = file
    this.#files++
    this.#search = createStreamSearch(this.#matcher)
  }

  push(piece: Uint8Array): void {
    this.#bytes += piece.length
    this.#add(this.#search?.push(piece) ?? [])
  }

  end(): ScanResult {
    this.#finish()
    return { findings: this.#findings, files: this.#files, bytes: this.#bytes, unreadable: this.unreadable }
  }

  #finish(): void {
    this.#add(this.#search?.end() ?? [])
    this.#search = undefined
  }

  #add(matches: readonly LocatedMatch[]): void {
    for (const { start: _, end: __, line, column, ...match } of matches) {
      this.#findings.push({ file: this.#file, line, column, ...match })
    }
  }
}
