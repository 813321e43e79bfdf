import type { ResolvedConfig } from '../expose/expose.ts'
import type { Environment } from '../options/options.ts'
import { formatPath, valueAt } from '../path.ts'
import type { Credentials } from '../read/credentials.ts'
import type { Tenant } from '../read/tenants.ts'
import type { Candidate, Variable } from '../substitute/variables.ts'
import type { MapNode, Path, TreeNode } from '../types.ts'
import { isSecretValue, looksSecret } from './secret.ts'
import type { ResolvedSecret } from './secrets.ts'

/** A secret value, and the name by which a message can speak of it. */
export interface SecretValue {
  /** As {@link secretValues} gives it: a secret's name in the environment, a variable of a .env file, or a path in the configuration. */
  readonly name: string
  readonly value: string
}

/** What is known of a load when somebody asks for its secrets. */
export interface SecretSources {
  readonly tree: MapNode
  /** After the schema, which may have left parts of the tree out and made new ones. */
  readonly config: unknown
  readonly secrets: readonly ResolvedSecret[]
  readonly isSecret: (value: unknown, path: Path) => boolean
  readonly isSecretName: (name: string) => boolean
  readonly variable: (name: string) => Variable | undefined
  /** Every definition of a variable, the one that counts first. */
  readonly candidates: (name: string) => readonly Candidate[]
  /** Names of secrets and of the variables of .env files. */
  readonly fileVariables: () => Iterable<string>
  readonly credentials: Credentials | undefined
  readonly tenant: Tenant | undefined
  readonly secretsMadeOf: (variable?: string) => readonly SecretValue[]
}

/**
 * Every secret text of a configuration by name, each once: secrets, variables and values in the configuration
 * that are masked when it is printed, the token of the cloud login and what is secret about the tenant. What
 * another layer overrides is among them: it stands in a file all the same. It is what `@systemprompt/env/scan`
 * is given to look for; it shows secrets when it is printed. Without options `result.secretValues()` is the same.
 *
 * @param options.env whose variables are among them, behind all others, where a name or a form says that they are secret:
 * whoever builds or searches has more than a configuration names, such as the token of a job in CI
 * @example
 * const matcher = createMatcher(secretValues(await loadConfig()))
 */
export function secretValues(
  { secretValues, explain }: Pick<ResolvedConfig<unknown>, 'secretValues' | 'explain'>,
  { env = {} }: { readonly env?: Environment } = {},
): readonly SecretValue[] {
  const found = new Map(secretValues().map((secret) => [secret.value, secret]))
  for (const [name, value] of Object.entries(env))
    if (value && !found.has(value) && explain(name)[0]?.secret) found.set(value, { name, value })
  return [...found.values()]
}

export function collectSecretValues(sources: SecretSources): readonly SecretValue[] {
  const found = new Map<string, SecretValue>()
  for (const [name, value] of namedValues(sources))
    if (value !== '' && !found.has(value)) found.set(value, { name, value })
  return [...found.values()]
}

/**
 * What the schema for variables made of a text and is secret, where the text need not be one: the password of
 * `{"password": "…"}`.
 */
export function* secretsInVariables(
  variables: unknown,
  isSecret: SecretSources['isSecret'],
  name?: string,
): Generator<SecretValue> {
  const texts = name === undefined ? textsIn(variables) : textsIn(valueAt(variables, [name]), [name])
  for (const [path, value] of texts)
    if (path.length > 1 && isSecret(value, path)) yield { name: formatPath(path), value: String(value) }
}

type Named = readonly [name: string, value: string]

function* namedValues(sources: SecretSources): Generator<Named> {
  const { tree, config, secrets, isSecret, credentials, tenant, variable } = sources
  for (const { env, value } of secrets)
    if (!isUnresolved(value, variable(env)?.references, variable)) yield [env, value]
  for (const name of new Set(sources.fileVariables())) yield* variableValues(name, sources)
  for (const { name, value } of sources.secretsMadeOf()) yield [name, value]
  const unresolved = new Set<unknown>()
  for (const [path, value, references] of textsInTree(tree)) {
    if (isUnresolved(String(value), references, variable)) unresolved.add(value)
    else if (isSecret(value, path)) yield [formatPath(path), String(value)]
  }
  for (const [path, value] of textsIn(config))
    if (!unresolved.has(value) && isSecret(value, path)) yield [formatPath(path), String(value)]
  for (const [part, where] of [
    ['credentials', credentials],
    ['tenant', tenant],
  ] as const) {
    for (const [path, value] of textsIn(where)) {
      const text = String(value)
      if (looksSecret(String(path.at(-1))) || isSecretValue(text)) yield [`${part}.${formatPath(path)}`, text]
    }
  }
}

/** What a variable is, and what it would be without the layers above. */
function* variableValues(name: string, { variable, candidates, isSecretName }: SecretSources): Generator<Named> {
  const current = variable(name)
  const isNamedSo = isSecretName(name) || looksSecret(name) || current?.taint !== undefined
  if (current && (isNamedSo || isSecretValue(current.value)))
    if (!isUnresolved(current.value, current.references, variable)) yield [name, current.value]
  for (const { value, expands } of candidates(name).slice(1))
    if ((isNamedSo || isSecretValue(value)) && !(expands && hasReference(value))) yield [name, value]
}

/** Nothing has been put in here; what it refers to has a name of its own. */
function hasReference(text: string): boolean {
  return /\$[{<]/.test(text)
}

/**
 * Whether references stand in a text as they were written, since nothing sets them (`onUndefined: 'keep'`), and what
 * is around them is no secret by its form. A text that was not substituted may look like that and be a secret.
 */
function isUnresolved(
  text: string,
  references: readonly string[] | undefined,
  variable: SecretSources['variable'],
): boolean {
  let around = text
  // It grows while it is gone through: a variable's own references may have come with it.
  const names = new Set(hasReference(text) ? references : [])
  for (const name of names) {
    around = around.replaceAll(`\${${name}}`, '').replaceAll(`$<${name}>`, '')
    for (const inner of variable(name)?.references ?? []) names.add(inner)
  }
  return around !== text && !isSecretValue(around)
}

type Text = readonly [path: Path, text: string | number | bigint, references?: readonly string[] | undefined]

function* textsInTree(node: TreeNode, path: Path = []): Generator<Text> {
  yield* textsOfNode(node, path)
  // What these override in turn is among them.
  for (const loser of node.shadowed ?? [])
    for (const [at, text] of textsOfNode(loser, path)) if (!hasReference(String(text))) yield [at, text]
}

function* textsOfNode(node: TreeNode, path: Path): Generator<Text> {
  if (node.kind === 'map') for (const [key, child] of node.entries) yield* textsInTree(child, [...path, key])
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) yield* textsInTree(item, [...path, index])
  else if (isText(node.value)) yield [path, node.value, node.references]
}

function* textsIn(value: unknown, path: Path = []): Generator<Text> {
  if (isText(value)) yield [path, value]
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index])
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key])
}

function isText(value: unknown): value is Text[1] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
}
