import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PluginOptions } from '../../integrations/options.ts'
import { type Files, SECRETS, writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { type BuildRequest, buildWith, type Configure, copyApp } from './hosts.ts'

const SITE: PluginOptions = { public: ['site.name'] }

function project(files: Files): string {
  const root = copyApp()
  writeFiles(root, files)
  return root
}

type Compilation = NonNullable<Parameters<NonNullable<Configure['farm']>>[0]['compilation']>

/** What Farm says, and the code of all that it writes. */
async function build(root: string, compilation: Compilation = {}, more: Partial<BuildRequest> = {}) {
  const configure: Configure = {
    farm: (config) => ({ ...config, compilation: { ...config.compilation, ...compilation } }),
  }
  const request = { root, consumer: 'client', entry: 'src/entry.js', options: SITE, configure, ...more } as const
  const { error = '', files, entry } = await buildWith('farm', request)
  const code = [...files].flatMap(([name, content]) => (name.endsWith('js') ? [String(content)] : [])).join('\n')
  return { error, code, entry }
}

describe('files that Farm reads by itself for import.meta.glob', () => {
  test.each([
    ["'../.env'", '.env'],
    ["'../.e*'", '.env'],
    ["['../*.html', '../[.]env']", '.env'],
    ["'../.systemprompt/**/*.json'", '.systemprompt/profiles/local/secrets.json'],
    ["'../config/*'", 'config/app.json'],
  ])('are refused where they are confidential: %s', async (pattern, file) => {
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
    expect(error).toContain(`src/entry.js  ${file}  may hold secrets, and no bundle may hold it`)
    expect(code).toBe('')
  })

  test('are texts as they were where they are not', async () => {
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
