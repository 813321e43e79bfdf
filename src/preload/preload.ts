import { dirname, join } from 'node:path'
import { ABSENT, DIRECTORY, HIDDEN, signatureOf } from '../files/signature.ts'
import { type Environment, variableIn } from '../options/options.ts'
import { encodeMarker, injectedNames, MARKER, withoutInjected } from './marker.ts'
import { planFile, type Start, valuesFromPlan } from './plan.ts'

/** The process that a preload prepares. */
export interface PreloadContext {
  readonly cwd: string
  /** The variables are set in it. */
  readonly env: Record<string, string | undefined>
  /** This package's version. */
  readonly version: string
  /** The directory for plans; undefined to use none. */
  readonly cache: string | undefined
  /** The id of the current user; undefined on Windows, which has no such ids. */
  readonly uid: number | undefined
  /** Resolves the variables of a start with the library; undefined if there is nothing to resolve. */
  resolve(start: Start, plan: string | undefined): Readonly<Record<string, string>> | undefined
}

/**
 * Sets a project's secrets and .env values in the environment: from the plan of the last start if nothing has changed
 * since, else by resolving the project. Variables that are already set stay. Those that an earlier preload set are set
 * again, or removed if this project does not have them. Outside a project, nothing is changed.
 *
 * @throws ConfigError with all problems of the configuration
 */
export function preload({ cwd, env, version, cache, uid, resolve }: PreloadContext): void {
  const start: Start = { cwd, env: withoutInjected(env), version }
  const file = cache === undefined || needsLibrary(start.env) ? undefined : planFile(cache, start)
  const planned = file === undefined ? undefined : valuesFromPlan(file, start, uid)
  const values = planned ?? (mayHaveConfiguration(start) ? resolve(start, file) : undefined)
  if (values) inject(values, env)
}

/**
 * Printing warnings, masking output, guarding responses and telling `node --watch` about files need the library, so no
 * plan is used.
 */
function needsLibrary(env: Environment): boolean {
  const isGuarding = isOn(env.SYSTEMPROMPT_REDACT) || isOn(env.SYSTEMPROMPT_GUARD_RESPONSES)
  return isGuarding || isVerbose(env) || isUnderNodeWatch(env)
}

/** Whether a variable's value means on: `1`, `true`, `yes`, `on`. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && ['1', 'true', 'yes', 'on'].includes(value.toLowerCase())
}

/** Whether to print warnings. */
export function isVerbose(env: Environment): boolean {
  return env.SYSTEMPROMPT_LOG_LEVEL === 'verbose' || env.SYSTEMPROMPT_LOG_LEVEL === 'debug'
}

/** Whether `node --watch` wants to know what a process depends on. */
export function isUnderNodeWatch(env: Environment): boolean {
  return env.WATCH_REPORT_DEPENDENCIES !== undefined
}

/** Whether there may be something to resolve: npm, tsc and others are started with the same flags. */
function mayHaveConfiguration({ cwd, env }: Start): boolean {
  if (env.SYSTEMPROMPT_PROFILE || env.SYSTEMPROMPT_SECRETS_DIR) return true
  if (['.env', '.env.local'].some((name) => ![ABSENT, HIDDEN].includes(signatureOf(join(cwd, name))))) return true
  return isInProject(cwd) || Object.keys(env).some((name) => name.endsWith('_FILE'))
}

function isInProject(from: string): boolean {
  for (let directory = from; ; directory = dirname(directory)) {
    if (signatureOf(join(directory, '.systemprompt')) === DIRECTORY) return true
    if (dirname(directory) === directory) return false
  }
}

function inject(values: Readonly<Record<string, string>>, env: Record<string, string | undefined>): void {
  const injected = injectedNames(env)
  for (const name of injected) if (!Object.hasOwn(values, name)) delete env[name]
  const names = Object.keys(values).filter((name) => injected.includes(name) || !variableIn(env, name)?.trim())
  for (const name of names) env[name] = values[name]
  if (names.length > 0) env[MARKER] = encodeMarker(names, values)
  else delete env[MARKER]
}
