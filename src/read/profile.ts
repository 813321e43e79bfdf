import type { Problems } from '../errors/errors.ts'
import { MOVED_KEYS } from '../schema/profile-fields.ts'
import { toBoolean } from '../text/coerce.ts'
import { isScalarOrList, nodeAt, withNodeAt } from '../tree.ts'
import type { MapNode, TreeNode } from '../types.ts'
import { readText } from './guard.ts'
import { parseYaml } from './yaml.ts'

/** Reads profile.yaml; returns undefined if it cannot be read, which has then been reported. */
export function readProfile(file: string, shown: string, problems: Problems): MapNode | undefined {
  const read = readText(file, { layer: 'profile', file: shown, confidential: false }, problems)
  const tree = read && parseYaml(read.source, problems)
  return tree && renameMovedKeys(tree, problems)
}

/** Renames earlier spellings of keys to the current ones, with a warning (formats.md, section 3). */
export function renameMovedKeys(tree: MapNode, problems: Problems): MapNode {
  let renamed = tree
  for (const move of MOVED_KEYS) {
    const from = move.from.split('.')
    const to = move.to.split('.')
    const old = nodeAt(renamed, from)
    // A profile may have an `environment:` map of its own, which is not the earlier spelling of a name.
    if (!old || old.kind === 'map' || isScalarOrList(nodeAt(renamed, to.slice(0, -1)))) continue
    const current = nodeAt(renamed, to)
    const moved = 'negated' in move ? negated(old) : old
    if (current && !sameScalar(current, moved)) {
      problems.error({
        code: 'CONFLICTING_SPELLINGS',
        key: move.from,
        message: `is the old name of ${move.to}, which is set to something else`,
        remedy: `remove ${move.from}`,
        at: old,
      })
      continue
    }
    problems.warn({
      code: 'OLD_SPELLING',
      key: move.from,
      message: `is now called ${move.to}`,
      remedy: 'negated' in move ? `write ${move.to} with the opposite value` : `write ${move.to}`,
      at: old,
    })
    renamed = withNodeAt(withNodeAt(renamed, from, undefined), to, current ?? moved)
  }
  return renamed
}

function negated(node: TreeNode): TreeNode {
  if (node.kind !== 'scalar') return node
  // A string from a file may hold references, so its value is known only after substitution.
  const value = node.style === 'literal' ? toBoolean(node.value) : node.value
  if (typeof value !== 'boolean') return { ...node, isNegated: true }
  // The string that it was typed from now says the opposite.
  const { text: _, ...rest } = node
  return { ...rest, value: !value }
}

function sameScalar(one: TreeNode, other: TreeNode): boolean {
  if (one.kind === 'list' && other.kind === 'list') {
    return (
      one.items.length === other.items.length &&
      one.items.every((item, index) => sameScalar(item, other.items[index] ?? one))
    )
  }
  return one.kind === 'scalar' && other.kind === 'scalar' && one.value === other.value
}
