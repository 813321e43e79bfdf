import { join } from 'node:path'
import {
  type CloudFiles,
  displayPath,
  findStateDirectory,
  type LocalSecrets,
  readLocalSecrets,
  resolvePath,
  type SecretsValidation,
} from '../cloud/for-commands.ts'
import {
  type ConfigError,
  isConfigError,
  type LoadOptions,
  loadConfigSync,
  type ProfileChoice,
  type ProfileRef,
  type ResolvedConfig,
} from '../index.ts'
import { type Args, cwdOf, text, timeoutOf } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'

/** A project as the commands see it, whose files may be invalid. */
export interface Project {
  readonly files: CloudFiles
  /** Undefined if the project's files are invalid: a login works anyway. */
  readonly loaded: ResolvedConfig | undefined
  /** What is wrong with them. */
  readonly failure?: Error
  readonly profile: ProfileRef | undefined
  /** Whether the project turns off the rules for its secrets. It was loaded as if it did. */
  skipsSecretRules(): boolean
}

/**
 * Finds the project, and where its login and tenants are stored. For one that is invalid or does not exist yet, that is
 * the default place.
 */
export function findProject(args: Args, io: Io): Project {
  // Checked even if nothing has to wait in the end.
  timeoutOf(args)
  const options = {
    cwd: cwdOf(args, io),
    env: io.env,
    profile: text(args.profile),
  }
  const state = findStateDirectory(options)
  const usual = { state, credentials: join(state, 'credentials.json'), tenants: join(state, 'tenants.json') }
  const load = (overrides: Overrides): ResolvedConfig =>
    loadUsable({ ...options, services: false, onUndefined: 'empty' }, overrides)
  const skipsSecretRules = (): boolean => {
    try {
      return load(LENIENT_CLOUD).config.secrets?.validation === 'skip'
    } catch (error) {
      if (isConfigError(error)) return false
      throw error
    }
  }
  try {
    const loaded = load(LENIENT)
    const { profile, config } = loaded
    const path = (configured: string | undefined, fallback: string): string =>
      profile && configured !== undefined ? resolvePath(configured, profile.directory) : fallback
    const files = {
      state,
      credentials: path(text(config.cloud?.credentials_path), usual.credentials),
      tenants: path(text(config.cloud?.tenants_path), usual.tenants),
    }
    return { files, loaded, profile, skipsSecretRules }
  } catch (error) {
    // A profile that was named must exist.
    if (!isConfigError(error) || args.profile !== undefined || isAboutDirectory(error)) throw error
    return { files: usual, loaded: undefined, profile: undefined, failure: error, skipsSecretRules }
  }
}

type Overrides = NonNullable<LoadOptions['overrides']>

/**
 * Loads what the commands need. Other values that are invalid are left out, since the secret that a command is to set
 * may be what they lack.
 *
 * @throws ConfigError with all problems, if one of them is about what the commands need
 */
function loadUsable(options: LoadOptions, overrides: Overrides): ResolvedConfig {
  const leftOut = new Set<string>()
  let failure: unknown
  for (let tries = 0; tries < MAX_LOADS; tries++) {
    try {
      const without = Object.fromEntries(outermost(leftOut).map((key) => [key, null]))
      return loadConfigSync({ ...options, overrides: { ...without, ...overrides } }) as ResolvedConfig
    } catch (error) {
      failure ??= error
      const keys = isConfigError(error) ? error.issues.map(({ key = '' }) => key) : []
      if (keys.length === 0 || keys.some((key) => !CAN_BE_LEFT_OUT.test(key) || leftOut.has(key))) break
      for (const key of keys) leftOut.add(key)
    }
  }
  throw failure
}

/** Keys without those that are below another: one cannot set both. */
function outermost(keys: ReadonlySet<string>): readonly string[] {
  const isBelowAny = (key: string): boolean =>
    [...key.matchAll(/[.[]/g)].some(({ index }) => keys.has(key.slice(0, index)))
  return [...keys].filter((key) => !isBelowAny(key))
}

/** Without an item, the list that it is in may be invalid; without both, nothing else should be. */
const MAX_LOADS = 3

/**
 * Keys that commands can do without: not those that say where they find what they change, and how they treat it. Longer
 * keys are nothing that people write.
 */
const CAN_BE_LEFT_OUT = /^(?!(?:secrets|cloud|paths)\b).{1,200}$/

/** If the directory that was asked for is invalid, nothing is looked up or created elsewhere. */
function isAboutDirectory({ issues }: ConfigError): boolean {
  return issues.some(({ code, key }) => code === 'INVALID_OPTION' && key === 'cwd')
}

/** Errors in a login or a secret are reported when it is used, in the command's own terms. */
const LENIENT_CLOUD = { 'cloud.validation': 'skip' }
const LENIENT = { ...LENIENT_CLOUD, 'secrets.validation': 'skip' }

/** Why a profile is in use; shown after its name. */
export const PROFILE_REASON = {
  option: 'chosen by --profile',
  SYSTEMPROMPT_PROFILE: 'chosen by SYSTEMPROMPT_PROFILE',
  session: "chosen by 'systemprompt profile use'",
  'only one': 'the only one',
  local: 'the default if none is chosen',
} as const satisfies Record<ProfileChoice, string>

/** The profile's tenant, which takes precedence over the active one. */
export function profileTenant({ loaded }: Project): string | undefined {
  return text(loaded?.config.cloud?.tenant_id)
}

/** A secrets.json, and its profile's rules for validating it. */
export interface SecretsPlace {
  readonly path: string
  readonly shown: string
  readonly validation: SecretsValidation | undefined
}

/** The profile's secrets file. @throws CliError NO_PROFILE */
export function secretsFileOf({ loaded, profile, failure, skipsSecretRules }: Project): SecretsPlace {
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
export function localSecretsOf(project: Project): LocalSecrets & { readonly shown: string } {
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
