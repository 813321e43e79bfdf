import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { PluginOptions } from '../../integrations/options.ts'
import { type Files, SECRETS, writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { type BuildRequest, buildWith, type Configure, copyApp } from './hosts.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const READS = { 'src/entry.js': "import './b.js'\n", 'src/b.js': 'console.log(process.env.site_name)\n' }
const SITE: PluginOptions = { public: ['site.name'] }

function project(files: Files): string {
  const root = copyApp()
  writeFiles(root, files)
  return root
}

type Compilation = NonNullable<Parameters<NonNullable<Configure['farm']>>[0]['compilation']>

/** Farm's error, and the code of all that it writes. */
async function build(root: string, compilation: Compilation = {}, more: Partial<BuildRequest> = {}) {
  const configure: Configure = {
    farm: (config) => ({ ...config, compilation: { ...config.compilation, ...compilation } }),
  }
  const request = { root, consumer: 'client', entry: 'src/entry.js', options: SITE, configure, ...more } as const
  const { error = '', files, entry } = await buildWith('farm', request)
  const code = [...files].flatMap(([name, content]) => (name.endsWith('js') ? [String(content)] : [])).join('\n')
  return { error, code, entry }
}

describe('files that Farm reads for import.meta.glob', () => {
  test.each([
    ["'../.env'", '.env'],
    ["'../.e*'", '.env'],
    ["['../*.html', '../[.]env']", '.env'],
    ["'../.systemprompt/**/*.json'", '.systemprompt/profiles/local/secrets.json'],
    ["'../config/*'", 'config/app.json'],
  ])('are refused if they are confidential: %s', async (pattern, file) => {
    const root = project({
      'src/entry.js': `console.log(import.meta.glob(${pattern}, { as: 'raw', eager: true }))\n`,
      'config/readme.md': '# Read me',
    })
    writeFiles(root, { 'config/app.json': readFileSync(join(root, SECRETS), 'utf8') })
    if (file.startsWith('config')) {
      rmSync(join(root, SECRETS))
      edit(root, 'name: local', 'name: local\nsecrets:\n  secrets_path: ../../../config/app.json')
    }
    const { error, code } = await build(root)
    expect(error).toContain(`src/entry.js  ${file}  may contain secrets, and must not be bundled`)
    expect(code).toBe('')
  })

  test('are unchanged text if they are not confidential', async () => {
    const root = project({
      'src/entry.js':
        "const one = import.meta.glob('./texts/*', { as: 'raw' })\n" +
        "const two = import.meta.glob(['./texts/*', '!./texts/*.js'], { eager: true, as: 'raw' })\n" +
        'console.log(JSON.stringify([one, two]))\n',
      'src/texts/a.md': '# `A` ${b}\n',
      'src/texts/b.js': 'process.env.site_name\n',
    })
    const { error, entry } = await build(root, {}, { consumer: 'server' })
    expect(error).toBe('')
    const texts = { './texts/a.md': '# `A` ${b}\n', './texts/b.js': 'process.env.site_name\n' }
    const [one, two] = JSON.parse(execFileSync(process.execPath, [entry], { encoding: 'utf8' }))
    expect(one).toEqual(texts)
    expect(two).toEqual({ './texts/a.md': texts['./texts/a.md'] })
  })
})

describe('with Farm’s persistent cache', () => {
  const persistentCache = true

  test('a build has the current values', async () => {
    const root = project(READS)
    expect((await build(root, { persistentCache })).code).toContain('console.log("Acme")')
    edit(root, 'name: Acme', 'name: Beta')
    expect((await build(root, { persistentCache })).code).toContain('console.log("Beta")')
  })

  test('a name that has become a secret is refused, in every later build', async () => {
    const root = project({ ...READS, 'src/b.js': 'console.log(process.env.late_key)\n' })
    expect((await build(root, { persistentCache })).error).toBe('')
    writeFiles(root, { [SECRETS]: readFileSync(join(root, SECRETS), 'utf8').replace('{', '{ "late_key": "later",') })
    for (const _ of ['first', 'again'])
      expect((await build(root, { persistentCache })).error).toContain('src/b.js:1:13  late_key  is a secret')
  })

  test('a client build refuses a module that a server build has cached', async () => {
    const root = project({ ...READS, 'src/b.js': 'console.log(process.env.DATABASE_URL)\n' })
    expect((await build(root, { persistentCache }, { options: { consumer: 'server' } })).error).toBe('')
    expect((await build(root, { persistentCache })).error).toContain('src/b.js:1:13  DATABASE_URL  is a secret')
  })
})

describe('the library under another name', () => {
  const IMPORT = "import { loadConfigSync } from 'settings'\nconsole.log(loadConfigSync)\n"
  const library = join(repository, 'dist/index.js')

  test('is refused, with the chain of imports', async () => {
    const root = project({ ...READS, 'src/b.js': IMPORT })
    const { error, code } = await build(root, { resolve: { alias: { settings: library } } })
    expect(error).toContain('src/b.js  @systemprompt/env  reads configuration and secrets')
    expect(error).toContain('imported by src/entry.js')
    expect(code).toBe('')
  })

  test('is refused when imported by its path', async () => {
    const root = project(READS)
    const path = relative(join(root, 'src'), library)
    writeFiles(root, { 'src/b.js': IMPORT.replace('settings', path) })
    expect((await build(root)).error).toContain('src/b.js  @systemprompt/env  reads configuration and secrets')
  })

  test('gives the public values when it is their alias', async () => {
    const root = project({ ...READS, 'src/b.js': "import { site_name } from 'values'\nconsole.log(site_name)\n" })
    const { error, code } = await build(root, { resolve: { alias: { values: join(repository, 'dist/public.js') } } })
    expect(error).toBe('')
    expect(code).toContain('site_name = "Acme"')
  })
})

test('problems in a project above Farm’s root are reported with paths from the project', async () => {
  const root = project({ 'packages/web/src/entry.js': 'console.log(process.env.DATABASE_URL)\n' })
  const { error } = await build(join(root, 'packages/web'), {}, { options: { cwd: '../..' } })
  expect(error).toContain('packages/web/src/entry.js:1:13  DATABASE_URL  is a secret')
})

test('Farm reports a refused read once', async () => {
  const { error } = await build(project({ ...READS, 'src/b.js': 'console.log(process.env.DATABASE_URL)\n' }))
  expect(error.match(/DATABASE_URL {2}is a secret/g)).toHaveLength(1)
})
