import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ResolvedConfig, writeTypes } from '../src/index.ts'
import type { PluginOptions } from './options.ts'

/** Keeps the file of types as the values are. Where nothing can be written, in an image, a build goes on without. */
export function writeTypesIfWanted(
  resolved: Pick<ResolvedConfig, 'root' | 'publicValues'>,
  root: string,
  { types = existsSync(join(root, 'tsconfig.json')) }: Pick<PluginOptions, 'types'>,
): void {
  if (types === false) return
  try {
    writeTypes(resolved, { cwd: root, file: typeof types === 'string' ? types : undefined })
  } catch (error) {
    const code: unknown = Reflect.get(Object(error), 'code')
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes(String(code))) throw error
  }
}
