import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import commonjsPlugin from '@rollup/plugin-commonjs'
import type { Plugin } from 'rollup'
import { type Plugin as Vite7Plugin, build as vite7 } from 'vite7'
import { describe, expect, test } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp, HOSTS, type Host } from './hosts.ts'

const options = { public: ['site.name'] }
/** Its types describe it as a CommonJS module, which it is not. */
const commonjs = commonjsPlugin as unknown as () => Plugin
/** Ours come first, as they do in a list that nobody has ordered. */
const configure: Configure = { rollup: (config) => ({ ...config, plugins: [config.plugins, commonjs()] }) }

interface Request {
  readonly file?: string
  readonly code: string
  readonly consumer?: 'client' | 'server'
}

function build(host: Host, { file = 'src/c.cjs', code, consumer = 'server' }: Request) {
  const root = copyApp()
  writeFiles(root, {
    'package.json': '{ "type": "module" }',
    'src/package.json': '{}',
    'src/it.mjs': `import it from './${file.slice(4)}'\nconsole.log(JSON.stringify(it))\n`,
    [file]: code,
  })
  return buildWith(host, { root, consumer, entry: 'src/it.mjs', configure, options }).then((result) => ({
    ...result,
    run: () => execFileSync(process.execPath, [result.entry], { cwd: root, encoding: 'utf8' }).trim(),
  }))
}

describe.each(HOSTS)('a CommonJS module, built by %s', (host) => {
  test.each(['src/c.cjs', 'src/c.js'])('%s reads and requires public values', async (file) => {
    const code =
      "exports.read = process.env.site_name\nexports.own = require('@systemprompt/env/public').default.site_name\n"
    const { error, run } = await build(host, { file, code })
    expect(error).toBeUndefined()
    expect(JSON.parse(run())).toMatchObject({ read: 'Acme', own: 'Acme' })
  })

  test('is refused when it reads a secret, with no error about import statements', async () => {
    const { error } = await build(host, { code: 'exports.url = process.env.DATABASE_URL\n', consumer: 'client' })
    expect(error).toContain('src/c.cjs:1:15  DATABASE_URL  is a secret')
    expect(error).not.toContain('import statement')
  })

  // Rsbuild reads code with SWC, which takes no such `return`.
  test.skipIf(host === 'rsbuild')('is refused for a secret before a top-level return', async () => {
    const code = 'exports.url = process.env.DATABASE_URL\nreturn\n'
    const { error } = await build(host, { code, consumer: 'client' })
    expect(error).toContain('DATABASE_URL  is a secret')
  })
})

describe('CommonJS that reads a secret and that no plugin converts to an ES module', () => {
  const INPUTS = { 'the entry': 'src/it.js', 'an imported module': 'src/imports.js' }

  function appWithScript(): string {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': "if (typeof module === 'object') module.exports = process.env.DATABASE_URL\n",
      'src/imports.js': "import './it.js'\n",
    })
    return root
  }

  test.each(Object.entries(INPUTS))('is refused in a Rollup client: %s', async (_, entry) => {
    const { error } = await buildWith('rollup', { root: appWithScript(), consumer: 'client', entry })
    expect(error).toContain('src/it.js:1:50  DATABASE_URL  is a secret')
  })

  test.each(Object.entries(INPUTS))('is refused in a Vite 7 client: %s', async (_, entry) => {
    const root = appWithScript()
    const plugins = vitePlugin() as unknown as Vite7Plugin[]
    const input = { rollupOptions: { input: join(root, entry) }, write: false }
    const building = vite7({ root, configFile: false, logLevel: 'silent', plugins, build: input })
    await expect(building).rejects.toThrow('src/it.js:1:50  DATABASE_URL  is a secret')
  })
})

describe.each(HOSTS.filter((host) => host !== 'farm'))('values at run time, in CommonJS built by %s', (host) => {
  // In one build, since each puts the whole library into the server.
  test('are read in .cjs and .js files, whatever the type of their package', async () => {
    const root = copyApp()
    const read = 'module.exports = process.env.site_name\n'
    writeFiles(root, {
      'package.json': '{ "type": "module" }',
      'src/it.mjs': `import cjs from './untyped/c.cjs'
import js from './untyped/c.js'
import commonjs from './commonjs/c.js'
console.log(JSON.stringify({ cjs, js, commonjs }))
`,
      'src/untyped/package.json': '{}',
      'src/untyped/c.cjs': read,
      'src/untyped/c.js': read,
      'src/commonjs/package.json': '{ "type": "commonjs" }',
      'src/commonjs/c.js': read,
    })
    const runtime = { ...options, phase: 'runtime' } as const
    const request = { root, consumer: 'server', entry: 'src/it.mjs', configure, options: runtime } as const
    const { error, entry } = await buildWith(host, request)
    expect(error).toBeUndefined()
    const printed = execFileSync(process.execPath, [entry], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(printed)).toEqual({ cjs: 'Acme', js: 'Acme', commonjs: 'Acme' })
  })
})
