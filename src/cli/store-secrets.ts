import { setTimeout as wait } from 'node:timers/promises'
import {
  beginSending,
  CUSTOM_LIST,
  customList,
  FileError,
  isCloudError,
  type SecretKeys,
  updateSyncRecord,
} from '../cloud/for-commands.ts'
import { isConfigError } from '../index.ts'
import { CliError, EXIT, type Io } from './io.ts'
import { shownLines } from './output.ts'
import type { SecretsTarget } from './secrets-target.ts'

/** How often a write is retried because somebody else was faster. */
const MAX_TRIES = 30
/** Milliseconds. */
const MAX_PAUSE = 400

/**
 * Sets secrets, and keeps the list of custom ones correct, whoever else changes the tenant at the same time. Returns the
 * names of those that another command has sent with another value at the same time, which has been reported.
 *
 * @throws CloudError if the secrets were not set, or may not have been; CliError if they were set, but the list was not
 */
export async function setSecrets(
  target: SecretsTarget,
  values: Readonly<Record<string, string>>,
  first: SecretKeys,
  io: Io,
): Promise<readonly string[]> {
  const names = Object.keys(values)
  const isCustom = customList(names) !== ''
  const { sent, unconfirmed } = await storeSecrets(target, first, io, (keys) => {
    const list = customList([...keys, ...names])
    const isListed = list === '' || (!isCustom && keys.includes(CUSTOM_LIST))
    return isListed ? values : { ...values, [CUSTOM_LIST]: list }
  })
  const list = sent[CUSTOM_LIST]
  if (list === undefined || first.etag !== undefined) return unconfirmed
  try {
    await fixCustomList(target, await target.client.listSecretKeys(target.tenant), io, list)
    return unconfirmed
  } catch (error) {
    if (!isCloudError(error)) throw error
    throw new CliError(
      'INCOMPLETE',
      EXIT.partial,
      `${target.tenant} has ${names.join(', ')}; ${CUSTOM_LIST} may not list all of them. ${error.message}`,
    )
  }
}

/** What was stored, and the names of which it is not known whether the tenant has the value. */
interface Stored {
  readonly sent: Readonly<Record<string, string>>
  readonly unconfirmed: readonly string[]
}

/**
 * Stores secrets in one request. What to send may depend on the names in the cloud: if these have
 * changed since they were read, they are read again, and the secrets are computed again. If a response is lost, what is
 * known is reported.
 *
 * @param secretsFor is told whether the names may be there because a request whose response was lost was carried out
 * @throws CloudError
 */
export async function storeSecrets(
  target: SecretsTarget,
  first: SecretKeys,
  io: Io,
  secretsFor: (keys: readonly string[], mayBeDone: boolean) => Readonly<Record<string, string>>,
): Promise<Stored> {
  const { client, tenant } = target
  return retryOnConflict(target, first, async ({ keys, etag }, mayBeDone) => {
    const secrets = secretsFor(keys, mayBeDone)
    await beginSending(target, secrets)
    // Only the list, and whether a secret is new, depend on what others do.
    const dependsOnOthers = Object.keys(secrets).some((name) => name === CUSTOM_LIST || !keys.includes(name))
    try {
      await client.setSecrets(tenant, secrets, { ifMatch: dependsOnOthers ? etag : undefined })
    } catch (error) {
      const isLost = isCloudError(error) && error.isUncertain && error.code !== 'CONFLICT'
      if (isLost) io.err(`${await recheck(target, etag)}\n`)
      throw error
    }
    return { sent: secrets, unconfirmed: await recordChange(target, { sent: secrets }, io) }
  })
}

/**
 * Makes the list of custom secrets match the names in the cloud.
 *
 * @param known the current value of the list, if known: an unchanged list is not sent
 * @throws CloudError
 */
export async function fixCustomList(target: SecretsTarget, first: SecretKeys, io: Io, known?: string): Promise<void> {
  const { client, tenant } = target
  let seen = first
  for (let sentList = known, tries = 0; tries < MAX_TRIES; tries++) {
    const list = customList(seen.keys)
    const exists = seen.keys.includes(CUSTOM_LIST)
    if (list === '' ? !exists : exists && list === sentList) return
    const done = await retryOnConflict(target, seen, async ({ keys, etag }) => {
      const wanted = customList(keys)
      if (wanted !== '') await client.setSecrets(tenant, { [CUSTOM_LIST]: wanted }, { ifMatch: etag })
      else if (keys.includes(CUSTOM_LIST)) await removeList(target, etag)
      return { wanted, etag }
    })
    sentList = done.wanted
    // The list matches the names, whoever sent it before.
    await recordChange(target, { removed: [CUSTOM_LIST], sent: sentList === '' ? {} : { [CUSTOM_LIST]: sentList } }, io)
    // Without an ETag nothing prevents two simultaneous writes: whoever checks last notices.
    if (done.etag !== undefined) return
    seen = await client.listSecretKeys(tenant)
  }
}

/**
 * The service has done its part: a record that cannot be written only makes the next sync longer. Returns the names that
 * another command has sent with another value at the same time, after reporting them.
 */
async function recordChange(
  target: SecretsTarget,
  change: Parameters<typeof updateSyncRecord>[1],
  io: Io,
): Promise<readonly string[]> {
  try {
    const unconfirmed = await updateSyncRecord(target, change)
    const names = unconfirmed.filter((name) => name !== CUSTOM_LIST)
    if (names.length > 0) io.err(`${shownLines(names.join(', '))}: ${SENT_BY_OTHERS}\n`)
    return names
  } catch (error) {
    if (!(error instanceof FileError) && !isConfigError(error)) throw error
    io.err(`Done, but not recorded, so the next sync may send it again: ${shownLines(error.message)}\n`)
    return []
  }
}

const SENT_BY_OTHERS =
  "another command has sent another value at the same time, and it is not known which of them the tenant has. Send it again; 'systemprompt cloud secrets sync' sends the one in secrets.json."

/** Somebody else may have been faster. */
async function removeList({ client, tenant }: SecretsTarget, ifMatch: string | undefined): Promise<void> {
  try {
    await client.unsetSecret(tenant, CUSTOM_LIST, { ifMatch })
  } catch (error) {
    if (!isCloudError(error, 'NOT_FOUND')) throw error
  }
}

/** Does something with the names in the cloud, and retries with the new ones if they have changed in the meantime. */
async function retryOnConflict<T>(
  { client, tenant }: SecretsTarget,
  first: SecretKeys,
  work: (seen: SecretKeys, mayBeDone: boolean) => Promise<T>,
): Promise<T> {
  let seen = first
  let mayBeDone = false
  for (let tries = 1; ; tries++) {
    try {
      return await work(seen, mayBeDone)
    } catch (error) {
      mayBeDone ||= isCloudError(error) && error.isUncertain
      if (mayBeDone && isCloudError(error)) Object.assign(error, { isUncertain: true })
      if (!isCloudError(error, 'CONFLICT') || seen.etag === undefined || tries === MAX_TRIES) throw error
      await wait(Math.random() * Math.min(MAX_PAUSE, 20 * 2 ** tries))
      const now = await client.listSecretKeys(tenant).catch((failure: unknown) => {
        if (mayBeDone) throw error
        throw failure
      })
      // Nobody has changed anything: it is another conflict, which would recur.
      if (now.etag === seen.etag) throw error
      seen = now
    }
  }
}

async function recheck({ client, tenant }: SecretsTarget, etag: string | undefined): Promise<string> {
  const after = await client.listSecretKeys(tenant).catch(() => undefined)
  if (after === undefined) return 'It is not known whether the secrets were stored. Running it again is safe.'
  if (etag !== undefined && after.etag === etag) return 'Nothing was stored: the tenant is as it was before.'
  return 'The secrets may have been stored. Running it again is safe.'
}
