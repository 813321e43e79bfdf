import { isAbsolute, join, posix, relative, resolve, sep } from 'node:path'
import { IS_WINDOWS } from './windows.ts'

/** A path as messages show it: relative to the root if it is below it, with forward slashes. */
export function displayPath(root: string, file: string): string {
  const path = relative(root, file)
  const shown = /^\.\.(?:[\\/]|$)/.test(path) || isAbsolute(path) ? file : path
  return sep === '/' ? shown : shown.split(sep).join('/')
}

/** Makes a path from a file or variable absolute; `~/` is expanded. */
export function resolvePath(path: string, from: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home(), path.slice(1))
  return isAbsoluteAnywhere(path) && !isAbsolute(path) ? path : resolve(from, path)
}

/** The same for a value in a profile, which may be meant for a container: on Windows `/app` gets no drive letter. */
export function resolveSetting(path: string, from: string): string {
  return IS_WINDOWS && /^\/(?!\/)/.test(path) ? posix.normalize(path) : resolvePath(path, from)
}

/** Loaded on demand, since few paths begin with it. An unknown user, as in a container, has the root as home. */
function home(): string {
  try {
    return process.getBuiltinModule('node:os').homedir()
  } catch {
    return '/'
  }
}

/**
 * Whether it is absolute here or on Windows: a profile is shared between machines, so `C:\data` is never made relative.
 */
function isAbsoluteAnywhere(path: string): boolean {
  return isAbsolute(path) || /^[A-Za-z]:[\\/]|^\\\\/.test(path)
}
