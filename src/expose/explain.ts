import { originOf } from '../errors/frame.ts'
import { formatPath, parsePath, valueAt } from '../path.ts'
import { secretName } from '../schema/secret-names.ts'
import { protect } from '../secrets/mask.ts'
import { isSecretValue, MASK } from '../secrets/secret.ts'
import type { SecretRule } from '../secrets/secret-rule.ts'
import { nearestNode, nodeAt, referencesIn, taintOf, toPlain } from '../tree.ts'
import type { MapNode, Origin, Path, Referred, Scalar, TreeNode } from '../types.ts'
import type { Exposed } from './expose.ts'

/** One value that a key has or had, and its origin. */
export interface Explanation {
  /** The value; masked if it is secret. */
  readonly value: unknown
  readonly origin: Origin
  /** Set if another layer overrides this value. */
  readonly overridden?: true
  /** Set if the value is secret. */
  readonly secret?: true
  /** The value's type before it was converted to the schema's type, and after. */
  readonly coerced?: { readonly from: string; readonly to: string }
  /** Variables that were substituted into the value, and their origins; no origin if a variable is not set. */
  readonly references?: readonly { readonly name: string; readonly origin?: Origin }[]
  /** The references through which a secret reached the value, the secret last. */
  readonly through?: readonly string[]
}

/** Every value that a key, a secret or a variable has or had, the one in effect first. */
export function explain(path: string, exposed: Exposed): readonly Explanation[] {
  const { tree, config, isSecret } = exposed
  if (typeof path !== 'string') throw new TypeError("explain takes a path: a string such as 'server.port'")
  const steps = parsePath(path)
  if (steps === undefined) return []
  const node = nodeAt(tree, steps)
  if (node) return explainNode(node, steps, exposed)
  const made = valueAt(config, steps)
  if (made !== undefined) return [madeBySchema(made, steps, isSecret, originIn(tree, steps, exposed))]
  const byText = partOfVariable(steps, exposed)
  if (byText) return [byText]
  const found = explainVariable(path.replace(/^secrets\./, ''), exposed)
  const byDefault = variableByDefault(steps, exposed)
  // A variable that is empty in a file counts as not set.
  return byDefault ? [byDefault, ...found.map((candidate) => ({ ...candidate, overridden: true as const }))] : found
}

/** What the schema for variables returns for a variable that is not set. */
function variableByDefault(path: Path, { variables, isSecretVariable }: Exposed): Explanation | undefined {
  if (!variables || !isSecretVariable || nodeAt(variables.tree, path.slice(0, 1))) return undefined
  const made = valueAt(variables.output, path)
  return made === undefined ? undefined : madeBySchema(made, path, isSecretVariable)
}

/** A part of what the schema for variables made of a variable's string, such as an item of a list. */
function partOfVariable(path: Path, exposed: Exposed): Explanation | undefined {
  const { variables, isSecretVariable } = exposed
  if (!variables || !isSecretVariable || path.length < 2) return undefined
  const made = valueAt(variables.output, path)
  const origin = originIn(variables.tree, path, exposed)
  return made === undefined || !origin ? undefined : madeBySchema(made, path, isSecretVariable, origin)
}

/** The origin of the value that this is a part of; undefined if there is no such value. */
function originIn(tree: MapNode, path: Path, { linesOf }: Exposed): Origin | undefined {
  const node = nearestNode(tree, path)
  return node.kind === 'map' ? undefined : originOf(node, linesOf)
}

function madeBySchema(
  made: unknown,
  path: Path,
  isSecret: SecretRule,
  origin: Origin = { layer: 'defaults', name: 'schema' },
): Explanation {
  return { value: isSecret(made, path) ? MASK : shown(made, isSecret, path), origin }
}

function explainNode(node: TreeNode, path: Path, exposed: Exposed): readonly Explanation[] {
  const { coerced, config, isSecret } = exposed
  const made = valueAt(config, path)
  // What the schema leaves out has not been through `protect` yet, nor have the properties of class instances.
  const value = shown(made === undefined ? toPlain(node) : made, isSecret, path)
  const from = node.kind === 'map' ? undefined : node.coercedFrom
  const before = coerced.has(formatPath(path)) ? toPlain(node) : from
  const effective = {
    ...entry(node, value, isSecret(toPlain(node), path) || isSecret(value, path), exposed),
    ...(before === undefined ? {} : { coerced: { from: kindOf(before), to: kindOf(value) } }),
  }
  const overridden = (node.shadowed ?? []).map((shadowed) => {
    // The tree holds the winning value, so a loser's own taint has to be looked up in the loser.
    const isShadowedSecret: SecretRule = (value, at) =>
      isSecret(value, at) || taintOf(nearestNode(shadowed, at.slice(path.length))) !== undefined
    const plain = protect(toPlain(shadowed), isShadowedSecret, path)
    return { ...entry(shadowed, plain, isSecret(plain, path), exposed), overridden: true as const }
  })
  return [effective, ...overridden]
}

/** A class instance may contain itself, which `protect` rejects. */
function shown(value: unknown, isSecret: SecretRule, path: Path): unknown {
  try {
    return protect(value, isSecret, path)
  } catch {
    return MASK
  }
}

function entry(node: TreeNode, value: unknown, isSecret: boolean, exposed: Exposed): Explanation {
  const taint = taintOf(node)
  const references = referencesIn(node)
  return {
    value: isSecret || taint ? MASK : value,
    origin: originOf(node, exposed.linesOf),
    ...(isSecret || taint ? { secret: true } : {}),
    ...(references ? { references: withOrigins(references, exposed) } : {}),
    ...(taint ? { through: taint } : {}),
  }
}

function withOrigins(references: readonly Referred[], { linesOf }: Exposed): NonNullable<Explanation['references']> {
  return references.map(({ name, site }) => ({ name, ...(site ? { origin: originOf(site, linesOf) } : {}) }))
}

function explainVariable(name: string, exposed: Exposed): readonly Explanation[] {
  const { env } = secretName(name)
  const isOther = exposed.isSecretName(name) && exposed.variable(env) !== undefined
  const known = exposed.variable(name) && !isOther ? name : env
  const variable = exposed.variable(known)
  if (!variable) return []
  const all = exposed.candidates(known)
  // An empty setting counts as not set.
  const candidates = all.slice(all.findIndex(({ site }) => site === variable.site))
  const isSecret =
    variable.taint !== undefined ||
    candidates.some(({ value }) => isSecretValue(value)) ||
    exposed.secretsMadeOf(known).length > 0
  const references = variable.references.map((name) => ({ name, ...siteIn(exposed, name) }))
  return candidates.map((candidate, index) => ({
    value: isSecret ? MASK : index === 0 ? variable.value : candidate.value,
    origin: originOf(candidate.site, exposed.linesOf),
    ...(index === 0 ? {} : { overridden: true as const }),
    ...(isSecret ? { secret: true as const } : {}),
    ...(index === 0 && references.length > 0 ? { references: withOrigins(references, exposed) } : {}),
    ...(index === 0 && variable.taint && variable.taint.length > 1 ? { through: variable.taint } : {}),
  }))
}

function siteIn({ variable }: Exposed, name: string): Pick<Referred, 'site'> {
  const found = variable(name)
  return found ? { site: found.site } : {}
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof (value as Scalar)
}
