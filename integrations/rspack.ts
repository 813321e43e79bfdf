import { realpathSync } from 'node:fs'
import type { Compiler, RspackPluginInstance } from '@rspack/core'
import type { PluginOptions } from './options.ts'
import { rspackPlugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Rspack. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // rspack.config.js
 * import systemprompt from '@systemprompt/env/rspack'
 *
 * export default { entry: './src/main.js', plugins: [systemprompt({ public: ['site.name'] })] }
 */
function rspack(options?: PluginOptions): RspackPluginInstance {
  return {
    apply(compiler: Compiler) {
      const { context } = compiler.options
      // Generated modules are placed below the context, and Rspack looks for them at its real path.
      if (context !== undefined) compiler.options.context = realpathSync(context)
      rspackPlugin.rspack(options).apply(compiler)
      if (context !== undefined) compiler.options.context = context
    },
  }
}
export default rspack
export { rspack as 'module.exports' }
