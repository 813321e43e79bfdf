import type { LoadOptions } from '../src/index.ts'

/** Who runs the built code. If that is unknown, the code counts as `client`, which may know less. */
export type Consumer = 'client' | 'server'

/** Options of the plugin, the same for every bundler. All are optional. */
export interface PluginOptions extends Pick<LoadOptions, 'profile' | 'schema' | 'public' | 'prefix'> {
  /**
   * Where the search for the project starts, going upward.
   * @default the bundler's root, or a directory up to its package's that has `.env` files, `.systemprompt` or
   * `systemprompt.config.*`
   */
  readonly cwd?: string | undefined
  /**
   * Who runs the code, for a bundler that cannot tell: Rollup, and Rolldown or webpack without a platform or target. It
   * overrides what the bundler says, in Vite for all environments: with `server`, reading a secret is never refused.
   * @default what the bundler says, else 'client'
   */
  readonly consumer?: Consumer | undefined
  /**
   * Search the whole output for secrets, and fail the build if it contains one. Turn it off only if another step does
   * this.
   * @default true
   */
  readonly leakGuard?: boolean | undefined
  /**
   * When values are inserted: `build` writes them into the output; `runtime` reads them from an `env.json` beside the
   * page and, on a server, from the project that it runs in.
   * @default 'build'
   */
  readonly phase?: 'build' | 'runtime' | undefined
  /**
   * Write a file with the types of the public values. `true` writes `systemprompt-env.d.ts` beside the tsconfig.json of
   * the package that is built, or in the project's root if there is none. A path, relative to the package, sets the
   * file.
   * @default true if the bundler's root, or its package above, has a tsconfig.json
   */
  readonly types?: boolean | string | undefined
}
