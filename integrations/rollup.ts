import type { Plugin } from 'rollup'
import { createBuild } from './build.ts'
import { compiledHooksOf, hooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function rollup(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  const { transform } = compiledHooksOf(build, 'rollup')
  return [
    { name: NAME, ...hooksOf(build, 'rollup'), ...rollupHooks(build) },
    { name: `${NAME}/compiled`, transform: { order: 'post', ...transform } },
  ]
}
export default rollup
export { rollup as 'module.exports' }
