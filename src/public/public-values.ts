import { collectProblems, type Problems } from '../errors/errors.ts'
import { nearest } from '../errors/suggest.ts'
import type { Exposed } from '../expose/expose.ts'
import { formatPath, parsePath, valueAt } from '../path.ts'
import { settingNameOf } from '../schema/setting-name.ts'
import { isCommonValue } from '../secrets/common-value.ts'
import { reveal } from '../secrets/mask.ts'
import { isSecretValue, looksSecret, MIN_CONTAINED_LENGTH, passwordsIn } from '../secrets/secret.ts'
import { taintThrough, type Variable } from '../substitute/variables.ts'
import { isContainer, nearestNode, nodeAt, taintOf } from '../tree.ts'
import type { Path, Site, Taint, TreeNode } from '../types.ts'

/** Anything that JSON can hold. */
export type PublicValue =
  | string
  | number
  | boolean
  | null
  | readonly PublicValue[]
  | { readonly [key: string]: PublicValue }

/** The values that everybody may see, by the names that code uses. */
export type PublicValues = Readonly<Record<string, PublicValue>>

/** Which values are public. Nothing is, unless it is named here. */
export interface PublicSettings {
  /** Paths and names of variables; an object also chooses the names that code uses. */
  readonly public: readonly string[] | Readonly<Record<string, string>>
  /** Variables with one of these prefixes are public too. */
  readonly prefix: readonly string[]
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
const SAYS_PUBLIC = /(?:^|[_.-])(?:public|publishable)/i
const SAYS_SECRET = /passw|passphrase|secret|private|credential/i
const RESERVED = new Set(
  `arguments await break case catch class const constructor continue debugger default delete do else enum eval export
  extends false finally for function if implements import in instanceof interface let new null package private protected
  prototype public return static super switch this true try typeof var void while with yield __proto__ throw`.split(
    /\s+/,
  ),
)

/**
 * The public values of a load, in the order in which they are listed.
 * @throws ConfigError PUBLIC_SECRET for what is secret or made from a secret, PUBLIC_UNKNOWN for what does not exist,
 * PUBLIC_NAME for names that code could not import
 */
export function publicValues(sources: Exposed): PublicValues {
  const problems = collectProblems()
  const values = new Map<string, PublicValue>()
  const add = (name: string, value: PublicValue | undefined): void => {
    if (value !== undefined) values.set(name, value)
  }
  for (const [name, wanted] of wantedNames(sources.settings)) {
    if (!IDENTIFIER.test(name) || RESERVED.has(name)) unusableName(name, wanted, problems)
    else if (values.has(name)) takenName(name, wanted, problems)
    else add(name, publicValue(wanted, sources, problems))
  }
  for (const name of prefixed(sources)) {
    const variable = sources.variable(name)
    if (variable && !values.has(name)) add(name, publicVariable(variable, sources, problems))
  }
  problems.throwIfAny()
  return Object.freeze(Object.fromEntries(values))
}

/** `server.api_url` is exported as `server_api_url`. */
function wantedNames({ public: wanted }: PublicSettings): readonly (readonly [name: string, wanted: string])[] {
  if (!Array.isArray(wanted)) return Object.entries(wanted)
  return [...new Set<string>(wanted)].map(
    (path) => [path.replace(/[^\w$]+/g, '_').replace(/^_+|_+$/g, ''), path] as const,
  )
}

function* prefixed({ settings, variableNames }: Exposed): Iterable<string> {
  const names = new Set(variableNames())
  yield* [...names]
    .filter((name) => IDENTIFIER.test(name) && settings.prefix.some((prefix) => name.startsWith(prefix)))
    .sort()
}

/** The value that a path or the name of a variable stands for; undefined after an error. */
function publicValue(wanted: string, sources: Exposed, problems: Problems): PublicValue | undefined {
  const path = parsePath(wanted)
  const value = path && valueAt(sources.config, path)
  if (path && value !== undefined) return publicSetting(path, reveal(value), sources, problems)
  const variable = sources.variable(wanted)
  if (variable) return publicVariable(variable, sources, problems)
  if (sources.isSecretName(wanted)) return refuse(wanted, 'is a secret', sources.tree, problems)
  return unknown(wanted, path, sources, problems)
}

function publicSetting(path: Path, value: unknown, sources: Exposed, problems: Problems): PublicValue | undefined {
  const refusals = [...refusalsIn(value, path, sources)]
  for (const [at, reason] of refusals) refuse(formatPath(at), reason, nearestNode(sources.tree, at), problems)
  return refusals.length === 0 ? (value as PublicValue) : undefined
}

/** The parts of a value that must not be shown, and why. A part that is rejected as a whole is not searched further. */
function* refusalsIn(value: unknown, path: Path, sources: Exposed): Generator<readonly [Path, string]> {
  const isKnown = isContainer(value) || isJson(value)
  const reason = isKnown ? secrecyReason(value, path, sources) : 'is not a string, number, boolean, list or map'
  if (reason !== undefined) yield [path, reason]
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* refusalsIn(item, [...path, index], sources)
  else if (isContainer(value))
    for (const [key, item] of Object.entries(value)) yield* refusalsIn(item, [...path, key], sources)
}

function publicVariable(variable: Variable, sources: Exposed, problems: Problems): string | undefined {
  const reason = variableSecrecyReason(variable, sources)
  return reason === undefined ? variable.value : refuse(variable.name, reason, variable.site, problems)
}

/** Why a setting must not be shown; undefined if it may be. */
function secrecyReason(value: unknown, path: Path, sources: Exposed): string | undefined {
  // A schema may have made it from the nearest value in the tree.
  const taint = taintOf(nearestNode(sources.tree, path))
  if (taint) return chainOf(taint)
  const contained = typeof value === 'string' ? containedSecretReason(value, sources) : undefined
  if (contained !== undefined) return contained
  const names = path.filter((segment) => typeof segment === 'string')
  if (names.some((name) => SAYS_PUBLIC.test(name))) return undefined
  if (typeof value === 'string' && names.some(looksSecret)) return `has the name of a secret`
  return sources.isSecret(value, path) ? 'is made of a secret' : undefined
}

/** A variable is not a secret here just by its name: `PUBLIC_MAPS_KEY` says that it is public. */
function variableSecrecyReason(variable: Variable, sources: Exposed): string | undefined {
  const { name, value, references } = variable
  if (sources.isSecretName(name)) return 'is a secret'
  const chain = references.map((reference) => sources.variable(reference)).find((found) => found?.taint)
  if (chain?.taint) return chainOf(taintThrough(chain.name, chain.taint))
  if (variable.taint && variable.taint.length > 1) return chainOf(variable.taint)
  if (SAYS_SECRET.test(name) && !SAYS_PUBLIC.test(withoutPrefix(name, sources.settings)))
    return 'has the name of a secret'
  return containedSecretReason(value, sources)
}

/** A prefix such as `NEXT_PUBLIC_` says nothing about the value. */
function withoutPrefix(name: string, { prefix }: PublicSettings): string {
  const own = prefix.find((each) => name.startsWith(each)) ?? ''
  return name.slice(own.length).replace(/^PUBLIC_/, '')
}

function containedSecretReason(value: string, { secrets }: Exposed): string | undefined {
  if (isSecretValue(value)) return 'is a URL with a password in it, or a private key'
  const holds = (text: string): boolean => text.length >= MIN_CONTAINED_LENGTH && value.includes(text)
  const whole = secrets.find((secret) => holds(secret.value))
  if (whole) return `holds the value of the secret ${whole.env}`
  // A common one, such as `postgres`, says nothing.
  const isHeld = (password: string): boolean => holds(password) && !isCommonValue(password)
  const part = secrets.find((secret) => [...passwordsIn(secret.value)].some(isHeld))
  return part && `holds the password of the secret ${part.env}`
}

/** `['DB', 'DATABASE_URL']` → refers to DB, which refers to the secret DATABASE_URL. */
function chainOf(taint: Taint): string {
  const secret = taint.at(-1) ?? ''
  const between = taint.slice(0, -1).map((name) => `\${${name}}, which refers to `)
  return `refers to ${between.join('')}the secret ${secret}`
}

function refuse(key: string, reason: string, at: Site, problems: Problems): undefined {
  problems.error({
    code: 'PUBLIC_SECRET',
    key,
    message: `cannot be public: it ${reason}`,
    remedy: 'remove it from the public values and read it on the server',
    at,
  })
}

function unknown(
  wanted: string,
  path: Path | undefined,
  { tree, variableNames, profile }: Exposed,
  problems: Problems,
): undefined {
  const left = path && nodeAt(tree, path)
  if (left) return leftOut(wanted, left, problems)
  const near = nearest(wanted, [...pathsOf(tree), ...variableNames()])
  problems.error({
    code: 'PUBLIC_UNKNOWN',
    key: wanted,
    message: path ? 'is listed as public, but nothing sets it' : 'is listed as public, but is not a path',
    remedy: near === undefined ? remedyFor(path, profile) : `did you mean ${near}?`,
  })
}

function leftOut(wanted: string, at: Site, problems: Problems): undefined {
  problems.error({
    code: 'PUBLIC_UNKNOWN',
    key: wanted,
    message: 'is listed as public, but the schema leaves it out',
    remedy: 'add it to the schema, or remove it from the public values',
    at,
  })
}

function remedyFor(path: Path | undefined, profile: Exposed['profile']): string {
  if (profile || !path) return 'set it, or remove it from the public values'
  const set = settingNameOf(path) ?? 'it'
  return `set ${set}, or create a profile with 'systemprompt init': there is none here, as in a new clone`
}

function unusableName(name: string, wanted: string, problems: Problems): void {
  problems.error({
    code: 'PUBLIC_NAME',
    key: wanted,
    message: `would be exported as ${JSON.stringify(name)}, which is not a JavaScript identifier`,
    remedy: `choose a name: public: { name: ${JSON.stringify(wanted)} }`,
  })
}

function takenName(name: string, wanted: string, problems: Problems): void {
  problems.error({
    code: 'PUBLIC_NAME',
    key: wanted,
    message: `would be exported as ${name}, like another value`,
    remedy: `choose another name: public: { name: ${JSON.stringify(wanted)} }`,
  })
}

function* pathsOf(node: TreeNode, path: Path = []): Generator<string> {
  if (path.length > 0) yield formatPath(path)
  if (node.kind === 'map') for (const [key, child] of node.entries) yield* pathsOf(child, [...path, key])
}

/** Leaves only; what JSON cannot hold would change on its way to the browser. */
function isJson(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
