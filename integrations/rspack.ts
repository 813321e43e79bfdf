import type { RspackPluginInstance } from '@rspack/core'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const rspack: (options?: PluginOptions) => RspackPluginInstance = plugin.rspack
export default rspack
export { rspack as 'module.exports' }
