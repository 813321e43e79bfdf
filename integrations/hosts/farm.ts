import { join, relative, resolve, sep } from 'node:path'
import type { CompilationContext, Compiler, JsPlugin, Server } from '@farmfe/core'
import type { Build } from '../build.ts'
import { consumerOfTargetEnv } from '../consumer.ts'
import { asksForConfidential, type Place } from '../dev-server/confidential-path.ts'
import { untilHeard } from '../dev-server/watcher.ts'
import type { OutputFile } from '../output/leak-guard.ts'
import { refusals } from '../refusals.ts'

/** What the hooks tell one another. */
interface State {
  root: string
  publicDir: string
  graph: CompilationContext | undefined
  server: Server | undefined
  /** Why nothing is handed out after the last change, once it was looked at. */
  stopped: Promise<Error | undefined> | undefined
  /** Files of changes with secrets in them. */
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
      // Of a module that Farm has kept from an earlier build no plugin is asked, whatever it was made of or may not ask for.
      if (config.compilation) config.compilation.persistentCache = false
      // Farm hands out every file of its root that is asked for.
      const below = config.compilation?.output?.publicPath ?? '/'
      const places = [root, publicDir].flatMap((directory) => [below, '/'].map((path) => ({ directory, below: path })))
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
      // Also to a page that was loading when it was said, and to one that is loaded later.
      started.ws?.on('connection', () => {
        if (build.failure) show(build.failure, started)
      })
      started.watcher?.getInternalWatcher()?.on('all', async (_, file) => {
        if (!build.files.includes(file)) return
        await untilHeard()
        await refreshAndTell(build, started, state.root)
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
  const isThere = (id: string): boolean => Boolean(graph?.viteGetModuleById(farmId(id, root)))
  const importersOf = (id: string): readonly string[] =>
    graph?.viteGetImporters(farmId(id, root)).map((importer) => importer.id) ?? []
  // What was asked for once may be so no more.
  const error = refusals({ ids: [...build.refused].filter(isThere), importersOf }, build)
  // Farm shows the stack behind the message, which begins it.
  if (error) error.stack = ''
  return error
}

/** Farm's hooks for its output lose parts of it, or come when it is written. */
function guardCompile(compiler: Compiler, build: Build, state: State): void {
  const compile = compiler.compile.bind(compiler)
  compiler.compile = async () => {
    await compile()
    // Farm copies its public directory when plugins have been asked for the last time.
    const leaks = (await build.findLeaks(outputOf(compiler))) ?? (await build.findWrittenLeaks(state.publicDir, 0))
    if (leaks) throw leaks.error
  }
}

/** After a change Farm asks none of its hooks. */
function guardUpdates(compiler: Compiler, build: Build, state: State): void {
  const update = compiler.update.bind(compiler)
  let running: Promise<unknown> = Promise.resolve()
  compiler.update = async (changed, isWaitedFor, isQueued, ...rest) => {
    // Whoever put it into the queue looks at it.
    if (isQueued) return update(changed, isWaitedFor, isQueued, ...rest)
    // Farm can begin with the same once more before it has told of it, and hang.
    if (!isWaitedFor) await running
    // What leaks is looked at with every change, until it does so no more.
    const paths = [...new Set([...changed, ...state.leaking.filter((file) => compiler.hasModule(file))])]
    const updated = update(paths, isWaitedFor, isQueued, ...rest)
    if (!isWaitedFor) running = updated.catch(() => undefined)
    const before = state.stopped
    const lookAt = async (result: Update): Promise<Error | undefined> => {
      const files = isWaitedFor ? outputOf(compiler) : textsOf(result, paths, state.root)
      const leaks = await build.findLeaks(files)
      state.leaking = leaks ? paths : []
      return findRefused(build, state) ?? leaks?.error
    }
    const looked = updated.then(lookAt, () => before)
    state.stopped = looked
    const result = await updated
    const [last, error] = await Promise.all([before, looked])
    // In the form of Farm's own, which are shown as they are.
    if (error && isWaitedFor) throw new Error(JSON.stringify([error.message]))
    return told(result, { last, error }, state.server)
  }
}

/** What pages get of an update, now that it was looked at; `last` is why they got nothing of the one before. */
function told(
  result: Update,
  { last, error }: { readonly last: Error | undefined; readonly error: Error | undefined },
  server: Server | undefined,
): Update {
  if (error) {
    if (error.message !== last?.message) server?.logger.error(error.message)
    // An update takes away what is shown over the page, also one with nothing in it.
    setImmediate(() => show(error, server))
    return unsent(result)
  }
  // What has changed meanwhile the page has not been told.
  if (last) send({ type: 'full-reload' }, server)
  return result
}

function outputOf(compiler: Compiler): readonly OutputFile[] {
  return Object.entries(compiler.resources()).map(([name, content]) => ({ name, content }))
}

/** What a page is sent for a change. */
function textsOf(update: Update, paths: readonly string[], root: string): readonly OutputFile[] {
  const name = paths.map((path) => relative(root, path)).join(', ')
  return [
    { name, content: update.mutableModules },
    { name: `${name} (immutable)`, content: update.immutableModules },
  ]
}

/** In place of an update that pages must not have: Farm's development server ends with an error that comes at this time. */
function unsent(update: Update): Update {
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

/** Farm's watcher knows its root alone. */
function watchFiles({ files }: Build, server: Server | undefined): void {
  server?.watcher?.getInternalWatcher()?.add([...files])
}

/** Of Koa's context as much as the guard needs. */
interface Context {
  readonly url: string
  status: number
  body: unknown
}

/** Koa's middleware returns what is behind it. Farm itself would hand out what was refused to whoever loads the page. */
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

/** Loads again. What is wrong is shown over the page, which keeps the last good values. */
async function refreshAndTell(build: Build, server: Server, root: string): Promise<void> {
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

/** What modules are made of, and which files none is made of. */
function stateOf({ version, confidential }: Build): string {
  return [version, ...confidential].join('\n')
}

/** Farm makes all modules of a file anew, whatever their queries. */
function fileOf(id: string, root: string): string {
  const [path = ''] = farmId(id, root).split('?')
  return join(root, path)
}

/** Farm ends the process when it is asked for a module that it does not know by this very name. */
function farmId(id: string, root: string): string {
  return id.startsWith('\0') ? id.replaceAll('\0', '\\0') : relative(root, id).replaceAll(sep, '/')
}
