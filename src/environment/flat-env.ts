import type { Problems, Report } from '../errors/errors.ts'
import type { SettledOptions } from '../options/options.ts'
import { isSetIn } from '../read/environment.ts'
import type { Layers } from '../read/layers.ts'
import { isSettingName } from '../schema/setting-name.ts'
import type { ResolvedSecret } from '../secrets/secrets.ts'
import { setOwn } from '../tree.ts'
import type { Site } from '../types.ts'
import { isBlockedName } from './blocked-names.ts'

/**
 * Secrets and .env values as variables, without what the process environment already sets and without blocked names,
 * each of which is a warning (trust.md). A value that is still encrypted is an error. Settings (`SYSTEMPROMPT__A__B`)
 * are left out: programs that want them load the configuration, and so read the files themselves. References in
 * settings are resolved key by key, which a single variable could not express.
 */
export function flatEnvironment(
  layers: Layers,
  secrets: readonly ResolvedSecret[],
  { env, emptyIsValue, allowEnv, dotenv }: SettledOptions,
  problems: Problems,
): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {}
  const names = new Set([...secrets.map((secret) => secret.env), ...layers.dotenvFiles.variables.keys()])
  for (const name of [...names].sort()) {
    const variable = layers.variables.get(name)
    if (typeof variable !== 'object') continue
    if (isSettingName(name)) {
      if (isEncrypted(variable)) problems.error(encrypted(name, variable.site))
      continue
    }
    const isPointer = namesSecretFile(name, layers)
    if ((isPointer || isBlockedName(name)) && !allowEnv.includes(name)) {
      const { source } = variable.site
      if (source.layer === 'environment' && source.name === name) continue
      problems.warn({
        code: 'BLOCKED_NAME',
        key: name,
        message: isPointer
          ? 'is never set from a file, because it would make another file a secret'
          : 'is never set from a file, because it could run or redirect code',
        remedy: isPointer ? 'set it in the environment, or write the secret itself' : remedyFor(name),
        at: variable.site,
      })
      continue
    }
    if (isEncrypted(variable)) {
      problems.error(encrypted(name, variable.site))
      continue
    }
    const isTaken = isSetIn({ env, emptyIsValue, isSecret: layers.isSecret }, name) && !dotenv.override
    if (!isTaken) setOwn(flat, name, variable.value)
  }
  return flat
}

/** The format of dotenvx: a curve point, a nonce and a tag, at least 97 bytes, before the encrypted text. */
const ENCRYPTED = /^encrypted:[A-Za-z\d+/]{128,}={0,2}$/

/** Whether a value comes from a .env file and is still encrypted. */
export function isEncrypted({ site, value }: Pick<ResolvedSecret, 'value'> & { readonly site: Site }): boolean {
  return site.source.layer === 'dotenv' && ENCRYPTED.test(value)
}

function encrypted(key: string, at: Site): Report {
  return {
    code: 'ENCRYPTED_VALUE',
    key,
    message: 'is encrypted by dotenvx, and is not decrypted here',
    remedy: "run 'dotenvx decrypt', or have 'dotenvx run --' start the program",
    at,
  }
}

/** What a load reads only from the environment is not read from files, even if `allowEnv` passes the name on. */
function remedyFor(name: string): string {
  return name.toUpperCase().startsWith('SYSTEMPROMPT_')
    ? 'set it in the environment, the only place it is read from'
    : `set it in the environment, or name it in allowEnv: ['${name}']`
}

/** `DATABASE_URL_FILE`: loads read it only from the environment, but a child process would use it. */
function namesSecretFile(name: string, { isSecret }: Layers): boolean {
  return name.endsWith('_FILE') && isSecret(name.slice(0, -'_FILE'.length))
}
