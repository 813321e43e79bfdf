import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isConfigError } from '../src/index.ts'
import { checkPluginOptions, isOptions } from './check-options.ts'
import type { Consumer, PluginOptions } from './options.ts'
import type { Leaks, OutputFile } from './output/leak-guard.ts'
import { createOutputSearch } from './output/output-search.ts'
import { confidentialFilesOf, loadForBuild, NOTHING, type PublicEnv, publicEnvOf } from './public-env.ts'
import { writeTypesIfWanted } from './types-file.ts'

/** The state of one use of the plugin, kept from one rebuild to the next. */
export interface Build {
  readonly options: PluginOptions
  /** The project's directory, absolute. */
  readonly root: string
  /** Sets the host's root, which the option `cwd` is relative to. */
  setRoot(root: string): void
  /** Who runs the code, as far as the host can tell. */
  consumer: Consumer
  /** Ids of refused modules that were loaded, for a host that cannot list its modules. */
  readonly refused: Set<string>
  /** The last importer of each refused id. */
  readonly lastImporters: Map<string, string>
  /** Ids of modules that hold public values. */
  readonly users: Set<string>
  /**
   * Ids of modules in which something was replaced or refused in the source. A compiler that reads the file itself loses
   * that, so it is done again in its output.
   */
  readonly changed: Set<string>
  /** What is wrong with the current configuration. */
  readonly failure: Error | undefined
  /** The last configuration that was valid. */
  readonly env: PublicEnv
  /**
   * Changes with everything that modules depend on besides their files: a module built with another version must be
   * rebuilt.
   */
  readonly version: string
  /** Whether the host does not follow imports, so that it never reaches a refused module. */
  isWithoutGraph: boolean
  /** Whether the output runs only in a worker. */
  isForWorker: boolean
  /** The files that the last load looked at, absolute: a change to one can change the result, or fix an error. */
  readonly files: readonly string[]
  /** Loads the configuration again. An error is returned, and the last valid configuration stays in use. */
  refresh(): Promise<Error | undefined>
  /** Marks the configuration as that of an earlier build: the next `begin`, `settled` or `ready` reloads it. */
  invalidate(): void
  /**
   * Starts loading on the next turn of the event loop unless it has begun already, so that a multithreaded host need
   * not wait.
   */
  begin(): void
  /** Waits for the current load, whether or not it succeeds; starts one if there is none. */
  settled(): Promise<void>
  /**
   * Like `settled`, for callers that may fail the build.
   * @throws the configuration's error, if the build has no values to continue with
   */
  ready(): Promise<void>
  /** Prepares the search in the background. */
  beginSearch(): void
  /** Files that hold secrets, wherever they are; absolute. */
  readonly confidential: ReadonlySet<string>
  /** Searches the build's output for secrets; files that were searched before and have not changed are skipped. */
  findLeaks(files: Iterable<OutputFile>): Promise<Leaks | undefined>
  /** Searches what others have written to a directory since the build began, or since the last search. */
  findWrittenLeaks(directory: string, since?: number): Promise<Leaks | undefined>
}

/** @param given may be anything: an invalid option is reported as an error of the build, when one starts */
export function createBuild(given: PluginOptions): Build {
  const options: PluginOptions = isOptions(given) ? given : {}
  const cwd = typeof options.cwd === 'string' ? options.cwd : '.'
  let env = NOTHING
  let failure: Error | undefined
  let files: readonly string[] = []
  let confidential: ReadonlySet<string> = new Set()
  let root = resolve(cwd)
  let loaded: Promise<Error | undefined> = Promise.resolve(undefined)
  let begun: Promise<void> | undefined
  let fatal: Error | undefined
  const search = createOutputSearch(() => (options.leakGuard === false ? NOTHING : env))
  const loadNow = async (): Promise<Error | undefined> => {
    try {
      checkPluginOptions(given)
      const resolved = await loadForBuild(options, root)
      files = resolved.consulted.files.filter(isNotDirectory)
      confidential = new Set(confidentialFilesOf(resolved))
      env = publicEnvOf(resolved)
      search.restart()
      writeTypesIfWanted(resolved, root, options)
      failure = undefined
    } catch (error) {
      if (isConfigError(error)) {
        files = [...new Set([...files, ...error.consulted.files.filter(isNotDirectory)])]
        // Which of them hold secrets is unknown, and a bundler that fails to parse one would print its lines.
        if (env === NOTHING) confidential = new Set(files)
      }
      failure = error instanceof Error ? error : new Error(String(error))
      // Bundlers print the stack as well, and it only points into this plugin.
      if (isConfigError(error)) error.stack = ''
    }
    return failure
  }
  // Loads run one after another, so that an earlier one never finishes last.
  const load = (): Promise<Error | undefined> => {
    loaded = loaded.then(loadNow)
    return loaded
  }
  const begin = (): Promise<void> => {
    begun ??= setImmediate().then(async () => {
      fatal = await load()
    })
    return begun
  }
  return {
    options,
    consumer: options.consumer ?? 'client',
    refused: new Set(),
    lastImporters: new Map(),
    users: new Set(),
    changed: new Set(),
    get failure() {
      return failure
    },
    get root() {
      return root
    },
    get env() {
      return env
    },
    get version() {
      return versionOf(env, this.consumer, options)
    },
    isWithoutGraph: false,
    isForWorker: false,
    get files() {
      return files
    },
    get confidential() {
      return confidential
    },
    setRoot(host) {
      root = resolve(host, cwd)
    },
    refresh() {
      const refreshed = load()
      begun = refreshed.then(() => {
        fatal = undefined
      })
      return refreshed
    },
    invalidate() {
      begun = undefined
    },
    begin() {
      begin()
    },
    settled: begin,
    async ready() {
      await begin()
      if (fatal) throw fatal
    },
    beginSearch: search.begin,
    findLeaks: search.find,
    findWrittenLeaks: (directory, since) => search.findWritten(directory, root, since),
  }
}

function versionOf({ values, secrets, missing }: PublicEnv, consumer: Consumer, { phase }: PluginOptions): string {
  const names = [...secrets.map(({ name }) => name), ...missing].sort()
  return createHash('sha256')
    .update(JSON.stringify([values, names, consumer, phase]))
    .digest('hex')
}

/** A host that is told to watch a directory may watch everything in it, including the build's own output. */
function isNotDirectory(path: string): boolean {
  try {
    return !statSync(path).isDirectory()
  } catch {
    return true
  }
}
