import { directoryOf } from './discover.ts'
import { type ConfigError, isConfigError } from './errors/errors.ts'
import { throwFrom } from './errors/throw-from.ts'
import type { ResolvedConfig } from './expose/expose.ts'
import { loadConfig } from './load.ts'
import { checkOptions, checkWatchOptions } from './options/check-options.ts'
import { type AnySchema, type LoadOptions, withDefaults } from './options/options.ts'

/** One changed value. Secrets in it are masked. */
export interface ConfigChange {
  /** `server.port`, `secrets.anthropic`, `env.PORT`, `profile.name`, `tenant.region`, `credentials.user_email`. */
  readonly path: string
  /** The part of the result that the path is in; a key of the configuration may be called `secrets` too. */
  readonly part: 'config' | 'secrets' | 'env' | 'profile' | 'tenant' | 'credentials'
  readonly kind: 'added' | 'changed' | 'removed'
  /** The value before; absent if it was added. Secrets, and all of `env`, are masked. */
  readonly previous?: unknown
  /** The value now; absent if it was removed. Masked in the same way. */
  readonly current?: unknown
}

/** The argument of `onChange`. */
export interface ConfigUpdate<Schema = undefined, Variables = undefined> {
  readonly previous: ResolvedConfig<Schema, Variables>
  readonly current: ResolvedConfig<Schema, Variables>
  /** What changed, in the order of the configuration. Empty if it only became valid again after an error. */
  readonly changes: readonly ConfigChange[]
  /** Whether the configuration was not valid before. */
  readonly recovered: boolean
}

/** How to watch, and what to call. {@link LoadOptions} say what to load. */
export interface WatchOptions<Schema = undefined, Variables = undefined> {
  /**
   * Called when the configuration has changed or is valid again. The next reload waits for the promise it returns. If
   * it throws, the error becomes an uncaught exception, as in an event emitter, and the watcher goes on.
   */
  readonly onChange?: ((update: ConfigUpdate<Schema, Variables>) => unknown) | undefined
  /**
   * Called when the files are not valid; `watcher.current` stays as it was. The same problems are reported only once.
   * @default the problems become a process warning, on stderr
   */
  readonly onError?: ((error: ConfigError) => unknown) | undefined
  /** How long the files must be unchanged before they are read, in milliseconds. @default 75 */
  readonly debounce?: number | undefined
  /**
   * Check the files at this interval, in milliseconds, for file systems that send no events: network shares, some
   * container mounts.
   * @default events are used; places without events are checked every second
   */
  readonly poll?: number | undefined
  /** Whether the watcher keeps the process running. @default true */
  readonly persistent?: boolean | undefined
  /** Closes the watcher when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** A configuration that is kept up to date until it is closed. `await using` closes it as well. */
export interface ConfigWatcher<Schema = undefined, Variables = undefined> {
  /** The last valid configuration. */
  readonly current: ResolvedConfig<Schema, Variables>
  /** What is wrong with the files now; undefined if `current` matches them. */
  readonly error: ConfigError | undefined
  /** Stops watching. No callback is started any more, and nothing keeps the process running. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Loads the configuration, and reloads it whenever a file changes that was part of it or could become part of it.
 *
 * @throws ConfigError as `loadConfig` does, if the configuration is not valid to begin with
 * @throws the signal's reason, if it is aborted before the configuration is loaded
 * @example
 * const watcher = await watchConfig({ schema }, {
 *   onChange: ({ current, changes }) => server.reload(current.config),
 *   onError: (error) => console.error(error.message),
 * })
 * watcher.current.config.server.port
 */
export async function watchConfig<
  Schema extends AnySchema | undefined = undefined,
  Variables extends AnySchema | undefined = undefined,
>(
  options: LoadOptions<Schema, Variables> = {},
  watchOptions: WatchOptions<Schema, Variables> = {},
): Promise<ConfigWatcher<Schema, Variables>> {
  try {
    return await watch(options, watchOptions)
  } catch (error) {
    throwFrom(watchConfig, error)
  }
}

async function watch<Schema extends AnySchema | undefined, Variables extends AnySchema | undefined>(
  options: LoadOptions<Schema, Variables>,
  watchOptions: WatchOptions<Schema, Variables>,
): Promise<ConfigWatcher<Schema, Variables>> {
  checkOptions(options)
  checkWatchOptions(watchOptions)
  // A program may change its working directory later; its configuration stays where it was.
  const settled = { ...options, cwd: directoryOf(withDefaults(options).cwd) }
  const load = () =>
    loadConfig(settled).catch((error: unknown) => {
      if (isConfigError(error)) return error
      throw error
    })
  const { watchLoads } = await import('./watch/watch-loads.ts')
  return watchLoads(load, watchOptions)
}
