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
    return { ok: issues.length === 0, issues, warnings: result.warnings, result }
  } catch (error) {
    if (!isConfigError(error)) throw error
    return { ok: false, issues: error.issues, warnings: [] }
  }
}

/** The error that says the same as a failed check. */
export function checkError({ issues }: CheckResult): ConfigError {
  return new ConfigError(issues)
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
