import type { Build } from './build.ts'
import { consumerOfEnvironment } from './consumer.ts'
import { stopInDev } from './hosts/vite.ts'
import { NOTHING } from './public-env.ts'
import { type Context, type Transform, transformOf, watchFiles } from './transform.ts'
import { OWN_IDS, OWN_MODULES, refusalOf, resolveOwn, sourceOf } from './virtual-module.ts'

export const NAME = '@systemprompt/env'

/** Code that may read a variable. Packages are left alone: they are not written for one project's names. */
const CODE = { include: /\.[cm]?[jt]sx?(?:$|\?)/, exclude: /[\\/]node_modules[\\/]/ }
const READS = /\bprocess\b|\bimport\s*\.\s*meta\b/

/** Whether code can read a variable, or name a file that is confidential: one of `.env`, or in `.systemprompt`. */
export function mayRead(code: string): boolean {
  return READS.test(code) && /env|\.systemprompt/.test(code)
}

/** A hook that its host calls for some modules only; older ones know no filters, so that handlers look again. */
interface Filtered<Filter, Handler> {
  readonly filter: Filter
  handler: Handler
}

export interface Hooks {
  readonly resolveId: Filtered<{ id: RegExp }, (this: object, specifier: string) => string | undefined>
  readonly load: Filtered<{ id: RegExp }, (this: Context, id: string) => Promise<string | undefined>>
  readonly transform: Filtered<{ id: { include: RegExp; exclude: RegExp }; code: RegExp }, Transform>
}

/**
 * What every host asks for each module: what a specifier stands for, a module of ours, and code with values in it.
 *
 * @param framework the host, by the name that unplugin has for it
 */
export function hooksOf(build: Build, framework: string): Hooks {
  const { options } = build
  const isCommonJsTaken = framework === 'webpack' || framework === 'rspack'
  const isCommonJsRead = framework === 'esbuild' || isCommonJsTaken
  const transform = transformOf(build, framework)
  return {
    resolveId: {
      filter: { id: OWN_MODULES },
      handler(specifier) {
        if (!OWN_MODULES.test(specifier)) return undefined
        return resolveOwn(specifier, consumerOfEnvironment(this) ?? build.consumer)
      },
    },
    load: {
      filter: { id: OWN_IDS },
      async handler(id) {
        if (!OWN_IDS.test(id)) return undefined
        await build.ready()
        watchFiles(this, build, framework)
        const asked = refusalOf(id) ? build.refused : build.users
        asked.add(id)
        stopInDev(this, id, build)
        // The build fails for what is wrong with the configuration, and not for each name that is missing as well.
        if (build.failure && build.env === NOTHING && isCommonJsTaken) return 'module.exports = Object()'
        const consumer = consumerOfEnvironment(this) ?? build.consumer
        return sourceOf(id, { ...options, values: build.env.values, consumer, isCommonJsRead })
      },
    },
    transform: {
      filter: { id: CODE, code: READS },
      async handler(code, id) {
        return isCode(id) && mayRead(code) ? transform.call(this, code, id) : undefined
      },
    },
  }
}

/** Whether a file is code as it is. */
function isCode(id: string): boolean {
  return CODE.include.test(id) && !CODE.exclude.test(id)
}
