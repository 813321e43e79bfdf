import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { build as farmBuild } from '@farmfe/core'
import type { RsbuildConfig } from '@rsbuild/core'
import type { Configuration as RspackConfig } from '@rspack/core'
import type { BuildOptions as EsbuildConfig } from 'esbuild'
import type { BuildOptions, OutputOptions as RolldownOutput } from 'rolldown'
import type { OutputOptions, RollupOptions } from 'rollup'
import type { InlineConfig as ViteConfig } from 'vite'
import type { Configuration as WebpackConfig } from 'webpack'
import esbuildPlugin from '../../integrations/esbuild.ts'
import farmPlugin from '../../integrations/farm.ts'
import type { Consumer, PluginOptions } from '../../integrations/options.ts'
import rolldownPlugin from '../../integrations/rolldown.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import rsbuildPlugin from '../../integrations/rsbuild.ts'
import rspackPlugin from '../../integrations/rspack.ts'
import vitePlugin from '../../integrations/vite.ts'
import webpackPlugin from '../../integrations/webpack.ts'
import { afterFile } from '../support/after-file.ts'

export const HOSTS = ['vite', 'webpack', 'rollup', 'rolldown', 'rspack', 'rsbuild', 'esbuild', 'farm'] as const

export type Host = (typeof HOSTS)[number]

export interface BuildRequest {
  /** The project's directory. */
  readonly root: string
  readonly consumer: Consumer
  /** From the root. @default src/client.js or src/server.js */
  readonly entry?: string
  /** In place of one entry several, by name. */
  readonly entries?: Readonly<Record<string, string>>
  /** Changes the bundler's configuration. */
  readonly configure?: Configure
  readonly options?: PluginOptions
  readonly minify?: boolean
}

/** For each bundler what is to be changed in its configuration. */
export interface Configure {
  readonly vite?: (config: ViteConfig) => ViteConfig
  readonly webpack?: (config: WebpackConfig) => WebpackConfig
  readonly rollup?: (config: RollupConfig) => RollupConfig
  readonly rolldown?: (config: RolldownConfig) => RolldownConfig
  readonly rspack?: (config: RspackConfig) => RspackConfig
  readonly rsbuild?: (config: RsbuildConfig) => RsbuildConfig
  readonly esbuild?: (config: EsbuildConfig) => EsbuildConfig
  readonly farm?: (config: FarmConfig) => FarmConfig
}

type RollupConfig = RollupOptions & { readonly output: OutputOptions }
type FarmConfig = NonNullable<Parameters<typeof farmBuild>[0]>
type RolldownConfig = BuildOptions & { readonly output: RolldownOutput }

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

afterFile(() => {
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
  const main = request.entry ?? `src/${request.consumer}.js`
  const entries = Object.entries(request.entries ?? { main })
  const settled = {
    minify: false,
    options: {},
    configure: {},
    ...request,
    outDir,
    entry: join(request.root, main),
    entries: Object.fromEntries(entries.map(([name, path]) => [name, join(request.root, path)])),
  }
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
  async vite({ root, consumer, entry, entries, options, minify, outDir, configure }) {
    const { build } = await import('vite')
    const config: ViteConfig = {
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [vitePlugin(options)],
      build: {
        outDir,
        minify,
        sourcemap: true,
        ssr: consumer === 'server',
        rolldownOptions: {
          input: isPage({ consumer, entries, entry }) ? join(root, 'index.html') : entries,
          output: { entryFileNames: isPage({ consumer, entries, entry }) ? 'main.js' : '[name].js' },
        },
      },
    }
    return failureOf(() => build(configure.vite?.(config) ?? config))
  },
  async rollup({ root, consumer, entries, options, outDir, configure }) {
    const { rollup } = await import('rollup')
    const config: RollupConfig = {
      input: entries,
      plugins: [rollupPlugin({ cwd: root, consumer, ...options })],
      external: ['@systemprompt/env'],
      onLog: () => undefined,
      output: { dir: outDir, entryFileNames: '[name].js', sourcemap: true },
    }
    return failureOf(async () => {
      const { output, ...input } = configure.rollup?.(config) ?? config
      const bundle = await rollup(input)
      await bundle.write(output)
      await bundle.close()
    })
  },
  async rolldown({ root, consumer, entries, options, minify, outDir, configure }) {
    const { build } = await import('rolldown')
    const config: RolldownConfig = {
      input: entries,
      cwd: root,
      platform: consumer === 'server' ? 'node' : 'browser',
      plugins: [rolldownPlugin({ cwd: root, ...options })],
      logLevel: 'silent',
      output: { dir: outDir, entryFileNames: '[name].js', sourcemap: true, minify },
    }
    return failureOf(() => build(configure.rolldown?.(config) ?? config))
  },
  async esbuild({ root, consumer, entries, options, minify, outDir, configure }) {
    const { build } = await import('esbuild')
    const config: EsbuildConfig = {
      entryPoints: entries,
      absWorkingDir: root,
      outdir: outDir,
      bundle: true,
      format: 'esm',
      platform: consumer === 'server' ? 'node' : 'browser',
      minify,
      sourcemap: true,
      logLevel: 'silent',
      plugins: [esbuildPlugin(options)],
    }
    return failureOf(() => build(configure.esbuild?.(config) ?? config))
  },
  async webpack({ root, consumer, entries, options, minify, outDir, configure }) {
    const { default: webpack } = await import('webpack')
    const config: WebpackConfig = {
      context: root,
      entry: entries,
      mode: 'production',
      target: consumer === 'server' ? 'node' : 'web',
      devtool: 'source-map',
      optimization: { minimize: minify },
      output: { path: outDir, filename: consumer === 'server' ? '[name].cjs' : '[name].js' },
      plugins: [webpackPlugin(options)],
    }
    return compile(webpack(configure.webpack?.(config) ?? config))
  },
  async rspack({ root, consumer, entries, options, minify, outDir, configure }) {
    const { rspack } = await import('@rspack/core')
    const config: RspackConfig = {
      context: root,
      entry: entries,
      mode: 'production',
      target: consumer === 'server' ? 'node' : 'web',
      devtool: 'source-map',
      optimization: { minimize: minify },
      output: { path: outDir, filename: consumer === 'server' ? '[name].cjs' : '[name].js' },
      plugins: [rspackPlugin(options)],
    }
    return compile(rspack(configure.rspack?.(config) ?? config))
  },
  async rsbuild({ root, consumer, entries, options, minify, outDir, configure }) {
    const { createRsbuild } = await import('@rsbuild/core')
    const errors: string[] = []
    const config: RsbuildConfig = {
      mode: 'production',
      logLevel: 'silent',
      source: { entry: entries },
      output: {
        target: consumer === 'server' ? 'node' : 'web',
        distPath: { root: outDir, js: '' },
        filename: { js: '[name].js' },
        sourceMap: true,
        minify,
      },
      plugins: [rsbuildPlugin(options)],
    }
    const failure = await failureOf(async () => {
      const rsbuild = await createRsbuild({ cwd: root, config: configure.rsbuild?.(config) ?? config })
      rsbuild.onAfterBuild(({ stats }) => {
        for (const { message } of stats?.toJson({ all: false, errors: true }).errors ?? []) errors.push(message)
      })
      const { close } = await rsbuild.build()
      await close()
    })
    return errors.length > 0 ? errors.join('\n') : failure
  },
  async farm({ root, consumer, entry, entries, options, minify, outDir, configure }) {
    const { build, Logger } = await import('@farmfe/core')
    const logger = new Logger()
    // Farm's own ends the process.
    logger.error = (message) => {
      throw message instanceof Error ? message : new Error(String(message))
    }
    const config: FarmConfig = {
      root,
      logger,
      clearScreen: false,
      compilation: {
        // Farm starts what a page starts.
        input: isPage({ consumer, entries, entry }) ? { main: join(root, 'index.html') } : entries,
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
    }
    return failureOf(() => build(configure.farm?.(config) ?? config))
  },
}

/** Whether the page of `fixtures/app` is what is built. */
function isPage({ consumer, entry, entries }: Pick<Settled, 'consumer' | 'entry' | 'entries'>): boolean {
  return consumer === 'client' && Object.keys(entries).join() === 'main' && entry.endsWith('client.js')
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
