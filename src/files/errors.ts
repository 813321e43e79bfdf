import { systemCode } from './system-code.ts'
import { IS_WINDOWS } from './windows.ts'

/** What can keep a file from being written. */
export type FileErrorCode =
  /** Another process holds the lock. */
  | 'FILE_LOCKED'
  /** The path is a link, a directory or a device. */
  | 'FILE_NOT_REGULAR'
  /** Git tracks the file, or the next `git add` would add it. */
  | 'FILE_EXPOSED'
  /** The file system refuses it. */
  | 'FILE_UNWRITABLE'

/** A file that could not be written. It is unchanged. */
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

  /** The error as data, as `--json` prints it. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { name, code, message, remedy, file } = this
    return { name, code, message, remedy, file }
  }
}

/** Converts an error of the system; its message is not included. */
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
  EBUSY: IS_WINDOWS ? NO_ACCESS : ['cannot be replaced: it is mounted by itself', 'Mount its directory instead'],
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
