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

/** What a hook can call on its `this`; hosts of the Rollup family offer more. */
export interface Context {
  addWatchFile(file: string): void
}

/** What Rolldown adds about a module. */
export interface ModuleMeta {
  readonly moduleType?: string
}

export type Transform = (this: Context, code: string, id: string, meta?: ModuleMeta) => Promise<Transformed | undefined>

export interface Transformed {
  readonly code: string
  readonly map: SourceMap | null
}

/**
 * Inserts the values into code that reads them, and adds an import for each refused read, so that the bundler reports
 * it with its importers.
 *
 * @param framework unplugin's name for the host
 */
export function transformOf(build: Build, framework: string): Transform {
  const { options } = build
  return async function transform(code, id) {
    if (isTakenAsText(this)) return undefined
    build.users.add(id)
    await build.settled()
    // Even if nothing changes now: a name may later stand for a value or a secret.
    watchFiles(this, build, framework)
    if (framework === 'rspack') neverKeep(this)
    const isClient = consumerOf(this, build) !== 'server'
    const { values, isSecret } = build.env
    const isRuntime = options.phase === 'runtime'
    const isRefused = (name: string): boolean => isClient && isSecret(name)
    const isCommonJs = isCommonJsModule(this, code, id)
    // Code that was transformed before has the import already, unless it was lost: another name fits both.
    const name = code.includes(RUNTIME) ? `${RUNTIME}2` : RUNTIME
    const runtime = isCommonJs ? `require('@systemprompt/env/public').default` : name
    const settings = {
      values,
      isSecret: isRefused,
      importsRaw: framework === 'farm',
      ...(isRuntime ? { runtime } : {}),
    }
    const inlined =
      inlinePlainReads(code, languageOf(id) !== 'ts', settings) ?? (await inlineParsed(code, id, this, settings))
    if (!inlined) return undefined
    // Importing them as well makes the plugin refuse them like any other import.
    const files = isClient ? inlined.assets.filter(isConfidential) : []
    const refused = [...(await readsOf(inlined, id, this)).map(refusedSpecifier), ...files]
    if (inlined.code === undefined && refused.length === 0) return undefined
    build.changed.add(id)
    const error = build.isWithoutGraph ? refusals(graphOf(id, refused), build) : undefined
    if (error) throw error
    const isReference = isRuntime && inlined.code !== undefined
    if (isReference && isCommonJs && isClient) throw awaitedBy(id)
    const added = refused.map((specifier) => importOf(specifier, isCommonJs))
    if (isReference && !isCommonJs) added.push(`\nimport ${name} from '@systemprompt/env/public'`)
    const map = inlined.code !== undefined && isMapWanted(this) ? await mapOf(code, id, inlined) : null
    return { code: withAdded(inlined.code ?? code, added, isCommonJs), map }
  }
}

/** One module and its imports, by their resolved ids. */
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

/** Hosts of the Rollup family have a map of what earlier plugins did to the file. */
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

/** Rspack caches modules by their files alone, and would reuse one that was built with other values. */
export function neverKeep(context: object): void {
  ;(context as MapContext).getNativeBuildContext?.()?.loaderContext?.cacheable?.(false)
}

/**
 * Farm exits when such a file changes. webpack and Rspack watch for a build as a whole, and so does Rollup, which stops
 * watching a module's file when another file replaces it.
 */
const WATCH_ALREADY = new Set(['farm', 'rollup', 'webpack', 'rspack'])

/**
 * Makes a rebuild transform the module again. Vite's development server would treat such files as imports, and is told
 * in another way.
 */
export function watchFiles(context: Context, { files }: Build, framework: string): void {
  if (WATCH_ALREADY.has(framework) || isInDev(context) || isBuiltOnce(context)) return
  for (const file of files) context.addWatchFile(file)
}

/** Whether a host of the Rollup family says that it does not watch. */
function isBuiltOnce(context: object): boolean {
  const { meta } = context as { readonly meta?: { readonly watchMode?: boolean } }
  return meta?.watchMode === false
}

/**
 * Whether a module's source map will be used: making one costs as much as everything else. Vite tells this for a build,
 * webpack and Rspack for each module; for other hosts the answer is yes.
 *
 * @param context the `this` of the calling hook
 */
function isMapWanted(context: object): boolean {
  const { environment, getNativeBuildContext } = context as MapContext
  if (environment?.mode === 'build') return environment.config?.build?.sourcemap !== false
  return getNativeBuildContext?.call(context)?.loaderContext?.sourceMap !== false
}

/**
 * Imports go after the code, where they move no line; CommonJS requires go before it, since the code may return early.
 */
function withAdded(code: string, added: readonly string[], isCommonJs: boolean): string {
  return isCommonJs && !code.startsWith('#!') ? added.join('') + code : code + added.join('')
}

function importOf(specifier: string, isCommonJs: boolean): string {
  return isCommonJs ? `;require(${JSON.stringify(specifier)});` : `\nimport ${JSON.stringify(specifier)}`
}

/** A client fetches the values, which a CommonJS module cannot wait for. */
function awaitedBy(id: string): Error {
  const error = new Error(`${id} is CommonJS, which cannot wait for values at run time: make it an ES module`)
  error.stack = ''
  return error
}

/**
 * Whether a module is CommonJS, which an added `import` would turn into an ES module: judged by its name, by its
 * package.json as webpack and Rspack see it, or by its content.
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

/** Whether webpack or Rspack treat a module as something other than code: as text, or as an asset. */
function isTakenAsText(context: object): boolean {
  return moduleTypeOf(context)?.startsWith('javascript/') === false
}

/**
 * The type that webpack or Rspack give a module, such as `javascript/auto` or `asset/source`; undefined for other
 * hosts.
 */
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
