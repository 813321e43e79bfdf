import { join } from 'node:path'
import { type Plugin as EsbuildPlugin, build as esbuild } from 'esbuild'
import { type Plugin, rollup } from 'rollup'
import { type Plugin as VitePlugin, build as vite } from 'vite'
import { describe, expect, test } from 'vitest'
import { type Compiler, webpack } from 'webpack'
import esbuildPlugin from '../../integrations/esbuild.ts'
import { checkHostVersion } from '../../integrations/host-version.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import vitePlugin from '../../integrations/vite.ts'
import webpackPlugin from '../../integrations/webpack.ts'
import { copyApp } from './hosts.ts'

describe('the version of a bundler', () => {
  test.each([
    ['vite', '5.4.19'],
    ['webpack', '5.89.0'],
    ['webpack', '4.47.0'],
    ['rollup', '3.29.5'],
    ['rolldown', '0.15.0'],
    ['@rspack/core', '0.7.5'],
    ['esbuild', '0.18.20'],
  ] as const)('is too old: %s %s', (host, version) => {
    expect(() => checkHostVersion(host, version)).toThrow(`'npm ls ${host}' shows which package depends on it`)
  })

  test.each([
    ['vite', '6.4.6'],
    ['vite', '7.0.0'],
    ['vite', undefined],
    ['vite', '8.0.0-beta.1'],
    ['webpack', '5.90.0'],
    ['webpack', '6.0.0'],
    ['rollup', '4.0.0'],
    ['rolldown', '1.0.0-rc.17'],
    ['@rspack/core', '1.0.0'],
    ['esbuild', '0.19.0'],
    ['esbuild', '1.0.0'],
  ] as const)('is supported: %s %s', (host, version) => {
    expect(() => checkHostVersion(host, version)).not.toThrow()
  })
})

describe('a build with a bundler that is too old says so', () => {
  test('Vite', async () => {
    const root = copyApp()
    const old: VitePlugin = {
      name: 'old',
      enforce: 'pre',
      configResolved({ plugins }) {
        for (const { name, configResolved } of plugins)
          if (name === '@systemprompt/env' && typeof configResolved === 'function')
            configResolved.call({} as never, { root, plugins: [] } as never)
      },
    }
    const options = { root, configFile: false, logLevel: 'silent', build: { outDir: join(root, 'out') } } as const
    await expect(vite({ ...options, plugins: [old, vitePlugin({ types: false })] })).rejects.toThrow(
      'is for Vite 7 and 8, and this Vite is older',
    )
  })

  test('webpack', () => {
    const version = { version: '5.89.0' }
    const old = {
      apply(compiler: Compiler) {
        compiler.webpack = Object.assign(() => {}, webpack, version) as never
      },
    }
    const start = () =>
      webpack({ context: copyApp(), entry: './src/client.js', plugins: [old, webpackPlugin({ types: false })] })
    expect(start).toThrow('is for webpack 5.90 and newer, and this webpack is older')
  })

  test('Rollup', async () => {
    const old = rollupPlugin({ types: false }).map((plugin): Plugin => {
      const { buildStart } = plugin
      if (typeof buildStart !== 'object') return plugin
      const meta = { rollupVersion: '3.29.5', watchMode: false }
      return {
        ...plugin,
        buildStart(input) {
          return buildStart.handler.call(Object.create(this, { meta: { value: meta } }), input)
        },
      }
    })
    const start = rollup({ input: join(copyApp(), 'src/client.js'), plugins: old })
    await expect(start).rejects.toThrow('is for Rollup 4, and this Rollup is older')
  })

  test('esbuild', async () => {
    const old: EsbuildPlugin = {
      name: 'old',
      setup: (build) =>
        esbuildPlugin({ types: false }).setup({ ...build, esbuild: { ...build.esbuild, version: '0.18.20' } }),
    }
    const start = esbuild({
      entryPoints: [join(copyApp(), 'src/client.js')],
      write: false,
      logLevel: 'silent',
      plugins: [old],
    })
    await expect(start).rejects.toThrow('is for esbuild 0.19 and newer, and this esbuild is older')
  })
})
