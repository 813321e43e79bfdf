import type { Plugin } from 'esbuild'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/** Every build gets a plugin of its own: one object may serve a client's and a server's at the same time. */
function esbuild(options?: PluginOptions): Plugin {
  return { name: plugin.esbuild(options).name, setup: (build) => plugin.esbuild(options).setup(build) }
}
export default esbuild
export { esbuild as 'module.exports' }
