import { join, relative, resolve } from 'node:path'
import type { JsPlugin, Server } from '@farmfe/core'
import type { Build } from '../build.ts'
import { asksForConfidential } from '../confidential-path.ts'
import { consumerOfTargetEnv } from '../consumer.ts'
import { refusals } from '../refusals.ts'

export function farmHooks(build: Build): Partial<JsPlugin> {
  let root = '.'
  let publicDir = 'public'
  return {
    configResolved(config) {
      root = config.root ?? '.'
      build.setRoot(root)
      publicDir = resolve(root, config.publicDir ?? 'public')
      build.consumer = build.options.consumer ?? consumerOfTargetEnv(config.compilation?.output?.targetEnv)
      // Of a module that Farm has kept from an earlier build no plugin is asked, whatever it was made of or may not ask for.
      if (config.compilation) config.compilation.persistentCache = false
      // Farm hands out every file of its root that is asked for.
      if (config.server) config.server.middlewares = [() => guardOf(build), ...(config.server.middlewares ?? [])]
    },
    buildStart: {
      async executor() {
        build.refused.clear()
        const failure = await build.refresh()
        if (failure) throw failure
      },
    },
    buildEnd: {
      async executor(_, context) {
        const importersOf = (id: string): readonly string[] =>
          context?.viteGetImporters(farmId(id, root)).map((importer) => importer.id) ?? []
        const error = refusals({ ids: build.refused, importersOf }, build)
        // Farm shows the stack behind the message, which begins it.
        if (error) error.stack = ''
        if (error) throw error
      },
    },
    configureDevServer(server) {
      const watcher = server.watcher?.getInternalWatcher()
      watcher?.on('all', async (_, file) => {
        if (!build.files.includes(file)) return
        await refreshAndTell(build, server, root)
        watcher.add([...build.files])
      })
    },
    configureCompiler(compiler) {
      // Farm's hooks for its output lose parts of it, or come when it is written.
      const compile = compiler.compile.bind(compiler)
      compiler.compile = async () => {
        await compile()
        const files = Object.entries(compiler.resources()).map(([name, content]) => ({ name, content }))
        // Farm copies its public directory when plugins have been asked for the last time.
        const leaks = (await build.findLeaks(files)) ?? (await build.findWrittenLeaks(publicDir, 0))
        if (leaks) throw leaks.error
      }
    },
  }
}

/** Of Koa's context as much as the guard needs. */
interface Context {
  readonly url: string
  status: number
  body: unknown
}

/** Koa's middleware returns what is behind it. */
function guardOf(build: Build) {
  return async (context: Context, next: () => Promise<unknown>): Promise<void> => {
    if (!asksForConfidential(context.url, build)) {
      await next()
      return
    }
    context.status = 403
    context.body = 'Forbidden'
  }
}

/** Loads again. What is wrong is shown over the page, which keeps the last good values. */
async function refreshAndTell(build: Build, server: Server, root: string): Promise<void> {
  const before = build.failure ? undefined : JSON.stringify(build.env.values)
  const failure = await build.refresh()
  if (failure) {
    const message = JSON.stringify({ type: 'error', err: { message: failure.message }, overlay: true })
    server.ws?.clients.forEach((client) => {
      client.rawSend(message)
    })
    return
  }
  if (JSON.stringify(build.env.values) === before) return
  const users = [...build.users].map((id) => join(root, farmId(id, root)))
  await server.hmrEngine?.hmrUpdate(users, true)
}

/** Farm ends the process when it is asked for a module that it does not know by this very name. */
function farmId(id: string, root: string): string {
  return id.startsWith('\0') ? id.replaceAll('\0', '\\0') : relative(root, id)
}
