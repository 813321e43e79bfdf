import { readFile } from 'node:fs/promises'
import type { Loader, OnLoadArgs, OnLoadResult, PluginBuild } from 'esbuild'

/** Specifiers of files that no bundle may hold. */
const CONFIDENTIAL_FILES = /(^|[\\/])\.systemprompt[\\/]|(^|[\\/])\.env[^\\/]*$/

const SCRIPTS = /\.[cm]?[jt]sx?$/

/**
 * What esbuild is told before the modules of the plugin: how style sheets and imported texts are left as they are.
 * @throws for another bundler
 */
export function beforeModules(build: PluginBuild): void {
  if (!isEsbuild(build)) throw otherBundler()
  // A style sheet cannot hold the module that stands for what is refused; the graph of the build names it.
  build.onResolve({ filter: CONFIDENTIAL_FILES }, ({ path, kind }) =>
    kind === 'url-token' || kind === 'import-rule' ? { path, external: true } : undefined,
  )
  build.onLoad({ filter: SCRIPTS, namespace: 'file' }, loadText)
}

/** Bun's bundler takes plugins of this form, and tells them neither what is in its output nor who imports what. */
function isEsbuild({ esbuild }: Partial<PluginBuild>): boolean {
  return typeof esbuild?.version === 'string'
}

function otherBundler(): Error {
  const error = new Error(
    "'@systemprompt/env/esbuild' is for esbuild, and this is another bundler: its output would not be searched for secrets. Build with esbuild",
  )
  error.stack = ''
  return error
}

/** JavaScript that is imported as a text or as bytes stays as it is; whoever replaces reads goes by its name alone. */
async function loadText({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
  // esbuild has them from 0.19.7 on.
  const loader = AS_TEXT[attributes?.type ?? '']
  return loader && { contents: await readFile(path), loader, watchFiles: [path] }
}

const AS_TEXT: Readonly<Record<string, Loader>> = { text: 'text', bytes: 'binary' }
