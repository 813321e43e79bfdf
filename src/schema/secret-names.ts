/**
 * The names of secrets (formats.md, section 5): each has one name in files, one in the environment, and the spellings
 * below. All of them are defined in this table only.
 */

export interface SecretName {
  /** The name in secrets.json. */
  readonly key: string
  /** The name in the environment. */
  readonly env: string
}

interface KnownSecret extends SecretName {
  /** Other spellings in the file. */
  readonly spellings?: readonly string[]
  /** Other variables that it is read from. */
  readonly envAliases?: readonly string[]
  /** Minimum number of characters. */
  readonly minLength?: number
  readonly format?: 'postgres-url'
}

/** The secrets that SystemPrompt knows, with their names and rules. */
export const KNOWN_SECRETS = [
  { key: 'jwt_secret', env: 'JWT_SECRET', minLength: 32 },
  { key: 'database_url', env: 'DATABASE_URL', format: 'postgres-url' },
  { key: 'internal_database_url', env: 'INTERNAL_DATABASE_URL', format: 'postgres-url' },
  { key: 'external_database_url', env: 'EXTERNAL_DATABASE_URL', format: 'postgres-url' },
  { key: 'database_write_url', env: 'DATABASE_WRITE_URL', format: 'postgres-url' },
  { key: 'anthropic', env: 'ANTHROPIC_API_KEY', spellings: ['anthropic_api_key'] },
  { key: 'openai', env: 'OPENAI_API_KEY', spellings: ['openai_api_key'] },
  { key: 'gemini', env: 'GEMINI_API_KEY', spellings: ['gemini_api_key'] },
  { key: 'github', env: 'GITHUB_TOKEN', spellings: ['github_token'] },
  {
    key: 'moonshot',
    env: 'MOONSHOT_API_KEY',
    spellings: ['kimi', 'moonshot_api_key'],
    envAliases: ['KIMI_API_KEY'],
  },
  {
    key: 'qwen',
    env: 'QWEN_API_KEY',
    spellings: ['dashscope', 'qwen_api_key'],
    envAliases: ['DASHSCOPE_API_KEY'],
  },
  { key: 'sync_token', env: 'SYNC_TOKEN' },
  { key: 'oauth_at_rest_pepper', env: 'OAUTH_AT_REST_PEPPER', minLength: 32 },
  { key: 'manifest_signing_secret_seed', env: 'MANIFEST_SIGNING_SECRET_SEED' },
  { key: 'signing_key_pem', env: 'SIGNING_KEY_PEM' },
] as const satisfies readonly KnownSecret[]

const BY_SPELLING = new Map<string, KnownSecret>()
const BY_ENV = new Map<string, KnownSecret>()
for (const secret of KNOWN_SECRETS as readonly KnownSecret[]) {
  for (const spelling of [secret.key, ...(secret.spellings ?? [])]) BY_SPELLING.set(spelling, secret)
  for (const env of [secret.env, ...(secret.envAliases ?? [])]) BY_ENV.set(env, secret)
}

/** The entry for a name in any spelling; undefined for a custom secret. */
export function knownSecret(name: string): KnownSecret | undefined {
  return BY_ENV.get(toEnvName(name)) ?? BY_SPELLING.get(name.toLowerCase())
}

/** The canonical names of a secret, given any of its spellings. */
export function secretName(name: string): SecretName {
  return knownSecret(name) ?? { key: name, env: toEnvName(name) }
}

/** The variables that a secret is read from, its own first. */
export function envNamesOf(env: string): readonly string[] {
  const known = BY_ENV.get(env)
  return known?.env === env ? [env, ...(known.envAliases ?? [])] : [env]
}

/** `stripe-key` → `STRIPE_KEY`. */
function toEnvName(name: string): string {
  return name.toUpperCase().replace(/[-.]/g, '_')
}

/** Whether a name is valid as the environment name of a secret. */
export function isEnvName(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/.test(name)
}
