import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const farm = plugin.farm
export default farm
export { farm as 'module.exports' }
