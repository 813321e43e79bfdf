import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** An error response, in the contract's terms. */
export class Refusal extends HTTPException {
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: 400 | 401 | 403 | 404 | 412 | 413 | 422 | 429, code: string, message: string, headers = {}) {
    super(status, { message })
    this.code = code
    this.headers = headers
  }
}

/** The refusal in the contract's format. */
export function failed(context: Context, { status, code, message, headers }: Refusal): Response {
  return context.json({ error: { code, message } }, status, { ...headers })
}
