import type { ListNode, MapNode, Path, Scalar, ScalarNode, Site, Source, TreeNode } from './types.ts'

/** Keys that would reach an object's prototype. They are errors in every file and option. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

/** An object that was written as one, of whichever realm: what it inherits from inherits from nothing. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

export function mapNode(entries: ReadonlyMap<string, TreeNode>, site: Site): MapNode {
  return { kind: 'map', entries, ...siteOf(site) }
}

/** A value that nothing is substituted in: from a variable, a secret, an option. */
export function literal(value: Scalar, site: Site, text?: string): ScalarNode {
  return { kind: 'scalar', value, style: 'literal', ...siteOf(site), ...(text === undefined ? {} : { text }) }
}

/** The node at a path, if every step of it is there. */
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

/** Whether something else stands where a map belongs; null is as good as nothing. */
export function isNoMap(node: TreeNode | undefined): node is ScalarNode | ListNode {
  return node?.kind === 'list' || (node?.kind === 'scalar' && node.value !== null)
}

/** The nearest node on the way to a path that is there, for a message about one that is not. */
export function nearestNode(tree: TreeNode, path: Path): TreeNode {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(tree, path.slice(0, length))
    if (node) return node
  }
  return tree
}

/**
 * A copy of the tree in which `path` holds `node` (or nothing); missing maps on the way are made.
 *
 * @param own the maps that were copied or made so far: those are written to. Who changes many places hands in the
 *   same set each time, and each map is copied once.
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

/** A node below maps of one key each, so that several paths merge and none replaces another. Numbers in a path are indexes. */
export function treeOf(path: Path, node: TreeNode, site: Site): MapNode {
  const [key = '', ...rest] = path
  const map = mapNode(new Map([[String(key), rest.length === 0 ? node : treeOf(rest, node, site)]]), site)
  return typeof key === 'number' ? { ...map, isIndexed: true } : map
}

function asMap(node: TreeNode | undefined, parent: MapNode): MapNode {
  return node?.kind === 'map' ? node : mapNode(new Map(), parent)
}

/** The place alone of what may be a whole node. */
export function siteOf({ source, offset }: Site): Site {
  return offset === undefined ? { source } : { source, offset }
}

/** Every scalar below a node with its path, in document order. */
export function* leaves(node: TreeNode, path: Path = []): Generator<[Path, ScalarNode | ListNode]> {
  if (node.kind === 'map') for (const [key, child] of node.entries) yield* leaves(child, [...path, key])
  else if (node.kind === 'list' && node.items.length > 0) {
    for (const [index, item] of node.items.entries()) yield* leaves(item, [...path, index])
  } else yield [path, node]
}

/** The plain value of a node: what a schema is given. Keys never reach a prototype. */
export function toPlain(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  const plain: Record<string, unknown> = {}
  for (const [key, child] of node.entries) setOwn(plain, key, toPlain(child))
  return plain
}

/** Assignment that makes an own property whatever the key is called. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/** A source for values that stand in no file. */
export function variableSource(layer: Source['layer'], name: string): Source {
  return { layer, name, confidential: true }
}
