import { knownSecret, secretName } from '../schema/secret-names.ts'

/** The variable that lists the custom secrets, so that the service's own loader finds them. */
export const CUSTOM_LIST = 'SYSTEMPROMPT_CUSTOM_SECRETS'

/** Set by the system, or here; never sent, and refused if somebody sets them by hand. */
const MANAGED = ['FLY_APP_NAME', 'FLY_MACHINE_ID', 'SYSTEMPROMPT_API_URL', CUSTOM_LIST]

/** Sent by earlier tools, and read by nothing (formats.md, section 10). */
const STALE = ['SYSTEMPROMPT_API_URL', 'FLY_APP_NAME', 'FLY_MACHINE_ID', 'GITHUB', 'MOONSHOT', 'QWEN']

/** A file's secrets as they are in the cloud. */
export interface CloudSecrets {
  /** By their names in the cloud. */
  readonly values: Readonly<Record<string, string>>
  /** Names that the system manages, which are not sent. */
  readonly dropped: readonly string[]
}

/** The mapping of formats.md, section 10: `internal_database_url` becomes `DATABASE_URL`, and replaces it. */
export function toCloudSecrets(secrets: Iterable<{ readonly env: string; readonly value: string }>): CloudSecrets {
  const given = [...secrets]
  const hasInternal = given.some(({ env }) => env === INTERNAL)
  const sent = given.filter(({ env }) => !isManaged(env) && !(hasInternal && env === 'DATABASE_URL'))
  return {
    values: Object.fromEntries(sent.map(({ env, value }) => [cloudName(env), value])),
    dropped: given.map(({ env }) => env).filter(isManaged),
  }
}

const INTERNAL = 'INTERNAL_DATABASE_URL'

/** The name of a secret in the cloud, for any of its spellings. */
export function cloudName(name: string): string {
  const { env } = secretName(name)
  return env === INTERNAL ? 'DATABASE_URL' : env
}

/** The name in a file of the cloud's secret `name`: `DATABASE_URL` is the internal one, if the file has that. */
export function nameInFile(name: string, hasInFile: (env: string) => boolean): string {
  return secretName(name).env === 'DATABASE_URL' && hasInFile(INTERNAL) ? INTERNAL : name
}

/** Whether the system sets this name itself: a secret of that name is not sent. */
export function isManaged(name: string): boolean {
  return MANAGED.includes(name)
}

/** Whether an earlier tool sent this name, and nothing reads it any more. */
export function isStale(name: string): boolean {
  return STALE.includes(name)
}

/** The value of the list for these names in the cloud; empty if none of them is custom. */
export function customList(names: Iterable<string>): string {
  return [...new Set(names)].filter(isCustom).sort().join(',')
}

function isCustom(name: string): boolean {
  return !knownSecret(name) && !isManaged(name) && !isStale(name) && !name.startsWith('SYSTEMPROMPT_')
}
