import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DevEnvironment, EnvironmentModuleNode, Plugin, PreviewServer, ViteDevServer } from 'vite'
import type { Build } from '../build.ts'
import { asksForConfidential } from '../dev-server/confidential-path.ts'
import { refuseConfidential } from '../dev-server/dev-guard.ts'
import { isInDev } from '../dev-server/stop-in-dev.ts'
import { untilHeard } from '../dev-server/watcher.ts'
import { isCompiled, mayRead } from '../hooks.ts'
import { pathWithin } from '../path-within.ts'
import { rollupHooks } from './rollup.ts'
import { withValues } from './vite-page.ts'

/** What Vitest asks a plugin, by its older name and by its newer one. */
interface VitestContext {
  readonly experimental_defineCacheKeyGenerator?: DefineCacheKey
  readonly defineCacheKeyGenerator?: DefineCacheKey
}

type DefineCacheKey = (generator: (module: { readonly sourceCode: string }) => false | undefined) => void

/** For the plugin before all others, and for the one behind them. */
interface ViteHooks {
  readonly before: Omit<Partial<Plugin>, 'configureVitest'> & { configureVitest(context: VitestContext): void }
  readonly behind: Partial<Plugin>
}

/**
 * Vite: the environments say who runs the code, and a change reaches the pages that are open.
 *
 * @param forWorker makes the plugin once more: Vite builds each worker apart
 */
export function viteHooks(build: Build, forWorker: () => Plugin | Plugin[]): ViteHooks {
  // What others write when they close is searched behind them.
  const { first, hooks } = rollupHooks(build)
  const { buildStart, buildEnd, closeBundle, ...others } = hooks
  const isRuntime = build.options.phase === 'runtime'
  let server: ViteDevServer | undefined
  let isInPage = false
  let update: { readonly timestamp: number; readonly result: Promise<boolean> } | undefined
  const before: ViteHooks['before'] = {
    ...others,
    config: () => ({
      // Vite takes packages for external on the server before it asks plugins; not what an alias names.
      resolve: { alias: [{ find: /^@systemprompt\/env\/public$/, replacement: 'virtual:systemprompt/public' }] },
      optimizeDeps: { exclude: ['@systemprompt/env'] },
      worker: { plugins: () => [forWorker()] },
    }),
    configResolved(config) {
      if (!('environments' in config)) throw olderVite()
      build.setRoot(config.root)
      denyConfidential(config, build)
    },
    buildStart: {
      order: 'post',
      sequential: true,
      async handler() {
        if (this.environment.mode !== 'dev') return buildStart.handler.call(this)
        // A server that is started with a mistake shows it in the page, and goes on when it is mended.
        const failure = await build.refresh()
        if (server) watchFiles(build, server)
        if (failure) this.environment.logger.error(failure.message)
      },
    },
    async buildEnd(failure) {
      // A server that closes has told everything, and may never have begun.
      if (!isInDev(this) || isBundledDev(this.environment)) await buildEnd.call(this, failure)
    },
    configureServer(started) {
      server = started
      const { root, base, publicDir } = started.config
      const places = [root, publicDir].flatMap((directory) => [base, '/'].map((below) => ({ directory, below })))
      started.middlewares.use(refuseConfidential(build, places))
      if (started.config.server.hmr === false) followWithoutHmr(build, started)
      if (isRuntime) answerWithValues(started, build)
    },
    async configurePreviewServer(started) {
      if (!isRuntime) return
      await build.ready()
      answerWithValues(started, build)
    },
    configureVitest({ experimental_defineCacheKeyGenerator: define, defineCacheKeyGenerator = define }) {
      // A key would be that of every project that has the module: values of one would be those of another.
      defineCacheKeyGenerator?.(({ sourceCode }) => (mayRead(sourceCode) ? false : undefined))
    },
    transformIndexHtml: {
      order: 'pre',
      async handler(page) {
        await build.settled()
        // The values of a build that is deployed to many places are not known yet.
        const made = isRuntime ? page : withValues(page, build.env.values)
        isInPage ||= made !== page
        return made
      },
    },
    hotUpdate: {
      order: 'pre',
      async handler({ file, timestamp, server }) {
        if (!build.files.includes(resolve(file))) return undefined
        // Every environment is told of the change; one load serves them all.
        if (update?.timestamp !== timestamp) update = { timestamp, result: refreshAndTell(build, server) }
        if (!(await update.result)) return []
        const { moduleGraph, hot, name } = this.environment
        const modules = [...build.users].flatMap((id) => moduleGraph.getModuleById(id) ?? [])
        if (isInPage && name === 'client') {
          // Its modules go first: the page asks for them at once.
          for (const module of modules) moduleGraph.invalidateModule(module)
          hot.send({ type: 'full-reload' })
          return []
        }
        // Svelte's plugin looks at a component in the list as if the file that has changed were its own.
        const components = modules.filter(isComponent)
        for (const component of components) await this.environment.reloadModule(component)
        return modules.filter((module) => !components.includes(module))
      },
    },
  }
  const behind: Partial<Plugin> = {
    closeBundle,
    buildStart: {
      order: 'pre',
      handler(input) {
        if (this.environment.mode !== 'dev') first.buildStart.handler.call(this, input)
      },
    },
  }
  return { before, behind }
}

/**
 * Moves a plugin to the place before another that would come first. In builds of Vite 7 that one makes something else of
 * `process.env.X` and `import.meta.env.X` before the last plugins see them; it stands behind whatever compiles.
 */
export function putBefore(plugins: Plugin[], name: string, other: string): void {
  const from = plugins.findIndex((plugin) => plugin.name === name)
  const to = plugins.findIndex((plugin) => plugin.name === other)
  if (to !== -1 && to < from) plugins.splice(to, 0, ...plugins.splice(from, 1))
}

/** Vite 5, which npm puts beside the one that this package asks for where a framework has it, as VitePress 1. */
function olderVite(): Error {
  const error = new Error(
    "'@systemprompt/env/vite' is for Vite 7 and 8, and this Vite is older: it does not tell client code from server code. 'npm ls vite' shows which package depends on it; update that package",
  )
  // Vite prints this alone.
  error.stack = error.message
  return error
}

/**
 * For whoever asks Vite before handing out a file by itself, as Vitest does when a test in a browser reads one. Not by
 * `server.fs.deny`: a list of ours would take the place of Vite's own.
 */
function denyConfidential(config: object, build: Build): void {
  const isDenied: unknown = Reflect.get(config, 'fsDenyGlob')
  if (typeof isDenied !== 'function') return
  Reflect.set(
    config,
    'fsDenyGlob',
    (path: string) => isDenied(path) || asksForConfidential(pathWithin(build.root, path) ?? path, build),
  )
}

/** In place of the file that a deployment has. */
function answerWithValues({ config, middlewares }: ViteDevServer | PreviewServer, build: Build): void {
  middlewares.use(`${config.base}env.json`, (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(build.env.values))
  })
}

/**
 * What Vite's watcher is told of by name: what lies outside of its root, and of the root what is there, since it misses what
 * changes while it still looks around. Told of a file of the root that is none yet, it tells of no new file beside that.
 */
function watchFiles({ files }: Build, { watcher, config }: ViteDevServer): void {
  watcher.add(files.filter((file) => pathWithin(config.root, file) === undefined || existsSync(file)))
}

function isComponent({ id }: EnvironmentModuleNode): boolean {
  return id !== null && isCompiled(id)
}

/**
 * Loads again; what is wrong is shown over the page, which keeps the last good values.
 * @returns whether modules have to be made anew
 */
async function refreshAndTell(build: Build, server: ViteDevServer): Promise<boolean> {
  await untilHeard()
  const before = build.failure ? undefined : build.version
  const failure = await build.refresh()
  watchFiles(build, server)
  if (!failure) return build.version !== before
  server.config.logger.error(failure.message)
  server.environments.client?.hot.send({
    type: 'error',
    err: { message: failure.message, stack: '', plugin: '@systemprompt/env' },
  })
  return false
}

/** Without HMR, as in Vitest, Vite asks no plugin about a change: whoever loads a module next has the values as they are. */
function followWithoutHmr(build: Build, server: ViteDevServer): void {
  server.watcher.on('all', async (_, file) => {
    if (!build.files.includes(resolve(file)) || !(await refreshAndTell(build, server))) return
    for (const { moduleGraph } of Object.values(server.environments))
      for (const module of [...build.users].flatMap((id) => moduleGraph.getModuleById(id) ?? []))
        moduleGraph.invalidateModule(module)
  })
}

/** Whether a development server hands out bundles, which end as those of a build do. */
function isBundledDev(environment: DevEnvironment): boolean {
  return Reflect.get(environment, 'bundledDev') !== undefined
}
