import { isAbsolute, relative } from 'node:path'

/** A file's path relative to a directory; undefined if the file is outside it. */
export function pathWithin(directory: string, file: string): string | undefined {
  const inside = relative(directory, file)
  // `..data` of a Kubernetes volume is inside.
  return /^\.\.(?:[\\/]|$)/.test(inside) || isAbsolute(inside) ? undefined : inside
}
