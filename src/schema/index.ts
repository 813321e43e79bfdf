import { z } from 'zod'
import { PROFILE_FIELDS, type ProfileField } from './profile-fields.ts'
import { isHttpOrigin, isHttpUrl, isPostgresUrl } from './rules.ts'
import { KNOWN_SECRETS, knownSecret } from './secret-names.ts'

/**
 * The four files of a SystemPrompt project as zod schemas, for programs and editors. The loader itself takes its rules
 * from the same tables, and does not need zod to start.
 *
 * @example
 * import { profileSchema } from '@systemprompt/env/schema'
 * const schema = profileSchema.extend({ greeting: z.string() })
 * const { config } = await loadConfig({ schema })
 */

function field(path: string): ProfileField {
  const found = PROFILE_FIELDS.find((candidate) => candidate.path === path)
  if (!found) throw new TypeError(`${path} is not a field of profile.yaml`)
  return found
}

function text(path: string) {
  const { format } = field(path)
  if (format === undefined) return z.string().min(1)
  return z.string().refine(isHttpUrl, 'Not an absolute http(s) URL').meta({ format: 'uri' })
}

function bounded(path: string, type: z.ZodNumber): z.ZodNumber {
  const { min, max } = field(path)
  const above = min === undefined ? type : type.gte(min)
  return max === undefined ? above : above.lte(max)
}

const whole = (path: string): z.ZodNumber => bounded(path, z.int())
const number = (path: string): z.ZodNumber => bounded(path, z.number())

/** Every field may be left out: a service that only needs its secrets has a two-line profile. */
const perSecond = (name: string) => whole(`rate_limits.${name}_per_second`).optional()
const tier = (name: string) => number(`rate_limits.tier_multipliers.${name}`).optional()

const origin = z.string().refine(isHttpOrigin, 'Not an http(s) origin: scheme, host and port only')

/** The zod schema of profile.yaml, after substitution. Unknown keys are kept. */
export const profileSchema = z.looseObject({
  name: text('name').optional(),
  display_name: text('display_name').optional(),
  target: z.enum(['local', 'cloud']).optional(),
  site: z
    .looseObject({ name: text('site.name').optional(), github_link: text('site.github_link').nullable().optional() })
    .optional(),
  database: z
    .looseObject({ type: z.enum(['postgres', 'postgresql']).optional(), external_db_access: z.boolean().optional() })
    .optional(),
  server: z
    .looseObject({
      host: text('server.host').optional(),
      port: whole('server.port').optional(),
      api_server_url: text('server.api_server_url').optional(),
      api_internal_url: text('server.api_internal_url').optional(),
      api_external_url: text('server.api_external_url').optional(),
      use_https: z.boolean().optional(),
      cors_allowed_origins: z.array(origin).optional(),
    })
    .optional(),
  paths: z
    .looseObject({
      system: text('paths.system').optional(),
      services: text('paths.services').optional(),
      bin: text('paths.bin').optional(),
      web_path: text('paths.web_path').nullable().optional(),
      storage: text('paths.storage').nullable().optional(),
      geoip_database: text('paths.geoip_database').nullable().optional(),
    })
    .optional(),
  security: z
    .looseObject({
      jwt_issuer: text('security.jwt_issuer').optional(),
      jwt_access_token_expiration: whole('security.jwt_access_token_expiration').optional(),
      jwt_refresh_token_expiration: whole('security.jwt_refresh_token_expiration').optional(),
      jwt_audiences: z.array(z.string()).optional(),
    })
    .optional(),
  rate_limits: z
    .looseObject({
      disabled: z.boolean().optional(),
      oauth_public_per_second: perSecond('oauth_public'),
      oauth_auth_per_second: perSecond('oauth_auth'),
      contexts_per_second: perSecond('contexts'),
      tasks_per_second: perSecond('tasks'),
      artifacts_per_second: perSecond('artifacts'),
      agent_registry_per_second: perSecond('agent_registry'),
      agents_per_second: perSecond('agents'),
      mcp_registry_per_second: perSecond('mcp_registry'),
      mcp_per_second: perSecond('mcp'),
      stream_per_second: perSecond('stream'),
      content_per_second: perSecond('content'),
      burst_multiplier: whole('rate_limits.burst_multiplier').optional(),
      tier_multipliers: z
        .looseObject({
          admin: tier('admin'),
          user: tier('user'),
          a2a: tier('a2a'),
          mcp: tier('mcp'),
          service: tier('service'),
          anon: tier('anon'),
        })
        .optional(),
    })
    .optional(),
  runtime: z
    .looseObject({
      environment: z.enum(['development', 'test', 'staging', 'production']).optional(),
      log_level: z.enum(['quiet', 'normal', 'verbose', 'debug']).optional(),
      output_format: z.enum(['text', 'json', 'yaml']).optional(),
      no_color: z.boolean().optional(),
      non_interactive: z.boolean().optional(),
    })
    .optional(),
  cloud: z
    .looseObject({
      tenant_id: text('cloud.tenant_id').optional(),
      credentials_path: text('cloud.credentials_path').optional(),
      tenants_path: text('cloud.tenants_path').optional(),
      validation: z.enum(['strict', 'warn', 'skip']).optional(),
    })
    .optional(),
  secrets: z
    .looseObject({
      secrets_path: text('secrets.secrets_path').optional(),
      source: z.enum(['file', 'env']).optional(),
      validation: z.enum(['strict', 'warn', 'skip']).optional(),
    })
    .optional(),
  extensions: z.looseObject({ disabled: z.array(z.string()).optional() }).optional(),
})

/** A secret in a file: a string, a number or boolean that is converted to one, or null for an absent secret. */
const secretValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

/**
 * The zod schema of secrets.json, with keys in any spelling. Rules for known secrets apply to strings that are not
 * blank.
 */
export const secretsSchema = z.record(z.string(), secretValue).superRefine((secrets, context) => {
  for (const [name, value] of Object.entries(secrets)) {
    const known = knownSecret(name)
    if (!known || typeof value !== 'string' || value.trim() === '') continue
    const isShort = known.minLength !== undefined && value.length < known.minLength
    const isInvalidUrl = known.format === 'postgres-url' && !isPostgresUrl(value)
    if (isShort)
      context.addIssue({ code: 'custom', path: [name], message: `Shorter than ${known.minLength} characters` })
    if (isInvalidUrl) context.addIssue({ code: 'custom', path: [name], message: 'Not a PostgreSQL URL' })
  }
})

/** The zod schema of credentials.json. Write `api_url`; `api_endpoint` is an earlier name for it. */
export const credentialsSchema = z.looseObject({
  api_token: z.string().min(1),
  api_url: z.url().optional(),
  api_endpoint: z.url().optional(),
  user_email: z.string().min(1),
  authenticated_at: z.string().optional(),
  last_validated_at: z.string().nullable().optional(),
})

/** The zod schema of tenants.json. */
export const tenantsSchema = z.looseObject({
  tenants: z.array(
    z.looseObject({
      id: z.string().min(1),
      name: z.string(),
      tenant_type: z.enum(['local', 'cloud']).optional(),
      database_url: z.string().nullable().optional(),
      internal_database_url: z.string().nullable().optional(),
      hostname: z.string().nullable().optional(),
      region: z.string().nullable().optional(),
      app_id: z.string().nullable().optional(),
      external_db_access: z.boolean().optional(),
      sync_token: z.string().nullable().optional(),
      shared_container_db: z.boolean().optional(),
    }),
  ),
  active_tenant: z.string().nullable().optional(),
  synced_at: z.string().nullable().optional(),
})

/** The contents of profile.yaml, as {@link profileSchema} returns them. */
export type Profile = z.output<typeof profileSchema>
/** The contents of secrets.json, as {@link secretsSchema} returns them. */
export type SecretsFile = z.output<typeof secretsSchema>
/** The contents of credentials.json, as {@link credentialsSchema} returns them. */
export type CredentialsFile = z.output<typeof credentialsSchema>
/** The contents of tenants.json, as {@link tenantsSchema} returns them. */
export type TenantsFile = z.output<typeof tenantsSchema>

const FILES = { profile: profileSchema, secrets: secretsSchema, credentials: credentialsSchema, tenants: tenantsSchema }

/**
 * Returns the JSON Schema of a file, for editors. A value that is not a string may also be a reference
 * (`port: ${PORT}`).
 *
 * @example
 * // profile.yaml
 * // # yaml-language-server: $schema=node_modules/@systemprompt/env/dist/schema/profile.json
 */
export function jsonSchema(file: keyof typeof FILES): Record<string, unknown> {
  const schema = z.toJSONSchema(FILES[file], {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (file === 'profile') allowReference(jsonSchema)
      if (file === 'secrets' && jsonSchema.type === 'object') jsonSchema.properties = secretProperties()
    },
  })
  if (file === 'profile') for (const field of PROFILE_FIELDS) annotate(schema, field)
  return { ...schema }
}

/** Adds what an editor shows for a key besides its type: its default, its unit, whether it is required. */
function annotate(schema: z.core.JSONSchema.BaseSchema, { path, ...rules }: ProfileField): void {
  const key = path.split('.').reduce((at, step) => at.properties?.[step] as typeof at, schema)
  if (rules.default !== undefined) key.default = rules.default as z.core.JSONSchema.JSONSchema['default']
  const words = [
    UNITS.find(([pattern]) => pattern.test(path))?.[1],
    rules.onDisk && "A path; a relative one starts from the profile's directory.",
    rules.required && "Required: 'systemprompt config check' rejects a profile without it.",
  ].filter((sentence) => sentence !== undefined)
  if (words.length > 0) key.description = words.join(' ')
}

/** What the numbers and words of a key mean. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_per_second$/, 'Requests per second.'],
  [/_expiration$/, 'Seconds.'],
  [/^rate_limits\.disabled$/, 'If true, the other rate limits are not checked.'],
  [
    /^(?:cloud\.credentials|cloud\.tenants|secrets\.secrets)_path$/,
    "A relative path starts from the profile's directory.",
  ],
  [/^cloud\.validation$/, 'Whether a problem with the login or the tenant is an error, a warning, or ignored.'],
  [/^secrets\.validation$/, 'Whether a missing secret is an error, a warning, or ignored.'],
  [/^secrets\.source$/, 'Whether secrets.json must exist, or secrets come from the environment.'],
]

const REFERENCE = { type: 'string', pattern: '\\$[{<]' } as const

function allowReference(schema: z.core.JSONSchema.BaseSchema): void {
  const { type } = schema
  const takesText =
    type === 'string' && schema.enum === undefined && schema.format === undefined && schema.pattern === undefined
  if (type === undefined || type === 'object' || type === 'null' || takesText) return
  const own = { ...schema }
  for (const key of Object.keys(schema)) delete schema[key]
  schema.anyOf = [own, { ...REFERENCE }]
}

function secretProperties(): Record<string, z.core.JSONSchema.BaseSchema> {
  return Object.fromEntries(
    KNOWN_SECRETS.map((secret) => [
      secret.key,
      {
        type: ['string', 'null'],
        ...('minLength' in secret ? { minLength: secret.minLength } : {}),
        description: secret.env,
      },
    ]),
  )
}
