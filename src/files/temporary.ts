import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
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
  for (const name of namesIn(directory)) {
    if (!name.startsWith(`.${basename(file)}.`)) continue
    const [, machine = '', pid = ''] = NAME.exec(name) ?? []
    if (machine === '') continue
    const path = join(directory, name)
    if (hasEnded({ machine, pid: Number(pid), started: '' }) ?? isAbandoned(path)) discard(path)
  }
}

function isAbandoned(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_AFTER
}

/** The names in a directory; empty if it cannot be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
