import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const rspack = plugin.rspack
export default rspack
export { rspack as 'module.exports' }
