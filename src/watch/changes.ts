import { inspect, isDeepStrictEqual } from 'node:util'
import type { ResolvedConfig } from '../expose/expose.ts'
import { formatPath, valueAt } from '../path.ts'
import { isMaskedWhole } from '../secrets/mask.ts'
import { MASK } from '../secrets/secret.ts'
import { isContainer } from '../tree.ts'
import type { Path } from '../types.ts'
import type { ConfigChange } from '../watch-config.ts'

type Result = Omit<ResolvedConfig, 'config' | 'variables'> & { readonly config: unknown }
type Part = ConfigChange['part']

/** A value and its path. */
interface Leaf {
  readonly path: Path
  readonly value: unknown
}

/** The differences between two results, value by value, with secrets masked; empty if there are none. */
export function changesBetween(previous: Result, current: Result): readonly ConfigChange[] {
  // A single string that a schema made of everything has no path for `explain`.
  const masked = (path: string): boolean =>
    path === '' || [previous, current].some((result) => isSecretIn(result, path))
  return [
    ...compare('config', [], previous.config, current.config, (leaf, path) => (masked(path) ? MASK : leaf.value)),
    ...compare('secrets', ['secrets'], secretsOf(previous), secretsOf(current), () => MASK),
    ...compare('env', ['env'], previous.env, current.env, () => MASK),
    ...compareData('profile', previous.profile, current.profile),
    ...compareData('tenant', previous.tenant, current.tenant),
    ...compareData('credentials', previous.credentials, current.credentials),
  ]
}

function isSecretIn(result: Result, path: string): boolean {
  const [effective] = result.explain(path)
  return effective !== undefined && (effective.secret === true || effective.value === MASK)
}

function secretsOf({ secrets }: Result): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(secrets.names().map((name) => [name, secrets.get(name)]))
}

/** Compares data that masks its own secrets when printed. */
function compareData(part: Part, previous: unknown, current: unknown): readonly ConfigChange[] {
  const shown = (leaf: Leaf, result: unknown): unknown => valueAt(printable(result), leaf.path)
  return compare(part, [part], previous, current, (leaf, _, isPrevious) => shown(leaf, isPrevious ? previous : current))
}

function printable(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** `show` returns what may be shown of a value. */
function compare(
  part: Part,
  prefix: Path,
  previous: unknown,
  current: unknown,
  show: (leaf: Leaf, path: string, isPrevious: boolean) => unknown,
): readonly ConfigChange[] {
  const before = leavesOf(previous)
  const after = leavesOf(current)
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)]
    if (was && is && isSame(was.value, is.value)) return []
    if ((was && isFilled(was, current)) || (is && isFilled(is, previous))) return []
    const path = formatPath([...prefix, ...((is ?? was)?.path ?? [])])
    return {
      path,
      part,
      kind: was && is ? ('changed' as const) : is ? ('added' as const) : ('removed' as const),
      ...(was ? { previous: show(was, path, true) } : {}),
      ...(is ? { current: show(is, path, false) } : {}),
    }
  })
}

/** Every value that is not an object or list with contents, by path. An object with secret keys is a value itself. */
function leavesOf(value: unknown): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>()
  const walk = (at: unknown, path: Path): void => {
    const entries = entriesOf(at)
    if (entries.length === 0) leaves.set(formatPath(path), { path, value: at })
    for (const [key, item] of entries) walk(item, [...path, key])
  }
  if (value !== undefined) walk(value, [])
  return leaves
}

/** Whether an empty object or list has contents on the other side, which are reported instead. */
function isFilled({ path, value }: Leaf, other: unknown): boolean {
  return isContainer(value) && Object.keys(value).length === 0 && entriesOf(valueAt(other, path)).length > 0
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item] as const)
  return isContainer(value) && !isMaskedWhole(value) ? Object.entries(value) : []
}

/** A schema may create new instances, even functions, at every load. Some show their state only when printed. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'function' && typeof other === 'function') return true
  if (typeof one !== 'object' || one === null) return Object.is(one, other)
  return isDeepStrictEqual(one, other) && inspect(one, WHOLE) === inspect(other, WHOLE)
}

const WHOLE = { depth: 8, maxArrayLength: null, maxStringLength: null }
