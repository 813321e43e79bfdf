import { fileURLToPath } from 'node:url'
import type { Compiler } from '@rspack/core'
import { createUnplugin, type UnpluginInstance, type UnpluginOptions } from 'unplugin'
import { type Build, createBuild } from './build.ts'
import { compiledHooksOf, hooksOf, NAME } from './hooks.ts'
import { esbuildHooks } from './hosts/esbuild.ts'
import { farmHooks } from './hosts/farm.ts'
import { hideConfidential } from './hosts/rspack.ts'
import { webpackHooks } from './hosts/webpack.ts'
import type { PluginOptions } from './options.ts'

/**
 * The plugin for hosts whose hooks unplugin translates. Vite, Rollup and Rolldown use the hooks directly, and webpack
 * has a loader, so they do not load unplugin. Creating the plugin reads nothing; the configuration is loaded when a
 * build starts.
 */
export const plugin: UnpluginInstance<PluginOptions | undefined, false> = createUnplugin(
  (options = {}, { framework }) => {
    const build = createBuild(options)
    const own = framework === 'esbuild' ? esbuildHooks(build) : { farm: farmHooks(build) }
    return { ...basis(build, framework), ...own }
  },
)

const LOADER = fileURLToPath(new URL('./webpack-loader.cjs', import.meta.url))

/** The same for Rspack, whose loaders can also run after all others. */
export const rspackPlugin: UnpluginInstance<PluginOptions | undefined, true> = createUnplugin(
  (options = {}, { framework }) => {
    const build = createBuild(options)
    const rspack = (compiler: Compiler): void => {
      hideConfidential(compiler, build, LOADER)
      webpackHooks(build)(compiler)
    }
    return [
      { ...basis(build, framework), rspack },
      { name: `${NAME}/compiled`, enforce: 'post', ...compiledHooksOf(build, framework) },
    ]
  },
)

function basis(build: Build, framework: string): UnpluginOptions {
  return { name: NAME, enforce: 'pre', ...hooksOf(build, framework) }
}
