import { CloudClient, DEFAULT_API_URL, durationText, LOG_IN, logInAgain, readRegistry } from '../cloud/for-commands.ts'
import type { Credentials } from '../index.ts'
import { type Args, text, timeoutOf } from './args.ts'
import { CliError, EXIT, type Io } from './io.ts'
import { findProject, type Project, profileTenant } from './project.ts'

export interface Session extends Project {
  readonly client: CloudClient
  readonly credentials: Credentials
}

/**
 * The current login, and a client that uses it.
 * @throws CliError NOT_LOGGED_IN, and what is wrong with the project
 */
export function openSession(args: Args, io: Io): Session {
  const project = findProject(args, io)
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
export function tenantOf(args: Args, project: Project): string {
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

function notLoggedIn(what: string, remedy: string): CliError {
  return new CliError('NOT_LOGGED_IN', EXIT.notLoggedIn, `${what}. ${remedy}.`)
}
