import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'

/** An answer that is an error, in the contract's words. */
export class Refusal extends HTTPException {
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: 400 | 401 | 403 | 404 | 412 | 413 | 422 | 429, code: string, message: string, headers = {}) {
    super(status, { message })
    this.code = code
    this.headers = headers
  }
}

/** The refusal as the contract has it. */
export function failed(context: Context, { status, code, message, headers }: Refusal): Response {
  return context.json({ error: { code, message } }, status, { ...headers })
}
