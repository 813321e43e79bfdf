import type { SourceMapInput } from '@jridgewell/remapping'
import type { Compilation, Compiler, LoaderContext, NormalModule, ResolvePluginInstance } from 'webpack'
import type { Build } from '../build.ts'
import { type CompiledHooks, type Hooks, isCode, isCompiled, mayRead, NAME } from '../hooks.ts'
import { ownFileOf } from '../own-files.ts'
import { pathWithin } from '../path-within.ts'
import { isConfidential, PUBLIC, REFUSED, refusalOf, refusedFile } from '../virtual-module.ts'

/** The options of `webpack-loader.cjs`, which say what to do with a module. */
interface LoaderOptions {
  run(loader: Loader, code: string, map: LoaderMap): Promise<readonly [code: string, map: LoaderMap]>
}

type Loader = LoaderContext<LoaderOptions>
type LoaderItem = NormalModule['loaders'][number]
type LoaderMap = Parameters<ReturnType<Loader['async']>>[2]

/** The plugin's own files. */
export interface Files {
  /** `webpack-loader.cjs` */
  readonly loader: string
  /** `webpack-module.js` */
  readonly module: string
}

/** Connects the hooks to webpack: a resolver plugin for specifiers, and a loader for code. */
export function loadModules(
  compiler: Compiler,
  build: Build,
  [sourceHooks, compiledHooks]: readonly [Hooks, CompiledHooks],
  { loader, module }: Files,
): void {
  const { options, hooks, webpack } = compiler
  options.resolve.plugins = [...(options.resolve.plugins ?? []), resolveOwnModules(build, sourceHooks, module)]
  const use = (run: LoaderOptions['run'], ident: string) => ({ loader, options: { run }, ident: `${NAME}/${ident}` })
  const load = use(loadWith(build, sourceHooks), 'load')
  const transform = use(transformWith(build, sourceHooks), 'transform')
  const transformCompiled = use(transformWith(build, compiledHooks), 'compiled')
  const own = { resource: module, resourceQuery: OWN_QUERY }
  const useFor = (isAsked: (id: string) => boolean, item: typeof transform) => {
    return ({ resource = '', resourceQuery = '' }) =>
      isAsked(resource + resourceQuery) && !OWN_QUERY.test(resourceQuery) ? [item] : []
  }
  options.module.rules.unshift(
    { ...own, enforce: 'pre', use: load },
    { enforce: 'pre', use: useFor(isCode, transform) },
    { enforce: 'post', use: useFor((id) => isCompiled(id) || isCode(id), transformCompiled) },
  )
  // After all of the user's rules, since one of them may match every file of this name.
  options.module.rules.push({ ...own, type: 'javascript/auto' })
  hooks.compilation.tap(NAME, (compilation) => {
    compilation.valueCacheVersions.set(NAME, build.version)
    webpack.NormalModule.getCompilationHooks(compilation).beforeLoaders.tap(NAME, (loaders, { type, resource }) => {
      const compiledIndex = loaders.findIndex((item) => item.ident === transformCompiled.ident)
      const isScript = type.startsWith('javascript/')
      const isMade = loaders.some(({ ident }) => ident !== transform.ident && ident !== transformCompiled.ident)
      // A loader costs more than anything else a build does here; and what is not JavaScript may not be text.
      if (compiledIndex !== -1 && !(isScript && isMade && mayReadIn(resource, compilation)))
        loaders.splice(compiledIndex, 1)
      const index = loaders.findLastIndex(({ ident }) => ident === transform.ident)
      const isAlone = index === loaders.length - 1
      if (index !== -1 && (!isScript || (isAlone && !mayReadIn(resource, compilation)))) loaders.splice(index, 1)
      runHere(loaders, [transform.ident, load.ident])
    })
  })
}

const OWN_QUERY = /^\?%00%40systemprompt%2Fenv%2F/

/**
 * thread-loader moves the loaders before it to another process, where ours cannot run, and cache-loader caches their
 * result whatever the values are: ours therefore runs right after them.
 */
function runHere(loaders: LoaderItem[], own: readonly string[]): void {
  const index = loaders.findLastIndex(({ ident }) => own.includes(ident ?? ''))
  const other = loaders.findIndex(({ loader }) => /[\\/](?:thread|cache)-loader[\\/]/.test(loader))
  if (other === -1 || other > index) return
  loaders.splice(other, 0, ...loaders.splice(index, 1))
}

/**
 * Resolves our specifiers, and files that no bundle may contain, however they were found. webpack has separate hooks
 * for the target of an alias and for the `imports` of a package.json.
 */
function resolveOwnModules(build: Build, { resolveId }: Hooks, module: string): ResolvePluginInstance {
  // A NUL escapes characters that are special in webpack's requests.
  const request = (id: string): string => `${module.replaceAll('#', '\0#')}?${encodeURIComponent(id)}`
  return {
    apply(resolver) {
      const target = resolver.ensureHook('resolve')
      for (const name of ['resolve', 'internalResolve', 'importsResolve'])
        resolver.ensureHook(name).tapAsync(NAME, (resolveRequest, context, callback) => {
          const specifier = resolveRequest.request
          const isAsked = typeof specifier === 'string' && !specifier.replaceAll('\0', '').startsWith(module)
          const id = isAsked ? resolveId.handler.call({}, specifier) : undefined
          if (id === undefined) return callback()
          resolver.doResolve(target, { ...resolveRequest, request: request(id) }, null, context, callback)
        })
      resolver.ensureHook('resolved').tapAsync({ name: NAME, stage: -1 }, (found, context, callback) => {
        const { path } = found
        const id = typeof path === 'string' && path !== module ? replacementFor(path, build) : undefined
        if (id === undefined) return callback()
        const resolveRequest = { ...found, request: request(id), query: '', fragment: '', path: build.root }
        resolver.doResolve(target, resolveRequest, null, context, callback)
      })
    },
  }
}

/** The module that replaces a file. */
function replacementFor(path: string, build: Build): string | undefined {
  const own = ownFileOf(path)
  if (own === 'public') return `\0${PUBLIC}`
  if (own === 'library') return build.consumer === 'server' ? undefined : `\0${REFUSED}`
  return isConfidentialFile(path, build) ? refusedFile(pathWithin(build.root, path) ?? path) : undefined
}

/** A directory above the project may have any name. */
function isConfidentialFile(path: string, { root, confidential }: Build): boolean {
  return confidential.has(path) || isConfidential(path.startsWith(root) ? path.slice(root.length) : path)
}

function loadWith(build: Build, { load }: Hooks): LoaderOptions['run'] {
  return async (loader) => {
    const id = decodeURIComponent(loader.resourceQuery.slice(1))
    // Every request for a refused module has to be reported.
    if (refusalOf(id)) loader.cacheable(false)
    const code = await load.handler.call(contextOf(loader), id)
    dependOnValues(loader, build)
    return [code ?? '', undefined]
  }
}

function transformWith(build: Build, { transform }: Hooks | CompiledHooks): LoaderOptions['run'] {
  return async (loader, code, map) => {
    // webpack writes a NUL before characters that are special in its requests, such as a # in a file name.
    // A loader may create a module without a file.
    const id = (loader.resource ?? '').replaceAll('\0', '')
    const transformed = await transform.handler.call(contextOf(loader), code, id)
    // Even if nothing changes now: a name may later stand for a value or a secret.
    if (mayRead(code)) dependOnValues(loader, build)
    if (!transformed) return [code, map]
    if (!transformed.map) return [transformed.code, map]
    if (!map) return [transformed.code, transformed.map as LoaderMap]
    const { default: remapping } = await import('@jridgewell/remapping')
    const maps = [transformed.map, map] as SourceMapInput[]
    return [transformed.code, remapping(maps, () => null) as LoaderMap]
  }
}

/** webpack rebuilds a module that was built with another version, even one from the cache of an earlier build. */
function dependOnValues({ _module: module }: Loader, build: Build): void {
  const info = module?.buildInfo as { valueDependencies?: Map<string, string> } | undefined
  if (!info) return
  info.valueDependencies ??= new Map()
  info.valueDependencies.set(NAME, build.version)
}

function contextOf(loader: Loader) {
  return {
    addWatchFile: (file: string) => loader.addDependency(file),
    getNativeBuildContext: () => ({ loaderContext: loader }),
  }
}

/**
 * Whether a file needs the loader: its text mentions what is looked for. webpack caches what it reads, so no file is
 * read twice. What is not a file may contain anything.
 */
function mayReadIn(resource: string, { inputFileSystem }: Compilation): boolean {
  try {
    const [path = ''] = resource.split('?')
    const content = inputFileSystem.readFileSync?.(path)
    return content === undefined || mayRead(String(content))
  } catch {
    return true
  }
}
