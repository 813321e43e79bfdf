import type { Plugin } from 'rolldown'
import { createBuild } from './build.ts'
import { compiledHooksOf, firstHooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Rolldown. Client code can import the public values and nothing else of the configuration, and the
 * whole output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // rolldown.config.js
 * import systemprompt from '@systemprompt/env/rolldown'
 *
 * export default { input: 'src/main.js', plugins: [systemprompt({ public: ['site.name'] })] }
 */
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
