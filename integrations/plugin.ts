import { createUnplugin, type UnpluginInstance } from 'unplugin'
import { type Build, createBuild } from './build.ts'
import { consumerOfEnvironment } from './consumer.ts'
import { esbuildHooks } from './hosts/esbuild.ts'
import { farmHooks } from './hosts/farm.ts'
import { rollupHooks } from './hosts/rollup.ts'
import { isInDev, stopInDev, viteHooks } from './hosts/vite.ts'
import { webpackHooks } from './hosts/webpack.ts'
import { RUNTIME } from './literal.ts'
import type { PluginOptions } from './options.ts'
import {
  isConfidential,
  OWN_IDS,
  OWN_MODULES,
  refusalOf,
  refusedSpecifier,
  resolveOwn,
  sourceOf,
} from './virtual-module.ts'

const NAME = '@systemprompt/env'

/** Code that may read a variable. Packages are left alone: they are not written for one project's names. */
const CODE = { include: /\.[cm]?[jt]sx?(?:$|\?)/, exclude: /[\\/]node_modules[\\/]/ }
const READS = /\bprocess\b|\bimport\s*\.\s*meta\b/

/** The one plugin. Making it reads nothing; the configuration is loaded when a build starts. */
export const plugin: UnpluginInstance<PluginOptions | undefined, false> = createUnplugin(
  (options = {}, { framework }) => {
    const build = createBuild(options)
    const isCommonJsRead = framework === 'esbuild' || framework === 'webpack' || framework === 'rspack'
    return {
      name: NAME,
      enforce: 'pre',
      resolveId: {
        filter: { id: OWN_MODULES },
        handler(specifier) {
          return resolveOwn(specifier, consumerOfEnvironment(this) ?? build.consumer)
        },
      },
      load: {
        filter: { id: OWN_IDS },
        handler(id) {
          watchFiles(this, build, framework)
          const asked = refusalOf(id) ? build.refused : build.users
          asked.add(id)
          stopInDev(this, id, build)
          const consumer = consumerOfEnvironment(this) ?? build.consumer
          return sourceOf(id, { ...options, values: build.env.values, consumer, isCommonJsRead })
        },
      },
      transform: {
        filter: { id: CODE, code: READS },
        async handler(code, id) {
          if (!code.includes('env')) return undefined
          build.users.add(id)
          const { inlineValues } = await import('./inline.ts')
          const isClient = (consumerOfEnvironment(this) ?? build.consumer) === 'client'
          const { values, isSecret } = build.env
          const isRuntime = options.phase === 'runtime'
          const inlined = inlineValues(code, id, { values, isRuntime, isSecret: (name) => isClient && isSecret(name) })
          // Importing them as well has them refused like any other import.
          const files = isClient ? inlined.assets.filter(isConfidential) : []
          const refused = [...inlined.reads.map(refusedSpecifier), ...files]
          if (inlined.code === undefined && refused.length === 0) return undefined
          watchFiles(this, build, framework)
          const added = refused.map((specifier) => `\nimport ${JSON.stringify(specifier)}`)
          if (isRuntime && inlined.code !== undefined) added.push(`\nimport ${RUNTIME} from '${NAME}/public'`)
          return { code: (inlined.code ?? code) + added.join(''), map: inlined.map ?? null }
        },
      },
      vite: viteHooks(build, () => plugin.vite(options)),
      rollup: rollupHooks(build),
      rolldown: rollupHooks(build),
      webpack: webpackHooks(build),
      rspack: webpackHooks(build),
      esbuild: esbuildHooks(build),
      farm: farmHooks(build),
    }
  },
)

/**
 * So that a rebuild makes the module anew. Vite takes such files for imports when it develops, and is told otherwise; Farm
 * ends the process when one changes.
 */
function watchFiles(context: { addWatchFile(file: string): void }, { files }: Build, framework: string): void {
  if (framework === 'farm' || isInDev(context)) return
  for (const file of files) context.addWatchFile(file)
}
