import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { afterAll } from 'vitest'
import esbuildPlugin from '../../integrations/esbuild.ts'
import farmPlugin from '../../integrations/farm.ts'
import type { Consumer, PluginOptions } from '../../integrations/options.ts'
import rolldownPlugin from '../../integrations/rolldown.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import rsbuildPlugin from '../../integrations/rsbuild.ts'
import rspackPlugin from '../../integrations/rspack.ts'
import vitePlugin from '../../integrations/vite.ts'
import webpackPlugin from '../../integrations/webpack.ts'

export const HOSTS = ['vite', 'webpack', 'rollup', 'rolldown', 'rspack', 'rsbuild', 'esbuild', 'farm'] as const

export type Host = (typeof HOSTS)[number]

export interface BuildRequest {
  /** The project's directory. */
  readonly root: string
  readonly consumer: Consumer
  /** From the root. @default src/client.js or src/server.js */
  readonly entry?: string
  readonly options?: PluginOptions
  readonly minify?: boolean
}

export interface BuildResult {
  /** What the bundler said, all of its errors; undefined where it said that all is well. */
  readonly error?: string
  readonly outDir: string
  /** What was written, by path from the output directory. */
  readonly files: ReadonlyMap<string, Buffer>
  /** The file to run. */
  readonly entry: string
  /** What a browser opens, from the output directory. */
  readonly page: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const made: string[] = []

afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** A copy of `fixtures/app` in which the package can be imported. */
export function copyApp(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-app-')))
  made.push(root)
  cpSync(join(repository, 'fixtures/app'), root, { recursive: true })
  mkdirSync(join(root, 'node_modules/@systemprompt'), { recursive: true })
  symlinkSync(repository, join(root, 'node_modules/@systemprompt/env'), 'dir')
  return root
}

/** Builds with a bundler as its users do; what goes wrong is part of the result. */
export async function buildWith(host: Host, request: BuildRequest): Promise<BuildResult> {
  const outDir = join(request.root, `out-${host}-${request.consumer}`)
  rmSync(outDir, { recursive: true, force: true })
  const entry = request.entry ?? `src/${request.consumer}.js`
  const settled = { minify: false, options: {}, ...request, outDir, entry: join(request.root, entry) }
  const error = plain(await BUILDERS[host](settled))
  const files = filesIn(outDir)
  const name = [...files.keys()].find((file) => /^(?:assets\/|static\/js\/)?(?:main|index)[^/]*\.[mc]?js$/.test(file))
  const script = name ?? 'main.js'
  const page = [...files.keys()].find((file) => file.endsWith('.html')) ?? `?script=${script}`
  return { ...(error === undefined ? {} : { error }), outDir, files, entry: join(outDir, script), page }
}

/** A message without what only a terminal needs: colours, and the line that Rspack draws down its side. */
function plain(message: string | undefined): string | undefined {
  return message === undefined ? undefined : stripVTControlCharacters(message).replace(/^ {2}│ /gm, '')
}

type Settled = Required<BuildRequest> & { readonly outDir: string }
type Builder = (request: Settled) => Promise<string | undefined>

const BUILDERS: Readonly<Record<Host, Builder>> = {
  async vite({ root, consumer, entry, options, minify, outDir }) {
    const { build } = await import('vite')
    const isServer = consumer === 'server'
    return failureOf(() =>
      build({
        root,
        configFile: false,
        logLevel: 'silent',
        plugins: [vitePlugin(options)],
        build: {
          outDir,
          minify,
          sourcemap: true,
          ssr: isServer ? entry : false,
          rolldownOptions: {
            ...(isServer ? {} : { input: entry.endsWith('client.js') ? join(root, 'index.html') : entry }),
            output: { entryFileNames: 'main.js' },
          },
        },
      }),
    )
  },
  async rollup({ root, consumer, entry, options, outDir }) {
    const { rollup } = await import('rollup')
    return failureOf(async () => {
      const bundle = await rollup({
        input: entry,
        plugins: [rollupPlugin({ cwd: root, consumer, ...options })],
        external: ['@systemprompt/env'],
        onLog: () => undefined,
      })
      await bundle.write({ dir: outDir, entryFileNames: 'main.js', sourcemap: true })
      await bundle.close()
    })
  },
  async rolldown({ root, consumer, entry, options, minify, outDir }) {
    const { build } = await import('rolldown')
    return failureOf(() =>
      build({
        input: entry,
        cwd: root,
        platform: consumer === 'server' ? 'node' : 'browser',
        plugins: [rolldownPlugin({ cwd: root, ...options })],
        logLevel: 'silent',
        output: { dir: outDir, entryFileNames: 'main.js', sourcemap: true, minify },
      }),
    )
  },
  async esbuild({ root, consumer, entry, options, minify, outDir }) {
    const { build } = await import('esbuild')
    return failureOf(() =>
      build({
        entryPoints: { main: entry },
        absWorkingDir: root,
        outdir: outDir,
        bundle: true,
        format: 'esm',
        platform: consumer === 'server' ? 'node' : 'browser',
        minify,
        sourcemap: true,
        logLevel: 'silent',
        plugins: [esbuildPlugin(options)],
      }),
    )
  },
  async webpack({ root, consumer, entry, options, minify, outDir }) {
    const { default: webpack } = await import('webpack')
    return compile(
      webpack({
        context: root,
        entry,
        mode: 'production',
        target: consumer === 'server' ? 'node' : 'web',
        devtool: 'source-map',
        optimization: { minimize: minify },
        output: { path: outDir, filename: consumer === 'server' ? 'main.cjs' : 'main.js' },
        plugins: [webpackPlugin(options)],
      }),
    )
  },
  async rspack({ root, consumer, entry, options, minify, outDir }) {
    const { rspack } = await import('@rspack/core')
    return compile(
      rspack({
        context: root,
        entry,
        mode: 'production',
        target: consumer === 'server' ? 'node' : 'web',
        devtool: 'source-map',
        optimization: { minimize: minify },
        output: { path: outDir, filename: consumer === 'server' ? 'main.cjs' : 'main.js' },
        plugins: [rspackPlugin(options)],
      }),
    )
  },
  async rsbuild({ root, consumer, entry, options, minify, outDir }) {
    const { createRsbuild } = await import('@rsbuild/core')
    const errors: string[] = []
    const failure = await failureOf(async () => {
      const rsbuild = await createRsbuild({
        cwd: root,
        config: {
          mode: 'production',
          logLevel: 'silent',
          source: { entry: { main: entry } },
          output: {
            target: consumer === 'server' ? 'node' : 'web',
            distPath: { root: outDir, js: '' },
            filename: { js: '[name].js' },
            sourceMap: true,
            minify,
          },
          plugins: [rsbuildPlugin(options)],
        },
      })
      rsbuild.onAfterBuild(({ stats }) => {
        for (const { message } of stats?.toJson({ all: false, errors: true }).errors ?? []) errors.push(message)
      })
      const { close } = await rsbuild.build()
      await close()
    })
    return errors.length > 0 ? errors.join('\n') : failure
  },
  async farm({ root, consumer, entry, options, minify, outDir }) {
    const { build, Logger } = await import('@farmfe/core')
    const logger = new Logger()
    // Farm's own ends the process.
    logger.error = (message) => {
      throw message instanceof Error ? message : new Error(String(message))
    }
    return failureOf(() =>
      build({
        root,
        logger,
        clearScreen: false,
        compilation: {
          // Farm starts what a page starts.
          input: { main: entry.endsWith('client.js') ? join(root, 'index.html') : entry },
          // Farm finds no package behind a link; installed ones are bundled.
          external: consumer === 'server' ? ['^@systemprompt/env$'] : [],
          output: {
            path: outDir,
            entryFilename: '[entryName].[ext]',
            targetEnv: consumer === 'server' ? 'node' : 'browser',
            format: 'esm',
          },
          sourcemap: true,
          minify,
          persistentCache: false,
          presetEnv: false,
          progress: false,
        },
        plugins: [farmPlugin(options)],
      }),
    )
  },
}

async function failureOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Compiler {
  run(done: (error: Error | null, stats?: Stats) => void): void
  close(done: () => void): void
}

interface Stats {
  toJson(options: object): { errors?: readonly { message: string }[] | undefined }
}

function compile(compiler: unknown): Promise<string | undefined> {
  const { run, close } = compiler as Compiler
  return new Promise((resolve) => {
    run.call(compiler, (error, stats) => {
      const errors = stats?.toJson({ all: false, errors: true }).errors ?? []
      const text = error ? error.message : errors.map(({ message }) => message).join('\n')
      close.call(compiler, () => resolve(text === '' ? undefined : text))
    })
  })
}

function filesIn(directory: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const entry of readEntries(directory)) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(path.slice(directory.length + 1).replaceAll('\\', '/'), readFileSync(path))
  }
  return files
}

function readEntries(directory: string) {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
  } catch {
    return []
  }
}
