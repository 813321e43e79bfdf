import type { RspackPluginInstance } from '@rspack/core'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/** Every compiler gets a plugin of its own: one object may serve a client's and a server's at the same time. */
function rspack(options?: PluginOptions): RspackPluginInstance {
  return { name: '@systemprompt/env', apply: (compiler) => plugin.rspack(options).apply(compiler) }
}
export default rspack
export { rspack as 'module.exports' }
