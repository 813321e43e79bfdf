import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type BuildOptions, build as esbuild } from 'esbuild'
import { rolldown as openRolldown, build as rolldown } from 'rolldown'
import { type Plugin, build as vite } from 'vite'
import { describe, expect, test } from 'vitest'
import esbuildPlugin from '../../integrations/esbuild.ts'
import rolldownPlugin from '../../integrations/rolldown.ts'
import vitePlugin from '../../integrations/vite.ts'
import { writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

const ANTHROPIC = 'sk-ant-canary-5d0be1c7f3a94826'

const failureOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => '',
    (error: Error) => error.message,
  )

/** Runs after ours. */
const late = {
  name: 'late',
  generateBundle: {
    order: 'post',
    handler(_: unknown, bundle: object) {
      for (const output of Object.values(bundle)) output.code += `\n//${ANTHROPIC}`
    },
  },
} as const

test.each([
  ['the default directory', {}, 'dist/main.js'],
  ['a directory', { dir: 'made' }, 'made/main.js'],
  ['a file', { file: 'made/it.js' }, 'made/it.js'],
])(
  'Rolldown’s output with a secret is removed from its own working directory, with %s as output',
  async (_, output, path) => {
    const root = copyApp()
    writeFiles(root, { 'main.js': "console.log('the only source')\n" })
    const plugins = [rolldownPlugin({ cwd: root }), late]
    const failure = await failureOf(rolldown({ input: 'main.js', cwd: root, plugins, output, logLevel: 'silent' }))
    expect(failure).toContain('the secret is in this file')
    expect(existsSync(join(root, path))).toBe(false)
    expect(readFileSync(join(root, 'main.js'), 'utf8')).toContain('the only source')
  },
)

test('Vite’s output is searched, including what a later plugin writes last and a copied node_modules', async () => {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': "console.log('it')\n" })
  const closes = (write: () => void): Plugin => ({
    name: 'last',
    closeBundle: { order: 'post', sequential: true, handler: write },
  })
  const run = (plugin: Plugin): Promise<string> => {
    const options = { rollupOptions: { input: join(root, 'src/it.js') }, outDir: join(root, 'out') }
    const plugins = [vitePlugin(), plugin]
    return failureOf(vite({ root, configFile: false, logLevel: 'silent', plugins, build: options }))
  }
  expect(await run(closes(() => writeFiles(root, { 'out/late.js': `'${ANTHROPIC}'` })))).toContain('late.js')
  writeFiles(root, { 'public/node_modules/lib/a.txt': ANTHROPIC })
  expect(await run({ name: 'none' })).toContain('node_modules/lib/a.txt')
})

describe('a secret in a file written by others is found', () => {
  test('in a second directory, which Rolldown writes to much later than to the first', async () => {
    const root = copyApp()
    writeFiles(root, { 'main.js': "console.log('it')\n" })
    const build = await openRolldown({ input: 'main.js', cwd: root, plugins: [rolldownPlugin({ cwd: root })] })
    writeFiles(root, { 'second/copied.txt': ANTHROPIC })
    await setTimeout(1500)
    await build.write({ dir: 'first' })
    expect(await failureOf(build.write({ dir: 'second' }))).toContain('copied.txt')
    await build.close()
  })

  test('at the end of a build, after another build with the same plugin object has ended', async () => {
    const root = copyApp()
    writeFiles(root, { 'main.js': "console.log('it')\n" })
    const plugin = rolldownPlugin({ cwd: root })
    const last = { name: 'last', closeBundle: () => writeFiles(root, { 'two/late.txt': ANTHROPIC }) }
    const one = await openRolldown({ input: 'main.js', cwd: root, plugins: [plugin] })
    const two = await openRolldown({ input: 'main.js', cwd: root, plugins: [plugin, last] })
    await one.write({ dir: 'one' })
    await two.write({ dir: 'two' })
    await one.close()
    expect(await failureOf(two.close())).toContain('late.txt')
  })
})

test('a source file is not removed when it lies where the output would be written', async () => {
  const root = copyApp()
  writeFiles(root, { 'main.js': "console.log('the only source')\n" })
  const plugins = [rolldownPlugin({ cwd: root }), late]
  const options = { input: 'main.js', cwd: root, plugins, output: { dir: '.' }, logLevel: 'silent' } as const
  expect(await failureOf(rolldown(options))).toContain('the secret is in this file')
  expect(existsSync(join(root, 'main.js'))).toBe(true)
})

test.each([
  ['the code contains a secret', `console.log('${ANTHROPIC}')\n`],
  ['the code reads a secret', 'console.log(process.env.DATABASE_URL)\n'],
])('esbuild with write: false removes no file when %s', async (_, code) => {
  const root = copyApp()
  writeFiles(root, { 'src/a.js': code })
  const request = { entryPoints: ['src/a.js'], absWorkingDir: root, outdir: 'src', bundle: true, write: false }
  expect(await failureOf(esbuild({ ...request, logLevel: 'silent', plugins: [esbuildPlugin()] }))).not.toBe('')
  expect(readFileSync(join(root, 'src/a.js'), 'utf8')).toBe(code)
})

test('esbuild may not print its output, which could not be searched', async () => {
  const root = copyApp()
  writeFiles(root, { 'src/a.js': 'console.log(1)\n' })
  const request: BuildOptions = {
    entryPoints: ['src/a.js'],
    absWorkingDir: root,
    logLevel: 'silent',
    plugins: [esbuildPlugin()],
  }
  expect(await failureOf(esbuild(request))).toContain('esbuild would print the output')
  expect(await failureOf(esbuild({ ...request, write: false }))).toBe('')
})
