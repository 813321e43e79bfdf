import type { Exposed, ResolvedConfig } from '../expose/expose.ts'
import type { Environment } from '../options/options.ts'
import { formatPath, valueAt } from '../path.ts'
import type { Path, TreeNode } from '../types.ts'
import { isSecretValue, looksSecret } from './secret.ts'
import type { SecretRule } from './secret-rule.ts'

/** A secret value, with a name that messages can use. */
export interface SecretValue {
  /**
   * A secret's environment name, a variable of a .env file, or a path in the configuration; see {@link secretValues}.
   */
  readonly name: string
  readonly value: string
}

/**
 * Returns every secret string of a configuration with a name, each once: secrets, variables and values that are masked
 * when printed, the token of the cloud login and the tenant's secrets. Overridden values are included, since they are
 * still in a file. Pass the list to `@systemprompt/env/scan` to search for them. It is not masked when printed. Without
 * options it is the same as `result.secretValues()`.
 *
 * @param options.env an environment whose secret variables, by name or form, are added at the end: a build or a search
 * has secrets that the configuration does not name, such as the token of a CI job
 * @example
 * const matcher = createMatcher(secretValues(await loadConfig()))
 */
export function secretValues(
  { secretValues, explain }: Pick<ResolvedConfig<unknown>, 'secretValues' | 'explain'>,
  { env = {} }: { readonly env?: Environment } = {},
): readonly SecretValue[] {
  const found = new Map(secretValues().map((secret) => [secret.value, secret]))
  // The configuration may come from another environment, and does not know these variables then.
  const isSecretName = (name: string): boolean => looksSecret(name) || explain(name)[0]?.secret === true
  for (const [name, value] of Object.entries(env)) {
    if (!value || found.has(value)) continue
    // Every shell sets PWD.
    if (isSecretValue(value) || (name !== 'PWD' && isSecretName(name))) found.set(value, { name, value })
  }
  return [...found.values()]
}

export function collectSecretValues(sources: Exposed): readonly SecretValue[] {
  const found = new Map<string, SecretValue>()
  for (const [name, value] of namedValues(sources))
    if (value !== '' && !found.has(value)) found.set(value, { name, value })
  return [...found.values()]
}

/**
 * The secrets in what the schema for variables made of a string that need not be secret as a whole: the password in
 * `{"password": "…"}`.
 */
export function* secretsInVariables(variables: unknown, isSecret: SecretRule, name?: string): Generator<SecretValue> {
  const texts = name === undefined ? textsIn(variables) : textsIn(valueAt(variables, [name]), [name])
  for (const [path, value] of texts)
    if (path.length > 1 && isSecret(value, path)) yield { name: formatPath(path), value: String(value) }
}

type Named = readonly [name: string, value: string]

function* namedValues(sources: Exposed): Generator<Named> {
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

/** The value of a variable, and the values that higher layers override. */
function* variableValues(name: string, { variable, candidates }: Exposed): Generator<Named> {
  const current = variable(name)
  if (current?.taint && !isUnresolved(current.value, current.references, variable)) yield [name, current.value]
  // The shell's PWD, which is no secret, may override a password.
  const isSecret = current?.taint !== undefined || looksSecret(name)
  for (const { value, expands } of candidates(name).slice(1))
    if ((isSecret || isSecretValue(value)) && !(expands && hasReference(value))) yield [name, value]
}

/** Unresolved text: what it refers to is listed under its own name. */
function hasReference(text: string): boolean {
  return /\$[{<]/.test(text)
}

/**
 * Whether a string still has its references as written, because nothing sets them (`onUndefined: 'keep'`), and the rest
 * of it is not a secret by its form. A string that was not substituted may look the same and be a secret.
 */
function isUnresolved(text: string, references: readonly string[] | undefined, variable: Exposed['variable']): boolean {
  let around = text
  // The set grows during the loop: the references of a variable may have come with its value.
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
  // The nodes that these override in turn are in `shadowed` as well.
  for (const shadowed of node.shadowed ?? [])
    for (const [at, text] of textsOfNode(shadowed, path)) if (!hasReference(String(text))) yield [at, text]
}

function* textsOfNode(node: TreeNode, path: Path): Generator<Text> {
  if (node.kind === 'map') for (const [key, child] of node.entries) yield* textsInTree(child, [...path, key])
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) yield* textsInTree(item, [...path, index])
  else if (isText(node.value)) yield [path, node.value, node.references?.map(({ name }) => name)]
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
