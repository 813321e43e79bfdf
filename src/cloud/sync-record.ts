import { createHash, createHmac, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { refuseExposed } from '../files/exposure.ts'
import { makePrivateDirectory } from '../files/modes.ts'
import { prepareState } from '../files/state.ts'
import { updateFile } from '../files/update.ts'
import type { CloudFiles } from './credentials.ts'
import { jsonText, readObject } from './json-file.ts'

/**
 * A record of what was sent to a tenant, without the values. The service returns only names, so a digest of each value
 * is kept, made with a key of its own, readable by the user only.
 */
export interface SyncRecord {
  /** Whether this value was the last one sent. */
  isSent(name: string, value: string): boolean
  /** Whether any value of this secret is known to have been sent from here. */
  has(name: string): boolean
}

/** A tenant of a service, and the project that sends to it. */
export interface Target {
  readonly files: CloudFiles
  readonly apiUrl: string
  readonly tenant: string
}

/** The record of the secrets that were sent to a tenant; empty if none were. */
export function readSyncRecord(target: Target): SyncRecord {
  const { key, digests } = contentOf(fileOf(target))
  const has = (name: string): boolean => Object.hasOwn(digests, name) && !digests[name]?.startsWith(SENDING_FIRST)
  return { has, isSent: (name, value) => has(name) && digests[name] === digest(key, name, value) }
}

/**
 * Marks the digest of a value that is being sent; on its own, it means that several values were sent at the same time.
 */
const SENDING = '?'
/** The same while no value is known to have been sent before: the request may fail, or the command be killed. */
const SENDING_FIRST = `${SENDING}${SENDING}`

/**
 * Call before sending secrets: invalidates the record of their other values, even if the response is lost. It also
 * finds out whether the record can be written, before anything is done.
 *
 * @throws FileError
 */
export async function beginSending(target: Target, secrets: Readonly<Record<string, string>>): Promise<void> {
  await changeRecord(target, ({ key, digests }) => {
    const sent = Object.entries(secrets).map(([name, value]) => [name, digest(key, name, value)] as const)
    const others = sent.filter(([name, value]) => digests[name] !== value)
    const markOf = (name: string): string => {
      const isFirst = digests[name]?.startsWith(SENDING_FIRST) ?? true
      return isFirst ? SENDING_FIRST : SENDING
    }
    const begun = Object.fromEntries(others.map(([name, value]) => [name, `${markOf(name)}${value}`]))
    return others.length === 0 ? undefined : { ...digests, ...begun }
  })
}

/**
 * Records what was sent and what was removed. Returns the names for which another command has sent another value at the
 * same time: which came last is unknown, so they count as not sent.
 */
export async function updateSyncRecord(
  target: Target,
  {
    sent = {},
    removed = [],
  }: { readonly sent?: Readonly<Record<string, string>>; readonly removed?: readonly string[] },
): Promise<readonly string[]> {
  const names = Object.keys(sent)
  const { digests: known } = contentOf(fileOf(target))
  if (names.length === 0 && !removed.some((name) => Object.hasOwn(known, name))) return []
  let unconfirmed: readonly string[] = []
  await changeRecord(target, ({ key, digests }) => {
    const kept = Object.fromEntries(Object.entries(digests).filter(([name]) => !removed.includes(name)))
    const added = names.map((name) => [name, digest(key, name, sent[name] ?? '')] as const)
    const recorded = added.map(([name, value]) => [name, isOurs(kept[name], value) ? value : SENDING] as const)
    unconfirmed = recorded.filter(([, value]) => value === SENDING).map(([name]) => name)
    return { ...kept, ...Object.fromEntries(recorded) }
  })
  return unconfirmed
}

/** Whether nobody else has begun to send, or sent, another value since this one was begun. */
function isOurs(known: string | undefined, value: string): boolean {
  return known === undefined || [value, `${SENDING}${value}`, `${SENDING_FIRST}${value}`].includes(known)
}

/** @param change returns the new digests, or undefined to leave the file alone; the lock is taken either way */
async function changeRecord(
  target: Target,
  change: (content: Content) => Content['digests'] | undefined,
): Promise<void> {
  const file = fileOf(target)
  await prepareState(target.files.state)
  makePrivateDirectory(dirname(file))
  await refuseExposed(file)
  await updateFile(file, () => {
    const content = contentOf(file)
    const digests = change(content)
    if (!digests) return undefined
    return jsonText({ api_url: target.apiUrl, tenant: target.tenant, key: content.key, digests })
  })
}

/** A hash as the file name, so that no tenant's name can lead out of the directory. */
function fileOf({ files, apiUrl, tenant }: Target): string {
  const name = createHash('sha256').update(`${apiUrl}\n${tenant}`).digest('hex').slice(0, 16)
  return join(files.state, 'cloud', `${name}.json`)
}

interface Content {
  readonly key: string
  readonly digests: Readonly<Record<string, string>>
}

/** A broken record is replaced: everything counts as not sent. */
function contentOf(file: string): Content {
  const { key, digests } = readObject(file) ?? {}
  const isValid =
    typeof key === 'string' && /^[0-9a-f]{64}$/.test(key) && typeof digests === 'object' && digests !== null
  return isValid
    ? { key, digests: digests as Record<string, string> }
    : { key: randomBytes(32).toString('hex'), digests: {} }
}

function digest(key: string, name: string, value: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`${name}\0${value}`).digest('base64url')
}
