import { type CloudErrorCode, isCloudError } from './errors.ts'
import { type Answer, BOUNDS, type Request, type Transport } from './http.ts'

/** Time and randomness, so that tests need not wait. Times are in milliseconds, `now` since 1970. */
export interface Clock {
  now(): number
  sleep(time: number): Promise<void>
  /** 0 ≤ x < 1 */
  random(): number
}

export interface SendResult {
  readonly response: Answer
  /** An earlier attempt was sent and its response was lost: it may have been done. */
  readonly isUncertain: boolean
}

const TRANSIENT: readonly CloudErrorCode[] = ['NETWORK', 'TIMEOUT']
const RETRYABLE = [408, 429, 502, 503, 504]
/** The longest pause before attempts 2, 3 and 4, the last; the actual one is anything from zero to that. */
const PAUSES = [250, 1_000, 4_000]
/** Pauses that the service asks for, all together. */
const MAX_RETRY_AFTER = 60_000

/** How long an operation may take. */
export interface RetryOptions {
  /**
   * Milliseconds for all attempts and pauses.
   * @default 60000, and as long again for pauses that the service asks for
   */
  readonly total?: number | undefined
  /** Called with the number of milliseconds that the service asks to wait, before waiting. */
  readonly onWait?: ((time: number) => void) | undefined
}

/**
 * Sends a request, and retries it after connection errors, timeouts, 408, 429 and 502 to 504, with four attempts in
 * all. Every operation of the contract may be sent twice.
 *
 * @throws CloudError of the last attempt
 */
export async function sendWithRetries(
  transport: Transport,
  request: Request,
  clock: Clock,
  { total, onWait }: RetryOptions = {},
): Promise<SendResult> {
  let left = total ?? BOUNDS.total
  let leftForRequested = MAX_RETRY_AFTER
  let isUncertain = false
  for (let attempt = 0; ; attempt++) {
    const started = clock.now()
    const outcome = await transport.send(request, Math.max(1, left)).catch((error: unknown) => error)
    left -= clock.now() - started
    const pause = pauseAfter(outcome, attempt, clock)
    const requested = pause === undefined || pause.isBackoff ? 0 : pause.time
    // Without a given time, pauses that the service asks for are extra.
    const counted = pause !== undefined && (pause.isBackoff || total !== undefined) ? pause.time : 0
    if (!pause || counted >= left || requested > leftForRequested) {
      if (outcome instanceof Error) throw uncertain(outcome, isUncertain)
      return { response: outcome as Answer, isUncertain }
    }
    isUncertain ||= isCloudError(outcome) && outcome.isUncertain
    if (requested > 0) onWait?.(requested)
    await clock.sleep(pause.time)
    left -= counted
    leftForRequested -= requested
  }
}

/** How long to wait before the next attempt; undefined if there is none. */
function pauseAfter(outcome: unknown, attempt: number, clock: Clock): { time: number; isBackoff: boolean } | undefined {
  const maxPause = PAUSES[attempt]
  if (maxPause === undefined) return undefined
  const backoff = { time: clock.random() * maxPause, isBackoff: true }
  if (isCloudError(outcome)) return TRANSIENT.includes(outcome.code) ? backoff : undefined
  const response = outcome as Answer
  if (!RETRYABLE.includes(response.status)) return undefined
  const requested = requestedWait(response, clock.now())
  return requested === undefined ? backoff : { time: requested, isBackoff: false }
}

/**
 * How many milliseconds the service asks to wait before the next attempt; undefined if it does not ask, or asks for
 * zero: all attempts would then be made at once.
 */
export function requestedWait({ status, header }: Answer, now: number): number | undefined {
  const time = RETRYABLE.includes(status) ? retryAfter(header('retry-after'), now) : undefined
  return time === 0 ? undefined : time
}

/** `120`, or a date, as milliseconds from now. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  // Date.parse accepts far more than HTTP's format, even '-1'.
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Marks an error if an earlier attempt may have been done. */
export function uncertain<T extends Error>(error: T, isUncertain: boolean): T {
  if (isUncertain && isCloudError(error)) Object.assign(error, { isUncertain: true })
  return error
}
