import { isAbsolute, relative } from 'node:path'

/** The path of a file from a directory; undefined for one that lies elsewhere. */
export function pathWithin(directory: string, file: string): string | undefined {
  const inside = relative(directory, file)
  // `..data` of a Kubernetes volume lies in it.
  return /^\.\.(?:[\\/]|$)/.test(inside) || isAbsolute(inside) ? undefined : inside
}
