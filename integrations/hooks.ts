import type { SourceMap } from 'magic-string'
import type { Build } from './build.ts'
import { consumerOfEnvironment } from './consumer.ts'
import { isInDev, stopInDev } from './hosts/vite.ts'
import type { Inlined, InlineOptions } from './inline.ts'
import { languageOf } from './language.ts'
import { RUNTIME } from './literal.ts'
import { inlinePlainReads } from './plain-reads.ts'
import { NOTHING } from './public-env.ts'
import {
  isConfidential,
  OWN_IDS,
  OWN_MODULES,
  refusalOf,
  refusedSpecifier,
  resolveOwn,
  sourceOf,
} from './virtual-module.ts'

export const NAME = '@systemprompt/env'

/** What a hook can ask of whoever calls it; a host of Rollup's family can more. */
interface Context {
  addWatchFile(file: string): void
}

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
  readonly transform: Filtered<
    { id: { include: RegExp; exclude: RegExp }; code: RegExp },
    (this: Context, code: string, id: string) => Promise<Transformed | undefined>
  >
}

interface Transformed {
  readonly code: string
  readonly map: SourceMap | null
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
        if (!CODE.include.test(id) || CODE.exclude.test(id) || !mayRead(code)) return undefined
        build.users.add(id)
        await build.settled()
        // Also where nothing is to be changed: a name may come to stand for a value, or for a secret.
        watchFiles(this, build, framework)
        const isClient = (consumerOfEnvironment(this) ?? build.consumer) === 'client'
        const { values, isSecret } = build.env
        const isRuntime = options.phase === 'runtime'
        const isRefused = (name: string): boolean => isClient && isSecret(name)
        const isCommonJs = isCommonJsModule(this)
        const runtime = isCommonJs ? `require('${NAME}/public').default` : RUNTIME
        const settings = { values, isSecret: isRefused, ...(isRuntime ? { runtime } : {}) }
        const inlined =
          inlinePlainReads(code, languageOf(id) !== 'ts', settings) ?? (await inlineParsed(code, id, this, settings))
        if (!inlined) return undefined
        // Importing them as well has them refused like any other import.
        const files = isClient ? inlined.assets.filter(isConfidential) : []
        const refused = [...inlined.reads.map(refusedSpecifier), ...files]
        if (inlined.code === undefined && refused.length === 0) return undefined
        const isReference = isRuntime && inlined.code !== undefined
        if (isReference && isCommonJs && isClient) throw awaitedBy(id)
        const added = refused.map((specifier) => importOf(specifier, isCommonJs))
        if (isReference && !isCommonJs) added.push(`\nimport ${RUNTIME} from '${NAME}/public'`)
        const map = inlined.code !== undefined && isMapWanted(this) ? await mapOf(code, id, inlined) : null
        return { code: (inlined.code ?? code) + added.join(''), map }
      },
    },
  }
}

async function inlineParsed(
  code: string,
  id: string,
  context: object,
  options: InlineOptions,
): Promise<Inlined | undefined> {
  const { inlineValues, parseModule } = await import('./inline.ts')
  const program = await parseModule(code, id, context)
  return program && inlineValues(code, program, options)
}

async function mapOf(code: string, id: string, { replacements }: Inlined): Promise<SourceMap> {
  const { sourceMapOf } = await import('./source-map.ts')
  return sourceMapOf(code, id, replacements)
}

/**
 * So that a rebuild makes the module anew. Vite takes such files for imports when it develops, and is told otherwise; Farm
 * ends the process when one changes.
 */
function watchFiles(context: Context, { files }: Build, framework: string): void {
  if (framework === 'farm' || isInDev(context) || isBuiltOnce(context)) return
  for (const file of files) context.addWatchFile(file)
}

/** Whether a host of Rollup's family says that it does not watch. */
function isBuiltOnce(context: object): boolean {
  const { meta } = context as { readonly meta?: { readonly watchMode?: boolean } }
  return meta?.watchMode === false
}

/**
 * Whether somebody will look at the map of a module: making one costs as much as all else. Vite says it for a build,
 * webpack and Rspack for each module; the others are not known to do without.
 *
 * @param context the `this` of the hook that asks
 */
function isMapWanted(context: object): boolean {
  const { environment, getNativeBuildContext } = context as MapContext
  if (environment?.mode === 'build') return environment.config?.build?.sourcemap !== false
  return getNativeBuildContext?.call(context)?.loaderContext?.sourceMap !== false
}

function importOf(specifier: string, isCommonJs: boolean): string {
  return isCommonJs ? `\nrequire(${JSON.stringify(specifier)})` : `\nimport ${JSON.stringify(specifier)}`
}

/** In a client the values are asked for by a request, which a module of CommonJS cannot wait for. */
function awaitedBy(id: string): Error {
  const error = new Error(`${id} is CommonJS, which cannot wait for values at run time: write it as an ES module`)
  error.stack = ''
  return error
}

/** Whether webpack or Rspack takes a module for CommonJS by its name or its package.json: it must not `import` then. */
function isCommonJsModule(context: object): boolean {
  const { getNativeBuildContext } = context as MapContext
  return getNativeBuildContext?.call(context)?.loaderContext?._module?.type === 'javascript/dynamic'
}

interface MapContext {
  readonly environment?: { readonly mode?: string; readonly config?: { readonly build?: { sourcemap?: unknown } } }
  getNativeBuildContext?(): {
    readonly loaderContext?: { readonly sourceMap?: unknown; readonly _module?: { readonly type?: unknown } }
  } | null
}
