import { join } from 'node:path'
import { createRsbuild } from '@rsbuild/core'
import rsbuildPlugin from '../../integrations/rsbuild.ts'
import { describeDevServer, options } from './dev-server.ts'

describeDevServer('Rsbuild', {
  async start(root) {
    const rsbuild = await createRsbuild({
      cwd: root,
      config: {
        mode: 'development',
        logLevel: 'silent',
        source: { entry: { index: join(root, 'src/client.js') } },
        // The worst case: serving the whole project.
        server: { port: 0, host: '127.0.0.1', publicDir: { name: root } },
        tools: { rspack: { watchOptions: { poll: 100, aggregateTimeout: 20 } } },
        plugins: [rsbuildPlugin(options)],
      },
    })
    const { port, server } = await rsbuild.startDevServer()
    return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
  },
  page: '/index',
  async showsMistake(page) {
    await page.locator('rsbuild-error-overlay').getByText('server.port  is not a whole number').first().waitFor()
  },
  async forgetsMistake(page) {
    await page.locator('rsbuild-error-overlay').waitFor({ state: 'detached' })
  },
})
