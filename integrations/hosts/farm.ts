import type { JsPlugin } from '@farmfe/core'
import type { Build } from '../build.ts'
import { consumerOfTargetEnv } from '../consumer.ts'

export function farmHooks(build: Build): Partial<JsPlugin> {
  return {
    configResolved(config) {
      build.root = config.root ?? process.cwd()
      build.consumer = build.options.consumer ?? consumerOfTargetEnv(config.compilation?.output?.targetEnv)
    },
    buildStart: {
      async executor() {
        const failure = await build.refresh()
        if (failure) throw failure
      },
    },
  }
}
