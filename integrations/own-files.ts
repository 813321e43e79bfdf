import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where this package's files lie. */
const DIRECTORY = fileURLToPath(new URL('../dist/', import.meta.url))

/** The letter of a drive of Windows is written either way. */
const IN_ANY_CASE = sep === '/' ? '' : 'i'

/**
 * The package's own files, under whatever name code came to them: Farm writes `//` before some. The schemas hold nothing of
 * the server's.
 */
export const OWN_FILES = new RegExp(
  `^${DIRECTORY.split(/[\\/]/).map(escaped).join('[\\\\/]+')}(?!schema[\\\\/])`,
  IN_ANY_CASE,
)

/** What a module is that an alias, the `imports` of a package.json or a path led to. */
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
