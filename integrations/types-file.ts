import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ResolvedConfig, writeTypes } from '../src/index.ts'
import type { PluginOptions } from './options.ts'

/** Keeps the file of types as the values are. Where nothing can be written, in an image, a build goes on without. */
export function writeTypesIfWanted(
  resolved: Pick<ResolvedConfig, 'root' | 'publicValues'>,
  root: string,
  options: Pick<PluginOptions, 'types'>,
): void {
  const typed = typedDirectory(root)
  const { types = typed !== undefined } = options
  if (types === false) return
  try {
    writeTypes(resolved, typeof types === 'string' ? { file: types } : { cwd: typed ?? root })
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code')
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(String(code))) throw error
  }
}

/** The directory with a tsconfig.json, from the bundler's root up to that of its package: Nuxt builds in `app`, others in `src`. */
function typedDirectory(from: string): string | undefined {
  if (existsSync(join(from, 'tsconfig.json'))) return from
  const above = dirname(from)
  return above === from || existsSync(join(from, 'package.json')) ? undefined : typedDirectory(above)
}
