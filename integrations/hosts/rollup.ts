import type { Build } from '../build.ts'
import { consumerOfEnvironment, consumerOfPlatform } from '../consumer.ts'
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
}

/** Rollup, and Rolldown, which has the same hooks and says a platform. */
export function rollupHooks(build: Build): RollupHooks {
  return {
    async buildStart(input) {
      build.consumer = build.options.consumer ?? consumerOfPlatform(Reflect.get(input, 'platform'))
      const failure = await build.refresh()
      for (const file of build.env.files) this.addWatchFile(file)
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
  }
}
