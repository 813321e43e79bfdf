import type { Plugin } from 'rolldown'
import { createBuild } from './build.ts'
import { compiledHooksOf, hooksOf, NAME } from './hooks.ts'
import { loadHooks, rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function rolldown(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  const { transform } = compiledHooksOf(build, 'rolldown')
  return [
    { name: NAME, ...hooksOf(build, 'rolldown'), ...rollupHooks(build) },
    { name: `${NAME}/compiled`, transform: { order: 'post', ...transform }, ...loadHooks(build) },
  ]
}
export default rolldown
export { rolldown as 'module.exports' }
