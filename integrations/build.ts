import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isConfigError } from '../src/index.ts'
import type { Leaks, OutputFile } from './leak-guard.ts'
import type { Consumer, PluginOptions } from './options.ts'
import { loadForBuild, NOTHING, type PublicEnv, publicEnvOf } from './public-env.ts'
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
  /** Ids of modules that hold public values. */
  readonly users: Set<string>
  /** What is wrong with the configuration as it is now. */
  readonly failure: Error | undefined
  /** The last configuration that was valid. */
  readonly env: PublicEnv
  /** The files that the last load looked at, absolute: a change there can change the result, or mend it. */
  readonly files: readonly string[]
  /** Loads the configuration again. What is wrong with it is returned, and the last good one stays. */
  refresh(): Promise<Error | undefined>
  /** Looks for secrets in what the build writes. */
  findLeaks(files: Iterable<OutputFile>): Promise<Leaks | undefined>
}

export function createBuild(options: PluginOptions): Build {
  let env = NOTHING
  let failure: Error | undefined
  let files: readonly string[] = []
  let root = resolve(options.cwd ?? '.')
  return {
    options,
    consumer: options.consumer ?? 'client',
    refused: new Set(),
    users: new Set(),
    get failure() {
      return failure
    },
    get root() {
      return root
    },
    get env() {
      return env
    },
    get files() {
      return files
    },
    setRoot(host) {
      root = resolve(host, options.cwd ?? '.')
    },
    async refresh() {
      try {
        const resolved = await loadForBuild(options, root)
        files = resolved.consulted.files.filter(isNoDirectory)
        env = publicEnvOf(resolved)
        writeTypesIfWanted(resolved, root, options)
        failure = undefined
      } catch (error) {
        if (isConfigError(error)) files = [...new Set([...files, ...error.consulted.files.filter(isNoDirectory)])]
        failure = error instanceof Error ? error : new Error(String(error))
      }
      return failure
    },
    async findLeaks(outputs) {
      if (options.leakGuard === false) return undefined
      const { findLeaks } = await import('./leak-guard.ts')
      return findLeaks(outputs, env.secrets)
    },
  }
}

/** Who is told to watch a directory may watch all that is in it, and what a build writes as well. */
function isNoDirectory(path: string): boolean {
  try {
    return !statSync(path).isDirectory()
  } catch {
    return true
  }
}
