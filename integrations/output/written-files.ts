import { lstatSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { type Finding, type Matcher, scanFiles } from '../../src/scan/index.ts'
import { pathWithin } from '../path-within.ts'

/** What to look for in a directory that a build writes to. */
export interface Written {
  readonly directory: string
  /** Where the project is: a directory that holds it is no output directory. */
  readonly root: string
  /** Files that have not changed since then are not looked at; milliseconds since 1970. */
  readonly since: number
  /** How many bytes each file of the bundle has that was searched, by its name in the directory. */
  readonly searched: ReadonlyMap<string, number>
}

/** File systems keep the time of their own clock, which steps. */
const CLOCK_STEP = 1000

/**
 * Secrets in what was put beside a bundle while it was built: a directory that was copied, the work of plugins that
 * write files of their own. Names of files are from the directory.
 */
export function findInFolder(
  matcher: Matcher,
  { directory, root, since, searched }: Written,
): { readonly names: readonly string[]; readonly findings: readonly Finding[] } {
  const names: string[] = []
  if (isBelow(root, directory) || !lstatSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return { names, findings: [] }
  const nameOf = (path: string): string => relative(directory, path).replaceAll(sep, '/')
  const isLeftOut = (path: string): boolean => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return false
    const name = nameOf(path)
    // A copy keeps the time at which its original was changed, but not that at which it was made.
    if (!stat || stat.ctimeMs < since - CLOCK_STEP || searched.get(name) === stat.size) return true
    names.push(name)
    return false
  }
  const { findings } = scanFiles(matcher, [directory], { isLeftOut })
  return { names, findings: findings.map((each) => ({ ...each, file: nameOf(each.file) })) }
}

function isBelow(path: string, directory: string): boolean {
  return pathWithin(directory, path) !== undefined
}
