import { isEncrypted } from '../environment/flat-env.ts'
import type { Problems } from '../errors/errors.ts'
import type { SecretsFile } from '../read/secrets.ts'
import { isPostgresUrl } from '../schema/rules.ts'
import { knownSecret, secretName } from '../schema/secret-names.ts'
import type { Variables } from '../substitute/variables.ts'
import type { Site } from '../types.ts'
import type { ResolvedSecret } from './secrets.ts'

/**
 * The profile's `secrets.validation`: whether a missing required secret is an error or a warning. `skip` checks neither
 * presence nor format.
 */
export type SecretsValidation = 'strict' | 'warn' | 'skip'

/** Every secret that has a value, from any layer; blank ones count as absent (formats.md, section 5). */
export function resolveSecrets(
  names: Iterable<string>,
  file: SecretsFile,
  variables: Variables,
): readonly (ResolvedSecret & { site: Site })[] {
  return [...names].sort().flatMap((env) => {
    const variable = variables.get(env)
    if (variable === undefined || variable === 'failed' || variable.value.trim() === '') return []
    const key = file.secrets.get(env)?.key ?? knownSecret(env)?.key ?? env.toLowerCase()
    return [{ key, env, value: variable.value, site: variable.site }]
  })
}

export interface SecretsCheck {
  /** How to report missing or wrong secrets; undefined outside a SystemPrompt project, which requires none. */
  readonly validation: SecretsValidation | undefined
  /** Required in code, by any of their names. */
  readonly required: readonly string[]
  /** The most severe way to report a missing secret. */
  readonly missing: 'error' | 'warn'
  readonly lookedIn: readonly string[]
  /** Whether secrets belong in secrets.json; if not, they come from the environment. */
  readonly hasFile: boolean
  /** Whether it was reported already, because its references or its file failed. */
  readonly isFailed: (env: string) => boolean
}

/** Reports missing and wrong secrets. Messages never contain a value, only its length at most. */
export function checkSecrets(
  secrets: readonly (ResolvedSecret & { site: Site })[],
  check: SecretsCheck,
  problems: Problems,
): void {
  const { validation, required, lookedIn, hasFile, isFailed } = check
  const reportRequired = check.missing === 'error' ? problems.error : problems.warn
  const present = new Set(secrets.map(({ env }) => env))
  const isMissing = (env: string): boolean => !present.has(env) && !isFailed(env)
  const missing = (env: string, report: (typeof problems)['error'], remedy: string): void =>
    report({ code: 'SECRET_MISSING', key: env, message: `is not set; looked in ${lookedIn.join(', ')}`, remedy })

  const requiredNames = new Set(required.map((name) => secretName(name).env))
  // Without a profile there is no secrets.json.
  const elsewhere = validation === undefined ? ' or add it to .env' : ', add it to .env or to secrets.json'
  for (const env of requiredNames) if (isMissing(env)) missing(env, reportRequired, `export ${env}${elsewhere}`)
  if (validation === undefined || validation === 'skip') return

  const report = validation === 'strict' ? reportRequired : problems.warn
  // A service that has only settings of its own would be warned at every start.
  const skipHint = validation === 'strict' ? '' : ', or write secrets.validation: skip in a profile that needs none'
  const provide = (key: string, env: string): string => (hasFile ? `add ${key} to secrets.json` : `export ${env}`)
  if (isMissing('JWT_SECRET') && isMissing('OAUTH_AT_REST_PEPPER') && !requiredNames.has('JWT_SECRET')) {
    const remedy = `${provide('jwt_secret', 'JWT_SECRET')} (openssl rand -base64 48 makes one)${skipHint}`
    missing('JWT_SECRET', report, remedy)
  }
  if (isMissing('DATABASE_URL') && !requiredNames.has('DATABASE_URL'))
    missing('DATABASE_URL', report, `${provide('database_url', 'DATABASE_URL')}${skipHint}`)
  for (const secret of secrets) checkFormat(secret, problems)
}

function checkFormat({ env, value, site }: ResolvedSecret & { site: Site }, problems: Problems): void {
  // A value that is still encrypted is reported elsewhere.
  if (isEncrypted({ value, site })) return
  const invalid = (message: string, remedy: string): void =>
    problems.error({ code: 'SECRET_INVALID', key: env, message, remedy, at: site })
  const known = knownSecret(env)
  if (known?.minLength !== undefined && value.length < known.minLength)
    invalid(`is shorter than ${known.minLength} characters`, 'openssl rand -base64 48 makes a good one')
  if (known?.format === 'postgres-url' && !isPostgresUrl(value)) {
    invalid(
      'is not a PostgreSQL URL',
      'write postgres://user:password@host:5432/database, special characters percent-encoded',
    )
  }
  if (value.includes('\0')) invalid('contains a NUL character', 'remove it')
}
