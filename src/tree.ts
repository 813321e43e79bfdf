import type { ListNode, MapNode, Path, Referred, Scalar, ScalarNode, Site, Source, Taint, TreeNode } from './types.ts'

/** Keys that could reach an object's prototype. They are errors in every file and option. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

/** Whether a value is a plain object, of any realm: its prototype is null or has no prototype itself. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether a value is a list or a plain object, so that it consists of its items. */
export function isContainer(value: unknown): value is object {
  return Array.isArray(value) || isPlain(value)
}

export function mapNode(entries: ReadonlyMap<string, TreeNode>, site: Site): MapNode {
  return { kind: 'map', entries, ...siteOf(site) }
}

/** A value in which nothing is substituted: from a variable, a secret or an option. */
export function literal(value: Scalar, site: Site, text?: string): ScalarNode {
  return { kind: 'scalar', value, style: 'literal', ...siteOf(site), ...(text === undefined ? {} : { text }) }
}

/** The node at a path, if every step of it exists. */
export function nodeAt(tree: TreeNode | undefined, path: Path): TreeNode | undefined {
  let node = tree
  for (const segment of path) {
    if (node?.kind === 'map') node = node.entries.get(String(segment))
    else if (node?.kind === 'list') node = node.items[Number(segment)]
    else return undefined
  }
  return node
}

export function scalarAt(tree: TreeNode | undefined, path: Path): ScalarNode | undefined {
  const node = nodeAt(tree, path)
  return node?.kind === 'scalar' ? node : undefined
}

/** The variables that were substituted into a node itself. */
export function referencesIn(node: TreeNode): readonly Referred[] | undefined {
  return node.kind === 'scalar' ? node.references : undefined
}

/** Whether there is something else in the place of a map; null counts as nothing. */
export function isScalarOrList(node: TreeNode | undefined): node is ScalarNode | ListNode {
  return node?.kind === 'list' || (node?.kind === 'scalar' && node.value !== null)
}

/** How a secret reached the value; undefined for a value that is not tainted, and for a map. */
export function taintOf(node: TreeNode): Taint | undefined {
  return node.kind === 'map' ? undefined : node.taint
}

/** The deepest existing node along a path, for a message about a missing one. */
export function nearestNode(tree: TreeNode, path: Path): TreeNode {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(tree, path.slice(0, length))
    if (node) return node
  }
  return tree
}

/**
 * A copy of the tree with `node` (or nothing) at `path`; missing maps along the way are created.
 *
 * @param own the maps copied or created so far, which may be written to. A caller with many changes passes the same set
 * each time, so that each map is copied once.
 */
export function withNodeAt(
  tree: MapNode,
  path: readonly string[],
  node: TreeNode | undefined,
  own: Set<MapNode> = new Set(),
): MapNode {
  const [key, ...rest] = path
  if (key === undefined) return tree
  const copy = own.has(tree) ? tree : { ...tree, entries: new Map(tree.entries) }
  own.add(copy)
  const entries = copy.entries as Map<string, TreeNode>
  const child = entries.get(key)
  const inner = rest.length === 0 ? node : withNodeAt(asMap(child, tree), rest, node, own)
  if (inner === undefined || (node === undefined && inner.kind === 'map' && inner.entries.size === 0))
    entries.delete(key)
  else entries.set(key, inner)
  return copy
}

/** Wraps a node in maps of one key each, so that several paths can be merged. Numbers in a path are indexes. */
export function treeOf(path: Path, node: TreeNode, site: Site): MapNode {
  const [key = '', ...rest] = path
  const map = mapNode(new Map([[String(key), rest.length === 0 ? node : treeOf(rest, node, site)]]), site)
  return typeof key === 'number' ? { ...map, isIndexed: true } : map
}

function asMap(node: TreeNode | undefined, parent: MapNode): MapNode {
  return node?.kind === 'map' ? node : mapNode(new Map(), parent)
}

/** Only the site of what may be a whole node. */
export function siteOf({ source, offset }: Site): Site {
  return offset === undefined ? { source } : { source, offset }
}

/** Every scalar and empty list below a node with its path, in document order. */
export function* leaves(node: TreeNode, path: Path = []): Generator<[Path, ScalarNode | ListNode]> {
  if (node.kind === 'map') for (const [key, child] of node.entries) yield* leaves(child, [...path, key])
  else if (node.kind === 'list' && node.items.length > 0) {
    for (const [index, item] of node.items.entries()) yield* leaves(item, [...path, index])
  } else yield [path, node]
}

/** The plain value of a node, as a schema receives it. No key reaches a prototype. */
export function toPlain(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  const plain: Record<string, unknown> = {}
  for (const [key, child] of node.entries) setOwn(plain, key, toPlain(child))
  return plain
}

/** Assigns an own property, whatever its key is. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/** A source for values that are not in a file. */
export function variableSource(layer: Source['layer'], name: string): Source {
  return { layer, name, confidential: true }
}
