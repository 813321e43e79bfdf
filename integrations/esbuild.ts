import { readFile } from 'node:fs/promises'
import type { Loader, OnLoadArgs, OnLoadResult, Plugin, PluginBuild } from 'esbuild'
import { CONFIDENTIAL_FILES } from './hosts/esbuild.ts'
import type { PluginOptions } from './options.ts'
import { plugin } from './plugin.ts'

export type { PluginOptions } from './options.ts'

/**
 * The plugin for esbuild: client code can import the public values and nothing else of the configuration, and all that is
 * written is searched for secrets. A secret in client code, and a configuration that is not valid, are errors of the build.
 *
 * @example
 * // build.js
 * import systemprompt from '@systemprompt/env/esbuild'
 *
 * await build({ entryPoints: ['src/main.ts'], bundle: true, outdir: 'dist', plugins: [systemprompt({ public: ['site.name'] })] })
 */
function esbuild(options?: PluginOptions): Plugin {
  const { name } = plugin.esbuild(options)
  return {
    name,
    setup(build) {
      if (!isEsbuild(build)) throw otherBundler()
      // A style sheet cannot hold the module that stands for what is refused; the graph of the build names it.
      build.onResolve({ filter: CONFIDENTIAL_FILES }, ({ path, kind }) =>
        kind === 'url-token' || kind === 'import-rule' ? { path, external: true } : undefined,
      )
      build.onLoad({ filter: SCRIPTS, namespace: 'file' }, loadText)
      // Every build has one of its own: this object may serve a client's and a server's at the same time.
      return plugin.esbuild(options).setup(build)
    },
  }
}

/** Bun's bundler takes plugins of this form, and tells them neither what is in its output nor who imports what. */
function isEsbuild({ esbuild }: Partial<PluginBuild>): boolean {
  return typeof esbuild?.version === 'string'
}

function otherBundler(): Error {
  const error = new Error(
    "'@systemprompt/env/esbuild' is for esbuild, and this bundler is another: nothing that it builds would be searched for secrets. Build with esbuild",
  )
  error.stack = ''
  return error
}

const SCRIPTS = /\.[cm]?[jt]sx?$/

/** JavaScript that is imported as a text or as bytes stays as it is; whoever replaces reads goes by its name alone. */
async function loadText({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
  // esbuild has them from 0.19.7 on.
  const loader = AS_TEXT[attributes?.type ?? '']
  return loader && { contents: await readFile(path), loader, watchFiles: [path] }
}

const AS_TEXT: Readonly<Record<string, Loader>> = { text: 'text', bytes: 'binary' }

export default esbuild
export { esbuild as 'module.exports' }
