import type { Plugin } from 'vite'
import { type Build, createBuild } from './build.ts'
import { compiledHooksOf, firstHooksOf, NAME } from './hooks.ts'
import { putBefore, viteHooks } from './hosts/vite.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Vite. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // vite.config.ts
 * import systemprompt from '@systemprompt/env/vite'
 *
 * export default defineConfig({ plugins: [systemprompt({ public: ['site.name'] })] })
 */
function vite(options: PluginOptions = {}): Plugin[] {
  return pluginsOf(createBuild(options), () => {
    const build = createBuild(options)
    build.isForWorker = true
    return build
  })
}

function pluginsOf(build: Build, forWorker: () => Build): Plugin[] {
  const { before, after } = viteHooks(build, () => pluginsOf(forWorker(), forWorker))
  return [
    { name: NAME, enforce: 'pre', ...firstHooksOf(build, 'vite'), ...before },
    {
      name: `${NAME}/compiled`,
      enforce: 'post',
      configResolved: ({ plugins }) => putBefore(plugins as Plugin[], `${NAME}/compiled`, 'vite:define'),
      ...compiledHooksOf(build, 'vite'),
      ...after,
    },
  ]
}
export default vite
export { vite as 'module.exports' }
