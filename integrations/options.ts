import type { LoadOptions } from '../src/index.ts'

/** Who runs the code that is built. What cannot be told is taken for a client, which may know less. */
export type Consumer = 'client' | 'server'

/** Options of the plugin, the same for every bundler. All may be left out. */
export interface PluginOptions extends Pick<LoadOptions, 'profile' | 'schema' | 'public' | 'prefix'> {
  /** Where to look for the project, going upward. @default the bundler's own root, or where its package has `.env` files */
  readonly cwd?: string | undefined
  /**
   * Who runs the code, for a bundler that cannot tell: Rollup, and Rolldown or webpack without a platform or target. It
   * is taken at its word, in Vite for all environments: with `server` no reading of a secret is refused.
   * @default what the bundler says, else 'client'
   */
  readonly consumer?: Consumer | undefined
  /**
   * Search all output for secrets, and stop the build that holds one. Turn it off only where another step does it.
   * @default true
   */
  readonly leakGuard?: boolean | undefined
  /**
   * When values are put in: `build` writes them into the output; `runtime` leaves them to an `env.json` beside the page
   * and, on a server, to the project it runs in.
   * @default 'build'
   */
  readonly phase?: 'build' | 'runtime' | undefined
  /**
   * Write the types of the public values, `true` to `systemprompt-env.d.ts` beside the tsconfig.json of the package that is
   * built, or in the project's root where there is none; a path, from the package, to there.
   * @default true where the bundler's root, or its package above, has a tsconfig.json
   */
  readonly types?: boolean | string | undefined
}
