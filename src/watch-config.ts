import { directoryOf } from './discover.ts'
import { type ConfigError, isConfigError } from './errors/errors.ts'
import { throwFrom } from './errors/throw-from.ts'
import type { ResolvedConfig } from './expose/expose.ts'
import { loadConfig } from './load.ts'
import { checkOptions, checkWatchOptions } from './options/check-options.ts'
import { type AnySchema, type LoadOptions, withDefaults } from './options/options.ts'

/** One value that is not what it was. Secrets in it are masked. */
export interface ConfigChange {
  /** `server.port`, `secrets.anthropic`, `env.PORT`, `profile.name`, `tenant.region`, `credentials.user_email`. */
  readonly path: string
  /** What the path leads into; a key of the configuration may be called `secrets` too. */
  readonly part: 'config' | 'secrets' | 'env' | 'profile' | 'tenant' | 'credentials'
  readonly kind: 'added' | 'changed' | 'removed'
  /** The value before; absent where it was added. Secrets, and all of `env`, show as a mask. */
  readonly previous?: unknown
  /** The value now; absent where it was removed. Masked likewise. */
  readonly current?: unknown
}

/** What `onChange` is told. */
export interface ConfigUpdate<Schema = undefined, Variables = undefined> {
  readonly previous: ResolvedConfig<Schema, Variables>
  readonly current: ResolvedConfig<Schema, Variables>
  /** What differs, in the order of the configuration. Empty when it is only valid again, after an error. */
  readonly changes: readonly ConfigChange[]
  /** Whether it was not valid before. */
  readonly recovered: boolean
}

/** How to watch, and whom to tell. What to load is told by {@link LoadOptions}. */
export interface WatchOptions<Schema = undefined, Variables = undefined> {
  /**
   * The configuration is another one, or is valid again. The next reload waits for the promise it returns. What it
   * throws is thrown again as an uncaught exception, as by an event emitter; the watcher goes on.
   */
  readonly onChange?: ((update: ConfigUpdate<Schema, Variables>) => unknown) | undefined
  /**
   * What is on the disk is not valid; `watcher.current` stays what it was. Called once for the same problems.
   * @default the problems become a warning of the process, on stderr
   */
  readonly onError?: ((error: ConfigError) => unknown) | undefined
  /** How long the files have to be quiet before they are read, in milliseconds. @default 75 */
  readonly debounce?: number | undefined
  /**
   * Look at the files every so many milliseconds, for file systems that tell nothing: network shares, some containers'
   * mounts. @default the system tells; what it cannot tell about is looked at every second
   */
  readonly poll?: number | undefined
  /** Keeps the process running. @default true */
  readonly persistent?: boolean | undefined
  /** Closes the watcher when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** A configuration that follows its files, until it is closed. `await using` closes it as well. */
export interface ConfigWatcher<Schema = undefined, Variables = undefined> {
  /** The last configuration that was valid. */
  readonly current: ResolvedConfig<Schema, Variables>
  /** What is wrong with what is on the disk now; undefined where that is `current`. */
  readonly error: ConfigError | undefined
  /** Stops watching. Nothing is called any more, and nothing is left that keeps the process running. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Loads the configuration, and again whenever a file changes that took part or could take part.
 *
 * @throws ConfigError as `loadConfig` does, when the configuration is not valid to begin with
 * @throws the signal's reason, when it was aborted before the configuration was loaded
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
  // A program may go elsewhere later; its configuration does not.
  const settled = { ...options, cwd: directoryOf(withDefaults(options).cwd) }
  const load = () =>
    loadConfig(settled).catch((error: unknown) => {
      if (isConfigError(error)) return error
      throw error
    })
  const { watchLoads } = await import('./watch/watch-loads.ts')
  return watchLoads(load, watchOptions)
}
