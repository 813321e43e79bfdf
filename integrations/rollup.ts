import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const rollup = plugin.rollup
export default rollup
export { rollup as 'module.exports' }
