import { resolve } from 'node:path'
import type { Build } from './build.ts'
import { type Context, type ModuleMeta, neverKeep, type Transform, transformOf, watchFiles } from './code/transform.ts'
import { consumerOf } from './consumer.ts'
import { stopInDev } from './dev-server/stop-in-dev.ts'
import type { Consumer } from './options.ts'
import { OWN_FILES, ownFileOf } from './own-files.ts'
import { NOTHING } from './public-env.ts'
import { isBetween } from './refusals.ts'
import {
  OWN_IDS,
  OWN_MODULES,
  PUBLIC,
  REFUSED,
  refusalOf,
  refusedFile,
  resolveOwn,
  sourceOf,
} from './virtual-module.ts'

export const NAME = '@systemprompt/env'

/** Code that may read a variable. Packages are left alone: they are not written for one project's names. */
const CODE = { include: /\.[cm]?[jt]sx?(?:$|\?)/, exclude: /[\\/]node_modules[\\/]/ }
const READS = /\bprocess\b|\bimport\s*\.\s*meta\b/

/** Styles, data, media and page templates, which never become client code that reads a variable. */
const NO_CODE =
  /\.(?:css|less|s[ac]ss|styl|stylus|pcss|postcss|json5?|ya?ml|toml|html?|ejs|eta|hbs|handlebars|mustache|njk|pug|twig|txt|svg|png|jpe?g|gif|webp|avif|ico|bmp|woff2?|ttf|eot|otf|mp[34]|webm|og[gv]|wav|flac|aac|mov|pdf|wasm|node)(?:$|[?#])/i

/** Files that may hold secrets, and that a bundler would quote if it could not parse them. */
const DATA = /\.(?:json5?|ya?ml|toml|txt|env|conf|cfg|ini|properties|pem|key)(?:$|\?)|(?:^|[\\/])[^\\/.?\0]+(?:$|\?)/i
/** Everything but scripts. Vite's development server has no end of a build at which the modules could be checked. */
const NO_SCRIPT = /^(?!\0)(?![^?]*\.[cm]?[jt]sx?(?:$|\?))/i

/** A module that a loader creates without a file; unplugin's own loader fails for it in Rspack. */
const NO_FILE = /^$/

const NEVER_COMPILED = [CODE.exclude, OWN_IDS, NO_CODE]
const NOT_COMPILED = [CODE.include, ...NEVER_COMPILED]

/**
 * Whether code may read a variable, or name or match a confidential file: `.env` and its variants, or anything in
 * `.systemprompt`.
 */
export function mayRead(code: string): boolean {
  return READS.test(code) && /env|\.systemprompt|\bglob\b/.test(code)
}

/** The expression that each host replaces with the URL that the output is served from. */
const SERVED_FROM: Readonly<Record<string, string>> = {
  vite: 'import.meta.env.BASE_URL',
  webpack: '__webpack_public_path__',
  rspack: '__webpack_public_path__',
}

/** A hook that the host calls for some modules only. Older hosts ignore filters, so handlers check again. */
interface Filtered<Filter, Handler> {
  readonly filter: Filter
  handler: Handler
}

export interface Hooks {
  readonly resolveId: Filtered<
    { id: RegExp },
    (this: object, specifier: string, importer?: string) => string | undefined
  >
  readonly load: Filtered<{ id: RegExp[] }, (this: Context, id: string) => Promise<string | undefined>>
  readonly transform: Filtered<{ id: { include: RegExp; exclude: RegExp }; code: RegExp }, Transform>
}

export interface CompiledHooks {
  readonly transform: Filtered<{ id: { exclude: RegExp[] }; code: RegExp }, Transform>
}

/**
 * The hooks that every host calls for each module: resolving a specifier, loading one of our modules, and putting
 * values into code.
 *
 * @param framework unplugin's name for the host
 */
export function hooksOf(build: Build, framework: string): Hooks {
  const { phase } = build.options
  const servedFrom = SERVED_FROM[framework]
  const isCommonJsTaken = framework === 'webpack' || framework === 'rspack'
  const isCommonJsRead = framework === 'esbuild' || isCommonJsTaken
  const transform = transformOf(build, framework)
  const data = framework === 'vite' ? NO_SCRIPT : DATA
  /** The module of ours that an id stands for, however code refers to it. */
  const ownIdOf = async (id: string, consumer: Consumer): Promise<string | undefined> => {
    if (isBetween(id)) return undefined
    if (OWN_IDS.test(id)) return id
    const file = ownFileOf(id)
    if (file === 'public') return `\0${PUBLIC}`
    if (file === 'library') return consumer === 'server' ? undefined : `\0${REFUSED}`
    if (framework === 'rspack' || !data.test(id)) return undefined
    await build.settled()
    const [path = ''] = id.split('?')
    return build.confidential.has(resolve(path)) ? refusedFile(path) : undefined
  }
  return {
    resolveId: {
      filter: { id: OWN_MODULES },
      handler(specifier, importer) {
        if (!OWN_MODULES.test(specifier)) return undefined
        const id = resolveOwn(specifier, consumerOf(this, build))
        if (id !== undefined && importer !== undefined && refusalOf(id)) build.lastImporters.set(id, importer)
        return id
      },
    },
    load: {
      filter: { id: framework === 'rspack' ? [OWN_IDS, OWN_FILES] : [OWN_IDS, OWN_FILES, data] },
      async handler(id) {
        const consumer = consumerOf(this, build)
        const own = await ownIdOf(id, consumer)
        if (own === undefined) return undefined
        await build.settled()
        watchFiles(this, build, framework)
        // There is only one of this module, so the error appears once. Refused modules can be many; the end of the
        // build reports them.
        if (!refusalOf(own)) await build.ready()
        if (framework === 'rspack') neverKeep(this)
        const modules = refusalOf(own) ? build.refused : build.users
        modules.add(id)
        stopInDev(this, id, build)
        // The build fails with the configuration's error, and should not report every missing name as well.
        if (build.failure && build.env === NOTHING && isCommonJsTaken) return 'module.exports = Object()'
        // A JSON file is replaced by valid JSON, since it goes on to the host's JSON parser.
        if (/\.json(?:$|\?)/.test(id)) return 'null'
        const { values, settings } = build.env
        const { isForWorker } = build
        return sourceOf(own, { phase, values, settings, consumer, isCommonJsRead, servedFrom, isForWorker })
      },
    },
    transform: {
      filter: { id: CODE, code: READS },
      async handler(code, id, meta) {
        return isCode(id) && isScript(meta) && mayRead(code) ? transform.call(this, code, id) : undefined
      },
    },
  }
}

/** The same for Rollup and its relatives, where other plugins make packages external before most plugins are asked. */
export function firstHooksOf(build: Build, framework: string) {
  const hooks = hooksOf(build, framework)
  return { ...hooks, resolveId: { order: 'pre', ...hooks.resolveId } } as const
}

/**
 * Components of Vue, Svelte and the like, and anything else that other plugins compile to JavaScript, including code whose
 * compiler reads the file itself, as Angular's does, which loses what was replaced. For hosts that can run a hook after
 * all of those.
 */
export function compiledHooksOf(build: Build, framework: string): CompiledHooks {
  const transform = transformOf(build, framework)
  // Rspack goes over to JavaScript once more for each module that it asks of.
  const exclude = framework === 'rspack' ? [...NOT_COMPILED, NO_FILE] : NEVER_COMPILED
  const isLost = (code: string, id: string): boolean => isCode(id) && build.changed.has(id) && !code.includes(REFUSED)
  return {
    transform: {
      filter: { id: { exclude }, code: READS },
      async handler(code, id) {
        return (isCompiled(id) || isLost(code, id)) && mayRead(code) ? transform.call(this, code, id) : undefined
      },
    },
  }
}

/** Whether a file is code without being compiled. */
export function isCode(id: string): boolean {
  return CODE.include.test(id) && !CODE.exclude.test(id)
}

/** Rolldown's module type says whether a module is loaded as text or as an asset instead. */
function isScript({ moduleType }: ModuleMeta = {}): boolean {
  return moduleType === undefined || /^[jt]sx?$/.test(moduleType)
}

/** Whether a file may be compiled to code. */
export function isCompiled(id: string): boolean {
  return !NOT_COMPILED.some((pattern) => pattern.test(id))
}
