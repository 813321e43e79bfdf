import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const rolldown = plugin.rolldown
export default rolldown
export { rolldown as 'module.exports' }
