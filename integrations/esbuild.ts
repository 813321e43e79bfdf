import type { Plugin } from 'esbuild'
import { beforeModules } from './hosts/esbuild-modules.ts'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for esbuild. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // build.js
 * import systemprompt from '@systemprompt/env/esbuild'
 *
 * await build({ entryPoints: ['src/main.ts'], bundle: true, outdir: 'dist', plugins: [systemprompt({ public: ['site.name'] })] })
 */
function esbuild(options?: PluginOptions): Plugin {
  const { name } = plugin.esbuild(options)
  return {
    name,
    setup(build) {
      beforeModules(build)
      // Each build needs its own instance: this object may serve a client build and a server build at the same time.
      return plugin.esbuild(options).setup(build)
    },
  }
}

export default esbuild
export { esbuild as 'module.exports' }
