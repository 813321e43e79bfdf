import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RspackPluginInstance } from '@rspack/core'
import { rspack } from '@rspack/core'
import type { Plugin as EsbuildPlugin } from 'esbuild'
import type { Plugin as RollupPlugin } from 'rollup'
import type { Compiler } from 'webpack'
import webpack from 'webpack'
import type { Configure } from './hosts.ts'
import type { Setup } from './leak-attempts.ts'

/** What set-ups put in, by the attempt that is to be stopped. */
export interface Planted {
  readonly root: string
  readonly outDir: (host: string) => string
  /** The secrets of attempts by their names. */
  readonly secret: (attempt: string) => string
}

/** The configuration of every bundler for one set-up. */
export function configureFor(setup: Setup, planted: Planted): Configure {
  return SETUPS[setup](planted)
}

const SETUPS: Readonly<Record<Setup, (planted: Planted) => Configure>> = {
  plain,
  worker: () => ({}),
  'hidden maps': () => ({
    vite: (config) => ({ ...config, build: { ...config.build, sourcemap: 'hidden' } }),
    rolldown: (config) => ({ ...config, output: { ...config.output, sourcemap: 'hidden' } }),
    esbuild: (config) => ({ ...config, sourcemap: 'external' }),
    webpack: (config) => ({ ...config, devtool: 'hidden-source-map' }),
    rspack: (config) => ({ ...config, devtool: 'hidden-source-map' }),
    rsbuild: (config) => ({ ...config, output: { ...config.output, sourceMap: { js: 'hidden-source-map' } } }),
  }),
  'inline maps': () => ({
    vite: (config) => ({ ...config, build: { ...config.build, sourcemap: 'inline' } }),
    rolldown: (config) => ({ ...config, output: { ...config.output, sourcemap: 'inline' } }),
    esbuild: (config) => ({ ...config, sourcemap: 'inline' }),
    webpack: (config) => ({ ...config, devtool: 'inline-source-map' }),
    rspack: (config) => ({ ...config, devtool: 'inline-source-map' }),
    rsbuild: (config) => ({ ...config, output: { ...config.output, sourceMap: { js: 'inline-source-map' } } }),
  }),
  banner({ secret }) {
    const banner = `globalThis.banner = '${secret('a banner')}';`
    return {
      vite: (config) => ({
        ...config,
        build: {
          ...config.build,
          rolldownOptions: { ...config.build?.rolldownOptions, output: { entryFileNames: '[name].js', banner } },
        },
      }),
      rollup: (config) => ({ ...config, output: { ...config.output, banner } }),
      rolldown: (config) => ({ ...config, output: { ...config.output, banner } }),
      esbuild: (config) => ({ ...config, banner: { js: banner } }),
      webpack: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), new webpack.BannerPlugin({ banner, raw: true })],
      }),
      rspack: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), new rspack.BannerPlugin({ banner, raw: true })],
      }),
    }
  },
  'late plugin': ({ secret }) => {
    const footer = `\n/* ${secret('what a later plugin adds to the output')} */`
    const late: RollupPlugin = {
      name: 'late',
      generateBundle: {
        order: 'post',
        handler(_, bundle) {
          for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code += footer
        },
      },
    }
    const latest = {
      apply(compiler: Compiler) {
        const { RawSource } = compiler.webpack.sources
        compiler.hooks.thisCompilation.tap('late', (compilation) =>
          compilation.hooks.processAssets.tap({ name: 'late', stage: 100_000 }, (assets) => {
            for (const [name, asset] of Object.entries(assets))
              if (name.endsWith('.js')) compilation.updateAsset(name, new RawSource(`${asset.source()}${footer}`))
          }),
        )
      },
    }
    const lateEsbuild: EsbuildPlugin = {
      name: 'late',
      setup: ({ onEnd, initialOptions: { outdir = '' } }) =>
        onEnd((result) => {
          for (const name of Object.keys(result.metafile?.outputs ?? {}).filter((name) => name.endsWith('.js')))
            writeFileSync(join(outdir, name.slice(name.lastIndexOf('/') + 1)), footer)
        }),
    }
    return {
      vite: (config) => ({ ...config, plugins: [...(config.plugins ?? []), { ...late, enforce: 'post' } as never] }),
      rollup: (config) => ({ ...config, plugins: [config.plugins, late] }),
      rolldown: (config) => ({ ...config, plugins: [config.plugins, late as never] }),
      esbuild: (config) => ({ ...config, metafile: true, plugins: [...(config.plugins ?? []), lateEsbuild] }),
      webpack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), latest] }),
      rspack: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), latest as unknown as RspackPluginInstance],
      }),
    }
  },
  'late file': ({ outDir, secret }) => {
    const write = (host: string): void => {
      mkdirSync(join(outDir(host), 'later'), { recursive: true })
      writeFileSync(join(outDir(host), 'later/notes.txt'), secret('a file that a later plugin writes'))
    }
    const late = (host: string): RollupPlugin => ({ name: 'late', writeBundle: () => write(host) })
    const latest = (host: string) => ({
      apply: (compiler: Compiler) => compiler.hooks.afterEmit.tap('late', () => write(host)),
    })
    return {
      vite: (config) => ({ ...config, plugins: [...(config.plugins ?? []), late('vite') as never] }),
      rollup: (config) => ({ ...config, plugins: [config.plugins, late('rollup')] }),
      rolldown: (config) => ({ ...config, plugins: [config.plugins, late('rolldown') as never] }),
      esbuild: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), { name: 'late', setup: ({ onEnd }) => onEnd(() => write('esbuild')) }],
      }),
      webpack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), latest('webpack')] }),
      rspack: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), latest('rspack') as unknown as RspackPluginInstance],
      }),
    }
  },
  copied({ root, outDir }) {
    const copy = (host: string): void => cpSync(join(root, 'public'), outDir(host), { recursive: true })
    const copies = (host: string) => ({
      apply: (compiler: Compiler) => compiler.hooks.afterEmit.tap('copy', () => copy(host)),
    })
    return {
      esbuild: (config) => ({
        ...config,
        plugins: [{ name: 'copy', setup: ({ onEnd }) => onEnd(() => copy('esbuild')) }, ...(config.plugins ?? [])],
      }),
      webpack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), copies('webpack')] }),
      rspack: (config) => ({
        ...config,
        plugins: [...(config.plugins ?? []), new rspack.CopyRspackPlugin({ patterns: ['public'] })],
      }),
    }
  },
  'whole environment': ({ secret }) => {
    const environment = JSON.stringify({ NODE_ENV: 'x', IT: secret('the whole environment, defined as process.env') })
    const define = { 'process.env': environment }
    return {
      vite: (config) => ({ ...config, define }),
      rolldown: (config) => ({ ...config, transform: { define } }),
      esbuild: (config) => ({ ...config, define }),
      webpack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), new webpack.DefinePlugin(define)] }),
      rspack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), new rspack.DefinePlugin(define)] }),
      rsbuild: (config) => ({ ...config, source: { ...config.source, define } }),
    }
  },
}

const BYTES = { mimetype: 'application/octet-stream', encoding: 'base64' } as const

/** What many projects have: constants, aliases, style sheets and assets. */
function plain({ root, secret }: Planted): Configure {
  const define = { __DEFINED__: JSON.stringify(secret('a constant that the configuration defines')) }
  const alias = { '@profiles': join(root, '.systemprompt/profiles') }
  const made: RollupPlugin = {
    name: 'made',
    resolveId: (id) => (id === 'made:up' ? '\0made:up' : undefined),
    load: (id) =>
      id === '\0made:up'
        ? `export default ${JSON.stringify(secret('the source of another plugin’s virtual module'))}`
        : undefined,
  }
  const rules = [
    { resourceQuery: /raw/, type: 'asset/source' },
    { resourceQuery: /inline/, test: /svg$/, type: 'asset/inline' },
    { resourceQuery: /inline/, test: /dat$/, type: 'asset/inline', generator: { dataUrl: BYTES } },
  ]
  return {
    vite: (config) => ({
      ...config,
      define,
      resolve: { alias },
      assetsInclude: ['**/*.bin', '**/*.dat'],
      plugins: [...(config.plugins ?? []), made as never],
    }),
    rollup: (config) => ({ ...config, plugins: [config.plugins, made] }),
    rolldown: (config) => ({
      ...config,
      resolve: { alias },
      transform: { define },
      plugins: [config.plugins, made as never],
    }),
    esbuild: (config) => ({
      ...config,
      define,
      alias,
      loader: { '.bin': 'file', '.dat': 'dataurl', '.svg': 'dataurl', '.env': 'text', '.yaml': 'text' },
      plugins: [
        ...(config.plugins ?? []),
        {
          name: 'made',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^made:up$/ }, ({ path }) => ({ path, namespace: 'made' }))
            onLoad({ filter: /./, namespace: 'made' }, () => ({
              contents: `export default ${JSON.stringify(secret('the source of another plugin’s virtual module'))}`,
            }))
          },
        },
      ],
    }),
    webpack: (config) => ({
      ...config,
      resolve: { alias },
      experiments: { css: true },
      module: { rules },
      plugins: [...(config.plugins ?? []), new webpack.DefinePlugin(define)],
    }),
    rspack: (config) => ({
      ...config,
      resolve: { alias },
      module: { rules: [...rules, { test: /\.css$/, type: 'css/auto' }] },
      plugins: [...(config.plugins ?? []), new rspack.DefinePlugin(define)],
    }),
    rsbuild: (config) => ({
      ...config,
      resolve: { alias },
      source: { ...config.source, define },
      tools: { rspack: { module: { rules: [{ test: /\.dat$/, type: 'asset/inline' }] } } },
    }),
  }
}
