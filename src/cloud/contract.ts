/**
 * What SystemPrompt Cloud sends and accepts, as in fixtures/contract/cloud-api.yaml; test/cloud/contract.test.ts checks
 * these types against that file.
 */

/** The user of a token, with the tenants that the user can access. */
export interface UserMe {
  readonly user: User
  readonly customer?: Customer | null
  readonly tenants?: readonly TenantInfo[]
}

/** The user of a token. */
export interface User {
  readonly id: string
  readonly email: string
  readonly name?: string | null
}

/** The account that pays for the tenants. */
export interface Customer {
  readonly id: string
  readonly status?: string | null
}

/** A tenant as part of the login's data. */
export interface TenantInfo {
  readonly id: string
  readonly name: string
  readonly app_id?: string | null
  readonly hostname?: string | null
  readonly region?: string | null
  readonly status?: 'pending' | 'active' | 'suspended' | 'deleted' | null
  readonly subscription_status?: 'active' | 'trialing' | 'past_due' | 'paused' | 'canceled' | null
  readonly plan?: Plan | null
  readonly external_db_access?: boolean
  /** The tenant's internal URL; the service may mask its password as `***`. */
  readonly database_url?: string
}

/** A tenant's plan. */
export interface Plan {
  readonly name?: string
  readonly memory_mb?: number
  readonly volume_gb?: number
}

/** A tenant in the list of tenants. */
export interface CloudTenant {
  readonly id: string
  readonly name: string
  readonly hostname?: string | null
  readonly fly_app_name?: string | null
  readonly fly_hostname?: string | null
}

/** An entry of the audit log: who did what to which secret. Never a value. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string
  /** The user's e-mail address. */
  readonly actor: string
  readonly action: 'set' | 'unset' | 'list' | 'denied'
  /** The secret's name in the cloud. */
  readonly key: string
  /** The User-Agent of the request. */
  readonly client?: string | null
}

/** A page of the audit log, newest first. Pass `next_cursor` to get the next page; the last page has none. */
export interface AuditPage {
  readonly data: readonly AuditEntry[]
  readonly next_cursor?: string | null
}

/** The identity provider of a login. */
export type Provider = 'github' | 'google'

/** The guards check only what is used; anything else that a newer service sends is ignored. */
export function isUserMe(value: unknown): value is UserMe {
  if (!isObject(value) || !isObject(value.user)) return false
  const { user, tenants } = value
  return isText(user.id) && isText(user.email) && isAbsentOr(tenants, (list) => isList(list, isTenantInfo))
}

export function isTenantList(value: unknown): value is { readonly data: readonly CloudTenant[] } {
  return isObject(value) && isList(value.data, isNamed)
}

export function isKeyList(value: unknown): value is { readonly keys: readonly string[] } {
  return isObject(value) && isList(value.keys, isText)
}

export function isAuditPage(value: unknown): value is AuditPage {
  return isObject(value) && isList(value.data, isAuditEntry) && isAbsentOr(value.next_cursor, isTextOrNull)
}

export function isLoginStart(value: unknown): value is { readonly authorize_url: string } {
  return isObject(value) && isText(value.authorize_url)
}

export function isExchanged(value: unknown): value is { readonly access_token: string; readonly expires_in?: number } {
  if (!isObject(value) || !isText(value.access_token)) return false
  return isAbsentOr(value.expires_in, (seconds) => typeof seconds === 'number')
}

/** The error in the service's own format; undefined for anything else. */
export function errorIn(value: unknown): { readonly code: string; readonly message: string } | undefined {
  const error = isObject(value) ? value.error : undefined
  if (!isObject(error) || typeof error.code !== 'string' || typeof error.message !== 'string') return undefined
  return { code: error.code, message: error.message }
}

function isTenantInfo(value: unknown): boolean {
  if (!isObject(value) || !isNamed(value)) return false
  const texts = ['app_id', 'hostname', 'region', 'database_url'].every((key) => isAbsentOr(value[key], isTextOrNull))
  return texts && isAbsentOr(value.external_db_access, (flag) => typeof flag === 'boolean')
}

function isNamed(value: unknown): boolean {
  return isObject(value) && isText(value.id) && typeof value.name === 'string'
}

function isAuditEntry(value: unknown): boolean {
  if (!isObject(value) || !isAbsentOr(value.client, isTextOrNull)) return false
  return ['at', 'actor', 'action', 'key'].every((key) => typeof value[key] === 'string')
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: unknown, item: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(item)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isAbsentOr(value: unknown, rule: (value: unknown) => boolean): boolean {
  return value === undefined || rule(value)
}
