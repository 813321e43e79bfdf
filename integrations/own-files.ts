import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of this package's files. */
const DIRECTORY = fileURLToPath(new URL('../dist/', import.meta.url))

/** Windows drive letters may be upper or lower case. */
const IN_ANY_CASE = sep === '/' ? '' : 'i'

/**
 * The package's own files, whatever path code uses for them: Farm adds `//` before some. The schemas are left out,
 * since nothing in them is for the server alone.
 */
export const OWN_FILES = new RegExp(
  `^${DIRECTORY.split(/[\\/]/).map(escaped).join('[\\\\/]+')}(?!schema[\\\\/])`,
  IN_ANY_CASE,
)

/** Which entry a module is, if an alias, the `imports` of a package.json or a path led to it. */
export function ownFileOf(id: string): 'public' | 'library' | undefined {
  const [directory] = OWN_FILES.exec(id) ?? []
  if (directory === undefined) return undefined
  const [name = ''] = id.slice(directory.length).split('?')
  if (name.startsWith('webpack-')) return undefined
  return name === 'public.js' || name === 'public-sync.cjs' ? 'public' : 'library'
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
