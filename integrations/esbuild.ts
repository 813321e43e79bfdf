import type { Plugin } from 'esbuild'
import { CONFIDENTIAL_FILES } from './hosts/esbuild.ts'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/** Every build gets a plugin of its own: one object may serve a client's and a server's at the same time. */
function esbuild(options?: PluginOptions): Plugin {
  const { name } = plugin.esbuild(options)
  return {
    name,
    setup(build) {
      // A style sheet cannot hold the module that stands for what is refused; the graph of the build names it.
      build.onResolve({ filter: CONFIDENTIAL_FILES }, ({ path, kind }) =>
        kind === 'url-token' || kind === 'import-rule' ? { path, external: true } : undefined,
      )
      return plugin.esbuild(options).setup(build)
    },
  }
}
export default esbuild
export { esbuild as 'module.exports' }
