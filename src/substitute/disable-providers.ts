import type { Problems } from '../errors/errors.ts'
import { formatPath } from '../path.ts'
import { literal, nodeAt, scalarAt, withNodeAt } from '../tree.ts'
import type { MapNode, ScalarNode, TreeNode } from '../types.ts'
import type { OnUndefined, Variables } from './variables.ts'

/**
 * Disables every provider whose `api_key` refers to a variable that is not set, with a warning, so that a developer
 * needs keys only for the providers in use (formats.md, section 8).
 */
export function disableProviders(
  tree: MapNode,
  variables: Variables,
  onUndefined: OnUndefined,
  problems: Problems,
): MapNode {
  const own = new Set<MapNode>()
  let result = tree
  for (const { path, node } of apiKeys(tree)) {
    const missing = new Set<string>()
    const key = formatPath([...path, 'api_key'])
    variables.expand(String(node.value), { key, site: node, onMissing: (name) => void missing.add(name) })
    if (missing.size === 0) continue
    const names = [...missing].join(' and ')
    problems.warn({
      code: 'PROVIDER_DISABLED',
      key: formatPath(path),
      message: `is disabled because ${names} ${missing.size === 1 ? 'is' : 'are'} not set`,
      remedy: `export ${names} or add ${missing.size === 1 ? 'it' : 'them'} to .env or secrets.json to use this provider`,
      at: node,
    })
    result = withNodeAt(result, [...path, 'enabled'], literal(false, node), own)
    if (onUndefined === 'error') result = withNodeAt(result, [...path, 'api_key'], undefined, own)
  }
  return result
}

function* apiKeys(tree: MapNode): Generator<{ path: string[]; node: ScalarNode }> {
  for (const [service, providers] of children(nodeAt(tree, ['services']))) {
    for (const [provider] of children(nodeAt(providers, ['providers']))) {
      const path = ['services', service, 'providers', provider]
      const node = scalarAt(tree, [...path, 'api_key'])
      if (node && node.style !== 'literal') yield { path, node }
    }
  }
}

function children(node: TreeNode | undefined): Iterable<[string, TreeNode]> {
  return node?.kind === 'map' ? node.entries : []
}
