import type { Plugin } from 'vite'
import { createBuild } from './build.ts'
import { compiledHooksOf, hooksOf, NAME } from './hooks.ts'
import { viteHooks } from './hosts/vite.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

function vite(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  return [
    { name: NAME, enforce: 'pre', ...hooksOf(build, 'vite'), ...viteHooks(build, () => vite(options)) },
    { name: `${NAME}/compiled`, enforce: 'post', ...compiledHooksOf(build, 'vite') },
  ]
}
export default vite
export { vite as 'module.exports' }
