import { relative } from 'node:path'
import type { JsPlugin } from '@farmfe/core'
import type { Build } from '../build.ts'
import { consumerOfTargetEnv } from '../consumer.ts'
import { refusals } from '../refusals.ts'

export function farmHooks(build: Build): Partial<JsPlugin> {
  return {
    configResolved(config) {
      build.setRoot(config.root ?? '.')
      build.consumer = build.options.consumer ?? consumerOfTargetEnv(config.compilation?.output?.targetEnv)
    },
    buildStart: {
      async executor() {
        build.refused.clear()
        const failure = await build.refresh()
        if (failure) throw failure
      },
    },
    buildEnd: {
      async executor(_, context) {
        const importersOf = (id: string): readonly string[] =>
          context?.viteGetImporters(farmId(id, build.root)).map((importer) => importer.id) ?? []
        const error = refusals({ ids: build.refused, importersOf }, build)
        if (error) throw error
      },
    },
    configureCompiler(compiler) {
      // Farm's hooks for its output lose parts of it, or come when it is written.
      const compile = compiler.compile.bind(compiler)
      compiler.compile = async () => {
        await compile()
        const files = Object.entries(compiler.resources()).map(([name, content]) => ({ name, content }))
        const leaks = await build.findLeaks(files)
        if (leaks) throw leaks.error
      }
    },
  }
}

/** Farm ends the process when it is asked for a module that it does not know by this very name. */
function farmId(id: string, root: string): string {
  return id.startsWith('\0') ? id.replaceAll('\0', '\\0') : relative(root, id)
}
