import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, createServer, type InlineConfig } from 'vite'
import { describe, expect, test } from 'vitest'
import type { PluginOptions } from '../../integrations/options.ts'
import vitePlugin from '../../integrations/vite.ts'
import { makeProject, PROFILE } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { edit } from './dev-server.ts'

const PAGE =
  '<html><head><title>%site_name%</title><link rel="canonical" href="%PUBLIC_URL%"></head><body data-ports="%ports%" data-mode="%MODE%">%STRIPE_KEY% %NOWHERE% 100%<script type="module" src="./main.js"></script></body></html>'

const project = (): string =>
  makeProject({
    [PROFILE]: 'name: local\nsite: {name: Fish & Chips}\nports: [1, 2]\nsecrets: {validation: skip}\n',
    '.env': 'PUBLIC_URL=https://example.com/?a=1&b=2\nSTRIPE_KEY=sk_live_Zx81Qw7Kq7vTz2m\n',
    'index.html': PAGE,
    'main.js': "import { site_name } from '@systemprompt/env/public'\nglobalThis.site = site_name\n",
  })

const settings = (root: string, options: PluginOptions = {}): InlineConfig => ({
  root,
  configFile: false,
  logLevel: 'silent',
  plugins: [vitePlugin({ public: ['site.name', 'ports'], ...options })],
})

const EXPECTED = [
  '<title>Fish & Chips</title><link rel="canonical" href="https://example.com/?a=1&b=2">',
  '<body data-ports="[1,2]" data-mode="production">%STRIPE_KEY% %NOWHERE% 100%',
]

describe('a name between percent signs in a page of Vite', () => {
  test('is replaced by a public value in a build, and not by a secret', async () => {
    const root = project()
    await build(settings(root))
    const page = readFileSync(join(root, 'dist/index.html'), 'utf8').replace(/\s*\n\s*/g, '')
    for (const part of EXPECTED) expect(page).toContain(part)
  })

  test('is left unchanged when values are read at run time', async () => {
    const root = project()
    await build(settings(root, { phase: 'runtime' }))
    expect(readFileSync(join(root, 'dist/index.html'), 'utf8')).toContain('<title>%site_name%</title>')
  })

  test.runIf(hasBrowser)(
    'is replaced by the development server, which reloads the page when the value changes',
    async () => {
      const root = project()
      const server = await createServer({
        ...settings(root),
        server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 10 } },
      })
      await server.listen()
      try {
        await withPage(async (page) => {
          await page.goto(server.resolvedUrls?.local[0] ?? '')
          expect(await page.title()).toBe('Fish & Chips')
          expect(await page.evaluate('globalThis.site')).toBe('Fish & Chips')
          const told = once(server.watcher, 'change')
          edit(root, 'Fish & Chips', 'Pie & Mash')
          await told
          await page.waitForFunction("document.title === 'Pie & Mash' && globalThis.site === document.title")
        })
      } finally {
        await server.close()
      }
    },
  )
})
