import type { ProfileRef } from '../discover.ts'
import type { Problems } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import { resolveSetting } from '../files/paths.ts'
import { LATER_KEYS, LONG_EXPIRATION, MOVED_KEYS, PROFILE_FIELDS, type ProfileField } from '../schema/profile-fields.ts'
import { toBoolean } from '../text/coerce.ts'
import { isScalarOrList, literal, mapNode, nodeAt, scalarAt, variableSource, withNodeAt } from '../tree.ts'
import type { MapNode, TreeNode } from '../types.ts'
import { checkField } from './check-field.ts'

export interface ProfileCheck {
  readonly profile: ProfileRef
  /** The profile's file, as messages show it. */
  readonly file: string
  readonly strict: boolean
  readonly exists: (path: string) => boolean
}

const NONE: ReadonlySet<string> = new Set()
const DEFAULTS = variableSource('defaults', 'profile defaults')
const FIELDS = PROFILE_FIELDS.map((field) => ({ ...field, steps: field.path.split('.') }))

/** The defaults of profile.yaml, the lowest layer of all. */
export const PROFILE_DEFAULTS: MapNode = profileDefaults()

/**
 * Checks the configuration against the table of profile.yaml (formats.md, section 3): a key that is set is always
 * checked, missing ones are errors with `strict`. Returns the tree with strings converted to the types in the table,
 * old values replaced by current ones, and absolute paths.
 */
export function checkProfile(tree: MapNode, check: ProfileCheck, problems: Problems): MapNode {
  const skipRates = toBoolean(scalarAt(tree, ['rate_limits', 'disabled'])?.value) === true
  const isSkipped = (path: string): boolean =>
    skipRates && path.startsWith('rate_limits.') && path !== 'rate_limits.disabled'
  const missing: string[] = []
  const own = new Set<MapNode>()
  let checked = tree
  for (const field of FIELDS) {
    const node = nodeAt(checked, field.steps)
    const section = node || isSkipped(field.path) ? undefined : findNonMapSection(checked, field.steps)
    if (section) {
      const remedy = `write its keys below it, such as ${field.path}`
      const wrong = { code: 'INVALID_VALUE', message: 'is not a map of keys and values', remedy, ...section } as const
      if (!problems.isReported(section.key)) problems.error(wrong)
      continue
    }
    const isNothing = node === undefined || (node.kind === 'scalar' && node.value === null && !field.nullable)
    if (isNothing && problems.isReported(field.path)) continue
    if (isNothing) {
      const value = fallback(field, checked, check)
      if (field.required) missing.push(field.path)
      if (node || value) checked = withNodeAt(checked, field.steps, value, own)
      continue
    }
    if (isSkipped(field.path)) continue
    const result = checkField(field, node, problems)
    const placed = result && field.onDisk ? onDisk(field.path, result, checked, check, problems) : result
    if (placed && placed !== node) checked = withNodeAt(checked, field.steps, placed, own)
  }
  const meant = check.strict ? reportTypos(checked, problems) : NONE
  reportMissing(
    missing.filter((key) => !meant.has(key)),
    checked,
    check,
    problems,
  )
  warnOfLongLife(checked, problems)
  return checked
}

/** The outermost section of a field that is not a map. It is kept: what somebody wrote is not replaced by a default. */
function findNonMapSection(tree: MapNode, steps: readonly string[]): { key: string; at: TreeNode } | undefined {
  for (let length = 1; length < steps.length; length++) {
    const path = steps.slice(0, length)
    const at = nodeAt(tree, path)
    if (isScalarOrList(at)) return { key: path.join('.'), at }
  }
  return undefined
}

function profileDefaults(): MapNode {
  const own = new Set<MapNode>()
  return FIELDS.reduce(
    (tree, { steps, default: value }) =>
      value === undefined ? tree : withNodeAt(tree, steps, defaultNode(value), own),
    mapNode(new Map(), { source: DEFAULTS }),
  )
}

function defaultNode(value: NonNullable<ProfileField['default']> | null): TreeNode {
  const site = { source: DEFAULTS }
  if (typeof value !== 'object' || value === null) return literal(value, site)
  return { kind: 'list', items: value.map((item) => literal(item, site)), ...site }
}

/** By default a profile's name is that of its directory, and its display name is its name. */
function fallback(field: ProfileField, tree: MapNode, { profile }: ProfileCheck): TreeNode | undefined {
  if (field.default !== undefined) return defaultNode(field.default)
  if (field.path === 'name') return literal(profile.name, { source: DEFAULTS })
  const name = field.path === 'display_name' ? scalarAt(tree, ['name'])?.value : undefined
  return typeof name === 'string' ? literal(name, { source: DEFAULTS }) : undefined
}

/** Makes a path absolute, from the profile's directory, and checks that it suits the target. */
function onDisk(key: string, node: TreeNode, tree: MapNode, check: ProfileCheck, problems: Problems): TreeNode {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return node
  const path = resolveSetting(node.value, check.profile.directory)
  const isCloud = scalarAt(tree, ['target'])?.value === 'cloud'
  const isMain = key === 'paths.system' || key === 'paths.services' || key === 'paths.bin'
  const base = key === 'paths.web_path' ? '/app/web' : '/app'
  if (isCloud && (isMain || key === 'paths.web_path') && path !== base && !path.startsWith(`${base}/`)) {
    problems.error({
      code: 'INVALID_VALUE',
      key,
      message: `is not below ${base}, where a cloud container has its files`,
      remedy: `write a path such as ${base}/${key.slice('paths.'.length)}`,
      at: node,
    })
  }
  if (!isCloud && isMain && !check.exists(path)) {
    problems.warn({
      code: 'PATH_MISSING',
      key,
      message: 'names a path that does not exist',
      remedy: 'create it, or correct the path',
      at: node,
      references: node.references,
    })
  }
  return path === node.value ? node : { ...node, value: path }
}

function reportMissing(
  missing: readonly string[],
  tree: MapNode,
  { strict, file }: ProfileCheck,
  problems: Problems,
): void {
  if (missing.length === 0) return
  const whole = { source: { layer: 'profile', file, confidential: false } as const }
  if (!strict) {
    problems.warn({
      code: 'MISSING_KEY',
      message: `is missing ${missing.length === 1 ? 'a key' : `${missing.length} keys`} that SystemPrompt requires: ${listed(missing)}`,
      remedy:
        "this is fine for a service that only reads its own settings; 'systemprompt config check' reports each as an error",
      at: whole,
    })
    return
  }
  for (const key of missing) {
    const steps = key.split('.')
    const parent = steps.length > 1 ? nodeAt(tree, steps.slice(0, -1)) : undefined
    const at = parent?.source.file === file ? parent : whole
    problems.error({
      code: 'MISSING_KEY',
      key,
      message: 'is missing',
      remedy: `add ${key} to the profile`,
      at,
      unframed: true,
    })
  }
}

/** Shortened, since it appears at every load, and programs that read only their own settings lack all of these keys. */
function listed(keys: readonly string[]): string {
  return keys.length <= 5 ? keys.join(', ') : `${keys.slice(0, 3).join(', ')} and ${keys.length - 3} more`
}

/** The known keys: `{ '': ['name', 'site', …], 'site': ['name', 'github_link'], … }` */
function knownByParent(): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>()
  const fields = PROFILE_FIELDS.map(({ path }) => path)
  for (const path of [...fields, ...LATER_KEYS, ...MOVED_KEYS.map(({ from }) => from)]) {
    const steps = path.split('.')
    for (const [index, step] of steps.entries()) {
      const parent = steps.slice(0, index).join('.')
      children.set(parent, (children.get(parent) ?? new Set<string>()).add(step))
    }
  }
  return children
}

/**
 * Reports unknown keys that are one or two edits from a known key that is not set, and so were probably meant to be it.
 * Returns the keys that were meant.
 */
function reportTypos(tree: MapNode, problems: Problems): ReadonlySet<string> {
  const meant = new Set<string>()
  for (const [parent, known] of knownByParent()) {
    const node = parent === '' ? tree : nodeAt(tree, parent.split('.'))
    if (node?.kind !== 'map') continue
    for (const [key, child] of node.entries) {
      if (known.has(key) || key.length < 3) continue
      const near = nearest(key, known)
      if (near === undefined || !isOpen(node.entries.get(near))) continue
      const path = (name: string): string => (parent === '' ? name : `${parent}.${name}`)
      meant.add(path(near))
      problems.error({
        code: 'UNKNOWN_KEY',
        key: path(key),
        message: 'is not a known key',
        remedy: `did you mean ${path(near)}?`,
        at: child,
      })
    }
  }
  return meant
}

/** Whether nothing but the defaults sets it. */
function isOpen(node: TreeNode | undefined): boolean {
  if (node?.kind === 'map') return [...node.entries.values()].every(isOpen)
  return node === undefined || node.source.layer === 'defaults'
}

function warnOfLongLife(tree: MapNode, problems: Problems): void {
  const key = 'security.jwt_access_token_expiration'
  const node = scalarAt(tree, key.split('.'))
  if (typeof node?.value !== 'number' || node.value <= LONG_EXPIRATION) return
  problems.warn({
    code: 'INVALID_VALUE',
    key,
    message: 'lets an access token live for more than a year',
    remedy: `write at most ${LONG_EXPIRATION} (seconds)`,
    at: node,
  })
}
