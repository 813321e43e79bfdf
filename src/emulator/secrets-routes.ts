import type { Hono } from 'hono'
import type { Access } from './access.ts'
import { LIMITS } from './limits.ts'
import { Refusal } from './refusal.ts'
import { jsonOf, secretsIn } from './request-body.ts'
import type { Store } from './store.ts'

export interface SecretsRoutesOptions {
  readonly store: Store
  readonly access: Access
}

/** The routes for a tenant's secrets: listing names, setting and removing, and the audit log. */
export function addSecretsRoutes(app: Hono, { store, access }: SecretsRoutesOptions): void {
  app.get('/api/v1/tenants/:tenant/secrets', (context) => {
    const { tenant, actor } = access.memberOf(context)
    store.recordList(tenant.id, actor)
    context.header('etag', store.etag(tenant.id))
    return context.json({ keys: store.keys(tenant.id) })
  })

  app.put('/api/v1/tenants/:tenant/secrets', async (context) => {
    const member = access.memberOf(context)
    const secrets = secretsIn(await jsonOf(context))
    access.mustBeAdmin(member, Object.keys(secrets))
    access.mustMatch(context, member.tenant)
    const total = new Set([...store.keys(member.tenant.id), ...Object.keys(secrets)]).size
    if (total > LIMITS.keys)
      throw new Refusal(422, 'too_many_secrets', `A tenant can have at most ${LIMITS.keys} secrets`)
    store.set(member.tenant.id, secrets, member.actor)
    return context.body(null, 204, { etag: store.etag(member.tenant.id) })
  })

  app.delete('/api/v1/tenants/:tenant/secrets/:key', (context) => {
    const member = access.memberOf(context)
    const key = context.req.param('key')
    access.mustBeAdmin(member, [key.slice(0, LIMITS.name)])
    access.mustMatch(context, member.tenant)
    if (!store.keys(member.tenant.id).includes(key)) throw new Refusal(404, 'key_not_found', 'There is no such secret')
    store.unset(member.tenant.id, key, member.actor)
    return context.body(null, 204, { etag: store.etag(member.tenant.id) })
  })

  app.get('/api/v1/tenants/:tenant/secrets/audit', (context) => {
    const { tenant } = access.memberOf(context)
    const limit = context.req.query('limit') ?? '50'
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > 500) {
      throw new Refusal(422, 'limit_invalid', 'limit must be a whole number from 1 to 500')
    }
    const log = store.audit(tenant.id)
    const cursor = context.req.query('cursor')
    const start = cursor === undefined ? 0 : log.findIndex(({ number }) => number === cursor) + 1
    if (cursor !== undefined && start === 0)
      throw new Refusal(422, 'cursor_invalid', 'There is no such position in the log')
    const page = log.slice(start, start + Number(limit))
    const next = start + page.length < log.length ? page.at(-1)?.number : undefined
    return context.json({ data: page.map(({ number: _, ...entry }) => entry), next_cursor: next ?? null })
  })
}
