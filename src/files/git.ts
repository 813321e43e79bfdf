/**
 * Which of these files git has under version control: a tracked file stays in the history whatever
 * .gitignore says. Empty where there is no git or no repository.
 *
 * @param paths relative to `root`; pathspec magic in them is not interpreted
 */
export async function trackedByGit(root: string, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return []
  // On demand: what starts programs costs every start of a program that only loads its configuration.
  const { spawnSync } = await import('node:child_process')
  // A repository's own settings can name programs that git runs; looking must not run them.
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--literal-pathspecs']
  const { status, stdout } = spawnSync('git', [...safe, 'ls-files', '-z', '--', ...paths], {
    cwd: root,
    encoding: 'utf8',
    timeout: 10_000,
    windowsHide: true,
  })
  return status === 0 ? stdout.split('\0').filter((path) => path !== '') : []
}
