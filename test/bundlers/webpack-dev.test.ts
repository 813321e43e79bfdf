import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import webpackPlugin from '../../integrations/webpack.ts'
import { SPELLINGS } from '../support/confidential-spellings.ts'
import { PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { copyApp } from './hosts.ts'
import { rawGet } from './raw-get.ts'

const options = {
  public: { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' },
}

let root = ''
let server: WebpackDevServer
let origin = ''

beforeAll(async () => {
  root = copyApp()
  writeFiles(root, { 'page.html': '<body><script src="/main.js"></script></body>' })
  const compiler = webpack({
    context: root,
    entry: join(root, 'src/client.js'),
    mode: 'development',
    output: { path: join(root, 'out'), filename: 'main.js', publicPath: '/' },
    infrastructureLogging: { level: 'none' },
    stats: 'none',
    watchOptions: { poll: 100, aggregateTimeout: 20 },
    // The worst that somebody can do: hand out the whole project.
    devServer: { static: root, port: 0, host: '127.0.0.1', client: { overlay: true } },
    plugins: [webpackPlugin(options)],
  })
  if (!compiler) throw new Error('webpack made no compiler')
  server = new WebpackDevServer(compiler.options.devServer as WebpackDevServer.Configuration, compiler)
  await server.start()
  const address = server.server?.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}, 60_000)

afterAll(async () => {
  await server.stop()
})

function edit(from: string, to: string): void {
  writeFiles(root, { [PROFILE]: readFileSync(join(root, PROFILE), 'utf8').replace(from, to) })
}

const secrets = (): string[] => Object.values(JSON.parse(readFileSync(join(root, SECRETS), 'utf8')))

describe('webpack’s development server', () => {
  test.runIf(hasBrowser)(
    'follows a change, shows a mistake and goes on when it is mended',
    async () => {
      await withPage(async (page) => {
        const seen: string[] = []
        page.on('response', async (response) => seen.push(await response.text().catch(() => '')))
        page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => seen.push(String(payload))))
        const shows = (text: string) => page.waitForFunction(`document.body?.dataset.values?.includes('${text}')`)
        await page.goto(`${origin}/page.html`)
        await shows('"site_name":"Acme"')
        edit('name: Acme', 'name: Beta')
        await shows('"site_name":"Beta"')
        edit('port: 8080', 'port: eighty')
        const frame = page.frameLocator('#webpack-dev-server-client-overlay')
        await frame.getByText('server.port  is not a whole number').first().waitFor()
        edit('port: eighty', 'port: 9090')
        await shows('"port":9090')
        expect(seen.length).toBeGreaterThan(3)
        for (const secret of secrets()) expect(seen.filter((text) => text.includes(secret))).toEqual([])
      })
    },
    60_000,
  )

  test.each(SPELLINGS)('does not hand out %s', async (url) => {
    const text = await rawGet(origin, url.replace('/app/', `${root}/`))
    for (const secret of [...secrets(), 'PUBLIC_GREETING']) expect(text).not.toContain(secret)
    expect(text).toMatch(/^HTTP\/1\.1 (?:403|404|400|431)/)
  })

  test('hands out other files', async () => {
    expect(await rawGet(origin, '/src/one.js')).toMatch(/^HTTP\/1\.1 200[\s\S]*document\.title/)
  })
})
