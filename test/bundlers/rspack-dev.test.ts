import { join } from 'node:path'
import { rspack } from '@rspack/core'
import { RspackDevServer } from '@rspack/dev-server'
import rspackPlugin from '../../integrations/rspack.ts'
import { describeDevServer, options } from './dev-server.ts'

const OVERLAY = '#rspack-dev-server-client-overlay, #webpack-dev-server-client-overlay'

describeDevServer('Rspack', {
  async start(root) {
    const compiler = rspack({
      context: root,
      entry: join(root, 'src/client.js'),
      mode: 'development',
      output: { path: join(root, 'out'), filename: 'main.js', publicPath: '/' },
      infrastructureLogging: { level: 'none' },
      stats: 'none',
      watchOptions: { poll: 100, aggregateTimeout: 20 },
      // The worst case: serving the whole project.
      devServer: { static: root, port: 0, host: '127.0.0.1', client: { overlay: true } },
      plugins: [rspackPlugin(options)],
    })
    const server = new RspackDevServer(compiler.options.devServer || {}, compiler)
    await server.start()
    const address = server.server?.address()
    const port = typeof address === 'object' ? address?.port : undefined
    return { origin: `http://127.0.0.1:${port}`, close: () => server.stop() }
  },
  async showsMistake(page) {
    await page.frameLocator(OVERLAY).getByText('server.port  is not a whole number').first().waitFor()
  },
  async forgetsMistake(page) {
    await page.locator(OVERLAY).waitFor({ state: 'detached' })
  },
})
