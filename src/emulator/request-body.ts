import type { Context } from 'hono'
import { isObject } from '../cloud/contract.ts'
import { LIMITS } from './limits.ts'
import { Refusal } from './refusal.ts'

/** The fields of a form. @throws Refusal 422 */
export async function formOf(context: Context): Promise<URLSearchParams> {
  mustBe(context, 'application/x-www-form-urlencoded')
  return new URLSearchParams(await context.req.text())
}

/** @throws Refusal 422 */
export async function jsonOf(context: Context): Promise<unknown> {
  mustBe(context, 'application/json')
  try {
    return JSON.parse(await context.req.text())
  } catch {
    throw new Refusal(422, 'json_invalid', 'The body is not JSON')
  }
}

const RESERVED = /^(?:FLY_APP_NAME|FLY_MACHINE_ID)$/

/** The secrets of a write; if one is invalid, none is stored. */
export function secretsIn(body: unknown): Readonly<Record<string, string>> {
  const { secrets, ...others } = isObject(body) ? body : { secrets: undefined }
  if (!isObject(secrets) || Object.keys(others).length > 0)
    throw invalid('body_invalid', 'The body must be { "secrets": { … } }')
  const entries = Object.entries(secrets)
  if (entries.length === 0) throw invalid('body_invalid', 'The body contains no secrets')
  for (const [name, value] of entries) {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || name.length > LIMITS.name)
      throw invalid('key_invalid', 'A name is not accepted')
    if (RESERVED.test(name)) throw invalid('key_reserved', `${name} is managed by the system`)
    if (typeof value !== 'string') throw invalid('value_invalid', `${name} is not a string`)
    if (value.length > LIMITS.value)
      throw invalid('value_too_long', `${name} is longer than ${LIMITS.value} characters`)
    if (value.includes('\0')) throw invalid('value_invalid', `${name} contains a NUL character`)
  }
  return secrets as Readonly<Record<string, string>>
}

function invalid(code: string, message: string): Refusal {
  return new Refusal(422, code, message)
}

function mustBe(context: Context, type: string): void {
  const given = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (given !== type) throw new Refusal(422, 'content_type', `The body is not ${type}`)
}
