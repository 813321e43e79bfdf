import type { RsbuildPluginAPI } from '@rsbuild/core'
import { createBuild } from '../build.ts'
import { refuseConfidential } from '../dev-server/dev-guard.ts'
import type { PluginOptions } from '../options.ts'

/** Lets the development server hand out no file with secrets. */
export function guardDevServer(api: RsbuildPluginAPI, options: PluginOptions | undefined): void {
  api.onBeforeStartDevServer(async ({ server }) => {
    const build = createBuild({ ...options, types: false })
    build.setRoot(api.context.rootPath)
    server.middlewares.use(refuseConfidential(build))
    // What is wrong with the configuration is said by the environments.
    await build.refresh()
  })
}
