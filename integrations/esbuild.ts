import type { Plugin } from 'esbuild'
import { beforeModules } from './hosts/esbuild-modules.ts'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for esbuild: client code can import the public values and nothing else of the configuration, and all that is
 * written is searched for secrets. A secret in client code, and a configuration that is not valid, are errors of the build.
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
      // Every build has one of its own: this object may serve a client's and a server's at the same time.
      return plugin.esbuild(options).setup(build)
    },
  }
}

export default esbuild
export { esbuild as 'module.exports' }
