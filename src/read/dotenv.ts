import type { Problems } from '../errors/errors.ts'
import { displayPath, resolvePath } from '../files/paths.ts'
import type { DotenvOptions } from '../options/options.ts'
import { isSettingName } from '../schema/setting-name.ts'
import type { Candidate } from '../substitute/variables.ts'
import { dotenvProblems } from './dotenv-problems.ts'
import { scanDotenv } from './dotenv-text.ts'
import { readText } from './guard.ts'
import { MERGE_CONFLICT, mergeConflictIn } from './merge-conflict.ts'

export interface DotenvFiles {
  /** The files that exist, highest precedence first, as messages show them. */
  readonly files: readonly string[]
  /** Whether every variable in them is known: false if a file exists but cannot be read. */
  readonly isWhole: boolean
  /** Every definition of a variable, highest precedence first. */
  readonly variables: ReadonlyMap<string, readonly Candidate[]>
}

/** The names of the files to look for, highest precedence first (formats.md, section 6). */
export function dotenvNames(profile: string | undefined): readonly string[] {
  if (profile === undefined) return ['.env.local', '.env']
  // For a profile called `local`, two of the names are equal.
  return [...new Set([`.env.${profile}.local`, '.env.local', `.env.${profile}`, '.env'])]
}

/** What the environment and .env files define, highest precedence first (formats.md, section 6). */
export function inPrecedence<T>(
  { override }: DotenvOptions,
  { fromProcess, fromFiles }: { readonly fromProcess: readonly T[]; readonly fromFiles: readonly T[] },
): readonly T[] {
  return override ? [...fromFiles, ...fromProcess] : [...fromProcess, ...fromFiles]
}

/** Reads .env files; missing ones are no error. Within a file, the last definition of a name counts. */
export function readDotenv(root: string, names: readonly string[], problems: Problems): DotenvFiles {
  const before = problems.errors.length
  const files: string[] = []
  const variables = new Map<string, Candidate[]>()
  for (const name of names) {
    const path = resolvePath(name, root)
    const file = displayPath(root, path)
    const read = readText(path, { layer: 'dotenv', file, confidential: true }, problems)
    if (!read) continue
    files.push(file)
    const { source } = read
    const text = source.text ?? ''
    const conflict = mergeConflictIn(text)
    if (conflict !== undefined) {
      // The last definition would count, which is always that of one side.
      problems.error({ code: 'SYNTAX', ...MERGE_CONFLICT, at: { source, offset: conflict } })
      continue
    }
    const scan = scanDotenv(text)
    for (const { name, value, quote, offset } of scan.entries.toReversed()) {
      // An empty setting counts as not set, so that a definition below it applies.
      if (value === '' && isSettingName(name)) continue
      const candidate: Candidate = { value, site: { source, offset }, expands: quote !== 'single' }
      const others = variables.get(name)
      if (others) others.push(candidate)
      else variables.set(name, [candidate])
    }
    for (const { offset, ...problem } of dotenvProblems(scan))
      problems.warn({ code: 'SYNTAX', ...problem, at: { source, offset } })
  }
  return { files, isWhole: problems.errors.length === before, variables }
}
