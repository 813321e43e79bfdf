import { join } from 'node:path'
import { ConfigError, collectProblems, isConfigError, type Problem } from './errors.ts'
import type { ResolvedConfig } from './expose.ts'
import { trackedByGit } from './files/git.ts'
import { loadConfig } from './load.ts'
import type { LoadOptions } from './options.ts'
import { displayPath } from './paths.ts'

/** What `checkConfig` found. */
export interface CheckResult {
  readonly ok: boolean
  /** What is wrong, ready to print; absent when nothing is. */
  readonly error?: ConfigError
  readonly issues: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** The configuration, where it could be resolved. */
  readonly result?: ResolvedConfig
}

/**
 * Everything that can be said about a project before it is deployed: a strict load, and whether git tracks a
 * file that holds secrets. It never throws for what is wrong with the configuration.
 *
 * @example
 * const { ok, issues } = await checkConfig({ profile: 'production' })
 */
export async function checkConfig(options: LoadOptions = {}): Promise<CheckResult> {
  try {
    const result = (await loadConfig({ ...options, strict: true })) as ResolvedConfig
    const issues = trackedSecrets(result)
    const error = issues.length === 0 ? {} : { error: new ConfigError(issues, 'The repository gives secrets away') }
    return { ok: issues.length === 0, ...error, issues, warnings: result.warnings, result }
  } catch (error) {
    if (!isConfigError(error)) throw error
    return { ok: false, error, issues: error.issues, warnings: [] }
  }
}

function trackedSecrets({ layers, profile, root }: ResolvedConfig): readonly Problem[] {
  const state = (name: string): string => displayPath(root, join(root, '.systemprompt', name))
  const secrets = layers.find(({ name }) => name === 'secrets')?.files ?? []
  const dotenv = layers.find(({ name }) => name === 'dotenv')?.files ?? []
  const local = dotenv.filter((file) => file.endsWith('.local'))
  const paths = [...secrets, ...local, state('credentials.json'), state('tenants.json')]
  const problems = collectProblems()
  for (const file of trackedByGit(root, profile ? paths : local)) {
    problems.error({
      code: 'TRACKED_BY_GIT',
      message: 'is tracked by git, so its secrets are in the history',
      remedy: `git rm --cached ${file}, commit, and rotate what it holds`,
      at: { source: { layer: 'secrets', file, confidential: true } },
    })
  }
  return problems.errors
}
