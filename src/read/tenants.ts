import type { Problems } from '../errors/errors.ts'
import { nodeAt, scalarAt, toPlain } from '../tree.ts'
import type { MapNode, TreeNode } from '../types.ts'
import { reportingAs } from './credentials.ts'
import { readText } from './guard.ts'
import { parseJson } from './json.ts'

/** One tenant of tenants.json. Keys that this library does not know are kept. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly tenant_type?: 'local' | 'cloud'
  /** Secret: masked wherever it is printed. */
  readonly database_url?: string
  /** Secret: masked wherever it is printed. */
  readonly internal_database_url?: string
  readonly hostname?: string
  readonly region?: string
  readonly app_id?: string
  readonly external_db_access?: boolean
  /** Secret: masked wherever it is printed. */
  readonly sync_token?: string
  readonly shared_container_db?: boolean
  readonly [key: string]: unknown
}

export interface TenantsOptions {
  /** Absolute. */
  readonly path: string
  readonly shown: string
  readonly validation: 'strict' | 'warn' | 'skip'
  /** The profile's `cloud.tenant_id`, which takes precedence over `active_tenant` in the file. */
  readonly wanted: string | undefined
}

/** The tenant in use (formats.md, section 9); undefined if the file does not exist or selects none. */
export function readTenant(
  { path, shown, validation, wanted }: TenantsOptions,
  problems: Problems,
): Tenant | undefined {
  const reporting = reportingAs(validation, problems)
  const read = readText(path, { layer: 'profile', file: shown, confidential: true }, reporting)
  const tree = read && parseJson(read.source, reporting)
  if (!tree) return undefined
  const tenants = tenantNodes(tree, reporting).map((node) => toTenant(node, reporting))
  const active = scalarAt(tree, ['active_tenant'])
  const id = wanted ?? active?.value
  if (typeof id !== 'string') return undefined
  const tenant = tenants.find((candidate) => candidate?.id === id)
  if (!tenant && validation !== 'skip') {
    problems.warn({
      code: 'TENANT_UNKNOWN',
      key: wanted === undefined ? 'active_tenant' : 'cloud.tenant_id',
      message: 'names a tenant that tenants.json does not list',
      remedy: "run 'systemprompt cloud auth login' to fetch the tenants, or correct the id",
      at: wanted === undefined && active ? active : tree,
    })
  }
  return tenant
}

function tenantNodes(tree: MapNode, problems: Problems): readonly MapNode[] {
  const list = nodeAt(tree, ['tenants'])
  const items: readonly TreeNode[] = list?.kind === 'list' ? list.items : []
  if (list?.kind !== 'list') invalid(list ?? tree, 'tenants', 'is not a list', problems)
  return items.flatMap((item) => {
    if (item.kind === 'map') return [item]
    invalid(item, 'tenants', 'contains something that is not a tenant', problems)
    return []
  })
}

function toTenant(node: MapNode, problems: Problems): Tenant | undefined {
  const plain = toPlain(node)
  if (isTenant(plain)) return plain
  invalid(node, 'tenants', 'contains a tenant without id or name', problems)
  return undefined
}

function isTenant(value: unknown): value is Tenant {
  if (typeof value !== 'object' || value === null) return false
  return ['id', 'name'].every((key) => typeof Reflect.get(value, key) === 'string')
}

function invalid(at: TreeNode, key: string, message: string, problems: Problems): void {
  problems.error({
    code: 'INVALID_VALUE',
    key,
    message,
    remedy: "run 'systemprompt cloud auth login' to fetch the tenants again",
    at,
  })
}
