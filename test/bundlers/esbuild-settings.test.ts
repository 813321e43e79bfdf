import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import esbuildPlugin from '../../integrations/esbuild.ts'
import { writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

async function built(files: Readonly<Record<string, string>>, settings: BuildOptions): Promise<string> {
  const root = copyApp()
  writeFiles(root, files)
  const plugins = [esbuildPlugin({ public: ['site.name'] })]
  const base: BuildOptions = { absWorkingDir: root, outdir: 'out', bundle: true, logLevel: 'silent', plugins }
  await build({ ...base, ...settings })
  return readFileSync(join(root, 'out/it.js'), 'utf8')
}

describe('esbuild’s loader option', () => {
  test('applies to code with values: JSX in .js', async () => {
    const code = 'export const it = <p>{import.meta.env.site_name}</p>\nexport const other = process.env.NODE_ENV\n'
    const settings: BuildOptions = { entryPoints: ['src/it.js'], loader: { '.js': 'jsx' }, format: 'esm' }
    expect(await built({ 'src/it.js': code }, settings)).toContain('createElement("p", null, "Acme")')
  })

  test('applies the longest matching extension', async () => {
    const code = 'export const it = <p>{import.meta.env.site_name}</p>\n'
    const entryPoints = { it: 'src/it.view.js' }
    const settings: BuildOptions = { entryPoints, loader: { '.view.js': 'jsx' }, format: 'esm' }
    expect(await built({ 'src/it.view.js': code }, settings)).toContain('"Acme"')
  })

  test('leaves a file with the text loader unchanged', async () => {
    const files = {
      'src/it.js': "import text from './shown.ts'\nconsole.log(text)\n",
      'src/shown.ts': 'console.log(import.meta.env.site_name)\n',
    }
    const settings: BuildOptions = { entryPoints: ['src/it.js'], loader: { '.ts': 'text' } }
    expect(await built(files, settings)).toContain('"console.log(import.meta.env.site_name)\\n"')
  })
})

test('esbuild without bundling refuses a secret and replaces a public value', async () => {
  const settings: BuildOptions = { entryPoints: ['src/it.js'], bundle: false }
  await expect(built({ 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' }, settings)).rejects.toThrow(
    'src/it.js:1:13  DATABASE_URL  is a secret',
  )
  expect(await built({ 'src/it.js': 'console.log(process.env.site_name)\n' }, settings)).toBe('console.log("Acme");\n')
})
