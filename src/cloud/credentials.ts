import { join } from 'node:path'
import { collectProblems, isConfigError } from '../errors/errors.ts'
import { isDirectory, isRegularFile, isTaken, moveAside, removeFile } from '../files/atomic.ts'
import { refuseExposed } from '../files/exposure.ts'
import { prepareState } from '../files/state.ts'
import { updateFile } from '../files/update.ts'
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
 * works. Returns where it was moved to.
 *
 * @throws FileError FILE_EXPOSED if git would commit the file
 */
export async function writeCredentials(
  files: CloudFiles,
  login: StoredLogin,
  now: number,
): Promise<string | undefined> {
  await prepareState(files.state)
  await refuseExposed(files.credentials)
  const isFine = isRegularFile(files.credentials) && readObject(files.credentials)
  const aside = isFine ? undefined : moveAside(files.credentials, now)
  await updateFile(files.credentials, () => `${JSON.stringify({ ...kept(files.credentials), ...login }, null, 2)}\n`)
  return aside
}

/** Whether credentials.json exists, whatever it contains. */
export function hasCredentials({ credentials }: CloudFiles): boolean {
  return isTaken(credentials)
}

/**
 * Removes credentials.json, whatever it contains, and returns whether it existed. A directory of that name is moved
 * aside, and so is a file that a profile names and that holds no login: it may be any file of the user's. A logout
 * always works. `aside` is where it was moved to.
 */
export function removeCredentials(
  { state, credentials }: CloudFiles,
  now: number,
): { readonly wasThere: boolean; readonly aside?: string } {
  const isOurs = credentials === join(state, 'credentials.json') || isLogin(credentials)
  if (!isTaken(credentials) || (isOurs && !isDirectory(credentials))) return { wasThere: removeFile(credentials) }
  const aside = moveAside(credentials, now)
  return { wasThere: true, ...(aside === undefined ? {} : { aside }) }
}

/** Other programs store an `api_token` too. */
function isLogin(file: string): boolean {
  const { api_token, user_email } = readObject(file) ?? {}
  return typeof api_token === 'string' && typeof user_email === 'string'
}

/** Unknown keys are kept, but not the earlier spelling of `api_url`. */
function kept(file: string): Readonly<Record<string, unknown>> {
  const { api_endpoint: _, last_validated_at: __, ...others } = readObject(file) ?? {}
  return others
}

/** The JSON object in one of the cloud's files; undefined if there is no file, or it cannot be read. */
export function readObject(file: string): Readonly<Record<string, unknown>> | undefined {
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
export function mustReadObject(file: string): Readonly<Record<string, unknown>> | undefined {
  const problems = collectProblems()
  const read = readText(file, { layer: 'secrets', file, confidential: true }, problems)
  const tree = read && parseJson(read.source, problems)
  problems.throwIfAny()
  return tree && (toPlain(tree) as Record<string, unknown>)
}
