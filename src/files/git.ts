import { dirname, join, relative, sep } from 'node:path'
import { pathExists, realPath } from '../read/guard.ts'
import { findProgram } from './find-program.ts'
import { systemCode } from './system-code.ts'

/** Git's response. */
interface GitResult {
  /** Undefined if there is no git or no repository. */
  readonly status?: number | null
  readonly stdout: string
  /** If git fails: the reason in its own words. */
  readonly failure?: string
}

/**
 * Which of these files git tracks: a tracked file stays in the history whatever .gitignore says. Empty if there is no
 * git or no repository.
 *
 * @param paths relative to `root`; pathspec magic in them is not interpreted
 */
export async function trackedByGit(
  root: string,
  paths: readonly string[],
): Promise<{ readonly files: readonly string[] } & Pick<GitResult, 'failure'>> {
  if (paths.length === 0) return { files: [] }
  const { stdout, ...others } = await git(root, ['--literal-pathspecs', 'ls-files', '-z'], paths)
  return { ...others, files: stdout.split('\0').filter((path) => path !== '') }
}

/**
 * A repository's own settings can name programs that git runs; with these flags looking does not run them. Git's
 * ownership check is against just that, so the repository may belong to anybody, such as one mounted into a container
 * (git 2.38 or newer).
 */
export const SAFE = [
  ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'safe.directory=*'],
  // A committed directory can look like a bare repository, and git would use it instead of the one around it.
  ...['-c', 'safe.bareRepository=explicit'],
]

/** Nothing is fetched, since that runs programs from the settings. A mounted directory may lie in a repository. */
export const VARIABLES = {
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_LAZY_FETCH: '1',
  GIT_DISCOVERY_ACROSS_FILESYSTEM: '1',
  LC_ALL: 'C',
}

/**
 * Asks git about paths in a directory. It runs in the directory of `.git`, since git before 2.38 would use any
 * directory on the way there that looks like a bare repository.
 */
export async function git(
  directory: string,
  argv: readonly string[],
  paths: readonly string[],
  expectedStatuses: readonly (number | null)[] = [0],
): Promise<GitResult> {
  const program = findProgram('git')
  const real = realPath(directory) ?? directory
  const top = topOfRepository(real)
  if (program === undefined || top === undefined) return { stdout: '' }
  const below = relative(top, real)
  const prefix = below === '' ? '' : `${below.split(sep).join('/')}/`
  const pathspecs = paths.map((path) => `./${prefix}${path}`)
  const { status, stdout, failure } = await run(program, [...SAFE, ...argv, '--', ...pathspecs], top)
  if (!expectedStatuses.includes(status)) return { stdout: '', failure }
  return { status, stdout: stdout.replaceAll(`\0${prefix}`, '\0').slice(prefix.length) }
}

interface Run {
  /** Null if it did not finish. */
  readonly status: number | null
  readonly stdout: string
  /** The first line of its error output, or the system's error code. */
  readonly failure: string
}

async function run(program: string, argv: readonly string[], cwd: string): Promise<Run> {
  // Loaded on demand: the module for starting programs would slow down every start that only loads a configuration.
  const { execFile } = process.getBuiltinModule('node:child_process')
  const env = { ...ownVariables(), ...VARIABLES }
  const ended = new Promise<Run>((settle) => {
    execFile(program, argv, { cwd, env, timeout: 10_000, windowsHide: true }, (error, stdout, stderr) => {
      const code = error ? error.code : 0
      const isEnded = typeof code === 'number'
      // Without an exit code it was killed: by the timeout, or by somebody.
      const failure = isEnded ? firstLine(stderr) : String(code ?? (error?.killed ? 'ETIMEDOUT' : error?.signal))
      settle({ status: isEnded ? code : null, stdout, failure })
    })
  })
  // Node's permissions may not allow programs.
  return ended.catch((error: unknown) => ({ status: null, stdout: '', failure: systemCode(error) }))
}

/**
 * Without git's own variables: in a hook they are about another command, and they can name another repository, or none.
 */
function ownVariables({ env }: Pick<NodeJS.Process, 'env'> = process): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^GIT_/i.test(name)))
}

function topOfRepository(directory: string): string | undefined {
  for (let above = directory; ; above = dirname(above)) {
    if (pathExists(join(above, '.git'))) return above
    if (above === dirname(above)) return undefined
  }
}

function firstLine(text: string): string {
  return (/^(?:fatal: |error: )?(.*)/.exec(text)?.[1] ?? '').slice(0, 300)
}
