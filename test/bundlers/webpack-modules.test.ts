import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import webpack, { type Configuration, type WebpackPluginInstance } from 'webpack'
import type { PluginOptions } from '../../integrations/options.ts'
import webpackPlugin from '../../integrations/webpack.ts'
import { type Files, SECRETS, writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

const require = createRequire(import.meta.url)
const WATCHED = { timeout: 20_000, interval: 20 }
const PUBLIC = { public: ['site.name'] }

function project(files: Files): string {
  const root = copyApp()
  writeFiles(root, files)
  return root
}

interface Built {
  readonly errors: string
  /** The code of the entry. */
  readonly code: string
}

async function build(root: string, options: PluginOptions = PUBLIC, more: Configuration = {}): Promise<Built> {
  const compiler = webpack({
    context: root,
    entry: './src/entry.js',
    mode: 'production',
    target: 'web',
    output: { path: join(root, 'out') },
    plugins: [webpackPlugin(options)],
    ...more,
  })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, built) => (error ? reject(error) : resolve(built)))
  })
  await new Promise((resolve) => compiler.close(resolve))
  const errors = stats?.toString({ all: false, errors: true }) ?? ''
  return { errors, code: errors === '' ? readFileSync(join(root, 'out/main.js'), 'utf8') : '' }
}

describe('a module that webpack has cached', () => {
  const cached = (root: string): Configuration => ({
    cache: { type: 'filesystem', cacheDirectory: join(root, 'cache') },
  })
  const READS = { 'src/entry.js': 'console.log(process.env.site_name, process.env.LATER)\n' }
  const secrets = (root: string, more: object): void =>
    writeFiles(root, {
      '.systemprompt/profiles/local/secrets.json': JSON.stringify({ anthropic: 'sk-ant-0123456789abcdef', ...more }),
    })

  test('is rebuilt for other values', async () => {
    const root = project(READS)
    expect((await build(root, PUBLIC, cached(root))).code).toContain('"Acme"')
    expect((await build(root, { public: { site_name: 'server.port' } }, cached(root))).code).toContain('8080')
  })

  test('is rebuilt for a name that has become a secret', async () => {
    const root = project(READS)
    expect((await build(root, PUBLIC, cached(root))).errors).toBe('')
    secrets(root, { later: 'Xk29dkfjLLsqpwo1' })
    expect((await build(root, PUBLIC, cached(root))).errors).toContain('LATER  is a secret')
  })

  test('is rebuilt for a secret that has become required, and is not set', async () => {
    const root = project(READS)
    expect((await build(root, PUBLIC, cached(root))).errors).toBe('')
    writeFiles(root, { 'systemprompt.config.json': JSON.stringify({ secrets: { required: ['later'] } }) })
    expect((await build(root, PUBLIC, cached(root))).errors).toContain('LATER  is a secret')
  })

  test('is rebuilt for another consumer, and refused in every later build', async () => {
    const root = project({ 'src/entry.js': 'console.log(process.env.DATABASE_URL)\n' })
    expect((await build(root, { ...PUBLIC, consumer: 'server' }, cached(root))).errors).toBe('')
    for (const _ of ['first', 'again'])
      expect((await build(root, PUBLIC, cached(root))).errors).toContain('DATABASE_URL  is a secret')
  })

  test('is rebuilt in watch mode', async () => {
    const root = project(READS)
    const compiler = webpack({
      context: root,
      entry: './src/entry.js',
      mode: 'development',
      output: { path: join(root, 'out') },
      plugins: [webpackPlugin(PUBLIC)],
    })
    const errors: string[] = []
    const watching = compiler.watch({ aggregateTimeout: 20 }, (_, stats) => {
      errors.push(stats?.toString({ all: false, errors: true }) ?? '')
    })
    await vi.waitFor(() => expect(errors.at(-1)).toBe(''), WATCHED)
    secrets(root, { later: 'Xk29dkfjLLsqpwo1' })
    await vi.waitFor(() => expect(errors.at(-1)).toContain('LATER  is a secret'), WATCHED)
    await new Promise((resolve) => watching?.close(resolve))
  })
})

describe('the imports of a package.json', () => {
  const imports = { '#values': '@systemprompt/env/public', '#library': '@systemprompt/env', '#file': './.env' }
  const withImports = (code: string): string =>
    project({ 'package.json': JSON.stringify({ imports }), 'src/entry.js': code })

  test('resolve to the public values', async () => {
    const { errors, code } = await build(withImports("import { site_name } from '#values'\nconsole.log(site_name)\n"))
    expect(errors).toBe('')
    expect(code).toContain('"Acme"')
  })

  test.each([
    ['#library', 'src/entry.js  @systemprompt/env  reads configuration'],
    ['#file', 'src/entry.js  .env  may contain secrets'],
  ])('cannot bring %s into a client, which is the only error reported', async (specifier, message) => {
    const { errors } = await build(withImports(`import * as all from '${specifier}'\nconsole.log(all)\n`))
    expect(errors).toContain(message)
    expect(errors).toContain('1 problem')
    expect(errors.match(/^ERROR/gm)).toHaveLength(1)
  })
})

test('a symbolic link to a file with secrets is refused before it is read', async () => {
  const root = project({ 'src/entry.js': "import all from './link'\nconsole.log(all)\n" })
  writeFileSync(join(root, '.env'), 'ADMIN_PASSWORD=Zq81 is$ 9x\n')
  symlinkSync('../.env', join(root, 'src/link'))
  const { errors } = await build(root)
  expect(errors).toContain('src/entry.js  .env  may contain secrets')
  expect(errors).not.toContain('Zq81')
})

test('a catch-all rule for assets does not apply to the plugin’s own modules', async () => {
  const root = project({
    'src/entry.js': "import { site_name } from '@systemprompt/env/public'\nconsole.log(site_name)\n",
  })
  const rules = [
    { test: /\.cjs$/, type: 'javascript/dynamic' },
    { oneOf: [{ exclude: [/^$/, /\.(js|mjs|jsx|ts|tsx)$/, /\.html$/, /\.json$/], type: 'asset/resource' }] },
    { test: /\.m?js$/, type: 'javascript/esm' },
  ]
  const { errors, code } = await build(root, PUBLIC, { module: { rules } })
  expect(errors).toBe('')
  expect(code).toContain('"Acme"')
})

describe('a CommonJS package', () => {
  const COMMONJS = { 'package.json': '{ "type": "commonjs" }' }

  test('is refused when it reads a secret', async () => {
    const { errors } = await build(project({ ...COMMONJS, 'src/entry.js': 'console.log(process.env.DATABASE_URL)\n' }))
    expect(errors).toContain('src/entry.js:1:13  DATABASE_URL  is a secret')
    expect(errors.match(/^ERROR/gm)).toHaveLength(1)
  })

  test('gets values at run time on a server', async () => {
    const code = 'const name = process.env.site_name\nconsole.log(name)\nmodule.exports = name\n'
    const root = project({ ...COMMONJS, 'src/entry.js': code })
    const externals = { '@systemprompt/env': 'commonjs @systemprompt/env' }
    const { errors } = await build(root, { ...PUBLIC, phase: 'runtime' }, { target: 'node', externals })
    expect(errors).toBe('')
    expect(execFileSync(process.execPath, ['out/main.js'], { cwd: root, encoding: 'utf8' })).toBe('Acme\n')
  })

  test('is refused in a client with values at run time, which it cannot await', async () => {
    const root = project({ ...COMMONJS, 'src/entry.js': 'console.log(process.env.site_name)\n' })
    const { errors } = await build(root, { ...PUBLIC, phase: 'runtime' })
    expect(errors).toContain('src/entry.js is CommonJS, which cannot wait for values at run time')
  })
})

test('the plugin works together with thread-loader', async () => {
  const root = project({
    'src/entry.js': 'console.log(process.env.site_name)\n',
    'loader.cjs': 'module.exports = (code) => code + "console.log(2)\\n"\n',
  })
  const use = [
    { loader: require.resolve('thread-loader'), options: { workers: 1, poolTimeout: 0 } },
    { loader: join(root, 'loader.cjs') },
  ]
  const { errors, code } = await build(root, PUBLIC, { module: { rules: [{ test: /entry\.js$/, use }] } })
  expect(errors).toBe('')
  expect(code).toMatch(/"Acme".*2/)
})

/** Like cache-loader: for a file that it knows, it skips the loaders after it. */
const KEEPING_LOADER = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const kept = (resource) => __dirname + '/' + Buffer.from(resource).toString('hex').slice(-100)
module.exports = function (code) { writeFileSync(kept(this.resource), code); return code }
module.exports.pitch = function () { return existsSync(kept(this.resource)) ? readFileSync(kept(this.resource)) : undefined }
`

test('cache-loader serves no outdated value, and does not hide a read of a secret', async () => {
  const root = project({
    'src/entry.js':
      "import { site_name } from '@systemprompt/env/public'\nconsole.log([site_name, process.env.site_name], process.env.LATER)\n",
    'node_modules/cache-loader/index.cjs': KEEPING_LOADER,
  })
  const use = [{ loader: join(root, 'node_modules/cache-loader/index.cjs') }]
  const more: Configuration = { module: { rules: [{ test: /\.js$/, use }] } }
  expect((await build(root, PUBLIC, more)).code).toContain('["Acme","Acme"]')
  expect((await build(root, { public: { site_name: 'server.port' } }, more)).code).toMatch(/\[8080,.*8080.*\]/)
  writeFiles(root, { [SECRETS]: JSON.stringify({ later: 'Xk29dkfjLLsqpwo1' }) })
  expect((await build(root, PUBLIC, more)).errors).toContain('LATER  is a secret')
})

test('the package may be installed in a directory with a # in its name', async () => {
  const root = project({})
  const odd = join(root, 'odd#name')
  const installed = join(odd, 'node_modules/@systemprompt/env')
  const repository = fileURLToPath(new URL('../..', import.meta.url))
  for (const part of ['package.json', 'dist'])
    cpSync(join(repository, part), join(installed, part), { recursive: true })
  writeFiles(odd, { 'src/entry.js': "import { site_name } from '@systemprompt/env/public'\nconsole.log(site_name)\n" })
  const plugin = require(join(installed, 'dist/webpack.js')) as typeof webpackPlugin
  const { errors, code } = await build(odd, {}, { plugins: [plugin({ ...PUBLIC, cwd: '..' })] })
  expect(errors).toBe('')
  expect(code).toContain('"Acme"')
})

/** Builds a module in a child compiler when the others are done, as plugins do for the templates of pages. */
const lateTemplate: WebpackPluginInstance = {
  apply({ hooks, context, webpack: { EntryPlugin } }) {
    hooks.thisCompilation.tap('late', (compilation) => {
      compilation.hooks.processAssets.tapPromise('late', async () => {
        const child = compilation.createChildCompiler('template', { filename: 'template.js' }, [])
        new EntryPlugin(context, './src/template.js', 'template').apply(child)
        await new Promise((resolve, reject) =>
          child.runAsChild((error) => (error ? reject(error) : resolve(undefined))),
        )
      })
    })
  },
}

test('a secret read in another plugin’s child compiler is reported, even late in the build and from the cache', async () => {
  const root = project({
    'src/entry.js': 'console.log(1)\n',
    'src/template.js': 'module.exports = process.env.DATABASE_URL\n',
  })
  const more: Configuration = {
    plugins: [webpackPlugin(PUBLIC), lateTemplate],
    cache: { type: 'filesystem', cacheDirectory: join(root, 'cache') },
  }
  for (const _ of ['first', 'again']) {
    const { errors } = await build(root, PUBLIC, more)
    expect(errors).toContain('DATABASE_URL  is a secret')
    expect(errors).toContain('1 problem')
  }
})
