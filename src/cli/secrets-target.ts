import {
  type CloudError,
  FileError,
  isCloudError,
  refuseTrackedLogin,
  type Target,
  updateSyncRecord,
} from '../cloud/for-commands.ts'
import type { Args } from './args.ts'
import { EXIT, type Io } from './io.ts'
import { openSession, type Session, tenantOf } from './session.ts'

/** A tenant's secrets, and the client to access them. */
export interface SecretsTarget extends Session, Target {}

export function openTarget(args: Args, io: Io): SecretsTarget {
  const session = openSession(args, io)
  return { ...session, apiUrl: session.client.apiUrl, tenant: tenantOf(args, session) }
}

/**
 * The same, for commands that send secrets.
 *
 * @throws FileError FILE_EXPOSED for a login that somebody else may have put there
 */
export async function openTargetToSend(args: Args, io: Io): Promise<SecretsTarget> {
  const target = openTarget(args, io)
  if (target.credentials.from === 'file') await refuseTrackedLogin(target.files.credentials)
  return target
}

/** The result of removing secrets one after another. */
export interface Removal {
  readonly removed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly error: CloudError | FileError }[]
}

/** Removes secrets one by one; after a failure that affects all of them, the rest is not tried. */
export async function removeAll(target: SecretsTarget, names: readonly string[]): Promise<Removal> {
  const { client, tenant } = target
  const removed: string[] = []
  const failed: { name: string; error: CloudError }[] = []
  try {
    // First, so that a command that is killed leaves no record of secrets that are gone.
    await updateSyncRecord(target, { removed: names })
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { removed, failed: names.map((name) => ({ name, error })) }
  }
  for (const name of names) {
    const stopped = failed.find(({ error }) => !['NOT_FOUND', 'NOT_ACCEPTED'].includes(error.code))
    if (stopped) {
      failed.push({ name, error: stopped.error })
      continue
    }
    try {
      await client.unsetSecret(tenant, name)
      removed.push(name)
    } catch (error) {
      if (!isCloudError(error)) throw error
      failed.push({ name, error })
    }
  }
  return { removed, failed }
}

/** The exit code for how much was removed. Throws the first error if nothing was. */
export function removalExit({ removed, failed }: Removal): number {
  const [first] = failed
  if (!first) return EXIT.ok
  if (removed.length > 0) return EXIT.partial
  const { error } = first
  throw error
}
