import { inspect, types } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ProfileRef } from './discover.ts'
import type { Problem } from './errors.ts'
import { originOf } from './frame.ts'
import { freezeMasked, protect } from './mask.ts'
import { formatPath, parsePath, valueAt } from './path.ts'
import type { ProfileConfig } from './profile-config.ts'
import { type PublicSettings, type PublicValues, publicValues } from './public-values.ts'
import type { Credentials } from './read/credentials.ts'
import type { Tenant } from './read/tenants.ts'
import { secretName } from './schema/secret-names.ts'
import {
  formsOf,
  isSecretValue,
  looksSecret,
  looksSecretNumber,
  MASK,
  passwordsIn,
  repeatsAny,
  soundsSecret,
} from './secret.ts'
import { collectSecretValues, type SecretValue } from './secret-values.ts'
import { type ResolvedSecret, Secrets } from './secrets.ts'
import { type Consulted, consultedOf, type Trail } from './trail.ts'
import { isPlain, nearestNode, nodeAt, toPlain } from './tree.ts'
import type { LayerName, MapNode, Origin, Path, Scalar, TreeNode } from './types.ts'
import type { Candidate, Variable } from './variables.ts'

/** One value that a key has or had, and where it came from. */
export interface Explanation {
  /** The value; a mask where it is secret. */
  readonly value: unknown
  readonly origin: Origin
  /** Another layer won over it. */
  readonly overridden?: true
  readonly secret?: true
  /** What it was before the schema's type was applied, and what it became. */
  readonly coerced?: { readonly from: string; readonly to: string }
  /** Variables that were substituted into it, and where each came from; no origin where one was not set. */
  readonly references?: readonly { readonly name: string; readonly origin?: Origin }[]
  /** Through which references a secret came into it, the secret last. */
  readonly through?: readonly string[]
}

/** One layer that took part. */
export interface LayerInfo {
  readonly name: LayerName
  /** Paths relative to the project root, highest precedence first. */
  readonly files?: readonly string[]
}

/**
 * What a schema makes of the configuration; the profile's own types without one. `undefined` is asked for first, since
 * without `strict` it extends every type.
 */
export type ConfigOf<Schema> = Schema extends undefined
  ? ProfileConfig
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : ProfileConfig

/** What `loadConfig` returns: frozen, and safe to print. */
export interface ResolvedConfig<Schema = undefined> {
  /** The configuration, typed by the schema. Deep-frozen; secrets in it are text when read and masked when printed. */
  readonly config: ConfigOf<Schema>
  readonly secrets: Secrets
  /**
   * Flat text, what the preload would inject: secrets under their environment names and the .env values, less
   * the blocked names, settings (`SYSTEMPROMPT__A__B`) and what the process environment has already. Masked when printed.
   */
  readonly env: Readonly<Record<string, string>>
  /** The directory that holds `.systemprompt`; without one, the working directory. Absolute. */
  readonly root: string
  readonly profile: ProfileRef | undefined
  readonly tenant: Tenant | undefined
  readonly credentials: Credentials | undefined
  /** The layers that took part, highest precedence first. */
  readonly layers: readonly LayerInfo[]
  /** What is not right and not an error. */
  readonly warnings: readonly Problem[]
  /** Where the load looked: what to watch. A `ConfigError` has it too. */
  readonly consulted: Consulted
  /**
   * Every value that a key, a secret or a .env variable has or had, the one that counts first; empty for
   * what is not there.
   * @example
   * explain('server.port') // [{ value: 9090, origin: { layer: 'environment', name: 'SYSTEMPROMPT__SERVER__PORT' } }, …]
   */
  explain(path: string): readonly Explanation[]
  /**
   * What the options `public` and `prefix` make public, by the names under which client code asks for it.
   * @throws ConfigError PUBLIC_SECRET, PUBLIC_UNKNOWN, PUBLIC_NAME
   * @example
   * loadConfigSync({ public: ['site.name'] }).publicValues() // { site_name: 'Acme' }
   */
  publicValues(): PublicValues
  /** Which values are public: what the options and `systemprompt.config.*` say together. */
  readonly publicSettings: PublicSettings
  /** Every secret text with its name, those too that another layer overrides; see {@link secretValues}. */
  secretValues(): readonly SecretValue[]
}

export interface Exposure {
  readonly tree: MapNode
  /** What the schema made of the tree; absent without a schema. */
  readonly output?: unknown
  readonly coerced: ReadonlySet<string>
  readonly secrets: readonly ResolvedSecret[]
  readonly lookedIn: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly variable: (name: string) => Variable | undefined
  readonly candidates: (name: string) => readonly Candidate[]
  readonly isSecretName: (name: string) => boolean
  readonly variableNames: () => Iterable<string>
  readonly fileVariables: () => Iterable<string>
  readonly settings: PublicSettings
  readonly root: string
  readonly profile: ProfileRef | undefined
  readonly tenant: Tenant | undefined
  readonly credentials: Credentials | undefined
  readonly layers: readonly LayerInfo[]
  readonly warnings: readonly Problem[]
  readonly trail: Trail
}

/** Values shorter than this are not looked for inside others: `local` in `localhost` is no leak. */
const SHORTEST = 8
/** What is nested further in an object of some class is not looked at, nor is it printed. */
const DEEPEST = 8

/** What the caller holds. */
export function expose(exposure: Exposure): ResolvedConfig<StandardSchemaV1 | undefined> {
  const { tree, output, profile, tenant, credentials, layers, warnings } = exposure
  const isSecret = secretRule(exposure)
  const config: unknown = protect('output' in exposure ? output : toPlain(tree), { isSecret })
  const result = {
    config,
    secrets: new Secrets(exposure.secrets, exposure.lookedIn),
    env: protect(exposure.env, { isSecret: (value) => typeof value === 'string' }) as Readonly<Record<string, string>>,
    root: exposure.root,
    profile: profile && Object.freeze(profile),
    tenant: protect(tenant, { isSecret: isTenantSecret }) as Tenant | undefined,
    credentials: protect(credentials, { isSecret: (_, path) => path[0] === 'api_token' }) as Credentials | undefined,
    layers: Object.freeze(layers),
    warnings: Object.freeze([...warnings]),
    consulted: consultedOf(exposure.trail),
    explain: (path: string) => explain(path, exposure, config, isSecret),
    publicValues: () => publicValues({ ...exposure, config, isSecret }),
    publicSettings: exposure.settings,
    secretValues: () => collectSecretValues({ ...exposure, config, isSecret }),
  }
  // A schema may make one text of everything.
  return freezeMasked(result, typeof config !== 'object' && isSecret(config, []) ? ['config'] : [])
}

type SecretRule = (value: unknown, path: Path) => boolean

function isTenantSecret(value: unknown, path: Path): boolean {
  const key = String(path.at(-1))
  return typeof value === 'string' && (/database_url$/.test(key) || looksSecret(key) || isSecretValue(value))
}

/**
 * A value is secret by taint, by its key's name, by its form, or because a schema made it of a secret. A list or an
 * object is where it was made of a text that is, or has a secret for a key: then it is masked as a whole.
 */
function secretRule({ tree, output, secrets }: Exposure): SecretRule {
  const values = new Set(secrets.map(({ value }) => value))
  addSecretTexts(tree, [], values)
  for (const value of [...values]) for (const password of passwordsIn(value)) values.add(password)
  const isTransformed = output !== undefined
  const long = isTransformed ? [...formsOf(values)].filter((value) => value.length >= SHORTEST) : []
  const isHeld = (value: string): boolean =>
    value.length >= SHORTEST && (values.has(value) || long.some((secret) => value.includes(secret)))
  const isText = (value: string, path: Path): boolean => soundsSecret(path) || isSecretValue(value) || isHeld(value)
  const isKey = (key: string): boolean => isSecretValue(key) || isHeld(key)
  let repeats: ((text: string) => boolean) | undefined

  return (value, path) => {
    if (value === null || value === undefined || typeof value === 'boolean') return false
    // What a schema made of one text stands below it.
    const node = nearestNode(tree, path)
    if (node.kind !== 'map' && node.taint) return true
    if (typeof value === 'string' && isText(value, path)) return true
    if (typeof value === 'number' || typeof value === 'bigint')
      if (soundsSecret(path, looksSecretNumber) || isHeld(String(value))) return true
    if (!isTransformed) return false
    if (node.kind === 'scalar' && typeof node.value === 'string' && isText(node.value, path)) return true
    if (typeof value === 'object' && isContainer(value)) return !Array.isArray(value) && Object.keys(value).some(isKey)
    const isOfSomeClass = typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    if (!isOfSomeClass) return false
    const shown = printed(value)
    repeats ??= repeatsAny(values)
    return shown === undefined || repeats(shown)
  }
}

/** What is gone through item by item; everything else prints itself. */
function isContainer(value: object): boolean {
  return Array.isArray(value) || isPlain(value)
}

/**
 * All that an object of some class would show, as text and in JSON, and the bytes that it has in it. Undefined for one
 * that throws when it is printed.
 */
function printed(value: object | symbol): string | undefined {
  const shown = attempt(() => inspect(value, { depth: DEEPEST, maxArrayLength: null, maxStringLength: null }))
  if (shown === undefined) return undefined
  // It may hold itself, or a bigint, or have properties that throw before it is connected.
  const others = [attempt(() => JSON.stringify(value)), attempt(() => [...bytesIn(value)].join('\n'))]
  return [shown, ...others].join('\n')
}

function attempt(print: () => string): string | undefined {
  try {
    return print()
  } catch {
    return undefined
  }
}

/** Bytes as text, which are printed as numbers. */
function* bytesIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return
  if (ArrayBuffer.isView(value)) yield Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
  else if (types.isAnyArrayBuffer(value)) yield Buffer.from(value).toString('latin1')
  else {
    const items = types.isMap(value) ? [...value].flat() : types.isSet(value) ? [...value] : Object.values(value)
    for (const item of items) yield* bytesIn(item, depth + 1)
  }
}

/** Texts in the tree that are secret: what a schema makes of them must not be printed either. */
function addSecretTexts(node: TreeNode, path: Path, values: Set<string>): void {
  if (node.kind === 'map') for (const [name, child] of node.entries) addSecretTexts(child, [...path, name], values)
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) addSecretTexts(item, [...path, index], values)
  else if (typeof node.value === 'string') {
    if (node.taint || soundsSecret(path) || isSecretValue(node.value)) values.add(node.value)
  } else if (node.taint && String(node.value).length >= SHORTEST) values.add(String(node.value))
}

function explain(path: string, exposure: Exposure, config: unknown, isSecret: SecretRule): readonly Explanation[] {
  if (typeof path !== 'string') throw new TypeError("explain takes a path, which is text such as 'server.port'")
  const steps = parsePath(path)
  if (steps === undefined) return []
  const node = nodeAt(exposure.tree, steps)
  if (node) return explainNode(node, steps, exposure, config, isSecret)
  const made = valueAt(config, steps)
  if (made !== undefined) {
    const value = isSecret(made, steps) ? MASK : shown(made, isSecret, steps)
    return [{ value, origin: { layer: 'defaults', name: 'schema' } }]
  }
  return explainVariable(path.replace(/^secrets\./, ''), exposure)
}

function explainNode(
  node: TreeNode,
  path: Path,
  { coerced, variable }: Exposure,
  config: unknown,
  isSecret: SecretRule,
): readonly Explanation[] {
  const made = valueAt(config, path)
  // What the schema leaves out has not been through `protect` yet, nor what an object of some class has in it.
  const value = shown(made === undefined ? toPlain(node) : made, isSecret, path)
  const from = node.kind === 'map' ? undefined : node.coercedFrom
  const before = coerced.has(formatPath(path)) ? toPlain(node) : from
  const winner = {
    ...entry(node, value, isSecret(toPlain(node), path) || isSecret(value, path), variable),
    ...(before === undefined ? {} : { coerced: { from: kindOf(before), to: kindOf(value) } }),
  }
  const losers = (node.shadowed ?? []).map((loser) => {
    // What a secret went into below it says so there: in the tree stands what won.
    const isLoserSecret: SecretRule = (value, at) =>
      isSecret(value, at) || isTainted(nearestNode(loser, at.slice(path.length)))
    const plain = protect(toPlain(loser), { isSecret: isLoserSecret }, path)
    return { ...entry(loser, plain, isSecret(plain, path), variable), overridden: true as const }
  })
  return [winner, ...losers]
}

/** An object of some class may have what holds itself in it. */
function shown(value: unknown, isSecret: SecretRule, path: Path): unknown {
  try {
    return protect(value, { isSecret }, path)
  } catch {
    return MASK
  }
}

function isTainted(node: TreeNode): boolean {
  return node.kind !== 'map' && node.taint !== undefined
}

function entry(node: TreeNode, value: unknown, isSecret: boolean, variable: Exposure['variable']): Explanation {
  const taint = node.kind === 'map' ? undefined : node.taint
  const references = node.kind === 'scalar' ? node.references : undefined
  return {
    value: isSecret || taint ? MASK : value,
    origin: originOf(node),
    ...(isSecret || taint ? { secret: true } : {}),
    ...(references ? { references: traced(references, variable) } : {}),
    ...(taint ? { through: taint } : {}),
  }
}

function traced(names: readonly string[], variable: Exposure['variable']): NonNullable<Explanation['references']> {
  return names.map((name) => {
    const found = variable(name)
    return { name, ...(found ? { origin: originOf(found.site) } : {}) }
  })
}

function explainVariable(name: string, exposure: Exposure): readonly Explanation[] {
  const { env } = secretName(name)
  const isOther = exposure.isSecretName(name) && exposure.variable(env) !== undefined
  const known = exposure.variable(name) && !isOther ? name : env
  const variable = exposure.variable(known)
  if (!variable) return []
  const all = exposure.candidates(known)
  // A setting that is empty counts as not set.
  const candidates = all.slice(all.findIndex(({ site }) => site === variable.site))
  const isSecret = variable.taint !== undefined || candidates.some(({ value }) => isSecretValue(value))
  return candidates.map((candidate, index) => ({
    value: isSecret ? MASK : index === 0 ? variable.value : candidate.value,
    origin: originOf(candidate.site),
    ...(index === 0 ? {} : { overridden: true as const }),
    ...(isSecret ? { secret: true as const } : {}),
    ...(index === 0 && variable.references.length > 0
      ? { references: traced(variable.references, exposure.variable) }
      : {}),
    ...(index === 0 && variable.taint && variable.taint.length > 1 ? { through: variable.taint } : {}),
  }))
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof (value as Scalar)
}
