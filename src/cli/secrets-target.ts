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
import { type Args, text } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'
import { type CloudProject, openSession, type Session, tenantOf } from './session.ts'

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

/** A secrets.json, and its profile's rules for validating it. */
export interface SecretsPlace {
  readonly path: string
  readonly shown: string
  readonly validation: SecretsValidation | undefined
}

/** The profile's secrets file. @throws CliError NO_PROFILE */
export function secretsFileOf({ loaded, profile, failure, skipsSecretRules }: CloudProject): SecretsPlace {
  if (failure) throw failure
  if (!loaded || !profile) {
    throw new CliError(
      'NO_PROFILE',
      EXIT.notFound,
      "There is no profile here, and so no secrets.json. 'systemprompt init' creates one; --profile takes the path of another.",
    )
  }
  const path = resolvePath(text(loaded.config.secrets?.secrets_path) ?? './secrets.json', profile.directory)
  const validation = skipsSecretRules() ? 'skip' : undefined
  return { path, shown: displayPath(loaded.root, path), validation }
}

/** The secrets in the profile's file. @throws CliError NOT_FOUND, ConfigError */
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
