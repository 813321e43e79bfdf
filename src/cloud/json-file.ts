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

/** How to update a file. */
interface ObjectUpdate {
  /** The project's `.systemprompt` directory. */
  readonly state: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly isOurs: (stored: JsonObject) => boolean
  readonly change: (stored: JsonObject) => JsonObject
}

/**
 * Updates the JSON object in one of the cloud's files, under a lock. A broken file, a link, or an object that is not
 * ours is moved aside, and `change` then gets an empty object. Returns where it was moved to.
 *
 * @throws FileError
 */
export async function updateObject(
  file: string,
  { state, now, isOurs, change }: ObjectUpdate,
): Promise<string | undefined> {
  await prepareState(state)
  await refuseExposed(file)
  return withLock(file, async () => {
    const stored = isRegularFile(file) ? readObject(file) : undefined
    const kept = stored && isOurs(stored) ? stored : undefined
    const movedTo = kept ? undefined : await setAside(file, now)
    writeFileAtomic(file, jsonText(change(kept ?? {})))
    return movedTo
  })
}

/** The text of a JSON file. */
export function jsonText(data: object): string {
  return `${JSON.stringify(data, null, 2)}\n`
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
