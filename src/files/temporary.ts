import { randomBytes } from 'node:crypto'
import { lstatSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { listDirectory } from '../read/guard.ts'
import { currentOwner, hasEnded } from './owner.ts'
import { retryWhileBusy } from './retry-while-busy.ts'

/** `.secrets.json.1f2e3d4c5b6a-4711-8899aabbccddeeff.tmp`: the name shows which process it belongs to. */
const NAME = /\.([0-9a-f]{12})-(\d{1,10})-[0-9a-f]{16}\.tmp$/

/** Milliseconds after which a leftover of another machine counts as abandoned. */
const ABANDONED_AFTER = 3_600_000

/** An unpredictable name beside a file. */
export function temporaryName(file: string): string {
  const { machine, pid } = currentOwner()
  return join(dirname(file), `.${basename(file)}.${machine}-${pid}-${randomBytes(8).toString('hex')}.tmp`)
}

/** Removes a temporary file. If that fails, creating it usually failed too, and that error is the one to report. */
export function discard(temporary: string): void {
  try {
    retryWhileBusy(() => rmSync(temporary, { force: true }))
  } catch {
    // It is removed with the other leftovers later.
  }
}

/** Removes the temporary files of processes that were killed while they wrote this file. */
export function removeLeftovers(file: string): void {
  const directory = dirname(file)
  for (const name of listDirectory(directory)) {
    if (!name.startsWith(`.${basename(file)}.`)) continue
    const [, machine = '', pid = ''] = NAME.exec(name) ?? []
    if (machine === '') continue
    const path = join(directory, name)
    if (hasEnded({ machine, pid: Number(pid), started: '' }) ?? isOlderThan(ABANDONED_AFTER, path)) discard(path)
  }
}

/** Whether a file was last modified more than so many milliseconds ago; false if it does not exist. */
export function isOlderThan(milliseconds: number, path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > milliseconds
}
