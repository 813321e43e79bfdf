import { lstatSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { type Finding, type Matcher, scanFiles } from '../../src/scan/index.ts'
import { pathWithin } from '../path-within.ts'

/** What to look for in a directory that a build writes to. */
export interface Written {
  readonly directory: string
  /** The project's directory: one that contains it is not an output directory. */
  readonly root: string
  /** Files that have not changed since then are skipped; milliseconds since 1970. */
  readonly since: number
  /** The size in bytes of each file of the bundle that was searched, by its name in the directory. */
  readonly searched: ReadonlyMap<string, number>
}

/** File systems have a clock of their own, which advances in steps. */
const CLOCK_STEP = 1000

/**
 * Searches what was put beside a bundle while it was built: a copied directory, or files that plugins wrote. Names are
 * relative to the directory.
 */
export function findInFolder(
  matcher: Matcher,
  { directory, root, since, searched }: Written,
): { readonly names: readonly string[]; readonly findings: readonly Finding[] } {
  const names: string[] = []
  const isAroundProject = pathWithin(directory, root) !== undefined
  if (isAroundProject || !lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return { names, findings: [] }
  const nameOf = (path: string): string => relative(directory, path).replaceAll(sep, '/')
  const isLeftOut = (path: string): boolean => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return false
    const name = nameOf(path)
    // A copy keeps the original's modification time, but not its change time.
    if (!stat || stat.ctimeMs < since - CLOCK_STEP || searched.get(name) === stat.size) return true
    names.push(name)
    return false
  }
  const { findings } = scanFiles(matcher, [directory], { isLeftOut })
  return { names, findings: findings.map((finding) => ({ ...finding, file: nameOf(finding.file) })) }
}
