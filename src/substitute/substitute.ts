import { formatPath } from '../path.ts'
import { typedScalar } from '../text/yaml-scalar.ts'
import type { ListNode, MapNode, Path, Referred, ScalarNode, TreeNode } from '../types.ts'
import type { Variables } from './variables.ts'

/**
 * Resolves every `${VAR}` in a tree. This happens after parsing and only in scalars, so that no value can change a
 * document's structure; a value that a secret went into carries its taint.
 */
export function substitute(tree: MapNode, variables: Variables): MapNode {
  return visitMap(tree, [], variables)
}

/** Returns unchanged nodes as they are. */
function visit(node: TreeNode, path: Path, variables: Variables): TreeNode {
  if (node.kind === 'scalar') return substituteScalar(node, path, variables)
  return node.kind === 'list' ? visitList(node, path, variables) : visitMap(node, path, variables)
}

function visitMap(node: MapNode, path: Path, variables: Variables): MapNode {
  let entries: Map<string, TreeNode> | undefined
  for (const [key, child] of node.entries) {
    if (child.kind === 'scalar' && !mayRefer(child)) continue
    const replaced = visit(child, [...path, key], variables)
    if (replaced === child) continue
    entries ??= new Map(node.entries)
    entries.set(key, replaced)
  }
  return entries ? { ...node, entries } : node
}

function visitList(node: ListNode, path: Path, variables: Variables): ListNode {
  const items = node.items.map((item, index) => visit(item, [...path, index], variables))
  return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
}

function mayRefer(node: ScalarNode): boolean {
  return node.style !== 'literal' && typeof node.value === 'string' && node.value.includes('$')
}

/** Resolves the references in a scalar. A plain scalar that is exactly one reference is typed as in YAML. */
export function substituteScalar(
  node: ScalarNode,
  path: Path,
  variables: Variables,
  { bare = false }: { readonly bare?: boolean | undefined } = {},
): ScalarNode {
  if (!mayRefer(node) || typeof node.value !== 'string') return node
  const expansion = variables.expand(node.value, { key: formatPath(path), site: node, bare })
  if (expansion === undefined) return node
  if (expansion === 'failed') return { ...node, style: 'literal', value: null }
  const { value, taint, references } = expansion
  const typed = node.style === 'plain' && expansion.lone && expansion.undefinedNames.length === 0
  return {
    ...node,
    value: typed ? typedScalar(value) : value,
    style: 'literal',
    ...(typed ? { text: value } : {}),
    ...(references.length > 0 ? { references: references.map((name) => referred(name, variables)) } : {}),
    ...(taint ? { taint } : {}),
  }
}

function referred(name: string, variables: Variables): Referred {
  const variable = variables.get(name)
  return typeof variable === 'object' ? { name, site: variable.site } : { name }
}
