import {
  type ConfigError,
  type ConfigUpdate,
  type ConfigWatcher,
  type LoadOptions,
  type WatchOptions,
  watchConfig,
} from '../../src/index.ts'
import { afterFile } from './after-file.ts'

/** What a watcher reported, in order. */
export type WatchEvent = { readonly update: ConfigUpdate } | { readonly error: ConfigError }

export interface Watched {
  readonly watcher: ConfigWatcher
  /** Everything reported so far. */
  readonly told: readonly WatchEvent[]
  /** The next report, or the first that was not taken yet. */
  next(): Promise<WatchEvent>
  /** The paths in the next update; an error throws. */
  nextChanges(): Promise<readonly string[]>
  /** Waits until a condition holds; it is checked at each report. */
  until(is: () => boolean): Promise<void>
}

/** A busy machine may take long. Tests never wait this long for what must not happen. */
const LIMIT = 30_000

const open: ConfigWatcher[] = []

afterFile(async () => {
  for (const watcher of open.splice(0)) await watcher.close()
})

/** Watches a project; closed after the tests of the file. */
export async function watched(options: LoadOptions, watchOptions: WatchOptions = {}): Promise<Watched> {
  const events: WatchEvent[] = []
  let taken = 0
  let wake: () => void = () => undefined
  const tell = (event: WatchEvent): void => {
    events.push(event)
    wake()
  }
  const watcher = await watchConfig<undefined>(
    { env: {}, ...options, schema: undefined, variables: undefined },
    {
      debounce: 20,
      onChange: (update) => tell({ update }),
      onError: (error) => tell({ error }),
      ...watchOptions,
    },
  )
  open.push(watcher)

  async function until(is: () => boolean): Promise<void> {
    const late = setTimeout(() => wake(), LIMIT)
    const end = Date.now() + LIMIT
    try {
      while (!is()) {
        if (Date.now() >= end) throw new Error(`nothing was told that fits; told: ${JSON.stringify(events)}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      clearTimeout(late)
    }
  }

  async function next(): Promise<WatchEvent> {
    await until(() => events.length > taken)
    const event = events[taken++]
    if (!event) throw new Error('nothing was told')
    return event
  }

  return {
    watcher,
    told: events,
    next,
    until,
    async nextChanges() {
      const event = await next()
      if ('error' in event) throw event.error
      return event.update.changes.map(({ path }) => path)
    },
  }
}
