import { isAbsolute, join, posix, relative, resolve, sep } from 'node:path'
import { IS_WINDOWS } from './windows.ts'

/** A path as messages show it: relative to the root where it lies below it, with forward slashes. */
export function displayPath(root: string, file: string): string {
  const path = relative(root, file)
  const shown = /^\.\.(?:[\\/]|$)/.test(path) || isAbsolute(path) ? file : path
  return sep === '/' ? shown : shown.split(sep).join('/')
}

/** Makes a path from a file or variable absolute, `~/` included. */
export function resolvePath(path: string, from: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home(), path.slice(1))
  return isAbsoluteAnywhere(path) && !isAbsolute(path) ? path : resolve(from, path)
}

/** The same for a value of a profile, which may be meant for a container: on Windows `/app` is not put on a drive. */
export function resolveSetting(path: string, from: string): string {
  return IS_WINDOWS && /^\/(?!\/)/.test(path) ? posix.normalize(path) : resolvePath(path, from)
}

/** Asked of Node here, since few paths begin so. A user that nobody knows, as in a container, has the root for one. */
function home(): string {
  try {
    return process.getBuiltinModule('node:os').homedir()
  } catch {
    return '/'
  }
}

/** Absolute here or on Windows: a profile is shared between machines, so `C:\data` is never made relative. */
function isAbsoluteAnywhere(path: string): boolean {
  return isAbsolute(path) || /^[A-Za-z]:[\\/]|^\\\\/.test(path)
}
