import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { PACKAGE } from '../../src/package.ts'
import { installInto } from '../support/installed.ts'
import { makeProject } from '../support/temp-project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const load = async (file: string): Promise<Record<string, unknown>> => await import(pathToFileURL(root + file).href)

test.skipIf(process.platform === 'win32').each([
  ['-r', 'register.cjs'],
  ['--import', 'register.cjs'],
  ['-r', 'node.cjs'],
])('%s %s does nothing in a removed working directory', (flag, entry) => {
  const cwd = makeProject({ '.env': 'A=b\n', 'gone/': '', 'app.cjs': 'console.log(process.env.A)' })
  const line = `rmdir ../gone; exec "$0" ${flag} "$1/dist/${entry}" "$2"`
  const { stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath, root, join(cwd, 'app.cjs')], {
    cwd: join(cwd, 'gone'),
    encoding: 'utf8',
  })
  expect([stdout, stderr]).toEqual(['undefined\n', ''])
})

describe('the entries', () => {
  test('have the name and version of package.json', () => {
    const { name, version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<string, unknown>
    expect(PACKAGE).toEqual({ name, version })
  })

  test('for Node and for bundlers have the same exports', async () => {
    const [node, index] = await Promise.all([load('dist/node.cjs'), load('dist/index.js')])
    const named = Object.keys(node).filter((name) => name !== 'default' && name !== 'module.exports')
    expect(named.sort()).toEqual(Object.keys(index).sort())
    for (const [name, value] of Object.entries(index)) expect(typeof node[name]).toBe(typeof value)
    expect(node.PROBLEM_CODES).toEqual(index.PROBLEM_CODES)
    expect(node.LAYERS).toEqual(index.LAYERS)
  })

  test('export the class itself in Node, for new, instanceof and extends', async () => {
    const { ConfigError, loadConfigSync } = await import('../../src/index.ts')
    const node = (await load('dist/node.cjs')) as {
      ConfigError: typeof ConfigError
      loadConfigSync: typeof loadConfigSync
    }
    class Own extends node.ConfigError {}
    const thrown = ((): unknown => {
      try {
        return node.loadConfigSync({ cwd: '/does/not/exist' })
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(node.ConfigError)
    expect(thrown).not.toBeInstanceOf(Own)
    expect(new Own([])).toBeInstanceOf(node.ConfigError)
    expect(new Own([])).toBeInstanceOf(Own)
    expect(new node.ConfigError([])).toBeInstanceOf(node.ConfigError)
    expect(node.ConfigError.name).toBe('ConfigError')
  })

  test('are found by import and by require', () => {
    const require = createRequire(import.meta.url)
    expect(require.resolve('@systemprompt/env')).toBe(`${root}dist/node.cjs`)
    expect(require.resolve('@systemprompt/env/register')).toBe(`${root}dist/register.cjs`)
  })

  // webpack applies the conditions of bundlers and of Node, whichever comes first.
  test('are a single file for a bundler, even with the conditions of Node', async () => {
    const cwd = makeProject({ 'main.js': `export { loadConfigSync, watchConfig } from '@systemprompt/env'` })
    installInto(cwd)
    const { metafile } = await build({
      absWorkingDir: cwd,
      entryPoints: ['main.js'],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      conditions: ['module', 'node'],
      external: ['c12', 'jiti', 'defu'],
    })
    const inputs = Object.values(metafile.outputs)
      .flatMap((output) => Object.entries(output.inputs))
      .flatMap(([file, { bytesInOutput }]) => (file.includes('@systemprompt') && bytesInOutput > 0 ? [file] : []))
    expect(inputs.map((file) => file.split('/dist/')[1]).sort()).toEqual(['index.js', 'watch.js'])
  })

  test('load only cheap built-in modules of Node: crypto alone would take 6 ms', () => {
    const required = ['node', 'facade', 'register', 'preload', 'core'].flatMap((name) =>
      [...readFileSync(join(root, `dist/${name}.cjs`), 'utf8').matchAll(/\brequire\(\s*"(node:\w+)"\)/g)].map(
        ([, id]) => id,
      ),
    )
    expect([...new Set(required)].sort()).toEqual(['buffer', 'fs', 'path', 'url', 'util'].map((id) => `node:${id}`))
  })

  test.each(['node', 'register'])('let file tracers see what %s requires', (entry) => {
    const followed = new Set([`${entry}.cjs`])
    for (const file of followed) {
      const text = readFileSync(join(root, 'dist', file), 'utf8')
      for (const [, name = ''] of text.matchAll(/[^.\w]require\(\s*"\.\/(\w+\.cjs)"\)/g)) followed.add(name)
    }
    expect([...followed]).toEqual(expect.arrayContaining(['preload.cjs', 'core.cjs', 'yaml.cjs']))
  })

  test.each([[[]], [['--no-warnings']]])('are the same for a program with the flags %j', (flags) => {
    const cwd = makeProject({ 'main.cjs': `console.log(require('@systemprompt/env').__esModule)` })
    installInto(cwd)
    const { stdout } = spawnSync(process.execPath, [...flags, 'main.cjs'], { cwd, encoding: 'utf8' })
    expect(stdout).toBe('true\n')
  })
})
