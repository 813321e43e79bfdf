import type { Problems, Report } from '../errors/errors.ts'
import { mergeAll } from '../merge.ts'
import type { GivenTree } from '../options/options.ts'
import { formatPath, parsePath } from '../path.ts'
import { isForbiddenKey, isPlain, literal, mapNode, treeOf, variableSource } from '../tree.ts'
import type { LayerName, MapNode, Path, Site, TreeNode } from '../types.ts'
import { LIMITS } from './guard.ts'
import { DEEP_NAME } from './settings.ts'

/**
 * A layer from values given in code or in the config file. A key with dots is a path, `{ 'server.port': 9090 }`; values
 * that are not data (functions, class instances) are errors, `undefined` counts as absent.
 */
export function readGivenTree({ tree, file }: GivenTree, layer: LayerName, problems: Problems): MapNode {
  const source = file === undefined ? variableSource(layer, layer) : { layer, file, confidential: true }
  const site = { source }
  const trees: MapNode[] = []
  for (const [key, value] of Object.entries(tree)) {
    const path = key.includes('.') || key.includes('[') ? parsePath(key) : [key]
    if (path === undefined || !isUsable(path)) {
      problems.error({ ...faultOf(path), key: layer, at: site })
      continue
    }
    const node = toNode(value, path, site, problems)
    if (node) trees.push(treeOf(path, node, node))
  }
  return mergeAll(trees) ?? mapNode(new Map(), site)
}

function isUsable(path: Path): boolean {
  return path.length <= LIMITS.depth && !path.some(isKeyForbidden)
}

const AS_PATH = "write paths as in 'server.port'"

function faultOf(path: Path | undefined): Pick<Report, 'code' | 'message' | 'remedy'> {
  if (path === undefined) return { code: 'INVALID_OPTION', message: 'has a key that is not a path', remedy: AS_PATH }
  return path.some(isKeyForbidden)
    ? { code: 'FORBIDDEN_KEY', message: 'has a key that reaches an object’s prototype', remedy: AS_PATH }
    : DEEP_NAME
}

function isKeyForbidden(key: string | number): boolean {
  return isForbiddenKey(String(key))
}

function toNode(value: unknown, path: Path, site: Site, problems: Problems): TreeNode | undefined {
  const invalid = (message: string): undefined => {
    problems.error({ code: 'INVALID_OPTION', key: formatPath(path), message, remedy: 'give plain data', at: site })
  }
  if (value === undefined) return undefined
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return literal(value, site)
  if (path.length > LIMITS.depth) return invalid(`is nested more than ${LIMITS.depth} levels deep`)
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => toNode(item ?? null, [...path, index], site, problems))
    return { kind: 'list', items: items.filter((item) => item !== undefined), ...site }
  }
  if (!isPlain(value)) return invalid('is not data')
  const entries = new Map<string, TreeNode>()
  for (const [key, child] of Object.entries(value)) {
    const at = [...path, key]
    if (isForbiddenKey(key)) return invalid('has a key that reaches an object’s prototype')
    const node = toNode(child, at, site, problems)
    if (node) entries.set(key, node)
  }
  return mapNode(entries, site)
}
