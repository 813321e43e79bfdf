import type { Context } from 'hono'
import { createLimiter } from './limits.ts'
import { Refusal } from './refusal.ts'
import type { SeedTenant, SeedUser } from './seed.ts'
import type { Actor, Store } from './store.ts'
import type { Claims } from './vault.ts'

export interface SignedIn {
  readonly user: SeedUser
  readonly actor: Actor
}

export interface Member extends SignedIn {
  readonly tenant: SeedTenant
}

/** Identifies who a request is from, and checks what they may do. Every method throws a Refusal. */
export interface Access {
  signedIn(context: Context): SignedIn
  /** The user of a login's token. */
  loginOf(token: string): SeedUser
  /** The member of the tenant in the path. */
  memberOf(context: Context): Member
  mustBeAdmin(member: Member, keys: readonly string[]): void
  /** Checks If-Match, if the request has it. */
  mustMatch(context: Context, tenant: SeedTenant): void
}

export interface AccessOptions {
  readonly store: Store
  /** Whether tenant calls require an exchanged token, as services do since 2026-05. */
  readonly exchange: boolean
  /** Requests per token and minute. */
  readonly requests: number
}

export function createAccess({ store, exchange, requests }: AccessOptions): Access {
  const limiter = createLimiter(store, requests)
  return { signedIn: (context) => bearerOf(context, 'login'), loginOf, memberOf, mustBeAdmin, mustMatch }

  function bearerOf(context: Context, use: Claims['use']): SignedIn {
    const [, token = ''] = /^Bearer ([\x21-\x7e]+)$/i.exec(context.req.header('authorization') ?? '') ?? []
    limiter.count(token)
    const user = userOf(store.claims(token), use)
    if (!user) throw new Refusal(401, 'unauthorized', 'The token is missing, has expired or was revoked')
    return { user, actor: { user, client: context.req.header('user-agent')?.slice(0, 200) ?? null } }
  }

  function loginOf(token: string): SeedUser {
    limiter.count(token)
    const user = userOf(store.claims(token), 'login')
    if (!user) throw new Refusal(401, 'invalid_grant', 'The token is not valid or has expired')
    return user
  }

  function userOf(claims: Claims | undefined, use: Claims['use']): SeedUser | undefined {
    return claims?.use === use ? store.user(claims.sub) : undefined
  }

  function memberOf(context: Context): Member {
    const { user, actor } = bearerOf(context, exchange ? 'tenant' : 'login')
    const tenant = store.tenantFor(user, context.req.param('tenant') ?? '')
    // Somebody else's tenant looks like one that does not exist.
    if (!tenant) throw new Refusal(404, 'tenant_not_found', 'There is no such tenant')
    return { user, tenant, actor }
  }

  function mustBeAdmin({ user, tenant, actor }: Member, keys: readonly string[]): void {
    if (tenant.members[user.id] === 'admin') return
    store.recordDenial(tenant.id, keys, actor)
    throw new Refusal(403, 'forbidden', 'The role viewer may not write')
  }

  function mustMatch(context: Context, tenant: SeedTenant): void {
    const expected = context.req.header('if-match')
    if (expected === undefined || expected === '*' || expected === store.etag(tenant.id)) return
    throw new Refusal(412, 'changed', 'The secrets have changed since they were listed')
  }
}
