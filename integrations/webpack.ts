import type { WebpackPluginInstance } from 'webpack'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/** Every compiler gets a plugin of its own: one object may serve a client's and a server's at the same time. */
function webpack(options?: PluginOptions): WebpackPluginInstance {
  return { apply: (compiler) => plugin.webpack(options).apply(compiler) }
}
export default webpack
export { webpack as 'module.exports' }
