import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import type { Jiti, JitiOptions } from 'jiti'
import { collectProblems, configError, type Problems } from '../errors/errors.ts'
import { displayPath } from '../files/paths.ts'
import { systemCode } from '../files/system-code.ts'
import type { Trail } from '../files/trail.ts'
import { pathExists, type ReadText, readText, realPath } from '../read/guard.ts'
import { parseJson } from '../read/json.ts'
import { parseYaml } from '../read/yaml.ts'
import { toPlain } from '../tree.ts'
import type { Site } from '../types.ts'
import { checkFileOptions } from './check-options.ts'
import type { AnySchema, FileTrees, LoadOptions } from './options.ts'

const NAME = 'systemprompt.config'
const EXTENSIONS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json', 'yaml', 'yml']

/**
 * Types the options of a project in `systemprompt.config.ts`, next to its package.json, and returns them unchanged.
 *
 * @example
 * import { defineConfig } from '@systemprompt/env'
 * import { z } from 'zod'
 *
 * export default defineConfig({
 *   schema: z.object({ server: z.object({ port: z.number() }) }),
 *   secrets: { required: ['ANTHROPIC_API_KEY'] },
 * })
 */
export function defineConfig<
  Schema extends AnySchema | undefined = undefined,
  Variables extends AnySchema | undefined = undefined,
>(options: LoadOptions<Schema, Variables>): LoadOptions<Schema, Variables> {
  return options
}

/** The path of the project's `systemprompt.config.*`, if there is one. Without one, c12 is not loaded. */
export function findConfigFile(root: string, trail: Trail): string | undefined {
  return EXTENSIONS.map((extension) => join(root, `${NAME}.${extension}`)).find((file) => pathExists(file, trail))
}

export interface WithConfigFile {
  readonly options: LoadOptions
  /** The file's overrides and defaults. They become layers below those in code, so `null` and lists replace. */
  readonly file: FileTrees
}

/**
 * Merges options in code over those of the config file; lists such as `secrets.required` are joined.
 * @throws ConfigError FILE_UNREADABLE; CONFIG_FILE if the file cannot be run or has no options; INVALID_OPTION for a wrong
 * option in it
 */
export async function withConfigFile(options: LoadOptions, file: string, trail: Trail): Promise<WithConfigFile> {
  const { overrides, defaults, ...rest } = await readConfigFile(file, trail)
  const { defu } = await import('defu')
  const whole: LoadOptions = {
    // Never merged: a valibot schema is a plain object.
    schema: options.schema ?? rest.schema,
    variables: options.variables ?? rest.variables,
    env: options.env ?? rest.env,
    // Not joined, just as a single string would not be, and since an empty list means none.
    prefix: options.prefix ?? rest.prefix,
    overrides: options.overrides,
    defaults: options.defaults,
  }
  const mergeable = (given: LoadOptions): LoadOptions =>
    Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(whole, name)))
  return {
    options: { ...defu(mergeable(options), mergeable(rest)), ...whole },
    file: { shown: basename(file), overrides, defaults },
  }
}

async function readConfigFile(file: string, trail: Trail): Promise<LoadOptions> {
  refuseUnreadable(file)
  const config = /\.(?:json|ya?ml)$/.test(file) ? readData(file) : await runCode(file, trail)
  if (config === undefined || config === null) return {}
  if (typeof config !== 'object' || Array.isArray(config)) throw unusable(file, 'it contains no options')
  checkFileOptions(config, siteOf(file))
  return config
}

/** Code that cannot be read would fail as if it were wrong, and a watcher tries again only what it could not read. */
function refuseUnreadable(file: string): void {
  const problems = collectProblems()
  readSource(file, problems)
  if (problems.errors.some(({ code }) => code === 'FILE_UNREADABLE')) problems.throwIfAny()
}

function readSource(file: string, problems: Problems): ReadText | undefined {
  return readText(file, siteOf(file).source, problems)
}

/** JSON and YAML are data: read like every other file, with positions in messages. */
function readData(file: string): unknown {
  const problems = collectProblems()
  const read = readSource(file, problems)
  const parse = file.endsWith('.json') ? parseJson : parseYaml
  const tree = read && parse(read.source, problems)
  const [problem] = problems.errors
  if (problem) throw unusable(file, `${problem.message}, on line ${problem.line ?? 1}`)
  return tree && toPlain(tree)
}

async function runCode(file: string, trail: Trail): Promise<unknown> {
  try {
    return await (/ts$/.test(file) ? runTypeScript(file, trail) : runJavaScript(file))
  } catch (error) {
    // c12 fails on a file whose function returns nothing, which is fine here.
    if (types.isNativeError(error) && error.message.includes("'$meta'")) return undefined
    if (isWithoutImport(error)) throw unusable(file, ...NO_MODULES)
    if (isSingleExecutable(error, file)) throw unusable(file, ...NO_WAITING)
    throw unusable(file, types.isNativeError(error) ? reasonOf(error, file) : 'it threw something that is not an error')
  }
}

/** Whether code runs in a separate realm, as in Jest and in Vitest's vm pools, from which nothing can be imported. */
function isWithoutImport(error: unknown): boolean {
  return systemCode(error).startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING')
}

const NO_MODULES = [
  'this program runs code in a vm context without support for modules',
  'start it with NODE_OPTIONS=--experimental-vm-modules, or call loadConfigSync, which leaves the file out',
] as const

/** Whether the program is a single executable, whose code can import only built-in modules in Node 26. */
function isSingleExecutable(error: unknown, file: string): boolean {
  return (
    types.isNativeError(error) &&
    systemCode(error) === 'ERR_UNKNOWN_BUILTIN_MODULE' &&
    error.message.includes(pathToFileURL(file).href)
  )
}

const NO_WAITING = [
  'a single executable cannot import a module with top-level await',
  'export an async function instead of an await at its top, or call loadConfigSync, which leaves the file out',
] as const

/** Runs a file again if it has changed since, and with it the TypeScript modules that it imports. */
async function runTypeScript(file: string, trail: Trail): Promise<unknown> {
  // jiti's cache would leave a copy of the file and its contents on disk.
  const jitiOptions = { fsCache: false }
  const transform = await compilerFor(file, jitiOptions)
  // Node runs TypeScript without it from 22.18 on.
  if (!transform) return runJavaScript(file)
  const { loadConfig } = await import('c12')
  const { config } = await loadConfig<LoadOptions>({
    name: NAME,
    cwd: dirname(file),
    configFile: basename(file),
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    envName: false,
    extend: false,
    giget: false,
    jitiOptions: {
      ...jitiOptions,
      transform(module) {
        if (module.filename !== undefined) trail.files.add(resolve(module.filename))
        return { code: transform(module) }
      },
    },
  })
  return config
}

/** Undefined in a bundle: the compiler is a separate file, which bundlers leave out. */
async function compilerFor(file: string, options: JitiOptions): Promise<Jiti['transform'] | undefined> {
  try {
    const { createJiti } = await import('jiti')
    const { transform } = createJiti(file, options)
    transform({ source: '', filename: file, ts: true })
    return transform
  } catch {
    return undefined
  }
}

/** Node caches modules by URL, so the URL includes a hash of the text. */
async function runJavaScript(file: string): Promise<unknown> {
  const { createHash } = process.getBuiltinModule('node:crypto')
  // A static import of it, a function, has no named exports in the output of older webpack releases, such as ncc's.
  const { createRequire } = process.getBuiltinModule('node:module')
  const text = readSource(file, collectProblems())
  const version = createHash('sha256')
    .update(text?.source.text ?? '')
    .digest('base64url')
  const required = createRequire(file)
  delete required.cache[realPath(file) ?? file]
  // The config file is never bundled: `imports-left` in tsup.config.ts makes bundlers leave this import alone.
  const module: object = await import(`${pathToFileURL(file).href}?${version}`).catch(
    (error: unknown) =>
      ((isWithoutImport(error) || isSingleExecutable(error, file)) && withoutImport(file, required)) ||
      Promise.reject(error),
  )
  const exported: unknown = 'default' in module ? module.default : module
  const options = isTranspiled(exported) ? exported.default : exported
  return typeof options === 'function' ? await options() : options
}

/**
 * Node's own realm can require ES modules too. Undefined for one with top-level await, and for TypeScript if this Node
 * cannot run it.
 */
function withoutImport(file: string, required: NodeJS.Require): object | undefined {
  try {
    return required(file) as object
  } catch (error) {
    // Type syntax is a plain SyntaxError if Node cannot run TypeScript; if it can, its errors have a code.
    const isUnreadable = types.isNativeError(error) && error.name === 'SyntaxError' && systemCode(error) === ''
    if ((/ts$/.test(file) && isUnreadable) || systemCode(error) === 'ERR_REQUIRE_ASYNC_MODULE') return undefined
    throw error
  }
}

/** CommonJS that was compiled from an ES module. */
function isTranspiled(exported: unknown): exported is { readonly default: unknown } {
  return typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported
}

function unusable(file: string, why: string, remedy = 'correct the file'): Error {
  return configError({
    code: 'CONFIG_FILE',
    message: `cannot be loaded: ${why}`,
    remedy,
    at: siteOf(file),
  })
}

function siteOf(file: string): Site {
  return { source: { layer: 'overrides', file: basename(file), confidential: false } }
}

/** The first line of the message, and the position that jiti puts in the second, which may be in an imported module. */
function reasonOf(error: Error, file: string): string {
  if (/ts$/.test(file) && Reflect.get(error, 'code') === 'ERR_UNKNOWN_FILE_EXTENSION')
    return 'a bundle cannot compile TypeScript; keep @systemprompt/env external, or write JavaScript'
  const { message } = error
  const [first = '', second = ''] = message.split('\n')
  const [, path, position] = /^\s*(\S.*?):(\d+:\d+)\s*$/.exec(second) ?? []
  const place = path === undefined ? '' : `, in ${displayPath(dirname(file), path)}:${position}`
  // If a module has no name, the compiler uses the root of the drive.
  const what = first.replace(/^ParseError: [A-Z]:\\: /, 'ParseError: ')
  return what.trimEnd().slice(0, 300) + place
}
