import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { TenantInfo } from '../cloud/contract.ts'
import { isLoopback } from '../cloud/endpoint.ts'
import { authorizePath, type Consents, consentPage, decide, PAGE_HEADERS } from './consent.ts'
import type { SeedTenant, SeedUser } from './seed.ts'
import type { Actor, Store } from './store.ts'
import type { Claims } from './vault.ts'

/** What the emulator takes at most. */
export const LIMITS = {
  /** Bytes of one request's body. */
  body: 1024 * 1024,
  /** Characters of one value. */
  value: 64 * 1024,
  /** Characters of one name. */
  name: 255,
  /** Secrets of one tenant. */
  keys: 2_000,
  /** Requests of one token or address in a minute. */
  requests: 600,
} as const

/** Seconds. */
const LOGIN_LIFE = 24 * 3600
const TENANT_LIFE = 300

export interface AppOptions {
  readonly store: Store
  readonly consents: Consents
  /** The emulator's own address. */
  readonly url: () => string
  /** Tenant calls want an exchanged token, as services do since 2026-05. */
  readonly exchange: boolean
  /** Requests of one token in a minute. */
  readonly requests: number
}

/** An answer that is an error, in the contract's words. */
class Refusal extends HTTPException {
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: 400 | 401 | 403 | 404 | 412 | 413 | 422 | 429, code: string, message: string, headers = {}) {
    super(status, { message })
    this.code = code
    this.headers = headers
  }
}

/** The service's operations, each as the contract says. */
export function createApp(options: AppOptions): Hono {
  const { store, consents, url } = options
  const app = new Hono()
  const limiter = createLimiter(store, options.requests)

  app.use(async (context, next) => {
    await next()
    context.header('x-request-id', `req_${randomUUID()}`)
    context.header('cache-control', 'no-store')
  })
  app.notFound((context) => failed(context, new Refusal(404, 'not_found', 'There is no such operation')))
  app.onError((error, context) => {
    if (error instanceof Refusal) return failed(context, error)
    return context.json({ error: { code: 'internal', message: 'The emulator failed' } }, 500)
  })

  app.get('/api/v1/auth/oauth/:provider', (context) => {
    const provider = context.req.param('provider')
    if (provider !== 'github' && provider !== 'google')
      throw new Refusal(404, 'provider_unknown', 'There is no such provider')
    const redirect = redirectUri(context.req.query('redirect_uri'))
    return context.json({ authorize_url: `${url()}${authorizePath(consents, provider, redirect)}` })
  })

  app.get('/login/oauth/authorize', (context) => {
    const page = consentPage(consents, context.req.query('state') ?? '', store.users())
    return context.html(page.html, page.status, PAGE_HEADERS)
  })

  app.post('/login/oauth/authorize', async (context) => {
    const form = new URLSearchParams(await bodyOf(context))
    const location = decide(consents, form, (id) => {
      const user = store.user(id)
      return user && store.issue(user, 'login', LOGIN_LIFE)
    })
    if (location === undefined) return context.html(consentPage(consents, '', []).html, 400, PAGE_HEADERS)
    return context.body(null, 303, { ...PAGE_HEADERS, location })
  })

  app.get('/api/v1/auth/me', (context) => {
    const { user } = signedIn(context, 'login')
    const tenants = store.tenantsOf(user).map(tenantInfo)
    const { id, email, name = null } = user
    return context.json({ user: { id, email, name }, customer: { id: `cus_${id}`, status: 'active' }, tenants })
  })

  app.get('/api/v1/tenants', (context) => {
    const { user } = signedIn(context, 'login')
    const data = store.tenantsOf(user).map(({ id, name, hostname = null }) => ({ id, name, hostname }))
    return context.json({ data })
  })

  app.get('/api/v1/tenants/:tenant/secrets', (context) => {
    const { tenant, actor } = memberOf(context)
    store.noteList(tenant.id, actor)
    context.header('etag', store.etag(tenant.id))
    return context.json({ keys: store.keys(tenant.id) })
  })

  app.put('/api/v1/tenants/:tenant/secrets', async (context) => {
    const member = memberOf(context)
    const secrets = secretsIn(await jsonOf(context))
    mustBeAdmin(member, Object.keys(secrets))
    mustMatch(context, member.tenant)
    const total = new Set([...store.keys(member.tenant.id), ...Object.keys(secrets)]).size
    if (total > LIMITS.keys) throw new Refusal(422, 'too_many_secrets', `A tenant has ${LIMITS.keys} secrets at most`)
    store.set(member.tenant.id, secrets, member.actor)
    return context.body(null, 204, { etag: store.etag(member.tenant.id) })
  })

  app.delete('/api/v1/tenants/:tenant/secrets/:key', (context) => {
    const member = memberOf(context)
    const key = context.req.param('key')
    mustBeAdmin(member, [key.slice(0, LIMITS.name)])
    mustMatch(context, member.tenant)
    if (!store.keys(member.tenant.id).includes(key)) throw new Refusal(404, 'key_not_found', 'There is no such secret')
    store.unset(member.tenant.id, key, member.actor)
    return context.body(null, 204, { etag: store.etag(member.tenant.id) })
  })

  app.get('/api/v1/tenants/:tenant/secrets/audit', (context) => {
    const { tenant } = memberOf(context)
    const limit = context.req.query('limit') ?? '50'
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > 500) {
      throw new Refusal(422, 'limit_invalid', 'limit is a whole number from 1 to 500')
    }
    const log = store.audit(tenant.id)
    const cursor = context.req.query('cursor')
    const start = cursor === undefined ? 0 : log.findIndex(({ number }) => number === cursor) + 1
    if (cursor !== undefined && start === 0)
      throw new Refusal(422, 'cursor_invalid', 'There is no such place in the log')
    const page = log.slice(start, start + Number(limit))
    const next = start + page.length < log.length ? page.at(-1)?.number : undefined
    return context.json({ data: page.map(({ number: _, ...entry }) => entry), next_cursor: next ?? null })
  })

  app.post('/api/v1/core/oauth/token', async (context) => {
    if (!options.exchange) throw new Refusal(404, 'not_found', 'There is no such operation')
    mustBe(context, 'application/x-www-form-urlencoded')
    const form = new URLSearchParams(await bodyOf(context))
    for (const [name, value] of Object.entries(EXCHANGE)) {
      if (form.get(name) !== value) throw new Refusal(400, 'invalid_request', `${name} is not what it should be`)
    }
    if (form.get('resource') !== url())
      throw new Refusal(400, 'invalid_target', 'resource is not the address of this service')
    const token = form.get('subject_token') ?? ''
    limiter.count(token)
    const user = userOf(store.claims(token), 'login')
    if (!user) throw new Refusal(401, 'invalid_grant', 'The token is not valid or has expired')
    return context.json({ access_token: store.issue(user, 'tenant', TENANT_LIFE), expires_in: TENANT_LIFE })
  })

  app.post('/api/v1/activity', async (context) => {
    const { actor } = signedIn(context, 'login')
    const body = await jsonOf(context)
    const { event, timestamp, data } = isObject(body) ? body : {}
    const isRight =
      (event === 'cloud_login' || event === 'cloud_logout') &&
      typeof timestamp === 'string' &&
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(timestamp) &&
      isObject(data) &&
      typeof data.user_id === 'string'
    if (!isRight) throw new Refusal(422, 'activity_invalid', 'event, timestamp and data.user_id are needed')
    store.noteActivity(String(event), actor)
    return context.body(null, 204)
  })

  return app

  interface SignedIn {
    readonly user: SeedUser
    readonly actor: Actor
  }

  interface Member extends SignedIn {
    readonly tenant: SeedTenant
  }

  function signedIn(context: Context, use: Claims['use']): SignedIn {
    const [, token = ''] = /^Bearer ([\x21-\x7e]+)$/i.exec(context.req.header('authorization') ?? '') ?? []
    limiter.count(token)
    const user = userOf(store.claims(token), use)
    if (!user) throw new Refusal(401, 'unauthorized', 'The token is missing, has expired or was revoked')
    return { user, actor: { user, client: context.req.header('user-agent')?.slice(0, 200) ?? null } }
  }

  function userOf(claims: Claims | undefined, use: Claims['use']): SeedUser | undefined {
    return claims?.use === use ? store.user(claims.sub) : undefined
  }

  function memberOf(context: Context): Member {
    const { user, actor } = signedIn(context, options.exchange ? 'tenant' : 'login')
    const tenant = store.tenantFor(user, context.req.param('tenant') ?? '')
    // Somebody else's tenant looks like one that is not there.
    if (!tenant) throw new Refusal(404, 'tenant_not_found', 'There is no such tenant')
    return { user, tenant, actor }
  }

  function mustBeAdmin({ user, tenant, actor }: Member, keys: readonly string[]): void {
    if (tenant.members[user.id] === 'admin') return
    store.noteDenied(tenant.id, keys, actor)
    throw new Refusal(403, 'forbidden', 'The role viewer may not write')
  }

  function mustMatch(context: Context, tenant: SeedTenant): void {
    const expected = context.req.header('if-match')
    if (expected === undefined || expected === '*' || expected === store.etag(tenant.id)) return
    throw new Refusal(412, 'changed', 'The secrets have changed since they were listed')
  }
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  client_id: 'sp_web',
} as const

function failed(context: Context, { status, code, message, headers }: Refusal): Response {
  return context.json({ error: { code, message } }, status, { ...headers })
}

/** Where the browser may be sent: a callback on this machine, as a command line has it. */
function redirectUri(text: string | undefined): URL {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  const isCallback = url?.protocol === 'http:' && isLoopback(url.hostname) && /^\/callback(\/|$)/.test(url.pathname)
  if (!isCallback || url.username !== '' || url.hash !== '') {
    throw new Refusal(400, 'redirect_uri_invalid', 'redirect_uri is a callback on a loopback address')
  }
  return url
}

function tenantInfo({ members: _, ...info }: SeedTenant): TenantInfo {
  return info
}

async function bodyOf(context: Context): Promise<string> {
  return context.req.text()
}

function mustBe(context: Context, type: string): void {
  const given = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (given !== type) throw new Refusal(422, 'content_type', `The body is not ${type}`)
}

async function jsonOf(context: Context): Promise<unknown> {
  mustBe(context, 'application/json')
  try {
    return JSON.parse(await bodyOf(context))
  } catch {
    throw new Refusal(422, 'json_invalid', 'The body is not JSON')
  }
}

const RESERVED = /^(?:FLY_APP_NAME|FLY_MACHINE_ID)$/

/** The secrets of a write; all of them are right, or none is stored. */
function secretsIn(body: unknown): Readonly<Record<string, string>> {
  const { secrets, ...others } = isObject(body) ? body : { secrets: undefined }
  if (!isObject(secrets) || Object.keys(others).length > 0)
    throw invalid('body_invalid', 'The body is { "secrets": { … } }')
  const entries = Object.entries(secrets)
  if (entries.length === 0) throw invalid('body_invalid', 'There is no secret in it')
  for (const [name, value] of entries) {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || name.length > LIMITS.name)
      throw invalid('key_invalid', 'A name is not accepted')
    if (RESERVED.test(name)) throw invalid('key_reserved', `${name} is managed by the system`)
    if (typeof value !== 'string') throw invalid('value_invalid', `${name} is not text`)
    if (value.length > LIMITS.value)
      throw invalid('value_too_long', `${name} is longer than ${LIMITS.value} characters`)
    if (value.includes('\0')) throw invalid('value_invalid', `${name} holds a NUL`)
  }
  return secrets as Readonly<Record<string, string>>
}

function invalid(code: string, message: string): Refusal {
  return new Refusal(422, code, message)
}

interface Limiter {
  /** @throws Refusal 429 */
  count(token: string): void
}

/** So many requests of one token in a minute by the emulator's clock. */
function createLimiter(store: Store, most: number): Limiter {
  const windows = new Map<string, { readonly start: number; used: number }>()
  return {
    count(token) {
      const now = store.now()
      const known = windows.get(token)
      const window = known && now - known.start < 60_000 && now >= known.start ? known : { start: now, used: 0 }
      if (window !== known && windows.size > 1_000) windows.clear()
      windows.set(token, window)
      window.used++
      if (window.used <= most) return
      const wait = Math.ceil((window.start + 60_000 - now) / 1000)
      throw new Refusal(429, 'rate_limited', 'Too many requests', { 'retry-after': String(Math.max(1, wait)) })
    },
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
