import { join } from 'node:path'
import { isDirectory, isTaken, removeFile } from '../files/atomic.ts'
import { withLock } from '../files/lock.ts'
import { type JsonObject, readObject, setAside, updateObject } from './json-file.ts'

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
  const change = (stored: JsonObject): JsonObject => ({ ...withoutObsoleteKeys(stored), ...login })
  return updateObject(file, { state, now, isOurs, change })
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
): Promise<{ readonly existed: boolean; readonly movedTo?: string | undefined }> {
  const { credentials } = files
  // Taking the lock would create the directory.
  if (!isTaken(credentials)) return { existed: removeFile(credentials) }
  return withLock(credentials, async () => {
    const isOurs = isUsualPlace(files) || isLogin(readObject(credentials))
    if (isOurs && !isDirectory(credentials)) return { existed: removeFile(credentials) }
    const movedTo = await setAside(credentials, now)
    return { existed: movedTo !== undefined, movedTo }
  })
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
