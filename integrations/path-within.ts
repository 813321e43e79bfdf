import { isAbsolute, relative } from 'node:path'

/** The path of a file from a directory; undefined for one that lies elsewhere. */
export function pathWithin(directory: string, file: string): string | undefined {
  const inside = relative(directory, file)
  return inside.startsWith('..') || isAbsolute(inside) ? undefined : inside
}
