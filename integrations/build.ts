import { resolve } from 'node:path'
import type { Consumer, PluginOptions } from './options.ts'
import { NOTHING, type PublicEnv, readPublicEnv } from './public-env.ts'

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
  /** The last configuration that was valid. */
  readonly env: PublicEnv
  /** Loads the configuration again. What is wrong with it is returned, and the last good one stays. */
  refresh(): Promise<Error | undefined>
}

export function createBuild(options: PluginOptions): Build {
  let env = NOTHING
  let root = resolve(options.cwd ?? '.')
  return {
    options,
    get root() {
      return root
    },
    setRoot(host) {
      root = resolve(host, options.cwd ?? '.')
    },
    consumer: options.consumer ?? 'client',
    refused: new Set(),
    get env() {
      return env
    },
    async refresh() {
      try {
        env = await readPublicEnv(options, root)
        return undefined
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    },
  }
}
