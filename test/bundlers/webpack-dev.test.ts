import { join } from 'node:path'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import webpackPlugin from '../../integrations/webpack.ts'
import { describeDevServer, options } from './dev-server.ts'

const OVERLAY = '#webpack-dev-server-client-overlay'

describeDevServer('webpack', {
  async start(root) {
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
    const server = new WebpackDevServer(compiler.options.devServer as WebpackDevServer.Configuration, compiler)
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
