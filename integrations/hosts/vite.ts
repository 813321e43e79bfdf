import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DevEnvironment, EnvironmentModuleNode, Plugin, PreviewServer, ViteDevServer } from 'vite'
import type { PublicValues } from '../../src/index.ts'
import type { Build } from '../build.ts'
import { textOf } from '../code/literal.ts'
import { asksForConfidential, placesAt } from '../dev-server/confidential-path.ts'
import { refuseConfidential } from '../dev-server/dev-guard.ts'
import { isInDev } from '../dev-server/stop-in-dev.ts'
import { waitForWatcher } from '../dev-server/watcher.ts'
import { isCompiled, mayRead } from '../hooks.ts'
import { olderHost } from '../host-version.ts'
import { pathWithin } from '../path-within.ts'
import { rollupHooks } from './rollup.ts'

const SPECIFIER = /^@systemprompt\/env\/public$/

/** What Vitest offers a plugin, by its older and its newer name. */
interface VitestContext {
  readonly experimental_defineCacheKeyGenerator?: DefineCacheKey
  readonly defineCacheKeyGenerator?: DefineCacheKey
}

type DefineCacheKey = (generator: (module: { readonly sourceCode: string }) => false | undefined) => void

/** For the plugin before all others, and for the one after them. */
interface ViteHooks {
  readonly before: Omit<Partial<Plugin>, 'configureVitest'> & { configureVitest(context: VitestContext): void }
  readonly after: Partial<Plugin>
}

/**
 * Vite: its environments say who runs the code, and changes reach open pages.
 *
 * @param forWorker creates the plugin again: Vite builds each worker separately
 */
export function viteHooks(build: Build, forWorker: () => Plugin | Plugin[]): ViteHooks {
  // What other plugins write in `closeBundle` is searched after them.
  const { first, hooks } = rollupHooks(build)
  const { buildStart, buildEnd, closeBundle, ...others } = hooks
  const isRuntime = build.options.phase === 'runtime'
  let server: ViteDevServer | undefined
  let isInPage = false
  let update: { readonly timestamp: number; readonly result: Promise<boolean> } | undefined
  const before: ViteHooks['before'] = {
    ...others,
    config: (_, { command }) => ({
      // A development server makes packages external before it asks plugins, but not the target of an alias. In a build,
      // plugins that write declarations would take the target for a path.
      resolve: { alias: command === 'serve' ? [{ find: SPECIFIER, replacement: 'virtual:systemprompt/public' }] : [] },
      optimizeDeps: { exclude: ['@systemprompt/env'] },
      worker: { plugins: () => [forWorker()] },
    }),
    configResolved(config) {
      // Vite 5, which npm installs for a framework that depends on it, as VitePress 1 does.
      if (!('environments' in config)) throw olderHost('vite')
      build.setRoot(config.root)
      denyConfidential(config, build)
    },
    buildStart: {
      order: 'post',
      sequential: true,
      async handler() {
        if (this.environment.mode !== 'dev') return buildStart.handler.call(this)
        // A server that starts with an error shows it in the page, and continues when it is fixed.
        const failure = await build.refresh()
        if (server) watchFiles(build, server)
        if (failure) this.environment.logger.error(failure.message)
      },
    },
    async buildEnd(failure) {
      // A closing server has reported everything, and may never have begun a build.
      if (!isInDev(this) || isBundledDev(this.environment)) await buildEnd.call(this, failure)
    },
    configureServer(started) {
      server = started
      const { root, base, publicDir } = started.config
      started.middlewares.use(refuseConfidential(build, placesAt(base, [root, publicDir])))
      if (started.config.server.hmr === false) followWithoutHmr(build, started)
      if (isRuntime) answerWithValues(started, build)
    },
    async configurePreviewServer(started) {
      if (!isRuntime) return
      await build.ready()
      answerWithValues(started, build)
    },
    configureVitest({ experimental_defineCacheKeyGenerator: define, defineCacheKeyGenerator = define }) {
      // A cache key would be shared by every project with this module, and one would get the values of another.
      defineCacheKeyGenerator?.(({ sourceCode }) => (mayRead(sourceCode) ? false : undefined))
    },
    transformIndexHtml: {
      order: 'pre',
      async handler(page) {
        await build.settled()
        // In a build that is deployed to many places the values are not known yet.
        const made = isRuntime ? page : withValues(page, build.env.values)
        isInPage ||= made !== page
        return made
      },
    },
    hotUpdate: {
      order: 'pre',
      async handler({ file, timestamp, server }) {
        if (!build.files.includes(resolve(file))) return undefined
        // Every environment is told of the change; they share one load.
        if (update?.timestamp !== timestamp) update = { timestamp, result: refreshPages(build, server) }
        if (!(await update.result)) return []
        const { moduleGraph, hot, name } = this.environment
        const modules = usersIn(moduleGraph, build)
        if (isInPage && name === 'client') {
          // Invalidated first: the page requests them at once.
          for (const module of modules) moduleGraph.invalidateModule(module)
          hot.send({ type: 'full-reload' })
          return []
        }
        // Svelte's plugin would treat a component in the list as if its own file had changed.
        const components = modules.filter(isComponent)
        for (const component of components) await this.environment.reloadModule(component)
        return modules.filter((module) => !components.includes(module))
      },
    },
  }
  const after: Partial<Plugin> = {
    closeBundle,
    buildStart: {
      order: 'pre',
      handler(input) {
        if (this.environment.mode !== 'dev') first.buildStart.handler.call(this, input)
      },
    },
  }
  return { before, after }
}

/**
 * Moves a plugin in front of another. In builds of Vite 7 the other one would rewrite `process.env.X` and
 * `import.meta.env.X` before the last plugins see them; it comes after all compilers.
 */
export function putBefore(plugins: Plugin[], name: string, other: string): void {
  const from = plugins.findIndex((plugin) => plugin.name === name)
  const to = plugins.findIndex((plugin) => plugin.name === other)
  if (to !== -1 && to < from) plugins.splice(to, 0, ...plugins.splice(from, 1))
}

/**
 * For code that asks Vite before it hands out a file itself, as Vitest does when a test in a browser reads one. Not
 * `server.fs.deny`: our list would replace Vite's defaults.
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

/** Serves the values in place of the `env.json` that a deployment has. */
function answerWithValues({ config, middlewares }: ViteDevServer | PreviewServer, build: Build): void {
  middlewares.use(`${config.base}env.json`, (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(build.env.values))
  })
}

/**
 * Adds files to Vite's watcher by name: those outside its root, and existing ones in it, since it misses changes during
 * its first scan. A missing file of the root is not added: the watcher would then report no other new file beside it.
 */
function watchFiles({ files }: Build, { watcher, config }: ViteDevServer): void {
  watcher.add(files.filter((file) => pathWithin(config.root, file) === undefined || existsSync(file)))
}

function isComponent({ id }: EnvironmentModuleNode): boolean {
  return id !== null && isCompiled(id)
}

/**
 * Loads again; an error is shown over the page, which keeps the last valid values.
 * @returns whether modules have to be rebuilt
 */
async function refreshPages(build: Build, server: ViteDevServer): Promise<boolean> {
  await waitForWatcher()
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

/**
 * Without HMR, as in Vitest, Vite calls no plugin for a change: modules are invalidated, so that the next load has the
 * new values.
 */
function followWithoutHmr(build: Build, server: ViteDevServer): void {
  server.watcher.on('all', async (_, file) => {
    if (!build.files.includes(resolve(file)) || !(await refreshPages(build, server))) return
    for (const { moduleGraph } of Object.values(server.environments))
      for (const module of usersIn(moduleGraph, build)) moduleGraph.invalidateModule(module)
  })
}

/** The modules that hold public values. */
function usersIn(graph: DevEnvironment['moduleGraph'], { users }: Build): EnvironmentModuleNode[] {
  return [...users].flatMap((id) => graph.getModuleById(id) ?? [])
}

/** Replaces names between percent signs in a page, `%PUBLIC_URL%`, as Vite does for variables with its own prefix. */
function withValues(page: string, values: PublicValues): string {
  return page.replace(/%(\w+)%/g, (text, name: string) =>
    Object.hasOwn(values, name) ? textOf(values[name] ?? null) : text,
  )
}

/** Whether a development server serves bundles, which end as those of a build do. */
function isBundledDev(environment: DevEnvironment): boolean {
  return Reflect.get(environment, 'bundledDev') !== undefined
}
