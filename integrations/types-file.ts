import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ResolvedConfig, writeTypes } from '../src/index.ts'
import type { PluginOptions } from './options.ts'
import { packageDirectories } from './package-directories.ts'

/** Keeps the types file up to date. If it cannot be written, as in an image, the build continues without it. */
export function writeTypesIfWanted(
  resolved: Pick<ResolvedConfig, 'root' | 'publicValues'>,
  root: string,
  options: Pick<PluginOptions, 'types'>,
): void {
  const directories = packageDirectories(root)
  const typed = directories.find((directory) => existsSync(join(directory, 'tsconfig.json')))
  const { types = typed !== undefined } = options
  if (types === false) return
  try {
    writeTypes(resolved, typeof types === 'string' ? { cwd: directories.at(-1), file: types } : { cwd: typed ?? root })
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code')
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(String(code))) throw error
  }
}
