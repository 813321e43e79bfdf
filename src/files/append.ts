import { closeSync, constants, fstatSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { writeFileAtomic } from './atomic.ts'
import { FileError, unwritable } from './errors.ts'
import { lockFile } from './lock.ts'
import { FILE_MODE } from './modes.ts'

/** A file to which whole lines are appended, by one process at a time. */
export interface AppendedFile {
  /** The lines that were in it when it was opened. */
  readonly lines: readonly string[]
  /** Appends a line completely, or not at all. @throws FileError FILE_UNWRITABLE */
  append(line: string): void
  /** Replaces all lines; at every moment either the old or the new ones are there. */
  replace(lines: readonly string[]): void
  close(): void
}

/**
 * Opens a file for appending lines, and locks it against other processes. A line that a killed process did not finish
 * is dropped.
 *
 * @throws FileError FILE_LOCKED, FILE_UNWRITABLE
 */
export async function openForAppending(file: string): Promise<AppendedFile> {
  const release = await lockFile(file, { timeout: 0 })
  try {
    let descriptor = openRegular(file)
    const text = readFileSync(descriptor, 'utf8')
    const complete = text.slice(0, text.lastIndexOf('\n') + 1)
    const rewrite = (lines: readonly string[]): void => {
      // Windows cannot replace an open file, nor truncate one that is open for appending.
      closeSync(descriptor)
      descriptor = -1
      try {
        writeFileAtomic(file, lines.map((line) => `${line}\n`).join(''))
      } finally {
        descriptor = openRegular(file)
      }
    }
    const lines = complete.split('\n').slice(0, -1)
    if (complete !== text) rewrite(lines)
    return {
      lines,
      append(line) {
        const { size } = fstatSync(descriptor)
        try {
          writeFileSync(descriptor, `${line}\n`)
        } catch (error) {
          // The disk is full: half a line would become the beginning of the next one. Truncated by its path, for
          // Windows.
          truncateSync(file, size)
          throw unwritable(file, error)
        }
      },
      replace: rewrite,
      close() {
        try {
          // It is already closed if it could not be reopened.
          if (descriptor !== -1) closeSync(descriptor)
        } finally {
          release()
        }
      },
    }
  } catch (error) {
    release()
    throw unwritable(file, error)
  }
}

const FLAGS = constants.O_CREAT | constants.O_APPEND | constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)

function openRegular(file: string): number {
  const descriptor = openSync(file, FLAGS | (constants.O_NONBLOCK ?? 0), FILE_MODE)
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw new FileError('FILE_NOT_REGULAR', file, 'is not a regular file', 'Replace it with a regular file, or remove it')
}
