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

/** What one use of the plugin knows, from one rebuild to the next. */
export interface Build {
  readonly options: PluginOptions
  /** Where the project is, absolute. */
  readonly root: string
  /** Tells the host's root, which the option `cwd` starts from. */
  setRoot(root: string): void
  /** Who runs the code, as far as the host can tell. */
  consumer: Consumer
  /** Ids that stand for something refused and were loaded, for a host that cannot list its modules. */
  readonly refused: Set<string>
  /** The module that last asked for an id that stands for something refused. */
  readonly askedBy: Map<string, string>
  /** Ids of modules that hold public values. */
  readonly users: Set<string>
  /** Ids of code in which something was replaced or refused as it was written: what is made of it by itself has it to be done again. */
  readonly changed: Set<string>
  /** What is wrong with the configuration as it is now. */
  readonly failure: Error | undefined
  /** The last configuration that was valid. */
  readonly env: PublicEnv
  /** What modules are made of besides their files: one that was made with another has to be made anew. */
  readonly version: string
  /** Whether the host follows no imports, so that nobody will come upon what is refused. */
  isWithoutGraph: boolean
  /** Whether what is built runs in a worker and nowhere else. */
  isForWorker: boolean
  /** The files that the last load looked at, absolute: a change there can change the result, or mend it. */
  readonly files: readonly string[]
  /** Loads the configuration again. What is wrong with it is returned, and the last good one stays. */
  refresh(): Promise<Error | undefined>
  /** Marks the configuration as that of an earlier build: the next `begin`, `settled` or `ready` loads it again. */
  outdate(): void
  /** Loads it when the host has gone on, unless somebody has asked already: one with threads of its own need not wait. */
  begin(): void
  /** Waits for the load that is under way, whatever comes of it; begins one where there was none. */
  settled(): Promise<void>
  /**
   * The same for whoever may fail the build.
   * @throws what is wrong with the configuration of a build that has no values to go on with
   */
  ready(): Promise<void>
  /** Makes ready for the search, when the host has gone on. */
  beginSearch(): void
  /** Files with secrets in them, wherever they lie, absolute. */
  readonly confidential: ReadonlySet<string>
  /** Looks for secrets in what the build writes; what was searched before and is the same is not searched again. */
  findLeaks(files: Iterable<OutputFile>): Promise<Leaks | undefined>
  /** Looks for secrets in what others have put into a directory since the build began, or since the last time. */
  findWrittenLeaks(directory: string, since?: number): Promise<Leaks | undefined>
}

/** @param given may be anything: what is wrong with it is wrong with the build, and said when one starts */
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
      files = resolved.consulted.files.filter(isNoDirectory)
      confidential = new Set(confidentialFilesOf(resolved))
      env = publicEnvOf(resolved)
      search.restart()
      writeTypesIfWanted(resolved, root, options)
      failure = undefined
    } catch (error) {
      if (isConfigError(error)) {
        files = [...new Set([...files, ...error.consulted.files.filter(isNoDirectory)])]
        // Which of them hold secrets nobody knows; a bundler that cannot read one would print its lines.
        if (env === NOTHING) confidential = new Set(files)
      }
      failure = error instanceof Error ? error : new Error(String(error))
      // A bundler shows the stack as well, which leads nowhere but here.
      if (isConfigError(error)) error.stack = ''
    }
    return failure
  }
  // One behind the other: what was read first must not come last.
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
    askedBy: new Map(),
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
    outdate() {
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

/** Who is told to watch a directory may watch all that is in it, and what a build writes as well. */
function isNoDirectory(path: string): boolean {
  try {
    return !statSync(path).isDirectory()
  } catch {
    return true
  }
}
