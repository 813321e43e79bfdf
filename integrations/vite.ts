import type { Plugin } from 'vite'
import { type Build, createBuild } from './build.ts'
import { compiledHooksOf, hooksOf, NAME } from './hooks.ts'
import { putBefore, viteHooks } from './hosts/vite.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function vite(options: PluginOptions = {}): Plugin[] {
  return pluginsOf(createBuild(options), () => {
    const build = createBuild(options)
    build.isForWorker = true
    return build
  })
}

function pluginsOf(build: Build, forWorker: () => Build): Plugin[] {
  // What others write when they close is searched behind them.
  const { closeBundle, ...hooks } = viteHooks(build, () => pluginsOf(forWorker(), forWorker))
  return [
    { name: NAME, enforce: 'pre', ...hooksOf(build, 'vite'), ...hooks },
    {
      name: `${NAME}/compiled`,
      enforce: 'post',
      configResolved: ({ plugins }) => putBefore(plugins as Plugin[], `${NAME}/compiled`, 'vite:define'),
      ...compiledHooksOf(build, 'vite'),
      ...(closeBundle && { closeBundle }),
    },
  ]
}
export default vite
export { vite as 'module.exports' }
