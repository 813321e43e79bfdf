import { join, resolve } from 'node:path'
import type { ResolvedConfig } from '../expose/expose.ts'
import { holds, writeIfChanged } from '../files/write-if-changed.ts'
import { pathExists } from '../read/guard.ts'
import { publicTypes, TYPES_FILE } from './public-types.ts'

/** Where the types go, and whether they are written at all. */
export interface TypesFileOptions {
  /** From `cwd`, or absolute. @default 'systemprompt-env.d.ts' in `cwd` where it has a tsconfig.json, else in the project's root */
  readonly file?: string | undefined
  /** Absolute: a package of a monorepo, which has a file of its own. @default the project's root */
  readonly cwd?: string | undefined
  /** Only look. @default false */
  readonly check?: boolean | undefined
}

/** The file of types, and whether `writeTypes` wrote it. */
export interface TypesFile {
  /** Absolute. */
  readonly file: string
  readonly state: 'written' | 'unchanged' | 'stale'
}

/**
 * Writes the declarations of a project's public values, only when they changed and in one step.
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
  if (check) return { file, state: holds(file, text) ? 'unchanged' : 'stale' }
  return { file, state: writeIfChanged(file, text) ? 'written' : 'unchanged' }
}
