import { join } from 'node:path'
import { watch } from 'rolldown'
import rolldownPlugin from '../../integrations/rolldown.ts'
import { options } from './dev-server.ts'
import { describeWatch } from './watch.ts'

describeWatch('Rolldown', {
  async watch(root, tellError) {
    const watcher = watch({
      input: join(root, 'src/client.js'),
      cwd: root,
      platform: 'browser',
      plugins: [rolldownPlugin({ cwd: root, ...options })],
      logLevel: 'silent',
      output: { dir: join(root, 'out'), entryFileNames: 'main.js' },
      watch: { watcher: { usePolling: true, pollInterval: 50 } },
    })
    watcher.on('event', (event) => {
      if (event.code === 'ERROR') tellError(event.error.message)
    })
    return watcher
  },
  seesNewFiles: false,
})
