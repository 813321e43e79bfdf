import type { Plugin } from 'rollup'
import { createBuild } from './build.ts'
import { compiledHooksOf, firstHooksOf, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import { cachedBy } from './hosts/rollup-cache.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Rollup. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // rollup.config.js
 * import systemprompt from '@systemprompt/env/rollup'
 *
 * export default { input: 'src/main.js', plugins: [systemprompt({ public: ['site.name'] })] }
 */
function rollup(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  const modules = firstHooksOf(build, 'rollup')
  const { hooks, first } = rollupHooks(build)
  const { transform } = compiledHooksOf(build, 'rollup')
  return [
    { name: NAME, ...modules, ...hooks, ...cachedBy(modules, build) },
    {
      name: `${NAME}/compiled`,
      ...cachedBy({ transform: { ...transform, order: 'post' } }, build),
      ...first,
    },
  ]
}

export default rollup
export { rollup as 'module.exports' }
