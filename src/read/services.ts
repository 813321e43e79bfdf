import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Problems, Report } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import { displayPath } from '../files/paths.ts'
import { merge, mergeAll } from '../merge.ts'
import { formatPath } from '../path.ts'
import { mapNode, variableSource } from '../tree.ts'
import type { MapNode, TreeNode } from '../types.ts'
import { isDirectory, LIMITS, listDirectory, readText, realPath } from './guard.ts'
import { parseYaml } from './yaml.ts'

export interface ServicesOptions {
  /** Absolute path of the services directory. */
  readonly directory: string
  readonly root: string
  /** Only these services; all of them by default. */
  readonly names?: readonly string[] | undefined
}

export interface Services {
  /** The tree for `config.services`. */
  readonly tree: MapNode
  /** The files that were read, in order, as messages show them. */
  readonly files: readonly string[]
}

const INCLUDES = 'includes'
const ROOT_SERVICE = 'config'

/**
 * Reads the service configs (formats.md, section 8): services/config/config.yaml with its includes, or if that does not
 * exist every services/<name>/config.yaml. A missing directory is no error.
 */
export function readServices(options: ServicesOptions, problems: Problems): Services {
  const { directory, names } = options
  const files: string[] = []
  const before = problems.errors.length
  const reader: Reader = { ...options, files, problems, realDirectory: realPath(directory) ?? directory }
  const rootFile = join(directory, ROOT_SERVICE, 'config.yaml')
  const fromRoot = isDirectory(directory, problems.trail) ? readFile(reader, rootFile, []) : undefined
  const isWanted = (name: string): boolean => names?.includes(name) ?? true
  const readAll = (): readonly MapNode[] =>
    serviceNames(reader)
      .filter(isWanted)
      .flatMap((name) => readFile(reader, fileOf(directory, name), []) ?? [])
  const tree = fromRoot ?? mergeAll(readAll()) ?? mapNode(new Map(), { source: variableSource('services', 'services') })
  const picked = [...tree.entries].filter(([name]) => isWanted(name))
  // After an error, a missing service may be in a file that could not be read.
  const requested = problems.errors.length === before ? (names ?? []) : []
  for (const name of requested) {
    const isRead = tree.entries.has(name) || files.includes(displayPath(options.root, fileOf(directory, name)))
    if (!isRead) problems.warn(missingService(name, fromRoot ? tree.entries.keys() : serviceNames(reader)))
  }
  return { tree: mapNode(new Map(picked), tree), files }
}

interface Reader extends ServicesOptions {
  readonly files: string[]
  readonly problems: Problems
  /** With symbolic links resolved: an include may not leave the directory through one either. */
  readonly realDirectory: string
}

function serviceNames({ root, directory, problems }: Reader): readonly string[] {
  const names = listDirectory(directory, problems.trail, (failure) => {
    problems.error({
      ...failure,
      at: { source: { layer: 'services', file: displayPath(root, directory), confidential: false } },
    })
  })
  return names.filter((name) => isDirectory(join(directory, name), problems.trail))
}

function missingService(name: string, others: Iterable<string>): Report {
  const meant = nearest(name, others)
  return {
    code: 'PATH_MISSING',
    key: formatPath(['services', name]),
    message: 'is named by the services option, but does not exist',
    remedy: meant === undefined ? 'create its config.yaml, or remove the name' : `did you mean ${meant}?`,
  }
}

function fileOf(directory: string, name: string): string {
  return join(directory, name, 'config.yaml')
}

/** A file with its includes, under the name of its service; undefined if the file does not exist. */
function readFile(reader: Reader, file: string, chain: readonly string[]): MapNode | undefined {
  const shown = displayPath(reader.root, file)
  if (reader.files.length >= LIMITS.files) {
    reader.problems.error({
      code: 'LIMIT_EXCEEDED',
      message: `exceeds the limit of ${LIMITS.files} service files`,
      remedy: 'merge some of them',
      at: { source: { layer: 'services', file: shown, confidential: false } },
    })
    return undefined
  }
  const read = readText(file, { layer: 'services', file: shown, confidential: false }, reader.problems)
  if (!read) return undefined
  reader.files.push(shown)
  const parsed = parseYaml(read.source, reader.problems)
  if (!parsed) return mapNode(new Map(), { source: read.source })
  const own = new Map(parsed.entries)
  own.delete(INCLUDES)
  const included = readIncludes(reader, file, parsed.entries.get(INCLUDES), [...chain, file])
  return wrapInServiceName(merge({ ...parsed, entries: own }, included), file, reader.directory)
}

/** Merges included maps in the order written; the including file's own keys come last. */
function readIncludes(reader: Reader, from: string, node: TreeNode | undefined, chain: readonly string[]): MapNode {
  let merged = mapNode(new Map(), node ?? { source: variableSource('services', INCLUDES) })
  for (const item of includedPaths(reader, node)) {
    const file = resolve(dirname(from), item.path)
    const problem = findIncludeProblem(reader, file, chain)
    if (problem) {
      reader.problems.error({ key: INCLUDES, at: item.node, ...problem })
      continue
    }
    const tree = readFile(reader, file, chain)
    if (tree) merged = merge(tree, merged)
  }
  return merged
}

function includedPaths(reader: Reader, node: TreeNode | undefined): readonly { path: string; node: TreeNode }[] {
  if (!node || (node.kind === 'scalar' && node.value === null)) return []
  const items = node.kind === 'list' ? node.items : [node]
  return items.flatMap((item) => {
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '')
      return [{ path: item.value, node: item }]
    reader.problems.error({
      code: 'INVALID_VALUE',
      key: INCLUDES,
      message: 'is not a list of paths',
      remedy: 'write one path per line: - ../ai/config.yaml',
      at: item,
    })
    return []
  })
}

type IncludeProblem = {
  code: 'INCLUDE_CYCLE' | 'INCLUDE_OUTSIDE' | 'INCLUDE_MISSING' | 'LIMIT_EXCEEDED'
  message: string
  remedy: string
}

function findIncludeProblem(reader: Reader, file: string, chain: readonly string[]): IncludeProblem | undefined {
  const shown = (path: string): string => displayPath(reader.root, path)
  const start = chain.indexOf(file)
  if (start !== -1) {
    const cycle = [...chain.slice(start), file].map(shown).join(' → ')
    return { code: 'INCLUDE_CYCLE', message: `includes itself: ${cycle}`, remedy: 'remove one of these includes' }
  }
  if (chain.length > LIMITS.includeLevels) {
    return {
      code: 'LIMIT_EXCEEDED',
      message: `is nested more than ${LIMITS.includeLevels} files deep`,
      remedy: 'include the files from the root file instead',
    }
  }
  if (!isInside(file, reader.directory)) return outside(shown(file))
  const real = realPath(file, reader.problems.trail)
  if (real === undefined) {
    return {
      code: 'INCLUDE_MISSING',
      message: `names ${shown(file)}, which does not exist`,
      remedy: 'check the path; it is relative to this file',
    }
  }
  return isInside(real, reader.realDirectory) ? undefined : outside(shown(file))
}

function outside(shown: string): IncludeProblem {
  return {
    code: 'INCLUDE_OUTSIDE',
    message: `names ${shown}, outside the services directory`,
    remedy: 'move the file into it',
  }
}

function isInside(file: string, directory: string): boolean {
  const path = relative(directory, file)
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && resolve(directory, path) === file
}

/**
 * services/ai/config.yaml holds the service `ai`, whether or not it wraps its keys in that name. The keys of the root
 * file are services themselves, and any other file is a part of the file that includes it.
 */
function wrapInServiceName(tree: MapNode, file: string, services: string): MapNode {
  const name = basename(dirname(file))
  const isService = basename(file) === 'config.yaml' && dirname(dirname(file)) === services && name !== ROOT_SERVICE
  if (!isService) return tree
  const wrapped = tree.entries.get(name)
  if (wrapped?.kind !== 'map') return mapNode(new Map([[name, tree]]), tree)
  const rest = new Map(tree.entries)
  rest.delete(name)
  return mapNode(new Map([[name, merge(wrapped, { ...tree, entries: rest })]]), tree)
}
