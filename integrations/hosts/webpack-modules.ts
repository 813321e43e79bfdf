import type { SourceMapInput } from '@jridgewell/remapping'
import type { Compilation, Compiler, LoaderContext, ResolvePluginInstance } from 'webpack'
import { type Hooks, mayRead, NAME } from '../hooks.ts'

/** What `webpack-loader.cjs` is told to do with a module. */
interface LoaderOptions {
  run(loader: Loader, code: string, map: LoaderMap): Promise<readonly [code: string, map: LoaderMap]>
}

type Loader = LoaderContext<LoaderOptions>
type LoaderMap = Parameters<ReturnType<Loader['async']>>[2]

/**
 * Asks the hooks for webpack's modules, in its own terms: a plugin of its resolver for specifiers, and a loader for code.
 *
 * @param loader the path of `webpack-loader.cjs`
 */
export function loadModules({ options, hooks, webpack }: Compiler, asked: Hooks, loader: string): void {
  options.resolve.plugins = [...(options.resolve.plugins ?? []), resolveOwnModules(asked, loader)]
  const use = (run: LoaderOptions['run']) => ({ loader, options: { run }, ident: NAME })
  const [load, transform] = [use(loadWith(asked)), use(transformWith(asked))]
  const { include, exclude } = asked.transform.filter.id
  options.module.rules.unshift(
    {
      resource: loader,
      resourceQuery: OWN_QUERY,
      enforce: 'pre',
      type: 'javascript/auto',
      use: { ...load, ident: `${NAME}/load` },
    },
    {
      enforce: 'pre',
      use: ({ resource = '', resourceQuery = '' }) => {
        const id = resource + resourceQuery
        return include.test(id) && !exclude.test(id) ? [transform] : []
      },
    },
  )
  hooks.compilation.tap(NAME, (compilation) => {
    webpack.NormalModule.getCompilationHooks(compilation).beforeLoaders.tap(NAME, (loaders, { resource }) => {
      // A loader costs more than all else that a build is asked.
      if (loaders.at(-1)?.loader !== loader || OWN_QUERY.test(resource) || mayReadIn(resource, compilation)) return
      loaders.pop()
    })
  })
}

const OWN_QUERY = /\?%00%40systemprompt%2Fenv%2F/

/** Specifiers of ours. webpack looks for what an alias stands for in a hook of its own. */
function resolveOwnModules({ resolveId }: Hooks, loader: string): ResolvePluginInstance {
  return {
    apply(resolver) {
      const target = resolver.ensureHook('resolve')
      for (const hook of [target, resolver.ensureHook('internalResolve')])
        hook.tapAsync(NAME, (request, context, callback) => {
          const { request: specifier } = request
          const isAsked = typeof specifier === 'string' && !specifier.startsWith(loader)
          const id = isAsked ? resolveId.handler.call({}, specifier) : undefined
          if (id === undefined) return callback()
          const found = { ...request, request: `${loader}?${encodeURIComponent(id)}` }
          resolver.doResolve(target, found, null, context, callback)
        })
    },
  }
}

function loadWith({ load }: Hooks): LoaderOptions['run'] {
  return async (loader) => {
    const id = decodeURIComponent(loader.resourceQuery.slice(1))
    const code = await load.handler.call(contextOf(loader), id)
    return [code ?? '', undefined]
  }
}

function transformWith({ transform }: Hooks): LoaderOptions['run'] {
  return async (loader, code, map) => {
    // webpack writes a NUL before what has a meaning in its own requests, such as the # of a file's name.
    const id = loader.resource.replaceAll('\0', '')
    const transformed = await transform.handler.call(contextOf(loader), code, id)
    if (!transformed) return [code, map]
    if (!transformed.map) return [transformed.code, map]
    if (!map) return [transformed.code, transformed.map as LoaderMap]
    const { default: remapping } = await import('@jridgewell/remapping')
    const maps = [transformed.map, map] as SourceMapInput[]
    return [transformed.code, remapping(maps, () => null) as LoaderMap]
  }
}

function contextOf(loader: Loader) {
  return {
    addWatchFile: (file: string) => loader.addDependency(file),
    getNativeBuildContext: () => ({ loaderContext: loader }),
  }
}

/**
 * Whether the loader is needed for a file: it mentions what is looked for. webpack keeps what is read, so that no file is
 * read twice. What is no file can hold anything.
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
