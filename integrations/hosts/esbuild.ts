import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { BuildResult, Loader, Metafile, OnEndResult } from 'esbuild'
import type { UnpluginOptions } from 'unplugin'
import type { Build } from '../build.ts'
import { consumerOfPlatform } from '../consumer.ts'
import { externalError } from '../output/external-modules.ts'
import type { OutputFile } from '../output/leak-guard.ts'
import { NOTHING } from '../public-env.ts'
import { type ModuleGraph, refusals } from '../refusals.ts'

/** esbuild. Every file that a filter matches is passed to JavaScript, so the filters are narrow. */
export function esbuildHooks(build: Build): Pick<UnpluginOptions, 'esbuild' | 'transformInclude'> {
  let loaders: Loaders
  const esbuild: UnpluginOptions['esbuild'] = {
    onResolveFilter:
      /^@systemprompt\/env|^virtual:systemprompt\/public|(^|[\\/])\.systemprompt[\\/]|(^|[\\/])\.env[^\\/]*$/,
    // Code, the plugin's own modules, and files that may hold secrets.
    onLoadFilter:
      /\.[cm]?[jt]sx?$|@systemprompt\/env\/|[\\/]\.systemprompt[\\/]|[\\/]\.env[^\\/]*$|\.(json5?|ya?ml|toml|txt|env|conf|cfg|ini|properties|pem|key)$|[\\/][^\\/.]+$/,
    // unplugin looks only at the extension.
    loader: (_, id) => loaderOf(id, loaders) ?? 'js',
    config(options) {
      loaders = options.loader
      build.setRoot(options.absWorkingDir ?? '.')
      build.consumer = build.options.consumer ?? consumerOfPlatform(options.platform)
      build.isWithoutGraph = options.bundle !== true
    },
    setup({ initialOptions, onStart, onEnd, onResolve, resolve: resolveModule }) {
      const isMetafileWanted = initialOptions.metafile === true
      const directory = resolve(initialOptions.absWorkingDir ?? '.')
      const { outdir, outfile } = initialOptions
      const outDirectory =
        outdir === undefined && outfile === undefined
          ? undefined
          : resolve(directory, outdir ?? dirname(outfile ?? '.'))
      initialOptions.metafile = true
      // Imports of our generated modules are resolved from the project, since those modules have no directory.
      onResolve({ filter: /^@systemprompt\/env$/, namespace: '@systemprompt/env' }, ({ path, kind }) =>
        resolveModule(path, { kind, resolveDir: build.root }),
      )
      const isPrinted = outDirectory === undefined && initialOptions.write !== false
      let isSetUp = false
      onStart(async () => {
        // All plugins are set up by now, so this runs after theirs, which may write files.
        if (!isSetUp) onEnd(guardAgain)
        isSetUp = true
        const failure = await build.refresh()
        if (isPrinted && build.options.leakGuard !== false && build.env.secrets.length > 0)
          return { errors: [{ text: PRINTED }] }
        // A rebuild that failed here would stop watching: it continues with the last valid values, and fails at its
        // end.
        return failure && build.env === NOTHING ? { errors: [{ text: failure.message }] } : {}
      })
      onEnd(async (result) => {
        const graph = graphOf(result.metafile?.inputs ?? {}, directory)
        const refusal = refusals(graph, build) ?? externalError(graph.ids)
        const files = await outputFiles(result, directory)
        const leaks = await build.findLeaks(files)
        const remove = refusal ? files.map(({ name }) => name) : (leaks?.files ?? [])
        await removeFiles(result, remove, directory)
        return errorsOf(build.env === NOTHING ? undefined : build.failure, refusal, leaks?.error)
      })

      async function guardAgain(result: BuildResult): Promise<OnEndResult> {
        const leaks = await build.findLeaks(await outputFiles(result, directory))
        await removeFiles(result, leaks?.files ?? [], directory)
        if (!isMetafileWanted) Reflect.deleteProperty(result, 'metafile')
        const written = result.outputFiles || !outDirectory ? undefined : await build.findWrittenLeaks(outDirectory)
        return errorsOf(leaks?.error, written?.error)
      }
    },
  }
  return { esbuild, transformInclude: (id) => ['js', 'jsx', 'ts', 'tsx'].includes(loaderOf(id, loaders) ?? '') }
}

const PRINTED =
  '@systemprompt/env: esbuild would print the output, where a secret in it could not be held back. Set outfile, outdir or write: false; or leakGuard: false'

type Loaders = Readonly<Record<string, Loader>> | undefined

/** esbuild's own loaders of code and data, by extension. */
const LOADERS: Loaders = {
  '.js': 'js',
  '.cjs': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
  '.ts': 'ts',
  '.cts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
  '.json': 'json',
  '.txt': 'text',
}

/** The loader for a file: of several extensions, as in `.page.js`, the longest that has one. */
function loaderOf(id: string, configured: Loaders): Loader | undefined {
  const [name = ''] = basename(id).split('?')
  const extensions = name.split('.').map((_, index, parts) => `.${parts.slice(index).join('.')}`)
  const known: Loaders = { ...LOADERS, ...configured }
  return extensions.slice(1).flatMap((extension) => known[extension] ?? [])[0]
}

function errorsOf(...errors: readonly (Error | undefined)[]): OnEndResult {
  return { errors: errors.flatMap((error) => (error ? [{ text: error.message }] : [])) }
}

/** esbuild writes its output before it calls plugins; with `allowOverwrite` over the sources, which are kept. */
async function removeFiles(result: BuildResult, names: readonly string[], directory: string): Promise<void> {
  const paths = new Set(names.map((name) => resolve(directory, name)))
  if (result.outputFiles) {
    result.outputFiles = result.outputFiles.filter(({ path }) => !paths.has(path))
    return
  }
  const sources = new Set(Object.keys(result.metafile?.inputs ?? {}).map((name) => resolve(directory, name)))
  for (const path of paths) if (!sources.has(path)) await rm(path, { force: true })
}

/** The output; it is in memory if esbuild writes nothing. */
async function outputFiles({ outputFiles, metafile }: BuildResult, directory: string): Promise<readonly OutputFile[]> {
  if (outputFiles) return outputFiles.map(({ path, contents }) => ({ name: path, content: contents }))
  const read = Object.keys(metafile?.outputs ?? {}).map(async (name) => {
    // esbuild's server writes nothing, and other plugins may have deleted a file.
    const content = await readFile(resolve(directory, name)).catch(() => undefined)
    return content ? [{ name, content }] : []
  })
  return (await Promise.all(read)).flat()
}

/** esbuild names files relative to its working directory, and puts the namespace and a colon before other modules. */
function graphOf(inputs: Metafile['inputs'], directory: string): ModuleGraph {
  const idOf = (name: string): string => (/^\w?:?[^:]*$/.test(name) ? resolve(directory, name) : name)
  const importers = new Map<string, string[]>()
  const externals = new Set<string>()
  for (const [name, { imports }] of Object.entries(inputs))
    for (const { path, external } of imports) {
      const id = external ? path : idOf(path)
      importers.set(id, [...(importers.get(id) ?? []), idOf(name)])
      if (external) externals.add(id)
    }
  const ids = [...Object.keys(inputs).map(idOf), ...externals]
  return { ids, importersOf: (id) => importers.get(id) ?? [] }
}
