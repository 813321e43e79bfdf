import { collectProblems, isConfigError } from '../errors/errors.ts'
import { asideName, isRegularFile, isTaken, moveAside, writeFileAtomic } from '../files/atomic.ts'
import { refuseExposed } from '../files/exposure.ts'
import { withLock } from '../files/lock.ts'
import { prepareState } from '../files/state.ts'
import { readText } from '../read/guard.ts'
import { parseJson } from '../read/json.ts'
import { toPlain } from '../tree.ts'

/** What is stored in one of the cloud's files. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Updates the JSON object in one of the cloud's files, under a lock. A broken file, a link, or an object that is not
 * ours is moved aside, and `change` then gets an empty object. Returns where it was moved to.
 *
 * @throws FileError
 */
export async function updateObject(
  state: string,
  file: string,
  now: number,
  isOurs: (stored: JsonObject) => boolean,
  change: (stored: JsonObject) => JsonObject,
): Promise<string | undefined> {
  await prepareState(state)
  await refuseExposed(file)
  return withLock(file, async () => {
    const stored = isRegularFile(file) ? readObject(file) : undefined
    const kept = stored && isOurs(stored) ? stored : undefined
    const movedTo = kept ? undefined : await setAside(file, now)
    writeFileAtomic(file, `${JSON.stringify(change(kept ?? {}), null, 2)}\n`)
    return movedTo
  })
}

/** The JSON object in one of the cloud's files; undefined if there is no file, or it cannot be read. */
export function readObject(file: string): JsonObject | undefined {
  try {
    return mustReadObject(file)
  } catch (error) {
    if (isConfigError(error)) return undefined
    throw error
  }
}

/**
 * The same, but throws if the file cannot be read.
 * @throws ConfigError SYNTAX, FILE_UNREADABLE, FILE_TOO_LARGE, ENCODING
 */
export function mustReadObject(file: string): JsonObject | undefined {
  const problems = collectProblems()
  const read = readText(file, { layer: 'secrets', file, confidential: true }, problems)
  const tree = read && parseJson(read.source, problems)
  problems.throwIfAny()
  return tree && (toPlain(tree) as Record<string, unknown>)
}

/** Moves a file aside, unless git would then commit it: it may contain a token. Returns where it was moved to. */
export async function setAside(file: string, now: number): Promise<string | undefined> {
  if (!isTaken(file)) return undefined
  await refuseExposed(asideName(file, '*'))
  return moveAside(file, now)
}
