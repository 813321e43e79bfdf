import type { RsbuildPluginAPI } from '@rsbuild/core'
import { createBuild } from '../build.ts'
import { refuseConfidential } from '../dev-server/dev-guard.ts'
import type { PluginOptions } from '../options.ts'

/** Keeps the development server from serving files with secrets. */
export function guardDevServer(api: RsbuildPluginAPI, options: PluginOptions | undefined): void {
  api.onBeforeStartDevServer(async ({ server }) => {
    const build = createBuild({ ...options, types: false })
    build.setRoot(api.context.rootPath)
    server.middlewares.use(refuseConfidential(build))
    // The environments report what is wrong with the configuration.
    await build.refresh()
  })
}
