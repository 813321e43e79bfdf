import {
  type CloudError,
  displayPath,
  FileError,
  isCloudError,
  type LocalSecrets,
  readLocalSecrets,
  refuseTrackedLogin,
  resolvePath,
  type SecretsValidation,
  type Target,
  updateSyncRecord,
} from '../cloud/for-commands.ts'
import type { Args } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'
import { type CloudProject, openSession, type Session, tenantOf } from './session.ts'

/** A tenant's secrets, and the client that reaches them. */
export interface SecretsTarget extends Session {
  readonly tenant: string
  readonly target: Target
}

export function openTarget(args: Args, io: Io): SecretsTarget {
  const session = openSession(args, io)
  const tenant = tenantOf(args, session)
  return { ...session, tenant, target: { apiUrl: session.client.apiUrl, tenant } }
}

/**
 * The same, for what sends secrets.
 *
 * @throws FileError FILE_EXPOSED for a login that may be another's
 */
export async function openTargetToSend(args: Args, io: Io): Promise<SecretsTarget> {
  const target = openTarget(args, io)
  if (target.credentials.from === 'file') await refuseTrackedLogin(target.files.credentials)
  return target
}

/** A secrets.json, and what its profile says of the rules for what is in it. */
export interface SecretsPlace {
  readonly path: string
  readonly shown: string
  readonly validation: SecretsValidation | undefined
}

/** Where the profile has its secrets. @throws CliError NO_PROFILE */
export function secretsFileOf({ loaded, profile, failure, skipsSecretRules }: CloudProject): SecretsPlace {
  if (failure) throw failure
  if (!loaded || !profile) {
    throw new CliError(
      'NO_PROFILE',
      EXIT.notFound,
      "There is no profile here, and so no secrets.json. 'systemprompt init' creates one; --profile takes the path of another.",
    )
  }
  const configured = (Reflect.get(loaded.config, 'secrets') as { secrets_path?: unknown } | undefined)?.secrets_path
  const wanted = typeof configured === 'string' && configured !== '' ? configured : './secrets.json'
  const path = resolvePath(wanted, profile.directory)
  const validation = skipsSecretRules() ? 'skip' : undefined
  return { path, shown: displayPath(loaded.root, path), validation }
}

/** The secrets of the profile's file. @throws CliError NOT_FOUND, ConfigError */
export function localSecretsOf(project: CloudProject): LocalSecrets & { readonly shown: string } {
  const { path, shown, validation } = secretsFileOf(project)
  const local = readLocalSecrets(path, shown, validation)
  if (!local.found)
    throw new CliError(
      'NOT_FOUND',
      EXIT.notFound,
      `${shown} does not exist. 'systemprompt secrets set NAME' creates it.`,
    )
  return { ...local, shown }
}

/** What came of removing one secret after another. */
export interface Removal {
  readonly removed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly error: CloudError | FileError }[]
}

/** Removes secrets one by one; where a failure concerns all of them, the rest is not tried. */
export async function removeAll(
  { client, tenant, files, target }: SecretsTarget,
  names: readonly string[],
): Promise<Removal> {
  const removed: string[] = []
  const failed: { name: string; error: CloudError }[] = []
  try {
    // First, so that a command that is killed leaves no record of what is not there.
    await updateSyncRecord(files, target, { removed: names })
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

/** Both lists, and the exit code that says how much was done. */
export function removalExit({ removed, failed }: Removal): number {
  const [first] = failed
  if (!first) return EXIT.ok
  if (removed.length > 0) return EXIT.partial
  const { error } = first
  throw error
}
