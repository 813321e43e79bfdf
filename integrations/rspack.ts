import type { RspackPluginInstance } from '@rspack/core'
import type { PluginOptions } from './options.ts'
import { rspackPlugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const rspack: (options?: PluginOptions) => RspackPluginInstance = rspackPlugin.rspack
export default rspack
export { rspack as 'module.exports' }
