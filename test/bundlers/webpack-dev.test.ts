import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import webpackPlugin from '../../integrations/webpack.ts'
import { writeFiles } from '../support/temp-project.ts'
import { type DevServer, describeDevServer, options } from './dev-server.ts'
import { copyApp } from './hosts.ts'
import { rawGet } from './raw-get.ts'

const OVERLAY = '#webpack-dev-server-client-overlay'

async function serve(root: string, served: WebpackDevServer.Configuration['static']): Promise<DevServer> {
  const compiler = webpack({
    context: root,
    entry: join(root, 'src/client.js'),
    mode: 'development',
    output: { path: join(root, 'out'), filename: 'main.js', publicPath: '/' },
    infrastructureLogging: { level: 'none' },
    stats: 'none',
    watchOptions: { poll: 100, aggregateTimeout: 20 },
    devServer: { static: served, port: 0, host: '127.0.0.1', client: { overlay: true } },
    plugins: [webpackPlugin(options)],
  })
  if (!compiler) throw new Error('webpack made no compiler')
  const server = new WebpackDevServer(compiler.options.devServer as WebpackDevServer.Configuration, compiler)
  await server.start()
  const address = server.server?.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { origin: `http://127.0.0.1:${port}`, close: () => server.stop() }
}

describeDevServer('webpack', {
  // The worst case: serving the whole project.
  start: (root) => serve(root, root),
  async showsMistake(page) {
    await page.frameLocator(OVERLAY).getByText('server.port  is not a whole number').first().waitFor()
  },
  async forgetsMistake(page) {
    await page.locator(OVERLAY).waitFor({ state: 'detached' })
  },
})

test('webpack’s development server serves no file with secrets, from any static directory or public path', async () => {
  const root = copyApp()
  vi.stubEnv('DATABASE_URL_FILE', join(root, 'db.secret'))
  vi.stubEnv('JWT_SECRET_FILE', join(root, 'run/jwt'))
  const database = 'postgres://acme:Zq81LmnPw3vK@h/db'
  writeFiles(root, {
    'db.secret': database,
    'run/jwt': 'jwt-canary-1f0c9a7be24d83650d1f7b2ac5e94477',
    'run/other': 'other',
  })
  const server = await serve(root, [
    { directory: root, publicPath: '/files' },
    { directory: join(root, 'run'), publicPath: ['/', '/more'] },
  ])
  try {
    for (const path of ['/files/db.secret', '/jwt', '/more/jwt', '/files/run/jwt'])
      expect(await rawGet(server.origin, path), path).toMatch(/^HTTP\/1\.1 403/)
    expect(await rawGet(server.origin, '/more/other')).toContain('other')
  } finally {
    await server.close()
    vi.unstubAllEnvs()
  }
})
