import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createCompiler, createDevServer, Logger, resolveConfig } from '@farmfe/core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import farmPlugin from '../../integrations/farm.ts'
import type { PluginOptions } from '../../integrations/options.ts'
import { SECRETS, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { appWithCanaries, type DevServer, describeDevServer, edit, expectNone, options, shows } from './dev-server.ts'

/** Farm picks a free port by itself, but does not tell which one it picked. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function start(root: string, asked: PluginOptions = options): Promise<DevServer & { readonly log: string[] }> {
  const port = await freePort()
  const log: string[] = []
  const logger = new Logger()
  // Its type asks for `true` and an object in one.
  const hmr = { port, host: '127.0.0.1', watchOptions: { usePolling: true, interval: 50 } }
  for (const level of ['error', 'info', 'warn'] as const)
    logger[level] = (message: unknown) => log.push(String(message))
  const config = await resolveConfig(
    {
      root,
      logger,
      clearScreen: false,
      compilation: {
        input: { index: join(root, 'index.html') },
        output: { path: join(root, 'out') },
        lazyCompilation: false,
        presetEnv: false,
        progress: false,
      },
      server: {
        port,
        host: '127.0.0.1',
        hmr: hmr as never,
      },
      // The worst case: serving the whole project.
      publicDir: '.',
      plugins: [farmPlugin(asked)],
    },
    'development',
    logger,
  )
  const server = await createDevServer(await createCompiler(config, logger), config, logger)
  await server.listen()
  const close = async (): Promise<void> => {
    await server.close()
    // Farm goes on watching.
    await server.watcher?.getInternalWatcher()?.close()
  }
  return { origin: `http://127.0.0.1:${port}`, log, close }
}

describeDevServer('Farm', {
  start,
  page: '/',
  async showsMistake(page) {
    await page.locator('vite-error-overlay').getByText('server.port  is not a whole number').first().waitFor()
  },
})

test.runIf(hasBrowser)('Farm’s development server also shows a mistake to a page loaded after it', async () => {
  const { root } = appWithCanaries()
  const server = await start(root)
  try {
    await withPage(async (page) => {
      await page.goto(`${server.origin}/`)
      await shows(page, '"port":8080')
      edit(root, 'port: 8080', 'port: eighty')
      const mistake = page.locator('vite-error-overlay').getByText('server.port  is not a whole number').first()
      await mistake.waitFor()
      await page.reload()
      await mistake.waitFor()
      await shows(page, '"port":8080')
    })
  } finally {
    await server.close()
  }
})

const ENTRY = `import { site_name } from '@systemprompt/env/public'
import './b.js'
document.body.dataset.values = JSON.stringify({ site_name })
`
const B = 'document.body.dataset.b = process.env.site_name\n'
const PAGE = { 'index.html': '<!doctype html><body><script type="module" src="./src/entry.js"></script></body>' }

/** Waits until `src/b.js` has run with a value. */
async function showsInB(page: Page, text: string): Promise<void> {
  await page.waitForFunction(`document.body?.dataset.b === ${JSON.stringify(text)}`)
}

describe.runIf(hasBrowser)('a change while Farm’s development server runs', () => {
  const app = appWithCanaries()
  let server = {} as Awaited<ReturnType<typeof start>>

  beforeAll(async () => {
    // The project names the file of its secrets itself.
    writeFiles(app.root, {
      ...PAGE,
      'src/entry.js': ENTRY,
      'src/b.js': B,
      'config/app.json': readFileSync(join(app.root, SECRETS), 'utf8'),
    })
    edit(app.root, 'name: local', 'name: local\nsecrets:\n  secrets_path: ../../../config/app.json')
    server = await start(app.root)
  }, 60_000)

  afterAll(async () => {
    await server.close?.()
  })

  /** Changes `src/b.js`, which has to be reported on the page, in the terminal, and to whoever loads the page. */
  async function expectStopped(message: string, change: () => void): Promise<void> {
    await withPage(async (page) => {
      const seen: string[] = []
      page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => seen.push(String(payload))))
      await page.goto(server.origin)
      await showsInB(page, 'Acme')
      server.log.length = 0
      change()
      await page.locator('vite-error-overlay').getByText(message).first().waitFor()
      expect(server.log.join('\n')).toContain(message)
      const text = await (await fetch(server.origin)).text()
      expect(text).toContain(message)
      // A change elsewhere mends nothing.
      writeFiles(app.root, { 'src/entry.js': `${ENTRY}document.title = 'changed'\n` })
      await expect.poll(() => server.log.filter((line) => line.includes('updated in')).length).toBeGreaterThan(1)
      expect(await (await fetch(server.origin)).text()).toContain(message)
      writeFiles(app.root, { 'src/b.js': B, 'src/entry.js': ENTRY })
      await page.locator('vite-error-overlay').waitFor({ state: 'detached' })
      await showsInB(page, 'Acme')
      expectNone(app.canaries, [...seen, text])
    })
  }

  test.each([
    [
      'a file with secrets',
      "import x from '../config/app.json'\nconsole.log(x)",
      'config/app.json  may contain secrets',
    ],
    [
      'a profile',
      "import x from '../.systemprompt/profiles/local/profile.yaml'\nconsole.log(x)",
      'profile.yaml  may contain',
    ],
    [
      'the library',
      "import { loadConfig } from '@systemprompt/env'\nconsole.log(loadConfig)",
      'reads configuration and',
    ],
    ['a secret', 'console.log(process.env.DATABASE_URL)', 'src/b.js:1:13  DATABASE_URL  is a secret'],
    [
      'files that a glob matches',
      "console.log(import.meta.glob('../.systemprompt/profiles/local/*', { as: 'raw', eager: true }))",
      'secrets.json  may contain secrets',
    ],
  ])('is refused when it asks for %s', async (_, code, message) => {
    await expectStopped(message, () => writeFiles(app.root, { 'src/b.js': `${code}\n` }))
  })

  test('is refused when it contains a secret', async () => {
    const code = `console.log(${JSON.stringify(app.canaries[2])})\n`
    await expectStopped('CANARY_0  the secret is in this file', () => writeFiles(app.root, { 'src/b.js': code }))
  })

  test('is refused when it makes a name that is read a secret', async () => {
    const before = readFileSync(join(app.root, 'config/app.json'), 'utf8')
    writeFiles(app.root, { 'src/b.js': `${B}console.log(process.env.late_key)\n` })
    await expectStopped('late_key  is a secret', () =>
      writeFiles(app.root, { 'config/app.json': before.replace('{', '{"late_key":"late-92837465",') }),
    )
  })
})

test.runIf(hasBrowser).each([
  ['found by search', {}],
  ['given as cwd', { cwd: '../..' }],
])('Farm follows changes to a project above its root that is %s', async (_, where) => {
  const { root } = appWithCanaries()
  const web = join(root, 'packages/web')
  // Farm knows such a module by its file, and by the query.
  writeFiles(web, { ...PAGE, 'src/entry.js': ENTRY.replace('b.js', 'b.js?x=1'), 'src/b.js': B })
  const server = await start(web, { ...options, ...where })
  try {
    await withPage(async (page) => {
      await page.goto(server.origin)
      await shows(page, '"site_name":"Acme"')
      edit(root, 'name: Acme', 'name: Beta')
      await shows(page, '"site_name":"Beta"')
      await showsInB(page, 'Beta')
      edit(root, 'name: Beta', 'name: Gamma')
      await showsInB(page, 'Gamma')
    })
  } finally {
    await server.close()
  }
})
