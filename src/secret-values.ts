import type { ResolvedConfig } from './expose.ts'
import { formatPath } from './path.ts'
import { isSecretValue, looksSecret } from './secret.ts'
import type { Path } from './types.ts'

/** A secret value, and the name by which a message can speak of it. */
export interface SecretValue {
  /** A secret's name in the environment, a variable of a .env file, or a path in the configuration. */
  readonly name: string
  readonly value: string
}

/**
 * Every secret text of a configuration by name, each once: secrets, variables and values in the configuration
 * that are masked when it is printed, the token of the cloud login and what is secret about the tenant. It is
 * what `@systemprompt/env/scan` is given to look for; it shows secrets when it is printed.
 *
 * @example
 * const matcher = createMatcher(secretValues(await loadConfig()))
 */
export function secretValues(result: ResolvedConfig<unknown>): readonly SecretValue[] {
  const found = new Map<string, SecretValue>()
  for (const [name, value] of candidates(result))
    if (value !== '' && !found.has(value)) found.set(value, { name, value })
  return [...found.values()]
}

function* candidates(result: ResolvedConfig<unknown>): Generator<readonly [name: string, value: string]> {
  const { secrets, env, config, explain, credentials, tenant } = result
  for (const name of secrets.envNames()) yield [name, secrets.get(name) ?? '']
  for (const [name, value] of Object.entries(env)) {
    if (looksSecret(name) || isSecretValue(value) || explain(name)[0]?.secret) yield [name, value]
  }
  for (const [path, value] of textsIn(config)) {
    const name = formatPath(path)
    if (explain(name)[0]?.secret) yield [name, value]
  }
  for (const [part, where] of [
    ['credentials', credentials],
    ['tenant', tenant],
  ] as const) {
    for (const [path, value] of textsIn(where)) {
      if (looksSecret(String(path.at(-1))) || isSecretValue(value)) yield [`${part}.${formatPath(path)}`, value]
    }
  }
}

function* textsIn(value: unknown, path: Path = []): Generator<readonly [path: Path, text: string]> {
  if (typeof value === 'string') yield [path, value]
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index])
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key])
}
