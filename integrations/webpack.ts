import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const webpack = plugin.webpack
export default webpack
export { webpack as 'module.exports' }
