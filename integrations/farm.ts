import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for Farm. Client code can import the public values and nothing else of the configuration, and the whole
 * output is searched for secrets. A secret in client code, or an invalid configuration, fails the build.
 *
 * @example
 * // farm.config.ts
 * import systemprompt from '@systemprompt/env/farm'
 *
 * export default defineConfig({ plugins: [systemprompt({ public: ['site.name'] })] })
 */
const farm = plugin.farm
export default farm
export { farm as 'module.exports' }
