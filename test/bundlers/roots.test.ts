import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { rspack } from '@rspack/core'
import { createServer } from 'vite'
import { describe, expect, test } from 'vitest'
import rspackPlugin from '../../integrations/rspack.ts'
import vitePlugin from '../../integrations/vite.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { buildWith, copyApp, type Host } from './hosts.ts'

const options = { public: ['site.name', 'GREETING'] }
const READS =
  "import { site_name } from '@systemprompt/env/public'\nexport const all = [site_name, process.env.GREETING]\nconsole.log(all)\n"

/** A monorepo, with its configuration at the top and an application below. */
function monorepo(): { root: string; app: string } {
  const root = copyApp()
  const app = join(root, 'packages/web')
  writeFiles(app, { 'package.json': '{ "type": "module" }', 'src/it.js': READS, 'index.html': '<body></body>' })
  writeFiles(root, { '.env': 'GREETING=Hello\n' })
  return { root, app }
}

describe('an application below the root of its monorepo, served by Vite,', () => {
  test.each([
    ['finds the project above', {}],
    ['is given the project as cwd', { cwd: '../..' }],
  ])('%s, and follows its changes', async (_, given) => {
    const { root, app } = monorepo()
    const server = await createServer({
      root: app,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, ws: false, watch: { usePolling: true, interval: 20 } },
      plugins: [vitePlugin({ ...options, ...given })],
    })
    try {
      const values = async () => (await server.ssrLoadModule('/src/it.js')).all
      expect(await values()).toEqual(['Acme', 'Hello'])
      edit(root, 'name: Acme', 'name: Beta')
      await expect.poll(values).toEqual(['Beta', 'Hello'])
      writeFiles(root, { 'next.yaml': 'name: local\nsite: { name: Gamma }\nsecrets: { validation: skip }\n' })
      renameSync(join(root, 'next.yaml'), join(root, PROFILE))
      await expect.poll(values).toEqual(['Gamma', 'Hello'])
      writeFiles(root, { '.env': 'GREETING=Changed\n' })
      await expect.poll(values).toEqual(['Gamma', 'Changed'])
    } finally {
      await server.close()
    }
  })
})

test('each application of a monorepo gets the types of its own public values beside its own tsconfig.json', async () => {
  const { root, app } = monorepo()
  const admin = join(root, 'packages/admin')
  cpSync(app, admin, { recursive: true })
  writeFiles(root, { 'packages/web/tsconfig.json': '{}', 'packages/admin/tsconfig.json': '{}' })
  const build = (root: string, names: readonly string[], given = {}) =>
    buildWith('esbuild', { root, consumer: 'server', entry: 'src/it.js', options: { public: names, ...given } })
  await build(app, ['site.name', 'GREETING'])
  await build(admin, ['site.name', 'GREETING', 'server.port'])
  const types = (directory: string) => readFileSync(join(directory, 'systemprompt-env.d.ts'), 'utf8')
  expect(types(app)).not.toContain('server_port')
  expect(types(admin)).toContain('export const server_port: number')
  await build(app, ['site.name', 'GREETING'], { types: 'src/env.d.ts' })
  expect(readFileSync(join(app, 'src/env.d.ts'), 'utf8')).toBe(types(app))
  expect(existsSync(join(root, 'systemprompt-env.d.ts'))).toBe(false)
})

test('an application in a directory of its package, as in Nuxt, gets its types beside the tsconfig.json of the package', async () => {
  const { root, app } = monorepo()
  const request = { root: join(app, 'src'), consumer: 'server', entry: 'it.js', options } as const
  writeFiles(root, { 'tsconfig.json': '{}' })
  const written = () =>
    [root, app, join(app, 'src')].filter((directory) => existsSync(join(directory, 'systemprompt-env.d.ts')))
  await buildWith('vite', request)
  expect(written()).toEqual([])
  writeFiles(app, { 'tsconfig.json': '{}' })
  await buildWith('vite', request)
  expect(written()).toEqual([app])
})

test('an application below its package is searched for the secrets of the package’s .env files, unless it has a .systemprompt directory or .env files of its own', async () => {
  const { root, app } = monorepo()
  rmSync(join(root, '.systemprompt'), { recursive: true })
  writeFiles(app, {
    '.env.local': 'STRIPE_KEY=sk-made-up-0123456789\n',
    'src/it.js': "console.log('sk-made-up-0123456789')\n",
  })
  const request = { root: join(app, 'src'), consumer: 'client', entry: 'it.js', options: {} } as const
  expect((await buildWith('vite', request)).error).toContain('STRIPE_KEY')
  writeFiles(app, { 'src/.systemprompt/profiles/local/profile.yaml': 'name: local\n' })
  expect((await buildWith('vite', request)).error).toBeUndefined()
  rmSync(join(app, 'src/.systemprompt'), { recursive: true })
  writeFiles(app, { 'src/.env': 'STRIPE_KEY=sk-another-0123456789\n' })
  expect((await buildWith('vite', request)).error).toBeUndefined()
})

describe.each(['vite', 'webpack', 'rspack', 'rsbuild', 'esbuild', 'rolldown'] satisfies Host[])(
  'a root that is a symbolic link, with %s,',
  (host) => {
    test('is built like any other, with problems reported relative to it', async () => {
      const { root } = monorepo()
      cpSync(join(root, 'packages/web/src/it.js'), join(root, 'src/it.js'))
      const link = `${root}-link`
      symlinkSync(root, link)
      try {
        const request = { root: link, consumer: 'client', entry: 'src/it.js', options } as const
        const good = await buildWith(host, request)
        expect(good.error).toBeUndefined()
        expect([...good.files.values()].map(String).join()).toContain('Acme')
        writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
        expect((await buildWith(host, request)).error).toContain('src/it.js:1:13  DATABASE_URL  is a secret')
      } finally {
        unlinkSync(link)
      }
    })
  },
)

test('Rspack builds once when it starts to watch, and once more for a new .env file', async () => {
  const { root } = monorepo()
  cpSync(join(root, 'packages/web/src/it.js'), join(root, 'src/it.js'))
  // To Rspack, files that were written just now have changed.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const compiler = rspack({
    context: root,
    entry: './src/it.js',
    mode: 'development',
    output: { path: join(root, 'out') },
    plugins: [rspackPlugin(options)],
  })
  let builds = 0
  const watching = compiler.watch({ aggregateTimeout: 20 }, () => {
    builds++
  })
  await expect.poll(() => builds).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(builds).toBe(1)
  writeFiles(root, { '.env.local': 'GREETING=Local\n' })
  await expect.poll(() => builds).toBe(2)
  await new Promise<void>((resolve) => watching?.close(() => resolve()))
})
