import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The directories from a bundler's root up to its package: Nuxt builds in `app`, others in `src`. Only the root if
 * there is no package.
 */
export function packageDirectories(root: string): readonly string[] {
  const directories = [root]
  for (let directory = root; !existsSync(join(directory, 'package.json')); directories.push(directory)) {
    if (dirname(directory) === directory) return [root]
    directory = dirname(directory)
  }
  return directories
}
