import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'vite'
import { afterEach, describe, expect, test, vi } from 'vitest'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import vitePlugin from '../../integrations/vite.ts'
import webpackPlugin from '../../integrations/webpack.ts'
import { sampled, seeded } from '../support/random.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { buildWith, copyApp, HOSTS } from './hosts.ts'
import { type Canaries, expectClean, plantCanaries } from './planted-canaries.ts'

/** The promise that no secret gets into what is built or served (docs/security.md). */
const random = seeded()
const rounds = Array.from({ length: sampled(1, 20) }, (_, round) => round + 1)
const options = {
  public: { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' },
}

vi.setConfig({ testTimeout: process.env.SOAK ? 600_000 : 60_000 })
afterEach(() => vi.unstubAllEnvs())

function plantedApp(): { root: string; canaries: Canaries } {
  const root = copyApp()
  const { canaries, env } = plantCanaries(root, random)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  return { root, canaries }
}

/** Fixed prefixes of secrets, before the random part. */
const PREFIXES: Readonly<Record<string, string>> = {
  'what the server reads': 'sk-ant-canary-',
  'credentials.json': 'sp_live_',
}

describe.each(HOSTS)(`20 secrets in a project that %s builds (SEED=${random.seed})`, (host) => {
  test.each(rounds)('are in no output file of a client or a server, round %i', async () => {
    const { root, canaries } = plantedApp()
    expect(Object.keys(canaries)).toHaveLength(20)
    for (const consumer of ['client', 'server'] as const) {
      // A server's build holds this library whole, over which a minifier would sit for half a minute.
      const minify = consumer === 'client' && random.below(2) === 0
      const { error, files } = await buildWith(host, { root, consumer, options, minify })
      expect(error).toBeUndefined()
      expect(files.size).toBeGreaterThan(0)
      for (const [name, content] of files) expectClean(`${name}\n${content.toString('latin1')}`, canaries, name)
    }
  })

  test.each(rounds)('are each reported when leaked, and neither printed nor left in the output, round %i', async () => {
    const { root, canaries } = plantedApp()
    const places = Object.keys(canaries)
    const entries = places.map((_, index) => [`leak${index}`, `src/leak${index}.js`] as const)
    for (const [index, [place, canary]] of Object.entries(canaries).entries()) {
      const text = JSON.stringify((PREFIXES[place] ?? '') + canary)
      writeFiles(root, { [`src/leak${index}.js`]: `globalThis.console.log(${text})\n` })
    }
    for (const consumer of ['client', 'server'] as const) {
      const { error = '', files } = await buildWith(host, { root, consumer, entries: Object.fromEntries(entries) })
      const missed = places.filter((_, index) => !new RegExp(`leak${index}\\.c?js`).test(error))
      expect(missed, error).toEqual([])
      expectClean(error, canaries, 'the message')
      for (const [name, content] of files) expectClean(`${name}\n${content.toString('latin1')}`, canaries, name)
    }
  })
})

/** What a server responded and sent while a page was open, a change was made, a mistake was made and fixed. */
async function responsesOf(root: string, origin: string, page: string): Promise<string> {
  const seen: string[] = []
  const edit = (from: string, to: string): void =>
    writeFiles(root, { [PROFILE]: readFileSync(join(root, PROFILE), 'utf8').replace(from, to) })
  await withPage(async (tab) => {
    tab.on('response', async (response) => {
      seen.push(JSON.stringify(await response.allHeaders().catch(() => '')), await response.text().catch(() => ''))
    })
    tab.on('console', (message) => seen.push(message.text()))
    tab.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => seen.push(String(payload))))
    const shows = (text: string) => tab.waitForFunction(`document.body?.dataset.values?.includes('${text}')`)
    await tab.goto(`${origin}${page}`)
    await shows('"site_name":"Acme"')
    edit('name: Acme', 'name: Beta')
    await shows('"site_name":"Beta"')
    // The mistake is made of a secret.
    edit('port: 8080', 'port: "${STRIPE_KEY}"')
    await expect.poll(() => seen.join('\n')).toContain('server.port  is not a whole number')
    edit('port: "${STRIPE_KEY}"', 'port: 9090')
    await shows('"port":9090')
    seen.push(await tab.content())
  })
  expect(seen.length).toBeGreaterThan(6)
  return seen.join('\n')
}

describe.runIf(hasBrowser)(`20 secrets in a project served for development (SEED=${random.seed})`, () => {
  test.each(sampled(0, 1) === 0 ? [1] : [1, 2, 3])(
    'are in no response or message of Vite, round %i',
    async () => {
      const { root, canaries } = plantedApp()
      const server = await createServer({
        root,
        configFile: false,
        logLevel: 'silent',
        server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 50 } },
        plugins: [vitePlugin(options)],
      })
      await server.listen()
      const origin = server.resolvedUrls?.local[0] ?? ''
      try {
        expectClean(await responsesOf(root, origin, ''), canaries, 'what Vite sent')
      } finally {
        await server.close()
      }
    },
    60_000,
  )

  test('are in no response or message of webpack’s development server', async () => {
    const { root, canaries } = plantedApp()
    writeFiles(root, { 'static/page.html': '<body><script src="/main.js"></script></body>' })
    const compiler = webpack({
      context: root,
      entry: join(root, 'src/client.js'),
      mode: 'development',
      output: { path: join(root, 'out'), filename: 'main.js', publicPath: '/' },
      infrastructureLogging: { level: 'none' },
      stats: 'none',
      watchOptions: { poll: 100, aggregateTimeout: 20 },
      devServer: { static: join(root, 'static'), port: 0, host: '127.0.0.1', client: { overlay: true } },
      plugins: [webpackPlugin(options)],
    })
    const server = new WebpackDevServer(
      compiler?.options.devServer as WebpackDevServer.Configuration,
      compiler as never,
    )
    await server.start()
    const address = server.server?.address()
    const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
    try {
      expectClean(await responsesOf(root, origin, 'page.html'), canaries, 'what webpack sent')
    } finally {
      await server.stop()
    }
  }, 60_000)
})
