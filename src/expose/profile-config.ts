/**
 * The contents of profile.yaml. Every key is optional, since a service may have a two-line profile. Other keys are kept
 * as well; only a schema can give them a type.
 */
export interface ProfileConfig {
  readonly name?: string
  readonly display_name?: string
  /** @default 'local' */
  readonly target?: 'local' | 'cloud'
  readonly site?: {
    readonly name?: string
    /** @default null */
    readonly github_link?: string | null
    readonly [key: string]: unknown
  }
  readonly database?: {
    readonly type?: 'postgres' | 'postgresql'
    /** @default false */
    readonly external_db_access?: boolean
    readonly [key: string]: unknown
  }
  readonly server?: {
    readonly host?: string
    /** 1 to 65535. */
    readonly port?: number
    readonly api_server_url?: string
    readonly api_internal_url?: string
    readonly api_external_url?: string
    /** @default false */
    readonly use_https?: boolean
    /** @default [] */
    readonly cors_allowed_origins?: readonly string[]
    readonly [key: string]: unknown
  }
  /** Absolute paths. */
  readonly paths?: {
    readonly system?: string
    readonly services?: string
    readonly bin?: string
    /** @default null */
    readonly web_path?: string | null
    /** @default null */
    readonly storage?: string | null
    /** @default null */
    readonly geoip_database?: string | null
    readonly [key: string]: unknown
  }
  readonly security?: {
    readonly jwt_issuer?: string
    /** Seconds. */
    readonly jwt_access_token_expiration?: number
    /** Seconds. */
    readonly jwt_refresh_token_expiration?: number
    readonly jwt_audiences?: readonly string[]
    readonly [key: string]: unknown
  }
  /** Keys that end in `_per_second` are requests per second. */
  readonly rate_limits?: {
    /** @default false */
    readonly disabled?: boolean
    /** @default 10 */
    readonly oauth_public_per_second?: number
    /** @default 10 */
    readonly oauth_auth_per_second?: number
    /** @default 100 */
    readonly contexts_per_second?: number
    /** @default 50 */
    readonly tasks_per_second?: number
    /** @default 50 */
    readonly artifacts_per_second?: number
    /** @default 50 */
    readonly agent_registry_per_second?: number
    /** @default 20 */
    readonly agents_per_second?: number
    /** @default 50 */
    readonly mcp_registry_per_second?: number
    /** @default 200 */
    readonly mcp_per_second?: number
    /** @default 100 */
    readonly stream_per_second?: number
    /** @default 50 */
    readonly content_per_second?: number
    /** @default 3 */
    readonly burst_multiplier?: number
    readonly tier_multipliers?: {
      /** @default 10 */
      readonly admin?: number
      /** @default 1 */
      readonly user?: number
      /** @default 5 */
      readonly a2a?: number
      /** @default 5 */
      readonly mcp?: number
      /** @default 5 */
      readonly service?: number
      /** @default 0.5 */
      readonly anon?: number
      readonly [key: string]: unknown
    }
    readonly [key: string]: unknown
  }
  readonly runtime?: {
    /** @default 'development' */
    readonly environment?: 'development' | 'test' | 'staging' | 'production'
    /** @default 'normal' */
    readonly log_level?: 'quiet' | 'normal' | 'verbose' | 'debug'
    /** @default 'text' */
    readonly output_format?: 'text' | 'json' | 'yaml'
    /** @default false */
    readonly no_color?: boolean
    /** @default false */
    readonly non_interactive?: boolean
    readonly [key: string]: unknown
  }
  readonly cloud?: {
    readonly tenant_id?: string
    /** @default '../../credentials.json' */
    readonly credentials_path?: string
    /** @default '../../tenants.json' */
    readonly tenants_path?: string
    /** @default 'strict' */
    readonly validation?: 'strict' | 'warn' | 'skip'
    readonly [key: string]: unknown
  }
  readonly secrets?: {
    /** @default './secrets.json' */
    readonly secrets_path?: string
    /** @default 'file' */
    readonly source?: 'file' | 'env'
    /** @default 'warn' */
    readonly validation?: 'strict' | 'warn' | 'skip'
    readonly [key: string]: unknown
  }
  readonly extensions?: {
    /** @default [] */
    readonly disabled?: readonly string[]
    readonly [key: string]: unknown
  }
  /** The service configs, by service name. */
  readonly services?: { readonly [service: string]: unknown }
  readonly [key: string]: unknown
}
