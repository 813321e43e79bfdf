import { readFile, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { BuildResult, Metafile } from 'esbuild'
import type { UnpluginOptions } from 'unplugin'
import type { Build } from '../build.ts'
import { consumerOfPlatform } from '../consumer.ts'
import type { OutputFile } from '../leak-guard.ts'
import { NOTHING } from '../public-env.ts'
import { type ModuleGraph, refusals } from '../refusals.ts'

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
      initialOptions.metafile = true
      // What a module of ours imports is looked for from the project: the module itself lies nowhere.
      onResolve({ filter: /^@systemprompt\/env$/, namespace: '@systemprompt/env' }, ({ path, kind }) =>
        resolveModule(path, { kind, resolveDir: build.root }),
      )
      onStart(async () => {
        const failure = await build.refresh()
        // A rebuild that ended here would watch nothing from then on: it goes on with the last good values, and fails at its end.
        return failure && build.env === NOTHING ? { errors: [{ text: failure.message }] } : {}
      })
      onEnd(async (result) => {
        const directory = resolve(initialOptions.absWorkingDir ?? '.')
        const refusal = refusals(graphOf(result.metafile?.inputs ?? {}), build)
        const files = await outputFiles(result, directory)
        const leaks = await build.findLeaks(files)
        // esbuild has written its output before it asks a plugin.
        if (refusal) await remove(files.map(({ name }) => name))
        else if (leaks) await remove(leaks.files)
        if (!isMetafileWanted) Reflect.deleteProperty(result, 'metafile')
        const failure = build.env === NOTHING ? undefined : build.failure
        return { errors: [failure, refusal, leaks?.error].flatMap((error) => (error ? [{ text: error.message }] : [])) }

        async function remove(names: readonly string[]): Promise<void> {
          for (const name of names) await rm(resolve(directory, name), { force: true })
          if (result.outputFiles)
            result.outputFiles = result.outputFiles.filter(({ path }) => !isIn(path, names, directory))
        }
      })
    },
  }
}

function isIn(path: string, names: readonly string[], directory: string): boolean {
  return names.some((name) => resolve(directory, name) === path)
}

/** What was made: in memory where nothing is written. */
async function outputFiles({ outputFiles, metafile }: BuildResult, directory: string): Promise<readonly OutputFile[]> {
  if (outputFiles) return outputFiles.map(({ path, contents }) => ({ name: path, content: contents }))
  const names = Object.keys(metafile?.outputs ?? {})
  return Promise.all(names.map(async (name) => ({ name, content: await readFile(resolve(directory, name)) })))
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
