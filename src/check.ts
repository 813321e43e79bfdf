import { basename, join } from 'node:path'
import { findProjectRoot } from './discover.ts'
import { ConfigError, collectProblems, isConfigError, type Problem, type Problems } from './errors/errors.ts'
import type { ResolvedConfig } from './expose/expose.ts'
import { trackedByGit } from './files/git.ts'
import { displayPath, resolvePath } from './files/paths.ts'
import type { Consulted } from './files/trail.ts'
import { loadConfig } from './load.ts'
import { type AnySchema, type LoadOptions, withDefaults } from './options/options.ts'
import { valueAt } from './path.ts'

/** The result of {@link checkConfig}. */
export interface CheckResult<Schema = undefined, Variables = undefined> {
  /** Whether there are no issues. */
  readonly ok: boolean
  /** The name of the profile, if one was found. */
  readonly profile: string | undefined
  /** All issues as one error, ready to print; absent if there are none. */
  readonly error?: ConfigError
  /** All errors; those of the load come before those from git. */
  readonly issues: readonly Problem[]
  /** Problems that are not errors. */
  readonly warnings: readonly Problem[]
  /** The configuration, if it could be resolved. */
  readonly result?: ResolvedConfig<Schema, Variables>
}

/**
 * Checks a project before it is deployed: loads it with `strict`, and reports files with secrets that git tracks.
 * Problems of the configuration are returned, never thrown.
 *
 * @example
 * const { ok, issues } = await checkConfig({ profile: 'production' })
 */
export async function checkConfig<
  Schema extends AnySchema | undefined = undefined,
  Variables extends AnySchema | undefined = undefined,
>(options: LoadOptions<Schema, Variables> = {}): Promise<CheckResult<Schema, Variables>> {
  try {
    const result = await loadConfig({ ...options, strict: true })
    const profile = result.profile?.name
    const { consulted } = result
    const tracked = await trackedSecrets(result)
    const issues = tracked.errors
    const warnings = [...result.warnings, ...tracked.warnings]
    if (issues.length === 0) return { ok: true, profile, issues, warnings, result }
    const isKnown = issues.every(({ code }) => code === 'TRACKED_BY_GIT')
    const title = isKnown ? 'The repository exposes secrets' : 'The repository cannot be inspected'
    const error = new ConfigError(issues, { title, profile, warnings, consulted })
    return { ok: false, profile, error, issues, warnings, result }
  } catch (error) {
    if (!isConfigError(error)) throw error
    const { warnings, profile, consulted } = error
    const tracked = await checkTracked(options, consulted)
    const issues = [...error.issues, ...tracked.errors]
    return { ok: false, profile, error: new ConfigError(issues, { profile, warnings, consulted }), issues, warnings }
  }
}

const SECRET_FILE = /(?:^|\/)(?:secrets|credentials|tenants)\.json$/

/** Goes by the name alone: after a failed load, nothing else tells what a file is. */
function isConfidential(file: string): boolean {
  const name = basename(file)
  return SECRET_FILE.test(name) || /^\.env(?:\..+)?\.local$/.test(name)
}

/** Files with secrets that git tracks, after a failed load; none if the options did not lead to a project. */
async function checkTracked(options: LoadOptions, { files }: Consulted): Promise<Problems> {
  if (files.length === 0) return collectProblems()
  const root = findProjectRoot(withDefaults(options))
  const filesToCheck = files.filter(isConfidential).map((file) => displayPath(root, file))
  return findTracked(root, filesToCheck)
}

/** Files with secrets that git tracks: those in use, and those of every other profile. */
function trackedSecrets(result: ResolvedConfig<unknown, unknown>): Promise<Problems> {
  return findTracked(
    result.root,
    filesInUse(result).map((file) => displayPath(result.root, file)),
    secretsForEverybody(result),
  )
}

/** The secrets in each .env file that may be committed: a password in a shared one need not be a real secret. */
function secretsForEverybody({
  secrets,
  explain,
}: ResolvedConfig<unknown, unknown>): ReadonlyMap<string, readonly string[]> {
  const secretsByFile = new Map<string, readonly string[]>()
  for (const name of secrets.envNames())
    for (const { origin } of explain(name))
      if (origin.layer === 'dotenv' && origin.file !== undefined)
        secretsByFile.set(origin.file, [...(secretsByFile.get(origin.file) ?? []), name])
  return secretsByFile
}

async function findTracked(
  root: string,
  filesToCheck: readonly string[],
  secretsByFile: ReadonlyMap<string, readonly string[]> = new Map(),
): Promise<Problems> {
  const problems = collectProblems()
  const isInside = (file: string): boolean => !/^(?:\.\.\/|\/|[A-Za-z]:)/.test(file)
  const { files, failure } = await trackedByGit(root, [
    '.systemprompt',
    ...[...filesToCheck, ...secretsByFile.keys()].filter(isInside),
  ])
  if (failure !== undefined) {
    problems.error({
      code: 'GIT_FAILED',
      message: `git cannot say which files it tracks: "${failure}"`,
      remedy: `run git status in ${root} and do what it says`,
    })
  }
  for (const file of files) {
    const names = secretsByFile.get(file)
    const at = { source: { layer: 'secrets', file, confidential: true } } as const
    if (!filesToCheck.includes(file) && !SECRET_FILE.test(file)) {
      if (names) problems.warn({ code: 'TRACKED_BY_GIT', at, ...describeTracked(names) })
      continue
    }
    problems.error({
      code: 'TRACKED_BY_GIT',
      message: 'is tracked by git, so its secrets are in the history',
      remedy: `git rm --cached ${file}, commit, and rotate what it holds`,
      at,
    })
  }
  return problems
}

function describeTracked(names: readonly string[]): { readonly message: string; readonly remedy: string } {
  const list = [...new Set(names)].join(', ')
  return {
    message: `is tracked by git, and contains ${list}`,
    remedy: 'write real secrets into .env.local or secrets.json, and rotate those that were committed',
  }
}

function filesInUse({ layers, config, profile, root }: ResolvedConfig<unknown, unknown>): readonly string[] {
  const filesOf = (layer: string): readonly string[] => layers.find(({ name }) => name === layer)?.files ?? []
  const local = filesOf('dotenv').filter((file) => file.endsWith('.local'))
  // With a schema, a configuration may have any shape.
  const paths = ['credentials_path', 'tenants_path'].map((key) => valueAt(config, ['cloud', key]))
  const configured = profile
    ? paths.flatMap((path) => (typeof path === 'string' ? [resolvePath(path, profile.directory)] : []))
    : []
  return [
    ...[...filesOf('secrets'), ...local].map((file) => resolvePath(file, root)),
    ...configured,
    join(root, '.systemprompt', 'credentials.json'),
  ]
}
