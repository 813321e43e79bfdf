import type { UnpluginOptions } from 'unplugin'
import type { Build } from '../build.ts'
import { consumerOfPlatform } from '../consumer.ts'
import { refusals } from '../refusals.ts'

/** esbuild. Every file that a filter lets through crosses to JavaScript, so the filters are narrow. */
export function esbuildHooks(build: Build): NonNullable<UnpluginOptions['esbuild']> {
  return {
    onResolveFilter: /^(@systemprompt\/env|virtual:systemprompt\/public)/,
    onLoadFilter: /\.[cm]?[jt]sx?$|@systemprompt\/env\/|[\\/]\.systemprompt[\\/]|[\\/]\.env[^\\/]*$/,
    config(options) {
      build.setRoot(options.absWorkingDir ?? '.')
      build.consumer = build.options.consumer ?? consumerOfPlatform(options.platform)
    },
    setup({ initialOptions, onStart, onEnd }) {
      const isMetafileWanted = initialOptions.metafile === true
      initialOptions.metafile = true
      onStart(async () => {
        const failure = await build.refresh()
        return failure ? { errors: [{ text: failure.message }] } : {}
      })
      onEnd((result) => {
        const inputs = result.metafile?.inputs ?? {}
        const error = refusals(graphOf(inputs), build)
        if (!isMetafileWanted) Reflect.deleteProperty(result, 'metafile')
        return error ? { errors: [{ text: error.message }] } : {}
      })
    },
  }
}
function graphOf(inputs: Readonly<Record<string, { imports: readonly { path: string }[] }>>) {
  const importers = new Map<string, string[]>()
  for (const [id, { imports }] of Object.entries(inputs))
    for (const { path } of imports) importers.set(path, [...(importers.get(path) ?? []), id])
  return { ids: Object.keys(inputs), importersOf: (id: string) => importers.get(id) ?? [] }
}
