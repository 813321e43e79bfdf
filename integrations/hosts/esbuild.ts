import { readFile, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { BuildResult, Metafile, OnEndResult } from 'esbuild'
import type { UnpluginOptions } from 'unplugin'
import type { Build } from '../build.ts'
import { consumerOfPlatform } from '../consumer.ts'
import type { OutputFile } from '../leak-guard.ts'
import { NOTHING } from '../public-env.ts'
import { type ModuleGraph, refusals } from '../refusals.ts'

/** Specifiers of files that no bundle may hold. */
export const CONFIDENTIAL_FILES = /(^|[\\/])\.systemprompt[\\/]|(^|[\\/])\.env[^\\/]*$/

/** esbuild. Every file that a filter lets through crosses to JavaScript, so the filters are narrow. */
export function esbuildHooks(build: Build): NonNullable<UnpluginOptions['esbuild']> {
  return {
    onResolveFilter:
      /^@systemprompt\/env|^virtual:systemprompt\/public|(^|[\\/])\.systemprompt[\\/]|(^|[\\/])\.env[^\\/]*$/,
    onLoadFilter: /\.[cm]?[jt]sx?$|@systemprompt\/env\/|[\\/]\.systemprompt[\\/]|[\\/]\.env[^\\/]*$/,
    config(options) {
      build.setRoot(options.absWorkingDir ?? '.')
      build.consumer = build.options.consumer ?? consumerOfPlatform(options.platform)
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
      // What a module of ours imports is looked for from the project: the module itself lies nowhere.
      onResolve({ filter: /^@systemprompt\/env$/, namespace: '@systemprompt/env' }, ({ path, kind }) =>
        resolveModule(path, { kind, resolveDir: build.root }),
      )
      let isSetUp = false
      onStart(async () => {
        // All plugins are set up by now, so that this comes behind theirs, which may write files.
        if (!isSetUp) onEnd(guardAgain)
        isSetUp = true
        const failure = await build.refresh()
        // A rebuild that ended here would watch nothing from then on: it goes on with the last good values, and fails at its end.
        return failure && build.env === NOTHING ? { errors: [{ text: failure.message }] } : {}
      })
      onEnd(async (result) => {
        const refusal = refusals(graphOf(result.metafile?.inputs ?? {}), build)
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
}

function errorsOf(...errors: readonly (Error | undefined)[]): OnEndResult {
  return { errors: errors.flatMap((error) => (error ? [{ text: error.message }] : [])) }
}

/** esbuild has written its output before it asks a plugin. */
async function removeFiles(result: BuildResult, names: readonly string[], directory: string): Promise<void> {
  const paths = new Set(names.map((name) => resolve(directory, name)))
  for (const path of paths) await rm(path, { force: true })
  if (result.outputFiles) result.outputFiles = result.outputFiles.filter(({ path }) => !paths.has(path))
}

/** What was made: in memory where nothing is written. */
async function outputFiles({ outputFiles, metafile }: BuildResult, directory: string): Promise<readonly OutputFile[]> {
  if (outputFiles) return outputFiles.map(({ path, contents }) => ({ name: path, content: contents }))
  const read = Object.keys(metafile?.outputs ?? {}).map(async (name) => {
    // A server that esbuild starts writes nothing, and others may have taken a file away.
    const content = await readFile(resolve(directory, name)).catch(() => undefined)
    return content ? [{ name, content }] : []
  })
  return (await Promise.all(read)).flat()
}

function graphOf(inputs: Metafile['inputs']): ModuleGraph {
  const importers = new Map<string, string[]>()
  const externals = new Set<string>()
  for (const [id, { imports }] of Object.entries(inputs))
    for (const { path, external } of imports) {
      importers.set(path, [...(importers.get(path) ?? []), id])
      if (external) externals.add(path)
    }
  return { ids: [...Object.keys(inputs), ...externals], importersOf: (id) => importers.get(id) ?? [] }
}
