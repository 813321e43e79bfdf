import type { CustomPluginOptions, Plugin, TransformPluginContext } from 'rollup'
import { type Build, createBuild } from './build.ts'
import { type CompiledHooks, compiledHooksOf, firstHooksOf, type Hooks, mayRead, NAME } from './hooks.ts'
import { rollupHooks } from './hosts/rollup.ts'
import type { PluginOptions } from './options.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Rollup: client code can import the public values and nothing else of the configuration, and all that is
 * written is searched for secrets. A secret in client code, and a configuration that is not valid, are errors of the build.
 *
 * @example
 * // rollup.config.js
 * import systemprompt from '@systemprompt/env/rollup'
 *
 * export default { input: 'src/main.js', plugins: [systemprompt({ public: ['site.name'] })] }
 */
function rollup(options: PluginOptions = {}): Plugin[] {
  const build = createBuild(options)
  const modules = firstHooksOf(build, 'rollup')
  const { hooks, first } = rollupHooks(build)
  const { transform } = compiledHooksOf(build, 'rollup')
  return [
    { name: NAME, ...modules, ...hooks, ...cachedBy(modules, build) },
    {
      name: `${NAME}/compiled`,
      ...cachedBy({ transform: { ...transform, order: 'post' } }, build),
      ...first,
    },
  ]
}

/** With `cache`, Rollup keeps what a file became for as long as the file is the same: these say what it was made with. */
function cachedBy<T extends Pick<CompiledHooks | Hooks, 'transform'>>({ transform }: T, build: Build) {
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

export default rollup
export { rollup as 'module.exports' }
