import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Compiler as RspackCompiler } from '@rspack/core'
import type { Compilation, Compiler, Module } from 'webpack'
import type { Build } from '../build.ts'
import { consumerOfTarget } from '../consumer.ts'
import type { Place } from '../dev-server/confidential-path.ts'
import { refuseConfidential } from '../dev-server/dev-guard.ts'
import { NAME } from '../hooks.ts'
import { checkHostVersion, olderHost } from '../host-version.ts'
import { type ModuleGraph, refusals } from '../refusals.ts'
import { refusalOf } from '../virtual-module.ts'

/** webpack, and Rspack, which has the same hooks. */
export function webpackHooks(build: Build): (compiler: Compiler | RspackCompiler) => void {
  return (either) => {
    const compiler = either as Compiler
    checkVersion(compiler)
    build.setRoot(compiler.context)
    build.consumer = build.options.consumer ?? consumerOfTarget(compiler.options.target)
    const { NormalModuleReplacementPlugin } = compiler.webpack
    // webpack takes `virtual:` for a URL scheme before it asks any plugin.
    new NormalModuleReplacementPlugin(/^virtual:systemprompt\/public$/, '@systemprompt/env/public').apply(compiler)

    guardDevServer(compiler.options, build)
    const errors = collectErrors(compiler)
    let failure: Error | undefined
    compiler.hooks.beforeCompile.tapPromise(NAME, async () => {
      build.refused.clear()
      failure = await build.refresh()
    })
    compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
      // A thrown error would end watching.
      if (failure) errors.report(failure, compilation)
      errors.distinguishBuilds(compilation)
      for (const file of build.files)
        (existsSync(file) ? compilation.fileDependencies : compilation.missingDependencies).add(file)
      const reported = new Set<string>()
      const reportRefusals = (graph: ModuleGraph): void => {
        const error = refusals(graph, build)
        for (const id of build.refused) reported.add(id)
        if (error) errors.report(error, compilation)
      }
      compilation.hooks.finishModules.tap(NAME, (modules) =>
        reportRefusals(withElsewhere(graphOf(compilation, modules), build.refused)),
      )
      const stage = compiler.webpack.Compilation.PROCESS_ASSETS_STAGE_REPORT
      compilation.hooks.processAssets.tapPromise({ name: NAME, stage }, async (assets) => {
        // Other plugins' child compilers, as for page templates, may have run until now.
        const unreported = [...build.refused].filter((id) => !reported.has(id))
        if (unreported.length > 0) reportRefusals({ ids: unreported, importersOf: () => [] })
        await removeLeaks(compilation, assets, build, errors)
      })
    })
    // Searches what a later plugin has added since our search.
    compiler.hooks.emit.tapPromise({ name: NAME, stage: LAST }, async (compilation) => {
      await removeLeaks(compilation, compilation.assets, build, errors)
    })
    compiler.hooks.afterEmit.tapPromise({ name: NAME, stage: LAST }, async (compilation) => {
      const leaks = await build.findWrittenLeaks(compiler.outputPath)
      if (leaks) errors.report(leaks.error, compilation)
    })
  }
}

/** Rspack also says which webpack it is like. webpack 4 has no such property. */
function checkVersion({ webpack }: Partial<Compiler>): void {
  if (!webpack) throw olderHost('webpack')
  const rspack: unknown = Reflect.get(webpack, 'rspackVersion')
  if (typeof rspack === 'string') checkHostVersion('@rspack/core', rspack)
  else checkHostVersion('webpack', webpack.version)
}

/** The errors of a compiler's builds. */
interface BuildErrors {
  report(error: Error, compilation: Compilation): void
  distinguishBuilds(compilation: Compilation): void
}

function collectErrors({ webpack: { WebpackError } }: Compiler): BuildErrors {
  let count = 0
  return {
    report({ message }, compilation) {
      count++
      const error = new WebpackError(message)
      error.hideStack = true
      compilation.errors.push(error)
    },
    /**
     * Undoing a mistake would give a build the hash of an earlier one. Hot updates are named after the build that they
     * follow: webpack would keep the older update of that name, and open pages would be stuck.
     */
    distinguishBuilds({ hooks }) {
      // Rspack has neither this hook nor this problem.
      if (!('fullHash' in hooks)) return
      hooks.fullHash.tap(NAME, (hash) => {
        if (count > 0) hash.update(String(count))
      })
    },
  }
}

async function removeLeaks(compilation: Compilation, assets: Assets, build: Build, errors: BuildErrors): Promise<void> {
  const files = Object.entries(assets).map(([name, asset]) => ({ name, content: asset.source() }))
  const leaks = await build.findLeaks(files)
  if (!leaks) return
  errors.report(leaks.error, compilation)
  // Development builds are written despite errors.
  for (const file of leaks.files) compilation.deleteAsset(file)
}

/** After every other plugin. */
const LAST = Number.MAX_SAFE_INTEGER

type Assets = Readonly<Record<string, { source(): string | Buffer }>>

type Setup = (middlewares: unknown[], server: unknown) => unknown[]

/** Adds our guard before the development server looks for a file. The server reads its options from the compiler's. */
function guardDevServer(options: Compiler['options'], build: Build): void {
  const { devServer } = options as { devServer?: { setupMiddlewares?: Setup; static?: Static | Static[] } | false }
  if (!devServer) return
  const places = placesOf(devServer.static)
  const { setupMiddlewares = (middlewares) => middlewares } = devServer
  devServer.setupMiddlewares = (middlewares, server) => [
    refuseConfidential(build, places),
    ...setupMiddlewares(middlewares, server),
  ]
}

/** What the development server may be told to serve: a directory, with the paths to serve it at. */
type Static = string | boolean | { directory?: string; publicPath?: string | string[] }

function placesOf(given: Static | Static[] = true): readonly Place[] {
  return [given].flat().flatMap((entry) => {
    if (entry === false) return []
    const { directory = 'public', publicPath = '/' } =
      typeof entry === 'string' ? { directory: entry } : entry === true ? {} : entry
    // Relative to the working directory, as in the server.
    return [publicPath].flat().map((below) => ({ directory: resolve(directory), below }))
  })
}

/** Loaders that run modules, such as those for style sheets, have their own module graph. */
function withElsewhere(graph: ModuleGraph, refused: Iterable<string>): ModuleGraph {
  const ids = [...graph.ids]
  const known = new Set(ids.map((id) => JSON.stringify(refusalOf(id))))
  const elsewhere = [...refused].filter((id) => !known.has(JSON.stringify(refusalOf(id))))
  return { ids: [...ids, ...elsewhere], importersOf: graph.importersOf }
}

function graphOf({ moduleGraph }: Compilation, modules: Iterable<Module>): ModuleGraph {
  const byId = new Map<string, Module[]>()
  for (const module of modules) {
    const id = idOf(module)
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), module])
  }
  return {
    ids: byId.keys(),
    importersOf: (id: string) => new Set((byId.get(id) ?? []).flatMap((module) => importersOf(module, moduleGraph))),
  }
}

/** Modules in between, as for `require.context`, have no name of their own. */
function importersOf(module: Module, graph: Compilation['moduleGraph'], seen = new Set<Module>()): readonly string[] {
  seen.add(module)
  return [...graph.getIncomingConnections(module)].flatMap(({ originModule }) => {
    if (!originModule || seen.has(originModule)) return []
    const id = idOf(originModule)
    return id === undefined ? importersOf(originModule, graph, seen) : [id]
  })
}

function idOf(module: Module): string | undefined {
  const resource: unknown = Reflect.get(module, 'resource') ?? Reflect.get(module, 'userRequest')
  return typeof resource === 'string' && resource !== '' ? resource : undefined
}
