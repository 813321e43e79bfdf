import { basename, dirname, join, relative } from 'node:path'
import { nearest } from '../errors/suggest.ts'
import { isDirectory, listDirectory } from './guard.ts'

/** The existing path that a missing one was probably meant to be: it differs in the first step that does not exist. */
export function nearestPath(path: string, isMeant: (path: string) => boolean): string | undefined {
  let step = path
  while (dirname(step) !== step && !isDirectory(dirname(step))) step = dirname(step)
  const near = nearest(basename(step), listDirectory(dirname(step)))
  const meant = near === undefined ? undefined : join(dirname(step), near, relative(step, path))
  return meant !== undefined && isMeant(meant) ? meant : undefined
}
