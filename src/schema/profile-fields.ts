/**
 * The keys of profile.yaml (formats.md, section 3). The reader, the zod schema, the JSON Schema and the documentation
 * all take their rules from this table.
 */

export interface ProfileField {
  /** Dotted path of the key. */
  readonly path: string
  readonly type: 'string' | 'boolean' | 'integer' | 'number' | 'string[]'
  /** A missing key is an error with `strict`, a warning otherwise. */
  readonly required?: true
  readonly nullable?: true
  readonly default?: string | number | boolean | null | readonly string[]
  readonly oneOf?: readonly string[]
  /** The lowest value allowed. */
  readonly min?: number
  readonly max?: number
  readonly format?: 'http-url' | 'http-origin'
  /** A path on disk: a relative one is made absolute, from the profile's directory. */
  readonly onDisk?: true
  /** Earlier spellings of values, and their current ones. */
  readonly formerly?: Readonly<Record<string, string>>
}

const positive = { type: 'integer', min: 1 } as const

const perSecond = (name: string, value: number) =>
  ({ path: `rate_limits.${name}_per_second`, ...positive, default: value }) as const

const multiplier = (tier: string, value: number) =>
  ({ path: `rate_limits.tier_multipliers.${tier}`, type: 'number', min: 0, default: value }) as const

export const PROFILE_FIELDS: readonly ProfileField[] = [
  { path: 'name', type: 'string', required: true },
  { path: 'display_name', type: 'string', required: true },
  { path: 'target', type: 'string', oneOf: ['local', 'cloud'], default: 'local' },
  { path: 'site.name', type: 'string', required: true },
  { path: 'site.github_link', type: 'string', nullable: true, default: null },
  { path: 'database.type', type: 'string', required: true, oneOf: ['postgres', 'postgresql'] },
  { path: 'database.external_db_access', type: 'boolean', default: false },
  { path: 'server.host', type: 'string', required: true },
  { path: 'server.port', type: 'integer', required: true, min: 1, max: 65535 },
  { path: 'server.api_server_url', type: 'string', required: true, format: 'http-url' },
  { path: 'server.api_internal_url', type: 'string', required: true, format: 'http-url' },
  { path: 'server.api_external_url', type: 'string', required: true, format: 'http-url' },
  { path: 'server.use_https', type: 'boolean', default: false },
  { path: 'server.cors_allowed_origins', type: 'string[]', format: 'http-origin', default: [] },
  { path: 'paths.system', type: 'string', required: true, onDisk: true },
  { path: 'paths.services', type: 'string', required: true, onDisk: true },
  { path: 'paths.bin', type: 'string', required: true, onDisk: true },
  { path: 'paths.web_path', type: 'string', nullable: true, onDisk: true, default: null },
  { path: 'paths.storage', type: 'string', nullable: true, onDisk: true, default: null },
  { path: 'paths.geoip_database', type: 'string', nullable: true, onDisk: true, default: null },
  { path: 'security.jwt_issuer', type: 'string', required: true },
  { path: 'security.jwt_access_token_expiration', ...positive, required: true },
  { path: 'security.jwt_refresh_token_expiration', ...positive, required: true },
  { path: 'security.jwt_audiences', type: 'string[]', required: true },
  { path: 'rate_limits.disabled', type: 'boolean', default: false },
  perSecond('oauth_public', 10),
  perSecond('oauth_auth', 10),
  perSecond('contexts', 100),
  perSecond('tasks', 50),
  perSecond('artifacts', 50),
  perSecond('agent_registry', 50),
  perSecond('agents', 20),
  perSecond('mcp_registry', 50),
  perSecond('mcp', 200),
  perSecond('stream', 100),
  perSecond('content', 50),
  { path: 'rate_limits.burst_multiplier', ...positive, default: 3 },
  multiplier('admin', 10),
  multiplier('user', 1),
  multiplier('a2a', 5),
  multiplier('mcp', 5),
  multiplier('service', 5),
  multiplier('anon', 0.5),
  {
    path: 'runtime.environment',
    type: 'string',
    oneOf: ['development', 'test', 'staging', 'production'],
    default: 'development',
  },
  {
    path: 'runtime.log_level',
    type: 'string',
    oneOf: ['quiet', 'normal', 'verbose', 'debug'],
    default: 'normal',
    formerly: { trace: 'debug', info: 'normal', warn: 'normal', error: 'quiet' },
  },
  {
    path: 'runtime.output_format',
    type: 'string',
    oneOf: ['text', 'json', 'yaml'],
    default: 'text',
    formerly: { pretty: 'text' },
  },
  { path: 'runtime.no_color', type: 'boolean', default: false },
  { path: 'runtime.non_interactive', type: 'boolean', default: false },
  { path: 'cloud.tenant_id', type: 'string' },
  { path: 'cloud.credentials_path', type: 'string', default: '../../credentials.json' },
  { path: 'cloud.tenants_path', type: 'string', default: '../../tenants.json' },
  { path: 'cloud.validation', type: 'string', oneOf: ['strict', 'warn', 'skip'], default: 'strict' },
  { path: 'secrets.secrets_path', type: 'string', default: './secrets.json' },
  { path: 'secrets.source', type: 'string', oneOf: ['file', 'env'], default: 'file' },
  { path: 'secrets.validation', type: 'string', oneOf: ['strict', 'warn', 'skip'], default: 'warn' },
  { path: 'extensions.disabled', type: 'string[]', default: [] },
]

/** An access token that lives longer than this causes a warning: one year, in seconds. */
export const LONG_EXPIRATION = 31_536_000

/** Earlier spellings of keys, and their current ones. `negated`: `colors: false` means `no_color: true`. */
export const MOVED_KEYS = [
  { from: 'environment', to: 'runtime.environment' },
  { from: 'server.https.enabled', to: 'server.use_https' },
  { from: 'security.jwt.issuer', to: 'security.jwt_issuer' },
  { from: 'security.jwt.access_token_expiration', to: 'security.jwt_access_token_expiration' },
  { from: 'security.jwt.refresh_token_expiration', to: 'security.jwt_refresh_token_expiration' },
  { from: 'security.jwt.audiences', to: 'security.jwt_audiences' },
  { from: 'secrets.path', to: 'secrets.secrets_path' },
  { from: 'secrets.validation_mode', to: 'secrets.validation' },
  { from: 'runtime.colors', to: 'runtime.no_color', negated: true },
] as const satisfies readonly { from: string; to: string; negated?: true }[]

/** Keys of the 2026-08 generation, which are known by name and kept as they are. */
export const LATER_KEYS: readonly string[] = [
  'system_admin',
  'providers',
  'gateway',
  'governance',
  'services',
  'database.pool',
  'server.security_headers',
]
