import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isOver, thisOwner } from './owner.ts'
import { patiently } from './patiently.ts'

/** `.secrets.json.1f2e3d4c5b6a-4711-8899aabbccddeeff.tmp`: whose it is can be told from the name. */
const NAME = /\.([0-9a-f]{12})-(\d{1,10})-[0-9a-f]{16}\.tmp$/

/** Milliseconds after which what another machine has left behind is nobody's. */
const ABANDONED = 3_600_000

/** A name beside a file that nobody can foresee. */
export function temporaryName(file: string): string {
  const { machine, pid } = thisOwner()
  return join(dirname(file), `.${basename(file)}.${machine}-${pid}-${randomBytes(8).toString('hex')}.tmp`)
}

/**
 * Removes one that is not needed any more. Where it cannot be removed it could not be made either, as a rule, and what
 * kept it from being made is what there is to say.
 */
export function discard(temporary: string): void {
  try {
    patiently(() => rmSync(temporary, { force: true }))
  } catch {
    // What is left behind is removed with the leftovers.
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
    if (isOver({ machine, pid: Number(pid), started: '' }) ?? isAbandoned(path)) discard(path)
  }
}

function isAbandoned(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED
}

/** What is in a directory; nothing where it cannot be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
