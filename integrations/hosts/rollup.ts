import type { Build } from '../build.ts'
import { consumerOfEnvironment, consumerOfPlatform } from '../consumer.ts'
import type { OutputFile } from '../leak-guard.ts'
import { refusals } from '../refusals.ts'

/** What the hooks of Rollup, Rolldown and Vite have in common. */
interface Context {
  addWatchFile(file: string): void
  getModuleIds(): IterableIterator<string>
  getModuleInfo(
    id: string,
  ): { readonly importers: readonly string[]; readonly dynamicImporters: readonly string[] } | null
}

interface RollupHooks {
  buildStart(this: Context, input: object): Promise<void>
  buildEnd(this: Context): void
  readonly generateBundle: {
    readonly order: 'post'
    handler(this: Context, options: object, bundle: Readonly<Record<string, Output>>): Promise<void>
  }
}

type Output =
  | { readonly type: 'asset'; readonly fileName: string; readonly source: string | Uint8Array }
  | {
      readonly type: 'chunk'
      readonly fileName: string
      readonly code: string
      readonly map: { toString(): string } | null
    }

/** Rollup, and Rolldown, which has the same hooks and says a platform. */
export function rollupHooks(build: Build): RollupHooks {
  return {
    async buildStart(input) {
      build.consumer = build.options.consumer ?? consumerOfPlatform(Reflect.get(input, 'platform'))
      const failure = await build.refresh()
      for (const file of build.files) this.addWatchFile(file)
      if (failure) throw failure
    },
    buildEnd() {
      const importersOf = (id: string): readonly string[] => {
        const { importers = [], dynamicImporters = [] } = this.getModuleInfo(id) ?? {}
        return [...importers, ...dynamicImporters]
      }
      const consumer = consumerOfEnvironment(this) ?? build.consumer
      const error = refusals({ ids: this.getModuleIds(), importersOf }, { root: build.root, consumer })
      if (error) throw error
    },
    generateBundle: {
      // Behind whoever adds to the output.
      order: 'post',
      async handler(_, bundle) {
        const leaks = await build.findLeaks(Object.values(bundle).flatMap(outputFiles))
        if (leaks) throw leaks.error
      },
    },
  }
}

/** A chunk's map is part of the bundle already, or will be written beside it or into it. */
function outputFiles(output: Output): readonly OutputFile[] {
  const { fileName: name } = output
  if (output.type === 'asset') return [{ name, content: output.source }]
  return [
    { name, content: output.code },
    ...(output.map ? [{ name: `${name}.map`, content: output.map.toString() }] : []),
  ]
}
