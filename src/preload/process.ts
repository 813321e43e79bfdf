import { writeSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { ABSENT, DIRECTORY, HIDDEN, signatureOf } from '../files/signature.ts'
import { core, responseGuard, scan } from '../on-demand.ts'
import { PACKAGE } from '../package.ts'
import { preloadedModules } from './flags.ts'
import { injectedIn } from './marker.ts'
import { isOn, isUnderNodeWatch, isVerbose, preload } from './preload.ts'

/** EX_CONFIG of sysexits.h: something is not configured, or not correctly. */
const EXIT_CONFIG = 78

/** Where the process records that it was preloaded, for other copies of this package in it. */
const PRELOADED = Symbol.for('@systemprompt/env.preloaded')

/**
 * Preloads if one of Node's flags names the entry `file`, a path with symbolic links resolved. Does nothing if the
 * program itself imports it, or if another copy of this package has already preloaded.
 */
export function preloadIfRequested(file: string): void {
  const { execArgv, env } = process
  const cwd = workingDirectory()
  const flagged = preloadedModules(execArgv, env.NODE_OPTIONS)
  if (cwd === undefined || Reflect.has(process, PRELOADED)) return
  if (flagged.some((specifier) => isEntry(specifier, cwd, file))) preloadProcess(file)
}

/** Undefined if it has been removed, in which case there is no project. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

/** Resolves a flag's module as Node does, from the working directory. */
function isEntry(specifier: string, cwd: string, file: string): boolean {
  if (specifier === PACKAGE.name) return true
  if (/^(?:node|data):/.test(specifier)) return false
  const path = specifier.startsWith('file:') ? new URL(specifier) : specifier
  try {
    // Loaded here, since most starts name the package and do not need it.
    const { createRequire } = process.getBuiltinModule('node:module')
    return createRequire(join(cwd, 'noop.js')).resolve(path instanceof URL ? fileOf(path) : path) === file
  } catch {
    return false
  }
}

function fileOf({ pathname }: URL): string {
  const path = decodeURIComponent(pathname)
  return sep === '/' ? path : resolve(path.slice(1))
}

/**
 * Sets the variables of this process. If the configuration is not valid, the process exits with the usual message and
 * without a stack. Plans are kept near the entry `file`; without one, there are none.
 */
export function preloadProcess(file: string | undefined): void {
  const { env } = process
  const cwd = workingDirectory()
  if (cwd === undefined) return
  const uid = process.getuid?.()
  const modules = file === undefined ? undefined : modulesOf(file)
  Reflect.set(process, PRELOADED, true)
  if (!canRead(cwd)) {
    const hint = `, or the directory above it that has .systemprompt`
    printError(
      `The configuration cannot be read: Node's permissions do not allow it. Add --allow-fs-read=${cwd}${hint}`,
    )
    process.exit(EXIT_CONFIG)
  }
  try {
    preload({
      cwd,
      env,
      version: PACKAGE.version,
      cache: modules === undefined ? undefined : join(modules, '.cache', 'systemprompt-env'),
      uid,
      resolve(start, plan) {
        const place = plan === undefined || modules === undefined ? undefined : { file: plan, modules, uid }
        const { values, isOutside, files, warnings } = core().resolveStart(start, place)
        reportToNodeWatch(files)
        if (isVerbose(start.env))
          for (const warning of warnings()) printError(core().renderProblem(warning).split('\n')[0])
        if (isOn(start.env.SYSTEMPROMPT_REDACT)) core().redactProcess(scan())
        if (isOn(start.env.SYSTEMPROMPT_GUARD_RESPONSES)) guardResponses()
        return isOutside ? { ...injectedIn(env), ...values } : values
      },
    })
  } catch (error) {
    if (!core().isConfigError(error)) throw error
    reportToNodeWatch(error.consulted.files)
    printError(error.message)
    process.exit(EXIT_CONFIG)
  }
}

/** Searches what this process's servers send for the secrets of the project that was just resolved. */
function guardResponses(): void {
  const { loadConfigSync, secretValues } = core()
  responseGuard().guardResponses(scan().createMatcher(secretValues(loadConfigSync())), printError)
}

/** Whether a directory may be read under Node's permission model, if that is on. */
function canRead(directory: string): boolean {
  const permission: unknown = Reflect.get(process, 'permission')
  const { has } = (permission ?? {}) as { has?: (scope: string, reference: string) => boolean }
  return has?.('fs.read', directory) !== false
}

/** Makes `node --watch` restart the program when one of these files changes, as it does for modules. */
function reportToNodeWatch(files: Iterable<string>): void {
  if (!isUnderNodeWatch(process.env)) return
  // It gives up at a missing file, and would treat every change in a directory as one of the directory itself.
  const existing = [...files].filter((file) => ![ABSENT, HIDDEN, DIRECTORY].includes(signatureOf(file)))
  process.send?.({ 'watch:require': existing })
}

/** The outermost `node_modules` around a file; without one, a `node_modules` in the package itself. */
function modulesOf(file: string): string {
  const [before, after] = file.split(`${sep}node_modules${sep}`, 2)
  return join(after === undefined ? dirname(dirname(file)) : (before ?? ''), 'node_modules')
}

/** Synchronously, since the process may exit with the next statement. */
function printError(text = ''): void {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    process.stderr.write(`${text}\n`)
  }
}
