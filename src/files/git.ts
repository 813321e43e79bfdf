import { findProgram } from './find-program.ts'

/**
 * Which of these files git has under version control: a tracked file stays in the history whatever
 * .gitignore says. Empty where there is no git or no repository.
 *
 * @param paths relative to `root`; pathspec magic in them is not interpreted
 */
export async function trackedByGit(root: string, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return []
  const { status, stdout } = await git(root, ['--literal-pathspecs', 'ls-files', '-z', '--', ...paths])
  return status === 0 ? stdout.split('\0').filter((path) => path !== '') : []
}

interface Ended {
  readonly status: number | null
  readonly stdout: string
}

/** Runs git in a directory. */
export async function git(directory: string, argv: readonly string[]): Promise<Ended> {
  // On demand: what starts programs costs every start of a program that only loads its configuration.
  const { spawnSync } = await import('node:child_process')
  const program = findProgram('git')
  if (program === undefined) return { status: null, stdout: '' }
  // A repository's own settings can name programs that git runs; looking must not run them.
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  return spawnSync(program, [...safe, ...argv], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 10_000,
    windowsHide: true,
  })
}
