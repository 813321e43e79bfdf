import type { Context, Hono } from 'hono'
import { isObject, type TenantInfo } from '../cloud/contract.ts'
import { isLoopback } from '../cloud/endpoint.ts'
import { parseUrl } from '../url.ts'
import type { Access } from './access.ts'
import { authorizePath, type Consents, consentPage, decide, PAGE_HEADERS } from './consent.ts'
import { Refusal } from './refusal.ts'
import { formOf, jsonOf } from './request-body.ts'
import type { SeedTenant } from './seed.ts'
import type { Store } from './store.ts'

/** Seconds. */
const LOGIN_LIFETIME = 24 * 3600
const TENANT_LIFETIME = 300

export interface LoginRoutesOptions {
  readonly store: Store
  readonly access: Access
  readonly consents: Consents
  /** Whether tokens can be exchanged. */
  readonly exchange: boolean
}

/** The routes for logging in, for the user's own data, and for tokens. */
export function addLoginRoutes(app: Hono, options: LoginRoutesOptions): void {
  const { store, access, consents, exchange } = options

  app.get('/api/v1/auth/oauth/:provider', (context) => {
    const provider = context.req.param('provider')
    if (provider !== 'github' && provider !== 'google')
      throw new Refusal(404, 'provider_unknown', 'There is no such provider')
    const redirect = redirectUri(context.req.query('redirect_uri'))
    return context.json({ authorize_url: `${urlOf(context)}${authorizePath(consents, provider, redirect)}` })
  })

  app.get('/login/oauth/authorize', (context) => {
    const page = consentPage(consents, context.req.query('state') ?? '', store.users())
    return context.html(page.html, page.status, PAGE_HEADERS)
  })

  app.post('/login/oauth/authorize', async (context) => {
    const form = new URLSearchParams(await context.req.text())
    const location = decide(consents, form, (id) => {
      const user = store.user(id)
      return user && store.issue(user, 'login', LOGIN_LIFETIME)
    })
    if (location === undefined) return context.html(consentPage(consents, '', []).html, 400, PAGE_HEADERS)
    return context.body(null, 303, { ...PAGE_HEADERS, location })
  })

  app.get('/api/v1/auth/me', (context) => {
    const { user } = access.signedIn(context)
    const tenants = store.tenantsOf(user).map(tenantInfo)
    const { id, email, name = null } = user
    return context.json({ user: { id, email, name }, customer: { id: `cus_${id}`, status: 'active' }, tenants })
  })

  app.get('/api/v1/tenants', (context) => {
    const { user } = access.signedIn(context)
    const data = store.tenantsOf(user).map(({ id, name, hostname = null }) => ({ id, name, hostname }))
    return context.json({ data })
  })

  app.post('/api/v1/core/oauth/token', async (context) => {
    if (!exchange) throw new Refusal(404, 'not_found', 'There is no such operation')
    const form = await formOf(context)
    for (const [name, value] of Object.entries(EXCHANGE)) {
      if (form.get(name) !== value) throw new Refusal(400, 'invalid_request', `${name} is not the expected value`)
    }
    if (form.get('resource') !== urlOf(context))
      throw new Refusal(400, 'invalid_target', 'resource is not the URL of this service')
    const user = access.loginOf(form.get('subject_token') ?? '')
    return context.json({ access_token: store.issue(user, 'tenant', TENANT_LIFETIME), expires_in: TENANT_LIFETIME })
  })

  app.post('/api/v1/activity', async (context) => {
    const { actor } = access.signedIn(context)
    const body = await jsonOf(context)
    const { event, timestamp, data } = isObject(body) ? body : {}
    const isValid =
      (event === 'cloud_login' || event === 'cloud_logout') &&
      typeof timestamp === 'string' &&
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(timestamp) &&
      isObject(data) &&
      typeof data.user_id === 'string'
    if (!isValid) throw new Refusal(422, 'activity_invalid', 'event, timestamp and data.user_id are required')
    store.recordActivity(String(event), actor)
    return context.body(null, 204)
  })
}

/** The emulator's own URL, as requested: the server has checked the Host header. */
function urlOf(context: Context): string {
  return `http://${context.req.header('host')}`
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  client_id: 'sp_web',
} as const

/** Where the browser may be sent: a callback on this machine, like a command line's. */
function redirectUri(text: string | undefined): URL {
  const url = text === undefined ? undefined : parseUrl(text)
  const isCallback = url?.protocol === 'http:' && isLoopback(url.hostname) && /^\/callback(\/|$)/.test(url.pathname)
  if (!isCallback || url.username !== '' || url.hash !== '') {
    throw new Refusal(400, 'redirect_uri_invalid', 'redirect_uri must be a callback on a loopback address')
  }
  return url
}

function tenantInfo({ members: _, ...info }: SeedTenant): TenantInfo {
  return info
}
