import { join, resolve } from 'node:path'
import type { ResolvedConfig } from '../expose/expose.ts'
import { hasContent, writeIfChanged } from '../files/write-if-changed.ts'
import { pathExists } from '../read/guard.ts'
import { publicTypes, TYPES_FILE } from './public-types.ts'

/** Where to write the types, and whether to write them at all. */
export interface TypesFileOptions {
  /**
   * The file's path, relative to `cwd` or absolute.
   * @default 'systemprompt-env.d.ts' in `cwd` if that has a tsconfig.json, else in the project root
   */
  readonly file?: string | undefined
  /** Absolute path of a directory, for a package of a monorepo with its own file. @default the project root */
  readonly cwd?: string | undefined
  /** Only check whether the file is up to date. @default false */
  readonly check?: boolean | undefined
}

/** The file with the types, and what `writeTypes` did or found. */
export interface TypesFile {
  /** Absolute path. */
  readonly file: string
  /** With `check` it is `stale` if the file would change, and nothing is written. */
  readonly state: 'written' | 'unchanged' | 'stale'
}

/**
 * Writes the type declarations of a project's public values, atomically and only if they changed.
 *
 * @throws ConfigError as `publicValues()` does
 * @example
 * writeTypes(await loadConfig()) // { file: '/app/systemprompt-env.d.ts', state: 'written' }
 */
export function writeTypes(
  { root, publicValues }: Pick<ResolvedConfig, 'root' | 'publicValues'>,
  { cwd = root, file: name, check = false }: TypesFileOptions = {},
): TypesFile {
  const file = resolve(cwd, name ?? join(pathExists(join(cwd, 'tsconfig.json')) ? cwd : root, TYPES_FILE))
  const text = publicTypes(publicValues())
  if (check) return { file, state: hasContent(file, text) ? 'unchanged' : 'stale' }
  return { file, state: writeIfChanged(file, text) ? 'written' : 'unchanged' }
}
