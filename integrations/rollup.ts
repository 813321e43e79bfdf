import type { Plugin } from 'rollup'
import { createBuild } from './build.ts'
import { hooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function rollup(options: PluginOptions = {}): Plugin {
  const build = createBuild(options)
  return { name: NAME, ...hooksOf(build, 'rollup'), ...rollupHooks(build) }
}
export default rollup
export { rollup as 'module.exports' }
