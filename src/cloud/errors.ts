import { types } from 'node:util'
import { LOG_IN } from '../service.ts'

/** What can go wrong between this machine and the cloud. */
export const CLOUD_ERROR_CODES = [
  /** There is no login, or the login has expired or was revoked. */
  'NOT_LOGGED_IN',
  /** The user's role does not allow it. */
  'FORBIDDEN',
  /** No such tenant or secret. */
  'NOT_FOUND',
  /** A name or a value that the service does not accept. */
  'NOT_ACCEPTED',
  /** Somebody else has made a change in the meantime. */
  'CONFLICT',
  /** Too many requests. */
  'RATE_LIMITED',
  /** The service failed: 408 or 5xx. */
  'UNAVAILABLE',
  /** The connection failed or broke. */
  'NETWORK',
  /** No response in time. */
  'TIMEOUT',
  /** A response that does not match the API: a proxy's HTML, broken JSON, or too much data. */
  'BAD_ANSWER',
  /** The endpoint does not have this feature. */
  'UNSUPPORTED',
  /** Not done, since it could leak a token or a secret. */
  'REFUSED',
] as const

/** The code of a {@link CloudError}. */
export type CloudErrorCode = (typeof CLOUD_ERROR_CODES)[number]

/** Further data of a {@link CloudError}. */
export interface CloudErrorDetails {
  /** The HTTP status, if there was a response. */
  readonly status?: number
  /** The service's own error code: `tenant_not_found`. */
  readonly serverCode?: string
  /** The request's id, for support. */
  readonly requestId?: string
  /** What to do about it. */
  readonly remedy?: string
  /** A write was sent and its response was lost: it may have been done. */
  readonly isUncertain?: true
}

/**
 * A request that failed. The message says what happened and what to do; it never contains a token or a secret, not even
 * if the service repeats one.
 */
export class CloudError extends Error {
  override readonly name = 'CloudError'
  readonly code: CloudErrorCode
  readonly status: number | undefined
  readonly serverCode: string | undefined
  readonly requestId: string | undefined
  readonly remedy: string
  readonly isUncertain: boolean

  constructor(code: CloudErrorCode, what: string, details: CloudErrorDetails = {}) {
    const remedy = details.remedy ?? REMEDIES[code]
    super(`${withRequest(what, details.requestId)}. ${remedy}.`)
    this.code = code
    this.status = details.status
    this.serverCode = details.serverCode
    this.requestId = details.requestId
    this.remedy = remedy
    this.isUncertain = details.isUncertain ?? false
  }

  /** The error as data, as `--json` prints it. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, code, message, remedy, status, serverCode, requestId } = this
    return {
      name,
      code,
      message,
      remedy,
      status,
      serverCode,
      requestId,
      ...(this.isUncertain ? { uncertain: true } : {}),
    }
  }
}

/** `… (404)` becomes `… (404, request req_1)`. */
function withRequest(what: string, id: string | undefined): string {
  if (id === undefined) return what
  return what.endsWith(')') ? `${what.slice(0, -1)}, request ${id})` : `${what} (request ${id})`
}

/** Whether this is a CloudError, and of this code if one is given; also works across two copies of the package. */
export function isCloudError(error: unknown, code?: CloudErrorCode): error is CloudError {
  if (!types.isNativeError(error) || error.name !== 'CloudError') return false
  return code === undefined || Reflect.get(error, 'code') === code
}

const REMEDIES: Readonly<Record<CloudErrorCode, string>> = {
  NOT_LOGGED_IN: LOG_IN,
  FORBIDDEN: 'Ask the admin of the tenant for a role that may do this',
  NOT_FOUND: "Check the tenant with 'systemprompt cloud tenant list'",
  NOT_ACCEPTED: 'Verify the format of the name and the value',
  CONFLICT: 'Run it again to see what has changed',
  RATE_LIMITED: 'Wait a little and run it again',
  UNAVAILABLE: 'Run it again in a while',
  NETWORK: 'Check the connection and run it again',
  TIMEOUT: 'Check the connection and run it again, with a longer --timeout if necessary',
  BAD_ANSWER: 'Check the endpoint, and whether there is a proxy in between',
  UNSUPPORTED: 'Use an endpoint that has it; the emulator does',
  REFUSED: 'Check the endpoint',
}
