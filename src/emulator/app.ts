import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { createAccess } from './access.ts'
import type { Consents } from './consent.ts'
import { addLoginRoutes } from './login-routes.ts'
import { failed, Refusal } from './refusal.ts'
import { addSecretsRoutes } from './secrets-routes.ts'
import type { Store } from './store.ts'

export interface AppOptions {
  readonly store: Store
  readonly consents: Consents
  /** Whether tenant calls require an exchanged token, as services do since 2026-05. */
  readonly exchange: boolean
  /** Requests per token and minute. */
  readonly requests: number
}

/** The service's operations, as in the contract. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono()
  const access = createAccess(options)

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

  addLoginRoutes(app, { ...options, access })
  addSecretsRoutes(app, { ...options, access })
  return app
}
