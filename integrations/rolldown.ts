import type { Plugin } from 'rolldown'
import { createBuild } from './build.ts'
import { hooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function rolldown(options: PluginOptions = {}): Plugin {
  const build = createBuild(options)
  return { name: NAME, ...hooksOf(build, 'rolldown'), ...rollupHooks(build) }
}
export default rolldown
export { rolldown as 'module.exports' }
