import { repeatsSecret } from '../secrets/secret.ts'
import { UNSEEN } from '../unseen.ts'
import { parseUrl } from '../url.ts'
import { errorIn } from './contract.ts'
import { CloudError, type CloudErrorCode, type CloudErrorDetails } from './errors.ts'
import type { Answer } from './http.ts'

/** How the errors of an operation are worded where operations differ. */
export interface ErrorContext {
  /** Completes "The service refused to …": `list the secrets` */
  readonly task: string
  /** What 404 means for the operation. */
  readonly notFound?: { readonly code: CloudErrorCode; readonly what: string; readonly remedy?: string }
  /** What to do about 401. */
  readonly logIn?: string | undefined
}

/**
 * The error for a response. The service's message is included, unless it repeats one of `secrets`: what was sent must
 * not appear on a screen.
 *
 * @param wait milliseconds that the service asks to wait
 */
export function errorOf(
  response: Answer,
  context: ErrorContext,
  secrets: readonly string[],
  wait?: number,
): CloudError {
  const { status } = response
  if (status >= 300 && status < 400) return redirected(response, secrets)
  const serviceError = errorIn(parsed(response.text))
  const message = safeText(serviceError?.message ?? excerpt(response), secrets)
  const serverCode = serviceError && safeWord(serviceError.code, secrets)
  const requestId = safeWord(response.header('x-request-id'), secrets)
  const details = {
    status,
    ...(serverCode === undefined ? {} : { serverCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(status === 401 && context.logIn !== undefined ? { remedy: context.logIn } : {}),
    ...(wait === undefined ? {} : { remedy: `It asks to wait ${durationText(wait)}; run it again then` }),
  }
  const because = message === '' ? '' : `: ${message}`
  if (status === 404 && context.notFound && serverCode !== 'tenant_not_found') {
    const { code, what, remedy } = context.notFound
    return new CloudError(code, `${what} (404)`, { ...details, ...(remedy === undefined ? {} : { remedy }) })
  }
  return new CloudError(codeOf(status), `The service refused to ${context.task} (${status}${because})`, details)
}

function redirected({ status, header }: Answer, secrets: readonly string[]): CloudError {
  const origin = parseUrl(header('location') ?? '')?.origin
  const target = origin === undefined || repeats(origin, secrets) ? '' : ` to ${origin}`
  return new CloudError('REFUSED', `The service answered with a redirect${target} (${status}), which is not followed`, {
    status,
    remedy: 'Check api_url: a login is valid for one URL',
  })
}

/** `45 s`, `20 min`, `3 h`, rounded up. */
export function durationText(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`
}

/**
 * The data of a successful response. If a proxy answered instead, its message is shown, unless it repeats one of
 * `secrets`. Without `secrets` nothing is shown, since half a response may contain half a token.
 */
export function dataOf<T>(response: Answer, isValid: (value: unknown) => value is T, secrets?: readonly string[]): T {
  const data = parsed(response.text)
  if (isValid(data)) return data
  if (data !== undefined) throw badAnswer(response, 'does not match the API', '')
  throw badAnswer(response, 'is not JSON', secrets ? safeText(excerpt(response), secrets) : '')
}

/**
 * A completed write has an empty response. Anything else, such as a proxy's page, means that it may not have arrived.
 */
export function mustBeEmpty(response: Answer, secrets: readonly string[]): void {
  if (response.text === '') return
  throw badAnswer(response, 'does not match the API', safeText(excerpt(response), secrets), {
    isUncertain: true,
  })
}

function badAnswer({ status }: Answer, what: string, message: string, details: CloudErrorDetails = {}): CloudError {
  const because = message === '' ? '' : `: ${message}`
  return new CloudError('BAD_ANSWER', `The response ${what} (${status}${because})`, { status, ...details })
}

function codeOf(status: number): CloudErrorCode {
  if (status === 401) return 'NOT_LOGGED_IN'
  if (status === 403) return 'FORBIDDEN'
  if (status === 404) return 'NOT_FOUND'
  if (status === 409 || status === 412) return 'CONFLICT'
  if (status === 400 || status === 413 || status === 422) return 'NOT_ACCEPTED'
  if (status === 429) return 'RATE_LIMITED'
  return status === 408 || status >= 500 ? 'UNAVAILABLE' : 'BAD_ANSWER'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first 200 characters of what a proxy answered in HTML or plain text, on one line. */
function excerpt({ text }: Answer): string {
  return text
    .slice(0, 4_096)
    .replace(/<(style|script)\b[\s\S]*?<\/\1>|<[^>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200)
}

function safeText(text: string, secrets: readonly string[]): string {
  if (repeats(text, secrets)) return 'its message repeats a secret and is not shown'
  return text.replace(UNSEEN, ' ').trim().slice(0, 300)
}

function safeWord(word: string | undefined, secrets: readonly string[]): string | undefined {
  return word !== undefined && /^[\w.:-]{1,100}$/.test(word) && !repeats(word, secrets) ? word : undefined
}

/** Ignores case: host names are lower case. */
function repeats(text: string, secrets: readonly string[]): boolean {
  return repeatsSecret(
    text.toLowerCase(),
    secrets.map((secret) => secret.toLowerCase()),
  )
}
