import { join, relative, resolve, sep } from 'node:path'
import type { CompilationContext, Compiler, JsPlugin, Server } from '@farmfe/core'
import type { Build } from '../build.ts'
import { consumerOfTargetEnv } from '../consumer.ts'
import { asksForConfidential, type Place, placesAt } from '../dev-server/confidential-path.ts'
import { waitForWatcher } from '../dev-server/watcher.ts'
import type { OutputFile } from '../output/leak-guard.ts'
import { refusals } from '../refusals.ts'

/** State that the hooks share. */
interface State {
  root: string
  publicDir: string
  graph: CompilationContext | undefined
  server: Server | undefined
  /** Why nothing is served after the last change, once it was checked. */
  stopped: Promise<Error | undefined> | undefined
  /** Files of changes that contained secrets. */
  leaking: readonly string[]
}

export function farmHooks(build: Build): Partial<JsPlugin> {
  const state: State = {
    root: '.',
    publicDir: 'public',
    graph: undefined,
    server: undefined,
    stopped: undefined,
    leaking: [],
  }
  return {
    configResolved(config) {
      const root = config.root ?? '.'
      const publicDir = resolve(root, config.publicDir ?? 'public')
      Object.assign(state, { root, publicDir })
      build.setRoot(root)
      build.consumer = build.options.consumer ?? consumerOfTargetEnv(config.compilation?.output?.targetEnv)
      // Farm asks no plugin about modules from its persistent cache, even if they contain old values or import what
      // they must not.
      if (config.compilation) config.compilation.persistentCache = false
      // Farm serves every file of its root.
      const places = placesAt(config.compilation?.output?.publicPath ?? '/', [root, publicDir])
      const guard = guardOf(build, places, () => state.stopped)
      if (config.server) config.server.middlewares = [() => guard, ...(config.server.middlewares ?? [])]
    },
    buildStart: {
      async executor(_, context) {
        Object.assign(state, { graph: context, stopped: undefined, leaking: [] })
        build.refused.clear()
        const failure = await build.refresh()
        if (failure) throw failure
        watchFiles(build, state.server)
      },
    },
    buildEnd: {
      async executor() {
        const error = findRefused(build, state)
        if (error) throw error
      },
    },
    configureDevServer(started) {
      state.server = started
      // Reaches a page that was still loading when the error was sent, and one that is loaded later.
      started.ws?.on('connection', () => {
        if (build.failure) show(build.failure, started)
      })
      started.watcher?.getInternalWatcher()?.on('all', async (_, file) => {
        if (!build.files.includes(file)) return
        await waitForWatcher()
        await refreshPages(build, started, state.root)
        watchFiles(build, started)
      })
    },
    configureCompiler(compiler) {
      guardCompile(compiler, build, state)
      guardUpdates(compiler, build, state)
    },
  }
}

function findRefused(build: Build, { graph, root }: State): Error | undefined {
  const exists = (id: string): boolean => Boolean(graph?.viteGetModuleById(farmId(id, root)))
  const importersOf = (id: string): readonly string[] =>
    graph?.viteGetImporters(farmId(id, root)).map((importer) => importer.id) ?? []
  // A module that was once imported may not be any more.
  const error = refusals({ ids: [...build.refused].filter(exists), importersOf }, build)
  // Farm prints the stack after the message, and the stack begins with the message.
  if (error) error.stack = ''
  return error
}

/** Farm's output hooks miss parts of the output, or run after it is written. */
function guardCompile(compiler: Compiler, build: Build, state: State): void {
  const compile = compiler.compile.bind(compiler)
  compiler.compile = async () => {
    await compile()
    // Farm copies its public directory after the last plugin hook.
    const leaks = (await build.findLeaks(outputOf(compiler))) ?? (await build.findWrittenLeaks(state.publicDir, 0))
    if (leaks) throw leaks.error
  }
}

/** After a change Farm calls none of its hooks. */
function guardUpdates(compiler: Compiler, build: Build, state: State): void {
  const update = compiler.update.bind(compiler)
  let running: Promise<unknown> = Promise.resolve()
  compiler.update = async (changed, isWaitedFor, isQueued, ...rest) => {
    // The caller that queued it checks the result.
    if (isQueued) return update(changed, isWaitedFor, isQueued, ...rest)
    // Farm can start on the same update again before it has reported the first, and hang.
    if (!isWaitedFor) await running
    // Files that leak are checked with every change, until they no longer do.
    const paths = [...new Set([...changed, ...state.leaking.filter((file) => compiler.hasModule(file))])]
    const updated = update(paths, isWaitedFor, isQueued, ...rest)
    if (!isWaitedFor) running = updated.catch(() => undefined)
    const before = state.stopped
    const check = async (result: Update): Promise<Error | undefined> => {
      const files = isWaitedFor ? outputOf(compiler) : textsOf(result, paths, state.root)
      const leaks = await build.findLeaks(files)
      state.leaking = leaks ? paths : []
      return findRefused(build, state) ?? leaks?.error
    }
    const checked = updated.then(check, () => before)
    state.stopped = checked
    const result = await updated
    const [last, error] = await Promise.all([before, checked])
    // The form of Farm's own errors, which are shown unchanged.
    if (error && isWaitedFor) throw new Error(JSON.stringify([error.message]))
    return updateForPages(result, { last, error }, state.server)
  }
}

/** What pages get of a checked update; `last` is the error that held back the one before. */
function updateForPages(
  result: Update,
  { last, error }: { readonly last: Error | undefined; readonly error: Error | undefined },
  server: Server | undefined,
): Update {
  if (error) {
    if (error.message !== last?.message) server?.logger.error(error.message)
    // Even an empty update removes the error overlay.
    setImmediate(() => show(error, server))
    return emptyUpdate(result)
  }
  // The page has missed the changes made in the meantime.
  if (last) send({ type: 'full-reload' }, server)
  return result
}

function outputOf(compiler: Compiler): readonly OutputFile[] {
  return Object.entries(compiler.resources()).map(([name, content]) => ({ name, content }))
}

/** What a page receives for a change. */
function textsOf(update: Update, paths: readonly string[], root: string): readonly OutputFile[] {
  const name = paths.map((path) => relative(root, path)).join(', ')
  return [
    { name, content: update.mutableModules },
    { name: `${name} (immutable)`, content: update.immutableModules },
  ]
}

/** An empty update, for one that pages must not get: throwing an error here would end Farm's development server. */
function emptyUpdate(update: Update): Update {
  const { add, remove } = update.extraWatchResult
  return {
    added: [],
    changed: [],
    removed: [],
    immutableModules: '{}',
    mutableModules: '{}',
    boundaries: {},
    dynamicResourcesMap: {},
    extraWatchResult: { add: [...add, ...update.added], remove },
  }
}

type Update = Awaited<ReturnType<Compiler['update']>>

/** Farm's watcher watches only its root. */
function watchFiles({ files }: Build, server: Server | undefined): void {
  server?.watcher?.getInternalWatcher()?.add([...files])
}

/** The part of Koa's context that the guard needs. */
interface Context {
  readonly url: string
  status: number
  body: unknown
}

/** Koa middleware must await the next one. Without the guard, Farm would serve refused output when a page is loaded. */
function guardOf(build: Build, places: readonly Place[], stopped: () => Promise<Error | undefined> | undefined) {
  return async (context: Context, next: () => Promise<unknown>): Promise<void> => {
    const isForbidden = asksForConfidential(context.url, build, places)
    const error = isForbidden ? undefined : await stopped()
    if (!isForbidden && !error) {
      await next()
      return
    }
    context.status = isForbidden ? 403 : 500
    context.body = error?.message ?? 'Forbidden'
  }
}

/** Loads again. An error is shown over the page, which keeps the last valid values. */
async function refreshPages(build: Build, server: Server, root: string): Promise<void> {
  const before = build.failure ? undefined : stateOf(build)
  const failure = await build.refresh()
  if (failure) {
    server.logger.error(failure.message)
    show(failure, server)
    return
  }
  if (stateOf(build) === before) return
  const modules = [...build.users, ...build.confidential]
  await server.hmrEngine?.hmrUpdate([...new Set(modules.map((id) => fileOf(id, root)))], true)
}

function show({ message }: Error, server: Server | undefined): void {
  send({ type: 'error', err: { message }, overlay: true }, server)
}

function send(message: object, server: Server | undefined): void {
  server?.ws?.clients.forEach((client) => {
    client.rawSend(JSON.stringify(message))
  })
}

/** The values that modules depend on, and the files that must not become modules. */
function stateOf({ version, confidential }: Build): string {
  return [version, ...confidential].join('\n')
}

/** Farm rebuilds all modules of a file, whatever their queries. */
function fileOf(id: string, root: string): string {
  const [path = ''] = farmId(id, root).split('?')
  return join(root, path)
}

/** Farm exits when it is asked for a module by any other name than its own. */
function farmId(id: string, root: string): string {
  return id.startsWith('\0') ? id.replaceAll('\0', '\\0') : relative(root, id).replaceAll(sep, '/')
}
