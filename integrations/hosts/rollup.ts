import type { Build } from '../build.ts'
import { consumerOf, consumerOfEnvironment, consumerOfPlatform } from '../consumer.ts'
import { checkHostVersion } from '../host-version.ts'
import { externalError, withPublicBundled } from '../output/external-modules.ts'
import { refusals, withoutStack } from '../refusals.ts'
import { marksRequiredIn, resolveOwn } from '../virtual-module.ts'
import { type Last, type OutputHooks, outputHooks } from './rollup-output.ts'

/** The part of the hook context that Rollup, Rolldown and Vite share. */
interface Context {
  readonly meta: {
    readonly watchMode: boolean
    readonly rollupVersion: string
    readonly rolldownVersion?: string | undefined
  }
  addWatchFile(file: string): void
  getModuleIds(): IterableIterator<string>
  getModuleInfo(id: string): {
    readonly importers: readonly string[]
    readonly dynamicImporters: readonly string[]
    readonly code: string | null
  } | null
}

/** Runs before all other hooks of the same name. */
interface First<Hook> {
  readonly order: 'pre'
  readonly handler: Hook
}

interface RollupHooks extends OutputHooks {
  options<Options extends object>(options: Options): Options
  readonly buildStart: Last<(this: Context) => Promise<void>>
  buildEnd(this: Context, error?: unknown): Promise<void>
}

/** For a second plugin, since a plugin can have each hook only once. */
interface FirstHooks {
  readonly buildStart: First<(this: Context, input: object) => void>
}

/** Rollup, and Rolldown, which has the same hooks and also reports its platform. */
export function rollupHooks(build: Build): { readonly hooks: RollupHooks; readonly first: FirstHooks } {
  let from = '.'
  let running = 0
  const first: FirstHooks = {
    buildStart: {
      order: 'pre',
      handler(input) {
        const { rolldownVersion, rollupVersion } = this.meta
        if (rolldownVersion === undefined) checkHostVersion('rollup', rollupVersion)
        else checkHostVersion('rolldown', rolldownVersion)
        build.invalidate()
        from = String(Reflect.get(input, 'cwd') ?? '.')
        const consumer = build.options.consumer ?? consumerOfPlatform(Reflect.get(input, 'platform'))
        // Counted before anything can throw: `buildEnd` is called for every build that began.
        const isShared = running++ > 0 && consumer !== build.consumer
        // Vite reports the consumer of each module; elsewhere one build would be taken for the other.
        if (isShared && !consumerOfEnvironment(this)) throw sharedError()
        build.consumer = consumer
      },
    },
  }
  const hooks: RollupHooks = {
    options: withPublicBundled,
    // Starts after every other plugin has, in parallel with the host's threads. A module that is loaded earlier starts
    // it itself.
    buildStart: {
      order: 'post',
      sequential: true,
      async handler() {
        if (!this.meta.watchMode) {
          build.begin()
          return
        }
        const failure = await build.refresh()
        for (const file of build.files) this.addWatchFile(file)
        if (failure) throw failure
      },
    },
    async buildEnd(failure) {
      // A build that another plugin ended before ours began was not counted.
      running = Math.max(0, running - 1)
      await build.settled()
      // Of several simultaneous builds each fails for it; one that already failed with it does not repeat it.
      if (build.failure && !includesMessage(failure, build.failure)) throw withFailure(failure, build.failure, this)
      if (build.failure) return
      const required = this.meta.rolldownVersion === undefined ? requiredMarks(this) : new Map<string, string[]>()
      const importersOf = (id: string): readonly string[] => {
        const { importers = [], dynamicImporters = [] } = this.getModuleInfo(id) ?? {}
        return [...importers, ...dynamicImporters, ...(required.get(id) ?? [])]
      }
      const consumer = consumerOf(this, build)
      // If a build has already failed, not every importer is known.
      const ids = [...this.getModuleIds(), ...required.keys()].filter((id) => !failure || importersOf(id).length > 0)
      const error =
        refusals({ ids, importersOf }, { root: build.root, confidential: build.confidential, consumer }) ??
        externalError(ids)
      if (error) throw withFailure(failure, error, this)
    },
    ...outputHooks(build, () => from),
  }
  return { hooks, first }
}

/**
 * CommonJS marks that are not modules, with the modules that require them: Rollup leaves a `require` unchanged unless a
 * plugin turns it into an import. Rolldown does that itself.
 */
function requiredMarks(context: Context): ReadonlyMap<string, readonly string[]> {
  const required = new Map<string, string[]>()
  for (const id of context.getModuleIds())
    for (const mark of marksRequiredIn(context.getModuleInfo(id)?.code ?? '')) {
      const own = resolveOwn(mark, 'client') ?? mark
      required.set(own, [...(required.get(own) ?? []), id])
    }
  return required
}

/** Whether an error includes the message of another: bundlers wrap it in their own words. */
function includesMessage(error: unknown, { message }: Error): boolean {
  return error instanceof Error && error.message.includes(message)
}

/**
 * Our error for a build that has already failed, so that both are reported. In Rolldown a thrown error replaces the
 * other; Rollup reports both by itself.
 */
function withFailure(failure: unknown, error: Error, { meta }: Context): Error {
  if (!(failure instanceof Error) || meta.rolldownVersion === undefined) return error
  return withoutStack(new Error(`${error.message}\n\n${failure.message}`))
}

function sharedError(): Error {
  const error = new Error(
    "One plugin object of '@systemprompt/env' is used for a client build and a server build at the same time: create one for each",
  )
  error.stack = ''
  return error
}
