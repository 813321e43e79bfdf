import type { Consumer, PluginOptions } from './options.ts'
import { NOTHING, type PublicEnv, readPublicEnv } from './public-env.ts'

/** What one use of the plugin knows, from one rebuild to the next. */
export interface Build {
  readonly options: PluginOptions
  /** The host's root, absolute. */
  root: string
  /** Who runs the code, as far as the host can tell. */
  consumer: Consumer
  /** The last configuration that was valid. */
  readonly env: PublicEnv
  /** Loads the configuration again. What is wrong with it is returned, and the last good one stays. */
  refresh(): Promise<Error | undefined>
}

export function createBuild(options: PluginOptions): Build {
  let env = NOTHING
  return {
    options,
    root: process.cwd(),
    consumer: options.consumer ?? 'client',
    get env() {
      return env
    },
    async refresh() {
      try {
        env = await readPublicEnv(options, this.root)
        return undefined
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    },
  }
}
