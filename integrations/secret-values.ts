import { type Environment, formatPath, type ResolvedConfig, reveal } from '../src/index.ts'

export interface NamedSecret {
  readonly name: string
  readonly value: string
}

type Resolved = Pick<ResolvedConfig, 'secrets' | 'env' | 'explain' | 'credentials' | 'tenant'> & {
  readonly config: unknown
}

/**
 * Every text that is secret, once, under the name that its owner knows it by: those of the project, and variables of
 * the process whose name or form says so.
 */
export function secretsOf(resolved: Resolved, processEnv: Environment): readonly NamedSecret[] {
  const byValue = new Map<string, string>()
  for (const { name, value } of [...candidates(resolved), ...secretVariables(resolved, processEnv)])
    if (value !== '' && !byValue.has(value)) byValue.set(value, name)
  return [...byValue].map(([value, name]) => ({ name, value }))
}

function* candidates({ secrets, config, env, explain, credentials, tenant }: Resolved): Generator<NamedSecret> {
  for (const name of secrets.envNames()) yield { name, value: secrets.get(name) ?? '' }
  for (const [name, value] of Object.entries(reveal(env))) if (explain(name)[0]?.secret) yield { name, value }
  for (const [path, value] of textsOf(reveal(config), [])) {
    const name = formatPath(path)
    if (explain(name)[0]?.secret) yield { name, value }
  }
  if (credentials) yield { name: 'credentials.api_token', value: credentials.api_token }
  for (const [path, value] of textsOf(reveal(tenant), ['tenant'])) {
    if (/database_url$|token$/.test(formatPath(path))) yield { name: formatPath(path), value }
  }
}

function* secretVariables({ explain }: Resolved, processEnv: Environment): Generator<NamedSecret> {
  for (const [name, value] of Object.entries(processEnv))
    if (value !== undefined && explain(name)[0]?.secret) yield { name, value }
}

function* textsOf(value: unknown, path: readonly (string | number)[]): Generator<[(string | number)[], string]> {
  if (typeof value === 'string') yield [[...path], value]
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsOf(item, [...path, index])
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsOf(item, [...path, key])
}
