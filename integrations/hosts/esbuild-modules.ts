import { readFile } from 'node:fs/promises'
import type { Loader, OnLoadArgs, OnLoadResult, PluginBuild } from 'esbuild'
import { checkHostVersion } from '../host-version.ts'

/** Specifiers of files that no bundle may contain. */
const CONFIDENTIAL_FILES = /(^|[\\/])\.systemprompt[\\/]|(^|[\\/])\.env[^\\/]*$/

const SCRIPTS = /\.[cm]?[jt]sx?$/

/**
 * Registers callbacks that go before the plugin's own modules: they leave style sheets and imported texts unchanged.
 * @throws for another bundler, or an esbuild that is too old
 */
export function beforeModules(build: PluginBuild): void {
  if (!isEsbuild(build)) throw otherBundler()
  checkHostVersion('esbuild', build.esbuild.version)
  // A style sheet cannot contain the stand-in for a refused module; the build's graph names it.
  build.onResolve({ filter: CONFIDENTIAL_FILES }, ({ path, kind }) =>
    kind === 'url-token' || kind === 'import-rule' ? { path, external: true } : undefined,
  )
  build.onLoad({ filter: SCRIPTS, namespace: 'file' }, loadText)
}

/** Bun's bundler accepts esbuild plugins, but tells them neither what is in its output nor who imports what. */
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

/** JavaScript imported as text or bytes stays unchanged: the transform goes only by a file's name. */
async function loadText({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
  // esbuild has import attributes since 0.19.7.
  const loader = AS_TEXT[attributes?.type ?? '']
  return loader && { contents: await readFile(path), loader, watchFiles: [path] }
}

const AS_TEXT: Readonly<Record<string, Loader>> = { text: 'text', bytes: 'binary' }
