import { systemCode } from './system-code.ts'
import { IS_WINDOWS } from './windows.ts'

/** What can stop a file from being written. */
export type FileErrorCode =
  /** Another process holds the lock. */
  | 'FILE_LOCKED'
  /** A link, a directory or a device stands where the file should be. */
  | 'FILE_NOT_REGULAR'
  /** Git has the file, or would take it with the next `git add`. */
  | 'FILE_EXPOSED'
  /** The file system says no. */
  | 'FILE_UNWRITABLE'

/** A file that could not be written. The file is as it was before. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: FileErrorCode
  /** Absolute. */
  readonly file: string
  /** What to do about it. */
  readonly remedy: string

  constructor(code: FileErrorCode, file: string, what: string, remedy: string) {
    super(`${file} ${what}. ${remedy}.`)
    this.code = code
    this.file = file
    this.remedy = remedy
  }

  /** What programs get: `--json` prints it. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, code, message, remedy, file } = this
    return { name, code, message, remedy, file }
  }
}

/** The system's own error as ours; its message is not passed on. */
export function unwritable(file: string, error: unknown): FileError {
  if (error instanceof FileError) return error
  const code = systemCode(error)
  const [what, remedy] = REASONS[code] ?? [
    `cannot be written (${code === '' ? 'unknown reason' : code})`,
    'Check the path',
  ]
  return new FileError('FILE_UNWRITABLE', file, what, remedy)
}

const NO_ACCESS = IS_WINDOWS
  ? (['cannot be written now, or not by this user', 'Close the program that has it open, or make it writable'] as const)
  : (['cannot be written by this user', 'Make its directory writable: chmod u+wx'] as const)

const REASONS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EACCES: NO_ACCESS,
  EPERM: NO_ACCESS,
  ERR_ACCESS_DENIED: [
    "cannot be written: Node's permissions do not allow it",
    'Start Node with --allow-fs-write for its directory',
  ],
  EROFS: ['is on a read-only file system', 'In a container, use the environment variables instead'],
  ENOSPC: ['cannot be written: the disk is full', 'Free some space'],
  EDQUOT: ['cannot be written: the disk quota is used up', 'Free some space'],
  EEXIST: ['cannot be created: a part of its path is a file', 'Move that file away'],
  ENOTDIR: ['cannot be written: a part of its path is a file', 'Move that file away'],
}
