import { emitWarning } from 'node:process'
import type { ConfigError } from '../errors/errors.ts'
import type { ResolvedConfig } from '../expose/expose.ts'
import { hasChangedSince, isMissingOrEmpty, placesOf } from '../files/places.ts'
import type { Consulted } from '../files/trail.ts'
import { type PlacesWatch, watchPlaces } from '../files/watch-places.ts'
import type { ConfigWatcher, WatchOptions } from '../watch-config.ts'
import { changesBetween } from './changes.ts'

/** Returns a load's result or its ConfigError. Anything that it throws is a bug in the program. */
type Load<Schema, Variables> = () => Promise<ResolvedConfig<Schema, Variables> | ConfigError>

/** Milliseconds; longer than an editor takes to write a file in place. */
const DEBOUNCE = 75
/** How long files that keep changing can delay a reload, in debounce intervals. */
const MAX_DEBOUNCES = 10
/** How long a file that lost its contents has to get them back, in milliseconds. */
const GRACE_PERIOD = 500
/**
 * Milliseconds until a file that could not be read is tried again: no event tells that a process may open files again, or
 * that a share is back. Each time it takes twice as long, since a load costs something, up to the most.
 */
const FIRST_RETRY = 1000
const MAX_RETRY = 60_000

/** Loads the configuration, watches the files that the load looked at, and reloads when one of them changes. */
export async function watchLoads<Schema, Variables>(
  load: Load<Schema, Variables>,
  options: WatchOptions<Schema, Variables>,
): Promise<ConfigWatcher<Schema, Variables>> {
  const { signal } = options
  signal?.throwIfAborted()
  const start = Date.now()
  const first = await load()
  signal?.throwIfAborted()
  if (first instanceof Error) throw first
  return new Watcher(load, options, first, start)
}

class Watcher<Schema, Variables> implements ConfigWatcher<Schema, Variables> {
  readonly #load: Load<Schema, Variables>
  readonly #options: WatchOptions<Schema, Variables>
  readonly #places: PlacesWatch
  readonly #close = (): void => void this.close()
  #current: ResolvedConfig<Schema, Variables>
  #error: ConfigError | undefined
  #consulted: Consulted
  /** The files that had contents when the state on disk was last accepted. */
  #nonEmpty: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  /** When the first event came that has not been handled yet. */
  #waitingSince: number | undefined
  /** Until when a file that lost its contents may get them back. */
  #graceUntil: number | undefined
  /** In how many milliseconds what could not be read is tried again. */
  #retryIn = FIRST_RETRY
  #isRunning = false
  #isClosed = false

  constructor(
    load: Load<Schema, Variables>,
    options: WatchOptions<Schema, Variables>,
    first: ResolvedConfig<Schema, Variables>,
    start: number,
  ) {
    this.#load = load
    this.#options = options
    this.#current = first
    this.#consulted = first.consulted
    this.#places = watchPlaces({
      onEvent: () => this.#wait(),
      persistent: options.persistent ?? true,
      poll: options.poll,
    })
    this.#take()
    this.#watchConsulted(start)
    options.signal?.addEventListener('abort', this.#close, { once: true })
  }

  get current(): ResolvedConfig<Schema, Variables> {
    return this.#current
  }

  get error(): ConfigError | undefined {
    return this.#error
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#places.close()
    this.#options.signal?.removeEventListener('abort', this.#close)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Reloads once the files stop changing, or have been changing for too long. */
  #wait(delay = this.#options.debounce ?? DEBOUNCE): void {
    if (this.#isClosed) return
    const now = Date.now()
    this.#waitingSince ??= now
    if (this.#isRunning) return
    const deadline = this.#waitingSince + delay * MAX_DEBOUNCES
    this.#runIn(Math.max(0, Math.min(delay, deadline - now)))
  }

  #runIn(delay: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), delay)
    if (this.#options.persistent === false) this.#timer.unref()
  }

  /** One reload at a time: events during a reload wait for its end. */
  async #run(): Promise<void> {
    this.#waitingSince = undefined
    this.#isRunning = true
    try {
      await this.#reload()
    } catch (error) {
      throwUncaught(error)
    } finally {
      this.#isRunning = false
    }
    if (this.#waitingSince !== undefined) this.#wait()
    else if (this.#graceUntil !== undefined) this.#wait(GRACE_PERIOD)
    else if (!this.#isClosed && this.#error?.issues.some(({ code }) => code === 'FILE_UNREADABLE')) this.#retry()
  }

  #retry(): void {
    this.#runIn(this.#retryIn)
    this.#retryIn = Math.min(this.#retryIn * 2, MAX_RETRY)
  }

  async #reload(): Promise<void> {
    const start = Date.now()
    // Before anything is read, so that later changes are noticed. A directory may have been replaced in the meantime.
    this.#places.watchAnew(placesOf(this.#consulted, this.#current.root))
    const outcome = await this.#load()
    if (this.#isClosed) return
    this.#consulted = outcome.consulted
    this.#watchConsulted(start)
    if (this.#isUnsettled(start)) return
    this.#take()
    await (outcome instanceof Error ? this.#refuse(outcome) : this.#accept(outcome))
  }

  /** A new place may have changed after it was read and before it was watched. */
  #watchConsulted(start: number): void {
    const places = placesOf(this.#consulted, this.#current.root)
    if (this.#places.watch(places) && hasChangedSince(places, start)) this.#wait()
  }

  /** Whether a file has lost its contents, as happens while it is written: it is truncated first, or moved away. */
  #isUnsettled(now: number): boolean {
    if (!this.#nonEmpty.some(isMissingOrEmpty)) return false
    this.#graceUntil ??= now + GRACE_PERIOD
    return now < this.#graceUntil
  }

  #take(): void {
    this.#graceUntil = undefined
    this.#nonEmpty = this.#consulted.files.filter((file) => !isMissingOrEmpty(file))
  }

  async #accept(current: ResolvedConfig<Schema, Variables>): Promise<void> {
    const previous = this.#current
    const changes = changesBetween(previous, current)
    const recovered = this.#error !== undefined
    this.#current = current
    this.#error = undefined
    this.#retryIn = FIRST_RETRY
    if (changes.length === 0 && !recovered) return
    await this.#options.onChange?.({ previous, current, changes, recovered })
  }

  async #refuse(error: ConfigError): Promise<void> {
    const isKnown = this.#error?.message === error.message
    this.#error = error
    if (isKnown) return
    this.#retryIn = FIRST_RETRY
    const { onError = warn } = this.#options
    await onError(error)
  }
}

function warn({ name, message }: ConfigError): void {
  emitWarning(message, name)
}

/** An error in a callback is the program's own: it ends the process, or reaches its handler for uncaught exceptions. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
