import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { build, createServer, type InlineConfig, type Plugin } from 'vite'
import { build as build7, createServer as createServer7 } from 'vite7'
import { describe, expect, test } from 'vitest'
import rolldownPlugin from '../../integrations/rolldown.ts'
import vitePlugin from '../../integrations/vite.ts'
import { writeFiles } from '../support/temp-project.ts'
import { copyApp } from './hosts.ts'

const options = { public: ['site.name'] }
const READS_SECRET = 'export const url = process.env.DATABASE_URL\nconsole.log(typeof url)\n'
const USES_LIBRARY =
  "import { loadConfigSync } from '@systemprompt/env'\nconsole.log(loadConfigSync().secrets.has('DATABASE_URL'))\n"

/** Vite 7 takes the same plugin, and has types of its own. */
const VITES = {
  8: { build, createServer },
  7: { build: build7 as unknown as typeof build, createServer: createServer7 as unknown as typeof createServer },
} as const

const failureOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => '',
    (error: Error) => error.message,
  )

describe.each([8, 7] as const)('Vite %s', (version) => {
  const vite = VITES[version]

  function configOf(root: string, plugin: Plugin[], ssr: boolean): InlineConfig {
    const rollupOptions = { input: join(root, 'src/it.js'), output: { entryFileNames: 'main.js' } }
    const outDir = join(root, ssr ? 'server' : 'client')
    return {
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [plugin],
      build: { outDir, ssr, rollupOptions },
    }
  }

  test.each([
    ['reads a secret', READS_SECRET, 'string'],
    ['uses the library', USES_LIBRARY, 'true'],
  ])('builds a server that %s', async (_, code, printed) => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': code })
    expect(await failureOf(vite.build(configOf(root, vitePlugin(options), true)))).toBe('')
    const env = { ...process.env, DATABASE_URL: 'postgres://a:b@c/d' }
    expect(execFileSync(process.execPath, ['server/main.js'], { cwd: root, env, encoding: 'utf8' }).trim()).toBe(
      printed,
    )
  })

  test('runs server code that reads a secret in development, and refuses it to a client', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': READS_SECRET })
    const server = await vite.createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, ws: false },
      plugins: [vitePlugin(options)],
    })
    try {
      expect(Object.keys(await server.ssrLoadModule('/src/it.js'))).toEqual(['url'])
      const { code = '' } = (await server.transformRequest('/src/it.js')) ?? {}
      const [refused = ''] = /\/@id\/[^"]*refused[^"]*/.exec(code) ?? []
      await expect(server.transformRequest(refused)).rejects.toThrow('DATABASE_URL  is a secret')
    } finally {
      await server.close()
    }
  })

  test('tells the client build from the server build when one plugin object serves both at once', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': READS_SECRET })
    const plugin = vitePlugin(options)
    const failures = await Promise.all([
      failureOf(vite.build(configOf(root, plugin, false))),
      failureOf(vite.build(configOf(root, plugin, true))),
    ])
    expect(failures).toEqual([expect.stringContaining('DATABASE_URL  is a secret'), ''])
  })
})

test('Rolldown rejects one plugin object for a client and a server build at the same time', async () => {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': READS_SECRET })
  const plugin = rolldownPlugin({ ...options, cwd: root })
  const bundles = await Promise.all(
    (['browser', 'node'] as const).map((platform) =>
      rolldown({ input: join(root, 'src/it.js'), platform, plugins: [plugin], logLevel: 'silent' }),
    ),
  )
  const failures = await Promise.all(bundles.map((bundle) => failureOf(bundle.generate())))
  expect(failures.join('\n')).toContain('is used for a client build and a server build at the same time')
  expect(failures.filter((failure) => failure !== '').length).toBeGreaterThan(0)
  for (const bundle of bundles) await bundle.close()
})
