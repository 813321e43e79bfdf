import { join } from 'node:path'
import {
  CloudClient,
  type CloudFiles,
  DEFAULT_API_URL,
  durationText,
  findStateDirectory,
  LOG_IN,
  logInAgain,
  readRegistry,
  resolvePath,
} from '../cloud/for-commands.ts'
import {
  type ConfigError,
  type Credentials,
  isConfigError,
  type LoadOptions,
  loadConfigSync,
  type ProfileRef,
  type ResolvedConfig,
} from '../index.ts'
import { type Args, cwdOf, text } from './args.ts'
import { CliError, EXIT, type Io, usageError } from './io.ts'

/** A project as the cloud commands see it. */
export interface CloudProject {
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
 * Finds where the login and the tenants are stored. For a project that is invalid or does not exist yet, that is the
 * default place.
 */
export function findCloudProject(args: Args, io: Io): CloudProject {
  // Checked even if nothing has to wait in the end.
  timeoutOf(args)
  const options = {
    cwd: cwdOf(args, io),
    env: io.env,
    profile: text(args.profile),
  }
  const state = findStateDirectory(options)
  const usual = { state, credentials: join(state, 'credentials.json'), tenants: join(state, 'tenants.json') }
  const load = (overrides: LoadOptions['overrides']): ResolvedConfig =>
    loadConfigSync({ ...options, services: false, onUndefined: 'empty', overrides }) as ResolvedConfig
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

/** If the directory that was asked for is invalid, nothing is looked up or created elsewhere. */
function isAboutDirectory({ issues }: ConfigError): boolean {
  return issues.some(({ code, key }) => code === 'INVALID_OPTION' && key === 'cwd')
}

/** Errors in a login or a secret are reported when it is used, in the command's own terms. */
const LENIENT_CLOUD = { 'cloud.validation': 'skip' }
const LENIENT = { ...LENIENT_CLOUD, 'secrets.validation': 'skip' }

export interface Session extends CloudProject {
  readonly client: CloudClient
  readonly credentials: Credentials
}

/**
 * The current login, and a client that uses it.
 * @throws CliError NOT_LOGGED_IN, and what is wrong with the project
 */
export function openSession(args: Args, io: Io): Session {
  const project = findCloudProject(args, io)
  const { failure } = project
  if (failure) throw failure
  const credentials = project.loaded?.credentials
  if (!credentials) throw notLoggedIn('You are not logged in', LOG_IN)
  const logIn = logInAgain(credentials, apiUrlOf({}, io))
  if (credentials.expired) throw notLoggedIn('The cloud login has expired', logIn)
  const { api_url, api_token } = credentials
  return { ...project, credentials, client: clientFor(api_url, api_token, args, io, logIn) }
}

/** @param logIn what to do if the service rejects the token */
export function clientFor(apiUrl: string, token: string | undefined, args: Args, io: Io, logIn?: string): CloudClient {
  const timeout = timeoutOf(args)
  return new CloudClient({
    apiUrl,
    env: io.env,
    ...(logIn === undefined ? {} : { logIn }),
    ...(io.isInteractive
      ? { onWait: (time: number) => io.err(`The service asks to wait ${durationText(time)} …\n`) }
      : {}),
    ...(token === undefined ? {} : { token }),
    ...(timeout === undefined ? {} : { timeout }),
  })
}

/** The service to log in to: from the flag, the variable or the default. A file must not redirect a token elsewhere. */
export function apiUrlOf(args: Args, io: Io): string {
  return text(args['api-url']) ?? (io.env.SYSTEMPROMPT_API_URL || DEFAULT_API_URL)
}

/**
 * The tenant in use: `--tenant`, else the profile's, else the active one.
 * @throws CliError NO_TENANT
 */
export function tenantOf(args: Args, project: CloudProject): string {
  const id = text(args.tenant) ?? profileTenant(project) ?? readRegistry(project.files).active
  if (id === undefined) {
    const list = "'systemprompt cloud tenant list' shows them, 'systemprompt cloud tenant use <id>' chooses one"
    throw new CliError('NO_TENANT', EXIT.notFound, `No tenant is active. Give --tenant <id>; ${list}.`)
  }
  if (id.startsWith('local_')) {
    const hint = "Choose a cloud tenant with --tenant or 'systemprompt cloud tenant use <id>'"
    throw new CliError(
      'LOCAL_TENANT',
      EXIT.usage,
      `The active tenant is a local one, which has nothing in the cloud. ${hint}.`,
    )
  }
  return id
}

/** The profile's tenant, which takes precedence over the active one. */
export function profileTenant({ loaded }: CloudProject): string | undefined {
  return text(loaded?.config.cloud?.tenant_id)
}

/** Asks for confirmation unless `-y` is given; without an interactive terminal, nothing is done. */
export async function mustAgree(args: Args, io: Io, question: string): Promise<void> {
  if (args.yes === true) return
  if (!io.isInteractive) {
    throw new CliError(
      'CONFIRMATION',
      EXIT.usage,
      'This is not an interactive terminal, so nothing was done. Add -y to confirm.',
    )
  }
  if (!(await io.confirm(question))) throw new CliError('REFUSED', EXIT.refused, 'Nothing was done.')
}

function timeoutOf({ timeout }: Args): number | undefined {
  if (timeout === undefined) return undefined
  const seconds = Number(timeout)
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3_600) return Math.round(seconds * 1000)
  throw usageError('--timeout takes a number of seconds from 1 to 3600.')
}

function notLoggedIn(what: string, remedy: string): CliError {
  return new CliError('NOT_LOGGED_IN', EXIT.notLoggedIn, `${what}. ${remedy}.`)
}
