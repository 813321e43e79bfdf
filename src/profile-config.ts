/**
 * profile.yaml as a program sees it. Everything is optional, since a service may have a two-line profile;
 * a key of its own is there as well, of a type that only a schema can tell.
 */
export interface ProfileConfig {
  readonly name?: string
  readonly display_name?: string
  /** @default 'local' */
  readonly target?: 'local' | 'cloud'
  readonly site?: { readonly name?: string; readonly github_link?: string | null; readonly [key: string]: unknown }
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
  /** Absolute. */
  readonly paths?: {
    readonly system?: string
    readonly services?: string
    readonly bin?: string
    readonly web_path?: string | null
    readonly storage?: string | null
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
  /** Requests a second. */
  readonly rate_limits?: {
    readonly disabled?: boolean
    readonly oauth_public_per_second?: number
    readonly oauth_auth_per_second?: number
    readonly contexts_per_second?: number
    readonly tasks_per_second?: number
    readonly artifacts_per_second?: number
    readonly agent_registry_per_second?: number
    readonly agents_per_second?: number
    readonly mcp_registry_per_second?: number
    readonly mcp_per_second?: number
    readonly stream_per_second?: number
    readonly content_per_second?: number
    readonly burst_multiplier?: number
    readonly tier_multipliers?: {
      readonly admin?: number
      readonly user?: number
      readonly a2a?: number
      readonly mcp?: number
      readonly service?: number
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
    readonly no_color?: boolean
    readonly non_interactive?: boolean
    readonly [key: string]: unknown
  }
  readonly cloud?: {
    readonly tenant_id?: string
    readonly credentials_path?: string
    readonly tenants_path?: string
    /** @default 'strict' */
    readonly validation?: 'strict' | 'warn' | 'skip'
    readonly [key: string]: unknown
  }
  readonly secrets?: {
    readonly secrets_path?: string
    /** @default 'file' */
    readonly source?: 'file' | 'env'
    /** @default 'warn' */
    readonly validation?: 'strict' | 'warn' | 'skip'
    readonly [key: string]: unknown
  }
  readonly extensions?: { readonly disabled?: readonly string[]; readonly [key: string]: unknown }
  /** The service configs, by service name. */
  readonly services?: { readonly [service: string]: unknown }
  readonly [key: string]: unknown
}
