import type { RsbuildPlugin } from '@rsbuild/core'
import { guardDevServer } from './hosts/rsbuild.ts'
import type { PluginOptions } from './options.ts'
import rspack from './rspack.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Rsbuild. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // rsbuild.config.ts
 * import systemprompt from '@systemprompt/env/rsbuild'
 *
 * export default defineConfig({ plugins: [systemprompt({ public: ['site.name'] })] })
 */
function rsbuild(options?: PluginOptions): RsbuildPlugin {
  return {
    name: '@systemprompt/env',
    setup(api) {
      // Each environment gets its own plugin: one may build for browsers and another for Node.
      api.modifyRspackConfig((_, { appendPlugins }) => appendPlugins(rspack(options)))
      guardDevServer(api, options)
    },
  }
}
export default rsbuild
export { rsbuild as 'module.exports' }
