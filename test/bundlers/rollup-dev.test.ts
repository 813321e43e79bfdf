import { join } from 'node:path'
import { watch } from 'rollup'
import rollupPlugin from '../../integrations/rollup.ts'
import { options } from './dev-server.ts'
import { describeWatch } from './watch.ts'

describeWatch('Rollup', {
  async watch(root, tellError) {
    const watcher = watch({
      input: join(root, 'src/client.js'),
      plugins: [rollupPlugin({ cwd: root, ...options })],
      onLog: () => undefined,
      output: { dir: join(root, 'out'), entryFileNames: 'main.js' },
    })
    watcher.on('event', (event) => {
      if (event.code === 'ERROR') tellError(event.error.message)
    })
    return watcher
  },
})
