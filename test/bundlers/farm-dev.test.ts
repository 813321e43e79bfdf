import { createServer } from 'node:net'
import { join } from 'node:path'
import { createCompiler, createDevServer, Logger, resolveConfig } from '@farmfe/core'
import farmPlugin from '../../integrations/farm.ts'
import { describeDevServer, options } from './dev-server.ts'

/** Farm takes a port that is free as it starts, but tells none that it was given. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

describeDevServer('Farm', {
  async start(root) {
    const port = await freePort()
    const logger = new Logger()
    // Its type asks for `true` and an object in one.
    const hmr = { port, host: '127.0.0.1', watchOptions: { usePolling: true, interval: 50 } }
    for (const level of ['error', 'info', 'warn'] as const) logger[level] = () => undefined
    const config = await resolveConfig(
      {
        root,
        logger,
        clearScreen: false,
        compilation: {
          input: { index: join(root, 'index.html') },
          output: { path: join(root, 'out') },
          persistentCache: false,
          lazyCompilation: false,
          presetEnv: false,
          progress: false,
        },
        server: {
          port,
          host: '127.0.0.1',
          hmr: hmr as never,
        },
        // The worst that somebody can do: hand out the whole project.
        publicDir: '.',
        plugins: [farmPlugin(options)],
      },
      'development',
      logger,
    )
    const server = await createDevServer(await createCompiler(config, logger), config, logger)
    await server.listen()
    return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
  },
  page: '/',
  async showsMistake(page) {
    await page.locator('vite-error-overlay').getByText('server.port  is not a whole number').first().waitFor()
  },
})
