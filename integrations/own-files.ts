import { fileURLToPath } from 'node:url'

/** Where this package's files lie, with slashes, as bundlers write paths. */
const DIRECTORY = slashed(fileURLToPath(new URL('../dist/', import.meta.url)))

/** The package's own files, under whatever name code came to them; the schemas hold nothing of the server's. */
export const OWN_FILES = new RegExp(`^${DIRECTORY.split('/').map(escaped).join('[\\\\/]')}(?!schema[\\\\/])`)

/** What a module is that an alias, the `imports` of a package.json or a path led to. */
export function ownFileOf(id: string): 'public' | 'library' | undefined {
  if (!OWN_FILES.test(id)) return undefined
  const [path = ''] = slashed(id).split('?')
  const name = path.slice(DIRECTORY.length)
  if (name.startsWith('webpack-')) return undefined
  return name === 'public.js' || name === 'public-sync.js' ? 'public' : 'library'
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
