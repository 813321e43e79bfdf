import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { retryWhileBusy } from './retry-while-busy.ts'

/**
 * Writes a text atomically, so that nobody ever reads half of it; a file that already holds it is not touched.
 * @returns whether the file was written
 */
export function writeIfChanged(file: string, text: string): boolean {
  if (hasContent(file, text)) return false
  // The name need only be free, since `wx` neither follows nor overwrites anything; node:crypto would cost each start 6
  // ms.
  const temporary = join(dirname(file), `.${basename(file)}.${Math.random().toString(36).slice(2)}`)
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    retryWhileBusy(() => renameSync(temporary, file))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  return true
}

/** Whether a file holds exactly this text; false if it cannot be read. */
export function hasContent(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text
  } catch {
    return false
  }
}
