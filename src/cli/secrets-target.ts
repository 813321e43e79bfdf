import { refuseTrackedLogin, type Target } from '../cloud/for-commands.ts'
import type { Args } from './args.ts'
import type { Io } from './io.ts'
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
