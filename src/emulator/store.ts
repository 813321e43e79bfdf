import { createHash } from 'node:crypto'
import type { AuditEntry } from '../cloud/contract.ts'
import type { Entry, Journal } from './journal.ts'
import type { Seed, SeedTenant, SeedUser } from './seed.ts'
import { applyTo, createState, type JournalEvent, secretsOf } from './state.ts'
import type { Claims, Vault } from './vault.ts'

/** Who sent a request, as the journal records it. */
export interface Actor {
  readonly user: SeedUser
  readonly client: string | null
}

/** The emulator's state. Every change is written to the journal first. */
export interface Store {
  /** Milliseconds since 1970, by a clock that can be moved. */
  now(): number
  /** False if the result is not a valid time. */
  moveClock(milliseconds: number): boolean
  user(id: string): SeedUser | undefined
  users(): readonly SeedUser[]
  tenantsOf(user: SeedUser): readonly SeedTenant[]
  /** The tenant, if this user can access it. */
  tenantFor(user: SeedUser, id: string): SeedTenant | undefined
  keys(tenant: string): readonly string[]
  /** For tests in the same process; no operation of the API returns it. */
  value(tenant: string, key: string): string | undefined
  etag(tenant: string): string
  set(tenant: string, secrets: Readonly<Record<string, string>>, actor: Actor): void
  unset(tenant: string, key: string, actor: Actor): void
  recordList(tenant: string, actor: Actor): void
  recordDenial(tenant: string, keys: readonly string[], actor: Actor): void
  recordActivity(event: string, actor: Actor): void
  /** Newest first; one entry per key. `number` counts down. */
  audit(tenant: string): readonly (AuditEntry & { readonly number: string })[]
  issue(user: SeedUser, use: Claims['use'], seconds: number): string
  /** Undefined for a token that is not ours, has expired or was revoked. */
  claims(token: string): Claims | undefined
  revoke(token: string): void
}

/** The latest time: years have four digits in the contract, and a token issued then may last for years. */
const MAX_TIME = Date.UTC(9990, 0)

const NOBODY: Actor = { user: { id: '', email: 'emulator' }, client: null }

export function createStore(journal: Journal, vault: Vault, seed: Seed, realNow: () => number): Store {
  const state = createState()
  const now = (): number => realNow() + state.offset
  const record = (event: JournalEvent, { user, client }: Actor): void =>
    applyTo(
      state,
      journal.add({ at: new Date(now()).toISOString(), actor: user.email, client, happening: event }).happening,
    )
  for (const { happening: event } of journal.entries) applyTo(state, event)
  const secrets = (tenant: string): Map<string, string> => secretsOf(state, tenant)

  return {
    now,
    moveClock(milliseconds) {
      const moved = now() + milliseconds
      if (!(moved >= 0 && moved <= MAX_TIME)) return false
      record({ type: 'clock', offset: state.offset + milliseconds }, NOBODY)
      return true
    },
    user: (id) => seed.users.find((user) => user.id === id),
    users: () => seed.users,
    tenantsOf: (user) => seed.tenants.filter(({ members }) => Object.hasOwn(members, user.id)),
    tenantFor: (user, id) => seed.tenants.find((tenant) => tenant.id === id && Object.hasOwn(tenant.members, user.id)),
    keys: (tenant) => [...secrets(tenant).keys()].sort(),
    value: (tenant, key) => {
      const text = secrets(tenant).get(key)
      return text === undefined ? undefined : vault.open(text, placeOf(tenant, key))
    },
    etag: (tenant) =>
      `"${createHash('sha256')
        .update([...secrets(tenant)].sort().join('\n'))
        .digest('base64url')
        .slice(0, 22)}"`,
    set(tenant, values, actor) {
      const entries = Object.entries(values).map(([key, value]) => [key, vault.seal(value, placeOf(tenant, key))])
      record({ type: 'set', tenant, values: Object.fromEntries(entries) }, actor)
    },
    unset: (tenant, key, actor) => record({ type: 'unset', tenant, key }, actor),
    recordList: (tenant, actor) => record({ type: 'list', tenant }, actor),
    recordDenial: (tenant, keys, actor) => record({ type: 'denied', tenant, keys }, actor),
    recordActivity: (event, actor) => record({ type: 'activity', event }, actor),
    audit: (tenant) => journal.entries.flatMap((entry) => auditOf(entry, tenant)).reverse(),
    issue(user, use, seconds) {
      const iat = Math.floor(now() / 1000)
      return vault.sign({ sub: user.id, email: user.email, use, iat, exp: iat + seconds })
    },
    claims(token) {
      const claims = vault.verify(token)
      if (!claims || claims.exp * 1000 <= now() || state.revoked.has(claims.jti)) return undefined
      return claims
    },
    revoke(token) {
      const claims = vault.verify(token)
      if (claims) record({ type: 'revoked', token: claims.jti }, NOBODY)
    },
  }
}

function placeOf(tenant: string, key: string): string {
  return JSON.stringify([tenant, key])
}

function auditOf({ number, at, actor, client, happening }: Entry, tenant: string) {
  if (!('tenant' in happening) || happening.tenant !== tenant) return []
  const keys =
    happening.type === 'set'
      ? Object.keys(happening.values)
      : happening.type === 'unset'
        ? [happening.key]
        : happening.type === 'denied'
          ? happening.keys
          : ['*']
  return keys.map((key, index) => ({ number: `${number}.${index}`, at, actor, action: happening.type, key, client }))
}
