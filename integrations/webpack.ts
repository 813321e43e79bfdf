import { fileURLToPath } from 'node:url'
import type { WebpackPluginInstance } from 'webpack'
import { createBuild } from './build.ts'
import { compiledHooksOf, hooksOf } from './hooks.ts'
import { webpackHooks } from './hosts/webpack.ts'
import { loadModules } from './hosts/webpack-modules.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

const FILES = {
  loader: fileURLToPath(new URL('./webpack-loader.cjs', import.meta.url)),
  module: fileURLToPath(new URL('./webpack-module.js', import.meta.url)),
}

/**
 * The plugin for webpack. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // webpack.config.js
 * import systemprompt from '@systemprompt/env/webpack'
 *
 * export default { entry: './src/main.js', plugins: [systemprompt({ public: ['site.name'] })] }
 */
function webpack(options: PluginOptions = {}): WebpackPluginInstance {
  return {
    apply(compiler) {
      const build = createBuild(options)
      loadModules(compiler, build, [hooksOf(build, 'webpack'), compiledHooksOf(build, 'webpack')], FILES)
      webpackHooks(build)(compiler)
    },
  }
}
export default webpack
export { webpack as 'module.exports' }
