import { join } from 'node:path'
import { updateFile } from '../files/update.ts'
import type { TenantInfo } from './contract.ts'
import type { CloudFiles } from './credentials.ts'
import { type JsonObject, jsonText, mustReadObject, readObject, updateObject } from './json-file.ts'

/** A tenant in tenants.json, as far as it is known. */
export interface RegisteredTenant {
  readonly id: string
  readonly name: string
  readonly tenant_type?: 'local' | 'cloud'
  readonly hostname?: string
  readonly region?: string
  readonly [key: string]: unknown
}

/** The contents of tenants.json; `active` is the id of the tenant in use. */
export interface TenantRegistry {
  readonly tenants: readonly RegisteredTenant[]
  readonly active: string | undefined
}

/** The contents of tenants.json; empty if it does not exist. @throws ConfigError if it cannot be read */
export function readRegistry({ tenants: file }: CloudFiles): TenantRegistry {
  return registryIn(mustReadObject(file) ?? {})
}

function registryIn({ tenants, active_tenant }: JsonObject): TenantRegistry {
  const list: readonly unknown[] = Array.isArray(tenants) ? tenants : []
  return { tenants: list.filter(isTenant), active: typeof active_tenant === 'string' ? active_tenant : undefined }
}

/**
 * Updates tenants.json from the service: cloud tenants are added, changed or, if the service no longer lists them,
 * removed; local tenants and unknown keys are kept. The active tenant stays active if it is local or listed; otherwise,
 * a single cloud tenant becomes active. If the service says nothing about tenants, nothing changes. A broken file or a
 * link is moved aside, and so is a file that a profile names and that lists no tenants; `movedTo` is where it is now.
 */
export async function updateRegistry(
  files: CloudFiles,
  tenants: readonly TenantInfo[] | undefined,
  now: number,
): Promise<TenantRegistry & { readonly movedTo: string | undefined }> {
  const { state, tenants: file } = files
  const isOurs = (stored: JsonObject): boolean => file === join(state, 'tenants.json') || Array.isArray(stored.tenants)
  let updated: TenantRegistry = { tenants: [], active: undefined }
  const change = (stored: JsonObject): JsonObject => {
    const { active_tenant: _, ...others } = stored
    const known = registryIn(stored)
    updated = tenants ? { tenants: mergeTenants(known.tenants, tenants), active: chooseActive(known, tenants) } : known
    return {
      ...others,
      tenants: updated.tenants,
      active_tenant: updated.active,
      synced_at: new Date(now).toISOString(),
    }
  }
  const movedTo = await updateObject(file, { state, now, isOurs, change })
  return { ...updated, movedTo }
}

/**
 * Makes a tenant the active one; false if the registry does not have it.
 *
 * @throws ConfigError if the registry cannot be read; it is left unchanged
 */
export async function activateTenant(files: CloudFiles, id: string): Promise<boolean> {
  let isKnown = hasTenant(files, id)
  // Taking the lock would turn a directory without a project into one.
  if (!isKnown) return false
  await updateFile(files.tenants, (text) => {
    isKnown = hasTenant(files, id)
    return isKnown ? jsonText({ ...readObject(files.tenants), active_tenant: id }) : text
  })
  return isKnown
}

function hasTenant(files: CloudFiles, id: string): boolean {
  return readRegistry(files).tenants.some((tenant) => tenant.id === id)
}

function chooseActive({ tenants: known, active }: TenantRegistry, tenants: readonly TenantInfo[]): string | undefined {
  const [only, ...others] = tenants.map(({ id }) => id)
  const isListed = tenants.some(({ id }) => id === active) || (active !== undefined && isLocal(active, known))
  return isListed ? active : others.length === 0 ? only : undefined
}

/** Local tenants are not the service's to change. */
function isLocal(id: string, known: readonly RegisteredTenant[]): boolean {
  return id.startsWith('local_') || known.some((tenant) => tenant.id === id && tenant.tenant_type === 'local')
}

function mergeTenants(known: readonly RegisteredTenant[], tenants: readonly TenantInfo[]): readonly RegisteredTenant[] {
  const named = new Set(tenants.map(({ id }) => id))
  const isRemoved = ({ id, tenant_type }: RegisteredTenant): boolean =>
    tenant_type === 'cloud' && !named.has(id) && !isLocal(id, known)
  const byId = new Map(known.filter((tenant) => !isRemoved(tenant)).map((tenant) => [tenant.id, tenant]))
  for (const tenant of tenants.filter(({ id }) => !isLocal(id, known)))
    byId.set(tenant.id, { ...byId.get(tenant.id), ...entryOf(tenant, byId.get(tenant.id)) })
  return [...byId.values()]
}

/** A tenant in the file's format. A URL with a masked password does not replace a complete one. */
function entryOf(info: TenantInfo, known: RegisteredTenant | undefined): RegisteredTenant {
  const { id, name, app_id, hostname, region, external_db_access, database_url } = info
  const url = database_url?.includes('***') ? known?.internal_database_url : database_url
  const entry = {
    id,
    name,
    tenant_type: 'cloud',
    app_id,
    hostname,
    region,
    external_db_access,
    internal_database_url: url,
  }
  return Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== undefined && value !== null),
  ) as RegisteredTenant
}

function isTenant(value: unknown): value is RegisteredTenant {
  if (typeof value !== 'object' || value === null) return false
  return ['id', 'name'].every((key) => typeof Reflect.get(value, key) === 'string')
}
