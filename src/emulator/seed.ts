import { isObject, type TenantInfo } from '../cloud/contract.ts'
import { isConfigError } from '../errors/errors.ts'
import { readConfidential } from '../files/update.ts'

/** A user who can log in. */
export interface SeedUser {
  readonly id: string
  readonly email: string
  readonly name?: string | null
}

/** A tenant that exists from the start. */
export interface SeedTenant extends TenantInfo {
  /** By user id. A viewer sees names and cannot change anything. */
  readonly members: Readonly<Record<string, 'admin' | 'viewer'>>
}

/** The users and tenants of an emulator. */
export interface Seed {
  readonly users: readonly SeedUser[]
  readonly tenants: readonly SeedTenant[]
}

/** An admin of two tenants, a viewer of one of them, and another user with a tenant that neither can access. */
export const DEFAULT_SEED: Seed = {
  users: [
    { id: 'user_dev', email: 'dev@example.com', name: 'Dev' },
    { id: 'user_viewer', email: 'viewer@example.com', name: 'Viewer' },
    { id: 'user_other', email: 'other@example.com', name: null },
  ],
  tenants: [
    tenant('tenant_demo', 'demo', { user_dev: 'admin', user_viewer: 'viewer' }),
    tenant('tenant_staging', 'staging', { user_dev: 'admin' }),
    tenant('tenant_other', 'other', { user_other: 'admin' }),
  ],
}

function tenant(id: string, name: string, members: SeedTenant['members']): SeedTenant {
  return {
    id,
    name,
    hostname: `${id}.systemprompt.cloud`,
    region: 'iad',
    status: 'active',
    external_db_access: false,
    members,
  }
}

/** The seed in a JSON file; a string says what is wrong with it. */
export function parseSeed(file: string): Seed | string {
  try {
    const text = readConfidential(file)
    if (text === undefined) return 'there is no such file'
    const seed: unknown = JSON.parse(text)
    return checkSeed(seed) ?? (seed as Seed)
  } catch (error) {
    return isConfigError(error) ? (error.issues[0]?.message ?? 'it cannot be read') : 'it is not JSON'
  }
}

/** What is wrong with a seed; undefined if nothing is. */
export function checkSeed(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is not an object'
  const { users, tenants } = value
  if (!Array.isArray(users) || users.length === 0) return 'it has no list of users'
  if (!Array.isArray(tenants)) return 'it has no list of tenants'
  if (!users.every((user) => hasTexts(user, ['id', 'email']))) return 'a user has no id or no email'
  if (!tenants.every((tenant) => hasTexts(tenant, ['id', 'name']))) return 'a tenant has no id or no name'
  const ids = new Set(users.map((user: SeedUser) => user.id))
  for (const tenant of tenants as readonly SeedTenant[]) {
    const members: unknown = tenant.members
    if (!isObject(members)) return `the tenant ${tenant.id} has no members`
    for (const [user, role] of Object.entries(members)) {
      if (!ids.has(user)) return `the tenant ${tenant.id} has a member who is not a user`
      if (role !== 'admin' && role !== 'viewer')
        return `the tenant ${tenant.id} has a member who is neither admin nor viewer`
    }
  }
  return undefined
}

function hasTexts(value: unknown, keys: readonly string[]): boolean {
  return isObject(value) && keys.every((key) => typeof value[key] === 'string' && value[key] !== '')
}
