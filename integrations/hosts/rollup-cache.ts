import type { CustomPluginOptions, TransformPluginContext } from 'rollup'
import type { Build } from '../build.ts'
import { type CompiledHooks, type Hooks, mayRead, NAME } from '../hooks.ts'

/**
 * With `cache`, Rollup reuses a transformed file until the file changes: these hooks also record the version it was
 * made with.
 */
export function cachedBy<T extends Pick<CompiledHooks | Hooks, 'transform'>>({ transform }: T, build: Build) {
  return {
    transform: {
      ...transform,
      async handler(this: TransformPluginContext, code: string, id: string) {
        const transformed = await transform.handler.call(this, code, id)
        return mayRead(code) ? { ...transformed, meta: { [NAME]: build.version } } : transformed
      },
    },
    async shouldTransformCachedModule({ meta }: { meta: CustomPluginOptions }) {
      await build.settled()
      return Object.hasOwn(meta, NAME) && meta[NAME] !== build.version
    },
  }
}
