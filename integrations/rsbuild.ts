import type { RsbuildPlugin } from '@rsbuild/core'
import { refuseConfidential } from './dev-guard.ts'
import type { PluginOptions } from './options.ts'
import { rspackPlugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/** Every environment of Rsbuild gets a plugin of its own: one may build for browsers and another for Node. */
function rsbuild(options?: PluginOptions): RsbuildPlugin {
  return {
    name: '@systemprompt/env',
    setup(api) {
      api.modifyRspackConfig((_, { appendPlugins }) => appendPlugins(rspackPlugin.rspack(options)))
      api.onBeforeStartDevServer(({ server }) => {
        server.middlewares.use(refuseConfidential)
      })
    },
  }
}
export default rsbuild
export { rsbuild as 'module.exports' }
