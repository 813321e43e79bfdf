import { formatPath, nearest, parsePath, type ResolvedConfig } from '../../../index.ts'

/** The path of every value in a configuration; an empty list or map is a value. */
export function* leafPaths(value: unknown, path: readonly (string | number)[] = []): Generator<string> {
  const children = childrenOf(value)
  if (children.length === 0) {
    if (path.length > 0) yield formatPath(path)
    return
  }
  for (const [key, child] of children) yield* leafPaths(child, [...path, key])
}

function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.every(isScalar) ? [] : [...value.entries()]
  return isScalar(value) ? [] : Object.entries(value as object)
}

/** Lists of scalars are shown on one line. */
function isScalar(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value))
  )
}

/**
 * The normalised spelling of a path: `app["name"]` is `app.name`. Anything that is not a path is returned unchanged.
 */
export function normalized(path: string): string {
  const steps = parsePath(path)
  return steps ? formatPath(steps) : path
}

/** How many suggestions are shown at most. */
const MAX_MEANT = 3

/** Suggestions for a key that nothing sets: `server.port` for `port`, or for `server.prot`. */
export function namesMeant(path: string, result: ResolvedConfig): readonly string[] {
  const names = namesIn(result)
  const below = names.filter((name) => name.toLowerCase().endsWith(`.${path.toLowerCase()}`))
  if (below.length > 0 && below.length <= MAX_MEANT) return below
  const near = nearest(path, names)
  return near === undefined ? [] : [near]
}

/** Everything that `explain` has an answer for. */
function namesIn({ config, secrets, env }: ResolvedConfig): readonly string[] {
  return [...leafPaths(config), ...secrets.names(), ...secrets.envNames(), ...Object.keys(env)]
}
