import { type CloudErrorCode, isCloudError } from './errors.ts'
import { type Answer, BOUNDS, type Request, type Transport } from './http.ts'

/** Time and chance, so that a test can do without waiting. Times are milliseconds, `now` since 1970. */
export interface Clock {
  now(): number
  sleep(time: number): Promise<void>
  /** 0 ≤ x < 1 */
  random(): number
}

export interface Tried {
  readonly answer: Answer
  /** An earlier try was sent and its answer got lost: it may have been done. */
  readonly isUncertain: boolean
}

const TRIES = 4
const PASSING: readonly CloudErrorCode[] = ['NETWORK', 'TIMEOUT']
const RETRIED = [408, 429, 502, 503, 504]
/** The longest pause before try 2, 3 and 4; the real one is anything from zero to that. */
const PAUSES = [250, 1_000, 4_000]
/** Pauses that the service asks for, all together. */
const LONGEST_RETRY_AFTER = 60_000

/** How long an operation may take. */
export interface Patience {
  /** Milliseconds of all tries and all pauses. @default 60000, and as long again for the pauses that the service asks for */
  readonly total?: number | undefined
  /** Hears how many milliseconds the service asks to wait, before that is done. */
  readonly onWait?: ((time: number) => void) | undefined
}

/**
 * Sends a request, and again when it did not get through: connect errors, time-outs, 408, 429 and 502 to 504,
 * four tries at most. Every operation of the contract may be sent twice.
 *
 * @throws CloudError of the last try
 */
export async function sendPersistently(
  transport: Transport,
  request: Request,
  clock: Clock,
  { total, onWait }: Patience = {},
): Promise<Tried> {
  let left = total ?? BOUNDS.total
  let leftForAsked = Math.min(LONGEST_RETRY_AFTER, total ?? LONGEST_RETRY_AFTER)
  let isUncertain = false
  for (let attempt = 0; ; attempt++) {
    const started = clock.now()
    const outcome = await transport.send(request, Math.max(1, left)).catch((error: unknown) => error)
    left -= clock.now() - started
    const pause = pauseAfter(outcome, attempt, clock)
    const isInTime = pause !== undefined && (pause.isOurs || total !== undefined ? pause.time < left : true)
    if (!isInTime || (!pause.isOurs && pause.time > leftForAsked)) {
      if (outcome instanceof Error) throw uncertain(outcome, isUncertain)
      return { answer: outcome as Answer, isUncertain }
    }
    isUncertain ||= isCloudError(outcome) ? outcome.isUncertain : false
    if (!pause.isOurs) onWait?.(pause.time)
    await clock.sleep(pause.time)
    if (pause.isOurs || total !== undefined) left -= pause.time
    if (!pause.isOurs) leftForAsked -= pause.time
  }
}

/** How long to wait before the next try; undefined when there is none. */
function pauseAfter(outcome: unknown, attempt: number, clock: Clock): { time: number; isOurs: boolean } | undefined {
  const longest = PAUSES[attempt]
  if (attempt + 1 >= TRIES || longest === undefined) return undefined
  const ours = { time: clock.random() * longest, isOurs: true }
  if (isCloudError(outcome)) return PASSING.includes(outcome.code) ? ours : undefined
  const answer = outcome as Answer
  if (!RETRIED.includes(answer.status)) return undefined
  const asked = askedToWait(answer, clock.now())
  return asked === undefined ? ours : { time: asked, isOurs: false }
}

/**
 * How many milliseconds the service asks to wait before the next try; undefined where it asks for nothing, or for no
 * time at all: all the tries would go by at once.
 */
export function askedToWait({ status, header }: Answer, now: number): number | undefined {
  const time = RETRIED.includes(status) ? retryAfter(header('retry-after'), now) : undefined
  return time === 0 ? undefined : time
}

/** `120`, or a date, as milliseconds from now. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  // Date.parse takes far more than HTTP's form, '-1' as well.
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Says of an error that an earlier try may have been done. */
export function uncertain<T extends Error>(error: T, isUncertain: boolean): T {
  if (isUncertain && isCloudError(error)) Object.assign(error, { isUncertain: true })
  return error
}
