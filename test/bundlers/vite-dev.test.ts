import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { createLogger, createServer, type Plugin, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { SPELLINGS } from '../support/confidential-spellings.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { appWithCanaries, edit as editProfile, expectNone, options } from './dev-server.ts'
import { rawGet } from './raw-get.ts'

let root = ''
let canaries: readonly string[] = []
let server: ViteDevServer
let origin = ''
/** The errors that the terminal shows. */
const said: string[] = []

/** Takes long to resolve, as a framework may, while Vite loads the other modules that a file imports. */
const takesLong: Plugin = {
  name: 'takes-long',
  async resolveId(specifier) {
    if (specifier !== 'takes-long') return undefined
    await setTimeout(200)
    return '\0takes-long'
  },
  load: (id) => (id === '\0takes-long' ? 'export {}' : undefined),
}

beforeAll(async () => {
  ;({ root, canaries } = appWithCanaries())
  writeFiles(root, {
    'reads.html': '<script type="module" src="./src/reads.js"></script>',
    'src/reads.js': 'console.log(process.env.DATABASE_URL)\n',
    'library.html': '<script type="module" src="./src/library.js"></script>',
    'src/library.js': "import { loadConfig } from '@systemprompt/env'\nconsole.log(loadConfig)\n",
    'file.html': '<script type="module" src="./src/file.js"></script>',
    'src/file.js': "import secrets from '../.systemprompt/profiles/local/secrets.json'\nconsole.log(secrets)\n",
  })
  server = await createServer({
    root,
    configFile: false,
    customLogger: { ...createLogger('silent'), error: (message) => said.push(message) },
    server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 10 } },
    plugins: [vitePlugin(options), takesLong],
  })
  await server.listen()
  origin = server.resolvedUrls?.local[0] ?? ''
}, 60_000)

afterAll(async () => {
  await server.close()
})

const edit = (from: string, to: string): void => editProfile(root, from, to)

/** Writes until the server's watcher has reported it, which now and then misses a change on a busy machine. */
async function editUntilTold(from: string, to: string): Promise<void> {
  for (let text = from, tries = 1; ; text = to, tries++) {
    const told = once(server.watcher, 'change', { signal: AbortSignal.timeout(5000) })
    edit(text, to)
    const isTold = await told.then(
      () => true,
      () => false,
    )
    if (isTold) return
    if (tries === 3) throw new Error(`Vite's watcher told of none of ${tries} changes`)
  }
}

/** What the page shows, when it shows what is waited for. */
async function shown(page: Page, name: string): Promise<Record<string, unknown>> {
  const attribute = await page.waitForFunction(
    `document.body?.dataset.values?.includes(${JSON.stringify(JSON.stringify(name))}) && document.body.dataset.values`,
  )
  return JSON.parse(String(await attribute.jsonValue()))
}

describe.runIf(hasBrowser)('a page of Vite’s development server', () => {
  test('has the public values, follows a change, shows a mistake and recovers once it is fixed', async () => {
    await withPage(async (page) => {
      const seen: string[] = []
      page.on('response', async (response) => seen.push(await response.text().catch(() => '')))
      page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => seen.push(String(payload))))
      await page.goto(origin)
      expect(await shown(page, 'Acme')).toMatchObject({
        virtual: 'acme-42',
        index: 8080,
        process: expect.arrayContaining(['8080']),
      })

      await editUntilTold('name: Acme', 'name: Beta')
      expect(await shown(page, 'Beta')).toMatchObject({ named: { site_name: 'Beta' }, member: 'Beta' })

      await editUntilTold('port: 8080', 'port: eighty')
      const overlay = page.locator('vite-error-overlay')
      await overlay.waitFor({ state: 'attached' })
      expect(await overlay.locator('.message-body').textContent()).toContain('server.port  is not a whole number')
      expect(await (await page.request.get(`${origin}src/values.js`)).text()).toContain('8080')

      await editUntilTold('port: eighty', 'port: 9090')
      await overlay.waitFor({ state: 'detached' })
      expect(await shown(page, 'Beta')).toMatchObject({ named: { port: 9090 } })

      expect(seen.length).toBeGreaterThan(5)
      expectNone(canaries, seen)
    })
  }, 60_000)

  test('follows a change right after another, as when a formatter follows an editor', async () => {
    await withPage(async (page) => {
      await page.goto(origin)
      await shown(page, 'Beta')
      await editUntilTold('name: Beta', 'name: Between')
      // By then a load that began at once would have read the file.
      await setTimeout(25)
      edit('name: Between', 'name: Behind')
      await shown(page, 'Behind')
      await editUntilTold('name: Behind', 'name: Beta')
      expect(await shown(page, 'Beta')).toMatchObject({ named: { site_name: 'Beta' } })
    })
  })

  test.each([
    ['reads', 'DATABASE_URL  is a secret', 'src/reads.js'],
    ['library', '@systemprompt/env  reads configuration and secrets', 'src/library.js'],
    ['file', 'secrets.json  may contain secrets', 'src/file.js'],
  ])(
    'shows what is refused, and in which file: %s',
    async (name, message, file) => {
      await withPage(async (page) => {
        await page.goto(`${origin}${name}.html`)
        const text = await page.locator('vite-error-overlay .message-body').textContent()
        expect(text).toContain(message)
        expect(text).toContain(file)
        expectNone(canaries, [text ?? ''])
      })
    },
    60_000,
  )
})

describe('the terminal of Vite’s development server', () => {
  test.each([
    ['src/ahead-reads.js:1:13  DATABASE_URL  is a secret', 'console.log(process.env.DATABASE_URL)\n'],
    [
      'src/ahead-library.js  @systemprompt/env  reads',
      "import { loadConfig } from '@systemprompt/env'\nloadConfig()\n",
    ],
  ])('names the refused module even while Vite still resolves its other imports: %s', async (message, code) => {
    const [file = ''] = message.split(/[: ]/)
    writeFiles(root, { [file]: `${code}import 'takes-long'\n` })
    said.length = 0
    await server.transformRequest(`/${file}`)
    await expect.poll(() => said.join('\n')).toContain('The build was stopped')
    expect(said.join('\n')).toContain(message)
  })
})

describe('server code that Vite runs', () => {
  test('has the public values, and follows a change', async () => {
    expect(await server.ssrLoadModule('/src/values.js')).toMatchObject({ values: { virtual: 'acme-42' } })
    edit('search: true', 'search: false')
    await expect.poll(async () => (await server.ssrLoadModule('/src/values.js')).values.optional).toBe(false)
  })
})

describe('Vite’s development server', () => {
  test.each(SPELLINGS)('does not serve %s', async (url) => {
    const text = await rawGet(origin, url.replace('/app/', `${root}/`))
    expectNone([...canaries, 'PUBLIC_GREETING'], [text])
    expect(text).toMatch(/^HTTP\/1\.1 (?:403|404|400|431)/)
  })

  test('serves other files', async () => {
    expect(await rawGet(origin, '/src/one.js')).toMatch(/^HTTP\/1\.1 200[\s\S]*document\.title/)
  })
})

test('a mistake that is fixed before the server listens fails nothing afterwards', async () => {
  const app = appWithCanaries()
  editProfile(app.root, 'port: 8080', 'port: eighty')
  const later = await createServer({
    root: app.root,
    configFile: false,
    logLevel: 'silent',
    server: { port: 0, host: '127.0.0.1', ws: false },
    plugins: [vitePlugin(options)],
  })
  await later.environments.ssr.transformRequest('/src/values.js')
  editProfile(app.root, 'port: eighty', 'port: 8080')
  await later.listen()
  const made = await later.environments.client.transformRequest('\0@systemprompt/env/public')
  expect(made?.code).toContain('port = 8080')
  await later.close()
})

test('a server without HMR follows a change too', async () => {
  const app = appWithCanaries()
  writeFiles(app.root, {
    'src/it.js': "export const read = process.env.site_name\nexport { site_name } from '@systemprompt/env/public'\n",
  })
  const server = await createServer({
    root: app.root,
    configFile: false,
    logLevel: 'silent',
    server: { middlewareMode: true, ws: false, hmr: false, watch: { usePolling: true, interval: 10 } },
    plugins: [vitePlugin(options)],
  })
  const values = async () => ({ ...(await server.ssrLoadModule('/src/it.js')) })
  expect(await values()).toEqual({ read: 'Acme', site_name: 'Acme' })
  // Until it is reported: a watcher may miss the first change right after its start.
  const profile = readFileSync(join(app.root, PROFILE), 'utf8').replace('name: Acme', 'name: Beta')
  const changed = () => {
    writeFiles(app.root, { [PROFILE]: profile })
    return values()
  }
  await expect.poll(changed, { interval: 500 }).toEqual({ read: 'Beta', site_name: 'Beta' })
  await server.close()
})

test('a new systemprompt.config.json in the root of a running server takes effect', async () => {
  const app = appWithCanaries()
  writeFiles(app.root, { 'src/it.js': 'export const read = import.meta.env.PUBLIC_GREETING\n' })
  const server = await createServer({
    root: app.root,
    configFile: false,
    logLevel: 'silent',
    server: { middlewareMode: true, ws: false, watch: { usePolling: true, interval: 10 } },
    plugins: [vitePlugin(options)],
  })
  const read = async () => (await server.environments.client.transformRequest('/src/it.js'))?.code
  expect(await read()).toContain('Hello')
  const withFile = () => {
    writeFiles(app.root, { 'systemprompt.config.json': '{ "prefix": "OTHER_" }\n' })
    return read()
  }
  await expect.poll(withFile, { interval: 500, timeout: 10_000 }).not.toContain('Hello')
  await server.close()
})
