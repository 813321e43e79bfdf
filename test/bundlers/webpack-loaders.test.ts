import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'
import { describe, expect, test, vi } from 'vitest'
import webpack from 'webpack'
import webpackPlugin from '../../integrations/webpack.ts'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, copyApp } from './hosts.ts'

const options = { public: ['site.name'] }
const require = createRequire(import.meta.url)
const WATCHED = { timeout: 20_000, interval: 20 }
const READS_SECRET = 'export const it = process.env.DATABASE_URL\n'

describe('the plugin’s webpack loader', () => {
  test('runs for a module that mentions a variable, and not for one that mentions none', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/plain.js': "import { it } from './reads.js'\nconsole.log(it)\n",
      'src/reads.js': 'export const it = process.env.site_name\n',
    })
    const loaders = new Map<string, number>()
    const { error } = await buildWith('webpack', {
      root,
      consumer: 'client',
      entry: 'src/plain.js',
      options,
      configure: {
        webpack: (config) => ({
          ...config,
          optimization: { concatenateModules: false },
          plugins: [...(config.plugins ?? []), { apply: (compiler) => count(compiler, loaders) }],
        }),
      },
    })
    expect(error).toBeUndefined()
    expect([loaders.get('plain.js'), loaders.get('reads.js')]).toEqual([0, 1])
  })

  test('runs for a module whose variable only another loader adds', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/made.js': 'export const it = 1\n',
      'loader.cjs': `module.exports = () => ${JSON.stringify(READS_SECRET)}\n`,
    })
    const { error } = await buildWith('webpack', {
      root,
      consumer: 'client',
      entry: 'src/made.js',
      options,
      configure: {
        webpack: (config) => ({
          ...config,
          module: { rules: [{ test: /made\.js$/, enforce: 'pre', loader: join(root, 'loader.cjs') }] },
        }),
      },
    })
    expect(error).toContain('DATABASE_URL  is a secret')
  })

  test.each(['webpack', 'rspack'] as const)(
    'does not fail for a module that a loader of %s creates without a file',
    async (host) => {
      const root = copyApp()
      writeFiles(root, {
        'src/made.js': `import { it } from '${join(root, 'loader.cjs')}?made!'\nconsole.log(it)\n`,
        'loader.cjs': 'module.exports = () => "export const it = process.env.site_name"\n',
      })
      const { error, entry } = await buildWith(host, { root, consumer: 'client', entry: 'src/made.js', options })
      expect(error).toBeUndefined()
      const code = readFileSync(entry, 'utf8')
      // unplugin's loader cannot take it in Rspack.
      expect(code).toContain(host === 'webpack' ? 'Acme' : 'process.env.site_name')
    },
  )

  test('runs once a change makes a module mention a variable', async () => {
    const root = copyApp()
    const entry = join(root, 'src/later.js')
    writeFileSync(entry, 'export const it = 1\n')
    const output = { path: join(root, 'out') }
    const compiler = webpack({ context: root, entry, mode: 'development', output, plugins: [webpackPlugin(options)] })
    const builds: string[] = []
    const watching = compiler?.watch({ aggregateTimeout: 20 }, (_, stats) => {
      builds.push(stats?.toString({ all: false, errors: true }) ?? '')
    })
    await vi.waitFor(() => expect(builds.at(-1)).toBe(''), WATCHED)
    writeFileSync(entry, READS_SECRET)
    // Not the second build: webpack makes one of its own where the file was written just before it began to watch.
    await vi.waitFor(() => expect(builds.at(-1)).toContain('DATABASE_URL  is a secret'), WATCHED)
    await new Promise((resolve) => watching?.close(resolve))
  })
})

describe('a source map', () => {
  const TEXT = "const name = process.env.site_name; console.log(name, 'here')\n"
  /** Prepends two lines to the code with a source map, as loaders for TypeScript do. */
  const LOADER = `
    const MagicString = require(${JSON.stringify(require.resolve('magic-string'))}).default
    module.exports = function (code) {
      const text = new MagicString(code).prepend('// one\\n// two\\n')
      const map = text.generateMap({ source: this.resourcePath, includeContent: true, hires: true })
      this.callback(null, text.toString(), map)
    }`

  test.each(['alone', 'after another loader'])('leads to the original source, %s', async (place) => {
    const root = copyApp()
    writeFiles(root, { 'src/mapped.js': TEXT, 'loader.cjs': LOADER })
    const rules = [{ test: /mapped\.js$/, enforce: 'pre' as const, loader: join(root, 'loader.cjs') }]
    const { error, entry } = await buildWith('webpack', {
      root,
      consumer: 'client',
      entry: 'src/mapped.js',
      options,
      minify: false,
      configure: { webpack: (config) => (place === 'alone' ? config : { ...config, module: { rules } }) },
    })
    expect(error).toBeUndefined()
    const code = readFileSync(entry, 'utf8')
    const map = new TraceMap(readFileSync(`${entry}.map`, 'utf8'))
    const lines = code.split('\n')
    const line = lines.findIndex((text) => text.includes("'here'"))
    expect(lines[line]).toContain('"Acme"')
    const from = (word: string) =>
      originalPositionFor(map, { line: line + 1, column: lines[line]?.indexOf(word) ?? -1 })
    expect(from('console')).toMatchObject({ line: 1, column: TEXT.indexOf('console') })
    expect(from('"Acme"')).toMatchObject({ line: 1, column: TEXT.indexOf('process') })
    expect(sourceContentFor(map, from('console').source ?? '')).toBe(TEXT)
  })
})

describe('an alias in webpack', () => {
  const buildAliased = (specifier: string, consumer: 'client' | 'server') => {
    const root = copyApp()
    writeFiles(root, { 'src/aliased.js': "import * as all from 'settings'\nconsole.log(JSON.stringify(all))\n" })
    return buildWith('webpack', {
      root,
      consumer,
      entry: 'src/aliased.js',
      options,
      configure: { webpack: (config) => ({ ...config, resolve: { alias: { settings: specifier } } }) },
    })
  }

  test('for the public values gives them', async () => {
    const { error, entry } = await buildAliased('@systemprompt/env/public', 'server')
    expect(error).toBeUndefined()
    expect(execFileSync(process.execPath, [entry], { encoding: 'utf8' })).toContain('Acme')
  })

  test('for the library is refused in a client', async () => {
    const { error } = await buildAliased('@systemprompt/env', 'client')
    expect(error).toContain('src/aliased.js')
    expect(error).toMatch(/@systemprompt\/env .*client/)
  })
})

/** How many loaders each module is built with, by the name of its file. */
function count(compiler: webpack.Compiler, loaders: Map<string, number>): void {
  compiler.hooks.compilation.tap('count', (compilation) =>
    webpack.NormalModule.getCompilationHooks(compilation).beforeLoaders.tap(
      { name: 'count', stage: 1 },
      (items, { resource }) => loaders.set(resource.slice(resource.lastIndexOf('/') + 1), items.length),
    ),
  )
}
