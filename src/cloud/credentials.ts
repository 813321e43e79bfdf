import { join } from 'node:path'
import { collectProblems, isConfigError } from '../errors/errors.ts'
import {
  asideName,
  isDirectory,
  isRegularFile,
  isTaken,
  moveAside,
  removeFile,
  writeFileAtomic,
} from '../files/atomic.ts'
import { refuseExposed } from '../files/exposure.ts'
import { withLock } from '../files/lock.ts'
import { prepareState } from '../files/state.ts'
import { readText } from '../read/guard.ts'
import { parseJson } from '../read/json.ts'
import { toPlain } from '../tree.ts'

/** What a login writes to credentials.json (formats.md, section 9). */
export interface StoredLogin {
  readonly api_token: string
  readonly api_url: string
  readonly user_email: string
  /** ISO 8601. */
  readonly authenticated_at: string
  readonly last_validated_at?: string
}

/** A project's files for the cloud. Paths are absolute. */
export interface CloudFiles {
  /** `.systemprompt` */
  readonly state: string
  readonly credentials: string
  readonly tenants: string
}

/** The e-mail address in a stored login; undefined if there is none, or it cannot be read. */
export function storedEmail(file: string): string | undefined {
  const email = readObject(file)?.user_email
  return typeof email === 'string' ? email : undefined
}

/**
 * Writes credentials.json, readable by its owner only. A broken file or a link is moved aside, so that a login always
 * works, and so is a file that a profile names and that holds no login. Returns where it was moved to.
 *
 * @throws FileError FILE_EXPOSED if git would commit the file, or what is moved aside
 */
export function writeCredentials(files: CloudFiles, login: StoredLogin, now: number): Promise<string | undefined> {
  const { state, credentials: file } = files
  const isOurs = (stored: JsonObject): boolean => isUsualPlace(files) || isLogin(stored)
  return updateObject(state, file, now, isOurs, (stored) => ({ ...withoutObsoleteKeys(stored), ...login }))
}

/** Whether credentials.json exists, whatever it contains. */
export function hasCredentials({ credentials }: CloudFiles): boolean {
  return isTaken(credentials)
}

/**
 * Removes credentials.json, whatever it contains, and returns whether it existed. A directory of that name is moved
 * aside, and so is a file that a profile names and that holds no login: it may be any file of the user's. `movedTo` is
 * where it was moved to.
 *
 * @throws FileError FILE_EXPOSED if git would commit what is moved aside
 */
export async function removeCredentials(
  files: CloudFiles,
  now: number,
): Promise<{ readonly existed: boolean; readonly movedTo?: string }> {
  const { credentials } = files
  // Taking the lock would create the directory.
  if (!isTaken(credentials)) return { existed: removeFile(credentials) }
  return withLock(credentials, async () => {
    const isOurs = isUsualPlace(files) || isLogin(readObject(credentials))
    if (isOurs && !isDirectory(credentials)) return { existed: removeFile(credentials) }
    const movedTo = await setAside(credentials, now)
    return { existed: movedTo !== undefined, ...(movedTo === undefined ? {} : { movedTo }) }
  })
}

/** Moves a file aside, unless git would then commit it: it may contain a token. Returns where it was moved to. */
async function setAside(file: string, now: number): Promise<string | undefined> {
  if (!isTaken(file)) return undefined
  await refuseExposed(asideName(file, '*'))
  return moveAside(file, now)
}

/** Elsewhere, where a profile says, may be any file of the user's. */
function isUsualPlace({ state, credentials }: CloudFiles): boolean {
  return credentials === join(state, 'credentials.json')
}

/** Other programs store an `api_token` too. */
function isLogin({ api_token, user_email }: JsonObject = {}): boolean {
  return typeof api_token === 'string' && typeof user_email === 'string'
}

/** Unknown keys are kept, but not the earlier spelling of `api_url`. */
function withoutObsoleteKeys({ api_endpoint: _, last_validated_at: __, ...others }: JsonObject): JsonObject {
  return others
}

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
