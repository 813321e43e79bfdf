import { createUnplugin, type UnpluginInstance } from 'unplugin'
import { createBuild } from './build.ts'
import { hooksOf, NAME } from './hooks.ts'
import { esbuildHooks } from './hosts/esbuild.ts'
import { farmHooks } from './hosts/farm.ts'
import { webpackHooks } from './hosts/webpack.ts'
import type { PluginOptions } from './options.ts'

/**
 * The plugin for every host that has hooks of another kind; Vite, Rollup and Rolldown take them as they are, and load
 * nothing that translates. Making it reads nothing; the configuration is loaded when a build starts.
 */
export const plugin: UnpluginInstance<PluginOptions | undefined, false> = createUnplugin(
  (options = {}, { framework }) => {
    const build = createBuild(options)
    return {
      name: NAME,
      enforce: 'pre',
      ...hooksOf(build, framework),
      webpack: webpackHooks(build),
      rspack: webpackHooks(build),
      esbuild: esbuildHooks(build),
      farm: farmHooks(build),
    }
  },
)
