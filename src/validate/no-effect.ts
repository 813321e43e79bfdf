import type { Problems } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import { formatPath, valueAt } from '../path.ts'
import { PROFILE_FIELDS } from '../schema/profile-fields.ts'
import { settingNameOf } from '../schema/setting-name.ts'
import { isPlain, leaves, nodeAt, setOwn } from '../tree.ts'
import type { LayerName, ListNode, MapNode, Path, ScalarNode } from '../types.ts'
import { ask, type Question, type Validation } from './ask-schema.ts'
import type { Validated } from './validate.ts'

/** The layers whose values are given for this program, one by one. */
const PROGRAM_LAYERS: readonly LayerName[] = ['overrides', 'environment', 'dotenv']

/** Warns of overrides and variables that the schema ignores, as it may do silently with unknown keys. */
export function* warnOfNoEffect(
  { tree, schema }: Question,
  { input, output }: Validated,
  problems: Problems,
): Validation<void> {
  if (problems.errors.length > 0) return
  const ignored = leftOut(tree, output)
  if (ignored.length === 0) return
  // The schema may have moved or transformed a value; if so, it has read it.
  const { copy, isRead } = trackReads(
    input,
    ignored.map(({ path }) => path),
  )
  const { issues } = yield ask(schema, copy)
  if (issues) return
  for (const { path, node, near } of ignored) {
    if (isRead(path)) continue
    problems.warn({
      code: 'UNKNOWN_KEY',
      key: path,
      message: 'has no effect: the schema ignores this key',
      remedy: remedyFor(node, near, tree),
      at: node,
    })
  }
}

/** A value that was given for this program, and that the schema's output does not have. */
interface IgnoredValue {
  readonly path: Path
  readonly node: ScalarNode | ListNode
  /** A similar path that the output has. */
  readonly near: Path | undefined
}

/** Nothing if the output throws when it is read: that is reported when it is exposed. */
function leftOut(tree: MapNode, output: unknown): readonly IgnoredValue[] {
  try {
    return [...leaves(tree)]
      .filter(
        ([path, node]) =>
          isSetOnlyInProgramLayers(node) &&
          isBelowMaps(path, tree) &&
          !isProfileField(path) &&
          valueAt(output, path) === undefined,
      )
      .map(([path, node]) => ({ path, node, near: similarPath(path, output) }))
      .filter((ignored) => isMeantForThisProgram(ignored, output))
  } catch {
    return []
  }
}

function isSetOnlyInProgramLayers({ source, shadowed = [] }: ScalarNode | ListNode): boolean {
  return (
    source.layer === 'overrides' ||
    [source, ...shadowed.map((node) => node.source)].every(({ layer }) => PROGRAM_LAYERS.includes(layer))
  )
}

/**
 * A variable may be meant for another program if a file has the same key, or if the schema knows neither a similar key
 * nor the section that the key is in.
 */
function isMeantForThisProgram({ path, node, near }: IgnoredValue, output: unknown): boolean {
  const section = path.slice(0, -1)
  return (
    node.source.layer === 'overrides' ||
    near !== undefined ||
    (section.length > 0 && valueAt(output, section) !== undefined)
  )
}

function remedyFor({ source }: ScalarNode | ListNode, near: Path | undefined, tree: MapNode): string {
  if (source.layer === 'overrides')
    return near ? `did you mean ${formatPath(near)}?` : 'correct the key, or add it to the schema'
  if (near === undefined) return 'correct the name, or add the key to the schema'
  const key = formatPath(near)
  const name = settingNameOf(near.map((step) => String(step).toLowerCase()))
  if (name === undefined) return `did you mean ${key}? Set it in the profile or in defaults`
  if (name === settingNameOf(near) || nodeAt(tree, near)) return `did you mean ${name}?`
  return `did you mean ${key}? ${name} sets it if the profile or defaults have it too: a variable's name is read in lower case`
}

/** Not inside a list, whose items a schema may read in any way. */
function isBelowMaps(path: Path, tree: MapNode): boolean {
  return path.every((step, index) => typeof step === 'string' && nodeAt(tree, path.slice(0, index))?.kind === 'map')
}

/** Whether the library itself, or SystemPrompt, uses it. */
function isProfileField(path: Path): boolean {
  const key = formatPath(path)
  return PROFILE_FIELDS.some((field) => field.path === key)
}

/** A copy that records which of these paths have been read. */
function trackReads(input: unknown, paths: readonly Path[]): { copy: unknown; isRead: (path: Path) => boolean } {
  const unread = new Set<Path>()
  const copy = copyOf(input)
  for (const path of paths) {
    const [around, key] = [valueAt(copy, path.slice(0, -1)), path.at(-1)]
    // The schema itself may have removed it.
    if (!isPlain(around) || key === undefined || !Object.hasOwn(around, key)) continue
    const value: unknown = Reflect.get(around, key)
    const get = (): unknown => {
      unread.delete(path)
      return value
    }
    Object.defineProperty(around, key, { get, enumerable: true, configurable: true })
    unread.add(path)
  }
  return { copy, isRead: (path) => !unread.has(path) }
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isPlain(value)) return value
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) setOwn(copy, key, copyOf(inner))
  return copy
}

/** The path with missing steps replaced by similar existing ones. */
function similarPath(path: Path, output: unknown): Path | undefined {
  const near: (string | number)[] = []
  for (const step of path) {
    const around = valueAt(output, near)
    const exists = valueAt(around, [step]) !== undefined
    near.push((exists ? undefined : similar(String(step), Object.keys(isPlain(around) ? around : {}))) ?? step)
  }
  return near.some((step, index) => step !== path[index]) ? near : undefined
}

function similar(key: string, keys: readonly string[]): string | undefined {
  return keys.find((other) => other.toLowerCase() === key.toLowerCase()) ?? nearest(key, keys)
}
