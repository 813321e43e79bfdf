import { isScalarOrList } from './tree.ts'
import type { ListNode, MapNode, ScalarNode, TreeNode } from './types.ts'

export interface MergeOptions {
  /** Match keys of the upper tree to keys of the lower one in any case (names of variables are upper case). */
  readonly foldCase?: boolean
  /**
   * Whose keys come first: a value laid over a file keeps the file's order, a file keeps its own over defaults.
   * @default 'lower'
   */
  readonly order?: 'lower' | 'upper'
  /** Called for an item that would be set beyond the end of a list. */
  readonly onUnreachable?: (node: TreeNode) => void
  /** Called for a map that replaces a scalar or a list. */
  readonly onReplaced?: (map: MapNode, replaced: ScalarNode | ListNode) => void
}

/**
 * Merges one tree over another: maps merge deeply, lists and scalars replace, and `null` in the upper tree is a value.
 * Every node that wins remembers what it overrode. The inputs are not changed; unmerged parts are shared.
 */
export function merge(upper: MapNode, lower: MapNode, options: MergeOptions = {}): MapNode {
  if (upper.entries.size === 0) return lower
  if (lower.entries.size === 0) return upper
  const entries = new Map(options.order === 'upper' ? [...upper.entries, ...lower.entries] : lower.entries)
  const folded = options.foldCase ? foldedKeys(lower) : undefined
  for (const [name, node] of upper.entries) {
    const key = folded && !lower.entries.has(name) ? (folded.get(name.toLowerCase()) ?? name) : name
    const below = lower.entries.get(key)
    entries.set(key, below ? mergeNodes(node, below, options) : node)
  }
  return { ...(options.order === 'upper' ? upper : lower), entries }
}

/** Merges many trees, each over those before it. Halving the list avoids copying the growing map for each tree. */
export function mergeAll(trees: readonly MapNode[], options: MergeOptions = {}): MapNode | undefined {
  if (trees.length <= 1) return trees[0]
  const middle = trees.length >> 1
  const [lower, upper] = [mergeAll(trees.slice(0, middle), options), mergeAll(trees.slice(middle), options)]
  return upper && lower && merge(upper, lower, options)
}

function mergeNodes(upper: TreeNode, lower: TreeNode, options: MergeOptions): TreeNode {
  if (upper.kind === 'map' && lower.kind === 'map') return merge(upper, lower, options)
  if (upper.kind === 'map' && lower.kind === 'list' && hasIndexKeys(upper, options))
    return mergeItems(upper, lower, options)
  if (upper.kind === 'map' && isScalarOrList(lower)) options.onReplaced?.(upper, lower)
  return { ...upper, shadowed: [...(upper.shadowed ?? []), lower, ...(lower.shadowed ?? [])] }
}

/** Whether keys of the map are indexes: `features[1]` in code, `SYSTEMPROMPT__FEATURES__1` in a variable. */
function hasIndexKeys(upper: MapNode, { foldCase }: MergeOptions): boolean {
  const mayBeIndexes = upper.isIndexed === true || foldCase === true
  return mayBeIndexes && [...upper.entries.keys()].every((key) => /^\d+$/.test(key))
}

/** `features[1].name` changes one item and keeps the others. The index right after the end appends one. */
function mergeItems(upper: MapNode, lower: ListNode, options: MergeOptions): TreeNode {
  const items = [...lower.items]
  const byIndex = [...upper.entries].map(([index, node]) => [Number(index), node] as const)
  for (const [at, node] of byIndex.sort(([one], [other]) => one - other)) {
    const below = items[at]
    if (at > items.length) options.onUnreachable?.(node)
    else items[at] = below ? mergeNodes(node, below, options) : node
  }
  return { ...lower, items }
}

/** Turns maps with index keys into lists if the indexes start at 0 without a gap; these had no list below them. */
export function withLists(tree: MapNode): MapNode {
  return { ...tree, entries: new Map([...tree.entries].map(([key, node]) => [key, toLists(node)])) }
}

function toLists(node: TreeNode): TreeNode {
  if (node.kind === 'scalar') return node
  if (node.kind === 'list') return { ...node, items: node.items.map(toLists) }
  const map = withLists(node)
  const { entries, isIndexed, ...rest } = map
  const items = [...entries.keys()].flatMap((_, index) => entries.get(String(index)) ?? [])
  if (!isIndexed || items.length < entries.size) return map
  return { ...rest, kind: 'list', items }
}

function foldedKeys(tree: MapNode): ReadonlyMap<string, string> {
  return new Map([...tree.entries.keys()].map((key) => [key.toLowerCase(), key]))
}
