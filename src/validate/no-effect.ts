import { isDeepStrictEqual } from 'node:util'
import { collectProblems, type Problems } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import { formatPath, valueAt } from '../path.ts'
import { PROFILE_FIELDS } from '../schema/profile-fields.ts'
import { leaves, nodeAt, withNodeAt } from '../tree.ts'
import type { MapNode, Path } from '../types.ts'
import { type Validated, validate } from './validate.ts'
import type { Question, Validation } from './validation.ts'

/** Warns of overrides that the schema takes no notice of, as it may be silent about keys that it does not know. */
export function* warnOfNoEffect(
  overrides: MapNode,
  question: Question,
  { output }: Validated,
  problems: Problems,
): Validation<void> {
  if (problems.errors.length > 0) return
  for (const [path, node] of leaves(overrides)) {
    if (!isBelowMaps(path, question.tree) || isOurs(path) || valueAt(output, path) !== undefined) continue
    // The schema may have put it elsewhere, or made something of it: then all is different without it.
    const errors = collectProblems()
    const without = yield* validate({ ...question, tree: withNodeAt(question.tree, path, undefined) }, errors)
    if (errors.errors.length > 0 || !isDeepStrictEqual(without.output, output)) continue
    const near = pathNear(path, output)
    problems.warn({
      code: 'UNKNOWN_KEY',
      key: path,
      message: 'has no effect: the schema does not know this key',
      remedy: near ? `did you mean ${formatPath(near)}?` : 'correct the key, or add it to the schema',
      at: node,
    })
  }
}

/** Nothing in a list, whose other items would have other places without it. */
function isBelowMaps(path: Path, tree: MapNode): path is readonly string[] {
  return path.every((step, index) => typeof step === 'string' && nodeAt(tree, path.slice(0, index))?.kind === 'map')
}

/** The library itself goes by it, or SystemPrompt does. */
function isOurs(path: Path): boolean {
  const key = formatPath(path)
  return PROFILE_FIELDS.some((field) => field.path === key)
}

/** The path with its first step that is not there replaced by one that is. */
function pathNear(path: readonly string[], output: unknown): Path | undefined {
  const index = path.findIndex((_, at) => valueAt(output, path.slice(0, at + 1)) === undefined)
  const around = valueAt(output, path.slice(0, index))
  const near = nearest(path[index] ?? '', Object.keys(around ?? {}))
  return near === undefined ? undefined : [...path.slice(0, index), near, ...path.slice(index + 1)]
}
