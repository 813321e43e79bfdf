import type { Plugin } from 'rolldown'
import { createBuild } from './build.ts'
import { compiledHooksOf, firstHooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function rolldown(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  const { transform } = compiledHooksOf(build, 'rolldown')
  const { hooks, first } = rollupHooks(build)
  return [
    { name: NAME, ...firstHooksOf(build, 'rolldown'), ...hooks },
    { name: `${NAME}/compiled`, transform: { order: 'post', ...transform }, ...first },
  ]
}
export default rolldown
export { rolldown as 'module.exports' }
