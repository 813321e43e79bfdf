import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

const vite = plugin.vite
export default vite
export { vite as 'module.exports' }
