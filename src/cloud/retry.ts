import { type CloudErrorCode, isCloudError } from './errors.ts'
import { type Answer, BOUNDS, type Request, type Transport } from './http.ts'

/** Time and randomness, so that tests need not wait. Times are in milliseconds, `now` since 1970. */
export interface Clock {
  now(): number
  sleep(time: number): Promise<void>
  /** 0 ≤ x < 1 */
  random(): number
}

export interface Tried {
  readonly answer: Answer
  /** An earlier attempt was sent and its response was lost: it may have been done. */
  readonly isUncertain: boolean
}

const PASSING: readonly CloudErrorCode[] = ['NETWORK', 'TIMEOUT']
const RETRIED = [408, 429, 502, 503, 504]
/** The longest pause before attempts 2, 3 and 4, the last; the actual one is anything from zero to that. */
const PAUSES = [250, 1_000, 4_000]
/** Pauses that the service asks for, all together. */
const LONGEST_RETRY_AFTER = 60_000

/** How long an operation may take. */
export interface Patience {
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
export async function sendPersistently(
  transport: Transport,
  request: Request,
  clock: Clock,
  { total, onWait }: Patience = {},
): Promise<Tried> {
  let left = total ?? BOUNDS.total
  let leftForAsked = LONGEST_RETRY_AFTER
  let isUncertain = false
  for (let attempt = 0; ; attempt++) {
    const started = clock.now()
    const outcome = await transport.send(request, Math.max(1, left)).catch((error: unknown) => error)
    left -= clock.now() - started
    const pause = pauseAfter(outcome, attempt, clock)
    const asked = pause === undefined || pause.isOurs ? 0 : pause.time
    // Without a given time, pauses that the service asks for are extra.
    const counted = pause !== undefined && (pause.isOurs || total !== undefined) ? pause.time : 0
    if (!pause || counted >= left || asked > leftForAsked) {
      if (outcome instanceof Error) throw uncertain(outcome, isUncertain)
      return { answer: outcome as Answer, isUncertain }
    }
    isUncertain ||= isCloudError(outcome) && outcome.isUncertain
    if (asked > 0) onWait?.(asked)
    await clock.sleep(pause.time)
    left -= counted
    leftForAsked -= asked
  }
}

/** How long to wait before the next attempt; undefined if there is none. */
function pauseAfter(outcome: unknown, attempt: number, clock: Clock): { time: number; isOurs: boolean } | undefined {
  const longest = PAUSES[attempt]
  if (longest === undefined) return undefined
  const ours = { time: clock.random() * longest, isOurs: true }
  if (isCloudError(outcome)) return PASSING.includes(outcome.code) ? ours : undefined
  const answer = outcome as Answer
  if (!RETRIED.includes(answer.status)) return undefined
  const asked = askedToWait(answer, clock.now())
  return asked === undefined ? ours : { time: asked, isOurs: false }
}

/**
 * How many milliseconds the service asks to wait before the next attempt; undefined if it does not ask, or asks for
 * zero: all attempts would then be made at once.
 */
export function askedToWait({ status, header }: Answer, now: number): number | undefined {
  const time = RETRIED.includes(status) ? retryAfter(header('retry-after'), now) : undefined
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
