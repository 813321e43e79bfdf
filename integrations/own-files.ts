import { fileURLToPath } from 'node:url'

/** Where this package's files lie. */
const DIRECTORY = fileURLToPath(new URL('../dist/', import.meta.url))

/**
 * The package's own files, under whatever name code came to them: Farm writes `//` before some. The schemas hold nothing of
 * the server's.
 */
export const OWN_FILES = new RegExp(`^${DIRECTORY.split(/[\\/]/).map(escaped).join('[\\\\/]+')}(?!schema[\\\\/])`)

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
