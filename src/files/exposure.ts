import { basename, dirname, join } from 'node:path'
import { realPath } from '../read/guard.ts'
import { FileError } from './errors.ts'
import { git, trackedByGit } from './git.ts'

/**
 * Refuses to use a login that git tracks: anyone who can write to the repository could replace it, and have secrets
 * sent to a service of their own.
 *
 * @throws FileError FILE_EXPOSED
 */
export async function refuseTrackedLogin(file: string): Promise<void> {
  const directory = realPath(dirname(file))
  if (directory === undefined) return
  const link = join(directory, basename(file))
  for (const path of new Set([link, realPath(link) ?? link])) {
    const { files, failure } = await trackedByGit(dirname(path), [basename(path)])
    throwIfGitFailed(file, 'may be tracked by git', failure, dirname(path))
    if (files.length === 0) continue
    throw new FileError(
      'FILE_EXPOSED',
      file,
      'is tracked by git, so others may have chosen the service that secrets are sent to',
      `Run git rm --cached ${path}, commit, and log in again`,
    )
  }
}

/**
 * Refuses a file that git tracks, or that the next `git add` would add. Call it right before a secret is written, when
 * the .gitignore exists.
 *
 * @throws FileError FILE_EXPOSED
 */
export async function refuseExposed(file: string): Promise<void> {
  const directory = realPath(dirname(file))
  if (directory === undefined) return
  const name = basename(file)
  const path = join(directory, name)
  const tracked = await trackedByGit(directory, [name])
  if (tracked.files.length > 0) {
    const remedy = `Run git rm --cached ${path}, commit, and replace the secrets that are in the history`
    throw new FileError(
      'FILE_EXPOSED',
      file,
      'is tracked by git, so what is written to it ends up in the history',
      remedy,
    )
  }
  // Without --no-index a tracked file counts as not ignored. 1 means "not ignored".
  const ignored = await git(directory, ['check-ignore', '--quiet', '--no-index'], [name], [0, 1])
  const failure = tracked.failure ?? ignored.failure
  throwIfGitFailed(file, 'could be committed to git', failure, directory)
  if (ignored.status === 1) {
    throw new FileError(
      'FILE_EXPOSED',
      file,
      'is not ignored by git',
      `Add the line ${name} to ${join(directory, '.gitignore')}`,
    )
  }
}

function throwIfGitFailed(file: string, what: string, failure: string | undefined, directory: string): void {
  if (failure === undefined) return
  const remedy = `Run git status in ${directory} and do what it says`
  throw new FileError('FILE_EXPOSED', file, `${what}, but git cannot tell: "${failure}"`, remedy)
}
