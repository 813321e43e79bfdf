import { emitWarning } from 'node:process'
import type { ConfigError } from '../errors/errors.ts'
import type { ResolvedConfig } from '../expose/expose.ts'
import { hasChangedSince, isGone, placesOf } from '../files/places.ts'
import type { Consulted } from '../files/trail.ts'
import { type PlacesWatch, watchPlaces } from '../files/watch-places.ts'
import type { ConfigWatcher, WatchOptions } from '../watch-config.ts'
import { changesBetween } from './changes.ts'

/** What a load comes to; whatever it throws is a fault of the program. */
type Load<Schema, Variables> = () => Promise<ResolvedConfig<Schema, Variables> | ConfigError>

/** Milliseconds; an editor that writes in place takes less. */
const DEBOUNCE = 75
/** How long files that never come to rest can put a reload off, in debounces. */
const MOST_DEBOUNCES = 10
/** Milliseconds that a file which lost its content is given to get it back. */
const PATIENCE = 500
/** Milliseconds until a file that could not be read is tried again: no event tells that a process may open files again, or that a share is back. */
const RETRY = 1000

/** Loads, watches the files that the load looked at, and loads again when one of them changes. */
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
  /** Files that had content when the state on the disk was last taken for what is meant. */
  #filled: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  /** When the first of the events came that are not dealt with yet. */
  #waitingSince: number | undefined
  /** Until when a file that lost its content may get it back. */
  #patientUntil: number | undefined
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

  /** Reloads when the files have come to rest, or will not. */
  #wait(delay = this.#options.debounce ?? DEBOUNCE): void {
    if (this.#isClosed) return
    const now = Date.now()
    this.#waitingSince ??= now
    if (this.#isRunning) return
    const latest = this.#waitingSince + delay * MOST_DEBOUNCES
    this.#runIn(Math.max(0, Math.min(delay, latest - now)))
  }

  #runIn(delay: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), delay)
    if (this.#options.persistent === false) this.#timer.unref()
  }

  /** One reload at a time: what happens meanwhile waits for its end. */
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
    else if (this.#patientUntil !== undefined) this.#wait(PATIENCE)
    else if (!this.#isClosed && this.#error?.issues.some(({ code }) => code === 'FILE_UNREADABLE')) this.#runIn(RETRY)
  }

  async #reload(): Promise<void> {
    const start = Date.now()
    // Before anything is read, so that what happens from here on is noticed. A directory may be another one by now.
    this.#places.watchAnew(placesOf(this.#consulted, this.#current.root))
    const outcome = await this.#load()
    if (this.#isClosed) return
    this.#consulted = outcome.consulted
    this.#watchConsulted(start)
    if (this.#isUnsettled(start)) return
    this.#take()
    await (outcome instanceof Error ? this.#refuse(outcome) : this.#accept(outcome))
  }

  /** What is new among the places may have changed after it was read and before it was watched. */
  #watchConsulted(start: number): void {
    const places = placesOf(this.#consulted, this.#current.root)
    if (this.#places.watch(places) && hasChangedSince(places, start)) this.#wait()
  }

  /** Whether a file has lost its content, as one does that is being written: truncated first, or put aside. */
  #isUnsettled(now: number): boolean {
    if (!this.#filled.some(isGone)) return false
    this.#patientUntil ??= now + PATIENCE
    return now < this.#patientUntil
  }

  #take(): void {
    this.#patientUntil = undefined
    this.#filled = this.#consulted.files.filter((file) => !isGone(file))
  }

  async #accept(current: ResolvedConfig<Schema, Variables>): Promise<void> {
    const previous = this.#current
    const changes = changesBetween(previous, current)
    const recovered = this.#error !== undefined
    this.#current = current
    this.#error = undefined
    if (changes.length === 0 && !recovered) return
    await this.#options.onChange?.({ previous, current, changes, recovered })
  }

  async #refuse(error: ConfigError): Promise<void> {
    const isKnown = this.#error?.message === error.message
    this.#error = error
    if (isKnown) return
    const { onError = warn } = this.#options
    await onError(error)
  }
}

function warn({ name, message }: ConfigError): void {
  emitWarning(message, name)
}

/** A fault in a callback is the program's own: it ends the process or goes to whoever listens for such. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
