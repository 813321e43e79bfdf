import { collectProblems } from '../errors/errors.ts'
import { readText } from '../read/guard.ts'
import type { Source } from '../types.ts'
import { writeFileAtomic } from './atomic.ts'
import { type LockOptions, withLock } from './lock.ts'

/**
 * Reads a file, changes its text and writes it, under a lock. `change` gets undefined if there is no file, and returns
 * the new text, or undefined to leave the file unchanged. Returns whether it was written.
 *
 * @throws ConfigError FILE_UNREADABLE, FILE_TOO_LARGE, ENCODING
 * @throws FileError FILE_LOCKED, FILE_NOT_REGULAR, FILE_UNWRITABLE
 * @example
 * await updateFile(path, (text) => edit(text ?? '{}'))
 */
export function updateFile(
  file: string,
  change: (text: string | undefined) => string | undefined,
  options: LockOptions = {},
): Promise<boolean> {
  return withLock(
    file,
    () => {
      const before = readConfidential(file)
      const after = change(before)
      if (after === undefined || after === before) return false
      writeFileAtomic(file, after)
      return true
    },
    options,
  )
}

/** The text of a file that may hold secrets; undefined if there is none. Line ends are kept. */
export function readConfidential(file: string, shown = file): string | undefined {
  const problems = collectProblems()
  const source: Omit<Source, 'text'> = { layer: 'secrets', file: shown, confidential: true }
  const read = readText(file, source, problems, { raw: true })
  problems.throwIfAny()
  return read?.source.text
}
