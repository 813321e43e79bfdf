import type { SourceMap } from 'magic-string'
import type { Build } from '../build.ts'
import { consumerOf } from '../consumer.ts'
import { isInDev } from '../dev-server/stop-in-dev.ts'
import { type ModuleGraph, refusals } from '../refusals.ts'
import { isConfidential, refusedSpecifier, resolveOwn } from '../virtual-module.ts'
import type { Inlined, InlineOptions } from './inline.ts'
import { languageOf } from './language.ts'
import { RUNTIME } from './literal.ts'
import { inlinePlainReads } from './plain-reads.ts'

/** What a hook can ask of whoever calls it; a host of Rollup's family can more. */
export interface Context {
  addWatchFile(file: string): void
}

/** What Rolldown says of a module besides. */
export interface ModuleMeta {
  readonly moduleType?: string
}

export type Transform = (this: Context, code: string, id: string, meta?: ModuleMeta) => Promise<Transformed | undefined>

export interface Transformed {
  readonly code: string
  readonly map: SourceMap | null
}

/**
 * Puts the values into code that reads them, and has what is refused imported, which the bundler then says with its importers.
 *
 * @param framework the host, by the name that unplugin has for it
 */
export function transformOf(build: Build, framework: string): Transform {
  const { options } = build
  return async function transform(code, id) {
    if (isTakenAsText(this)) return undefined
    build.users.add(id)
    await build.settled()
    // Also where nothing is to be changed: a name may come to stand for a value, or for a secret.
    watchFiles(this, build, framework)
    if (framework === 'rspack') neverKeep(this)
    const isClient = consumerOf(this, build) !== 'server'
    const { values, isSecret } = build.env
    const isRuntime = options.phase === 'runtime'
    const isRefused = (name: string): boolean => isClient && isSecret(name)
    const isCommonJs = isCommonJsModule(this, code, id)
    const runtime = isCommonJs ? `require('@systemprompt/env/public').default` : RUNTIME
    const settings = {
      values,
      isSecret: isRefused,
      importsRaw: framework === 'farm',
      ...(isRuntime ? { runtime } : {}),
    }
    const inlined =
      inlinePlainReads(code, languageOf(id) !== 'ts', settings) ?? (await inlineParsed(code, id, this, settings))
    if (!inlined) return undefined
    // Importing them as well has them refused like any other import.
    const files = isClient ? inlined.assets.filter(isConfidential) : []
    const refused = [...(await readsOf(inlined, id, this)).map(refusedSpecifier), ...files]
    if (inlined.code === undefined && refused.length === 0) return undefined
    build.changed.add(id)
    const error = build.isWithoutGraph ? refusals(graphOf(id, refused), build) : undefined
    if (error) throw error
    const isReference = isRuntime && inlined.code !== undefined
    if (isReference && isCommonJs && isClient) throw awaitedBy(id)
    const added = refused.map((specifier) => importOf(specifier, isCommonJs))
    if (isReference && !isCommonJs) added.push(`\nimport ${RUNTIME} from '@systemprompt/env/public'`)
    const map = inlined.code !== undefined && isMapWanted(this) ? await mapOf(code, id, inlined) : null
    return { code: withAdded(inlined.code ?? code, added, isCommonJs), map }
  }
}

/** One module and what it imports, as it is called where it is resolved. */
function graphOf(id: string, imported: readonly string[]): ModuleGraph {
  const ids = imported.map((specifier) => resolveOwn(specifier, 'client') ?? specifier)
  return { ids, importersOf: (of) => (of === id ? [] : [id]) }
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

/** A host of Rollup's family has a map of what plugins before this one have made of the file. */
async function readsOf({ reads }: Inlined, id: string, context: object): Promise<Inlined['reads']> {
  const map = reads.length > 0 && (context as MapContext).getCombinedSourcemap?.()
  if (!map) return reads
  const { placedInSource } = await import('./source-map.ts')
  return placedInSource(reads, id, map)
}

async function mapOf(code: string, id: string, { replacements }: Inlined): Promise<SourceMap> {
  const { sourceMapOf } = await import('./source-map.ts')
  return sourceMapOf(code, id, replacements)
}

/** Rspack keeps modules by their files alone, and would give back one that was made with other values. */
export function neverKeep(context: object): void {
  ;(context as MapContext).getNativeBuildContext?.()?.loaderContext?.cacheable?.(false)
}

/**
 * Farm ends the process when such a file changes; webpack and Rspack watch for a build as a whole, as Rollup does, which
 * loses sight of what it watches for a module when another file takes its place.
 */
const WATCH_ALREADY = new Set(['farm', 'rollup', 'webpack', 'rspack'])

/** So that a rebuild makes the module anew. Vite takes such files for imports when it develops, and is told otherwise. */
export function watchFiles(context: Context, { files }: Build, framework: string): void {
  if (WATCH_ALREADY.has(framework) || isInDev(context) || isBuiltOnce(context)) return
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

/** Behind the code, where no line moves; what CommonJS requires before it, since the code may return before its end. */
function withAdded(code: string, added: readonly string[], isCommonJs: boolean): string {
  return isCommonJs && !code.startsWith('#!') ? added.join('') + code : code + added.join('')
}

function importOf(specifier: string, isCommonJs: boolean): string {
  return isCommonJs ? `;require(${JSON.stringify(specifier)});` : `\nimport ${JSON.stringify(specifier)}`
}

/** In a client the values are asked for by a request, which a module of CommonJS cannot wait for. */
function awaitedBy(id: string): Error {
  const error = new Error(`${id} is CommonJS, which cannot wait for values at run time: make it an ES module`)
  error.stack = ''
  return error
}

/**
 * Whether a module is CommonJS, which an `import` would make something else of: by its name, by its package.json as
 * webpack and Rspack see it, or by what stands in it.
 */
function isCommonJsModule(context: object, code: string, id: string): boolean {
  const type = moduleTypeOf(context)
  if (type === 'javascript/esm') return false
  return (
    type === 'javascript/dynamic' ||
    /\.cjs(?:$|\?)/.test(id) ||
    (EXPORTS_AS_COMMONJS.test(code) && !IS_MODULE.test(code))
  )
}

/** Whether webpack or Rspack make something else of a module than code: a text, or a file of its own. */
function isTakenAsText(context: object): boolean {
  return moduleTypeOf(context)?.startsWith('javascript/') === false
}

/** What webpack and Rspack make of a module, such as `javascript/auto` or `asset/source`; undefined for others. */
function moduleTypeOf(context: object): string | undefined {
  const { getNativeBuildContext } = context as MapContext
  const type = getNativeBuildContext?.call(context)?.loaderContext?._module?.type
  return typeof type === 'string' ? type : undefined
}

const EXPORTS_AS_COMMONJS = /\bmodule\.exports\b|\bexports\s*[.[]/
const IS_MODULE = /(?:^|[;}\n])\s*(?:import\b(?!\s*[.(])|export\b)/

interface MapContext {
  readonly environment?: { readonly mode?: string; readonly config?: { readonly build?: { sourcemap?: unknown } } }
  getCombinedSourcemap?(): unknown
  getNativeBuildContext?(): {
    readonly loaderContext?: {
      readonly sourceMap?: unknown
      readonly _module?: { readonly type?: unknown }
      cacheable?(flag: boolean): void
    }
  } | null
}
