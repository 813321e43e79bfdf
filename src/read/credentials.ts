import type { Problems } from '../errors/errors.ts'
import type { Environment } from '../options/options.ts'
import { DEFAULT_API_URL, LOG_IN } from '../service.ts'
import { scalarAt, variableSource } from '../tree.ts'
import type { MapNode, Site } from '../types.ts'
import { readText } from './guard.ts'
import { parseJson } from './json.ts'

/** The login to SystemPrompt Cloud. */
export interface Credentials {
  /** A plain string, so that it can be sent; masked wherever it is printed. */
  readonly api_token: string
  /** @default https://api.systemprompt.io */
  readonly api_url: string
  readonly user_email: string
  /** ISO 8601, as in the file. */
  readonly authenticated_at?: string
  readonly last_validated_at?: string
  /** When the login expires, ISO 8601; absent if unknown. */
  readonly expires_at?: string
  readonly expired: boolean
  /** Where the login comes from: credentials.json, or the environment variables of a container. */
  readonly from: 'file' | 'environment'
}

export interface CredentialsOptions {
  readonly env: Environment
  /** Absolute. */
  readonly path: string
  readonly shown: string
  /** How to report problems with the file. */
  readonly validation: 'strict' | 'warn' | 'skip'
  /** Milliseconds since 1970. */
  readonly now: number
}

const HOUR = 3_600_000
/** How long before its expiry a login causes a warning, in milliseconds. */
export const EXPIRY_NOTICE = HOUR

/** The login in a container's variables or else credentials.json, if any (formats.md, sections 7 and 9). */
export function readCredentials(options: CredentialsOptions, problems: Problems): Credentials | undefined {
  const fromVariables = credentialsOf(options.env, problems)
  if (fromVariables === 'incomplete') return undefined
  const credentials = fromVariables ?? readFile(options, problems)
  return credentials && withExpiry(credentials, options, problems)
}

type Unexpired = Omit<Credentials, 'expired' | 'expires_at'> & { readonly site: Site }

function credentialsOf(env: Environment, problems: Problems): Unexpired | 'incomplete' | undefined {
  const token = env.SYSTEMPROMPT_API_TOKEN
  const email = env.SYSTEMPROMPT_USER_EMAIL
  if (!token && !email) return undefined
  const [set, unset] = token
    ? ['SYSTEMPROMPT_API_TOKEN', 'SYSTEMPROMPT_USER_EMAIL']
    : ['SYSTEMPROMPT_USER_EMAIL', 'SYSTEMPROMPT_API_TOKEN']
  const site = { source: variableSource('environment', set) }
  if (!token || !email) {
    problems.error({
      code: 'CREDENTIALS_INCOMPLETE',
      key: set,
      message: `is set without ${unset}`,
      remedy: `set ${unset} as well, or unset ${set}`,
      at: site,
    })
    return 'incomplete'
  }
  return {
    api_token: token,
    user_email: email,
    api_url: env.SYSTEMPROMPT_API_URL || DEFAULT_API_URL,
    from: 'environment',
    site,
  }
}

function readFile({ path, shown, validation }: CredentialsOptions, problems: Problems): Unexpired | undefined {
  const reporting = reportingAs(validation, problems)
  const read = readText(path, { layer: 'profile', file: shown, confidential: true }, reporting)
  const tree = read && parseJson(read.source, reporting)
  if (!tree) return undefined
  const token = textAt(tree, 'api_token')
  const email = textAt(tree, 'user_email')
  const url = textAt(tree, 'api_url') ?? textAt(tree, 'api_endpoint')
  const missing = [...(token ? [] : ['api_token']), ...(email ? [] : ['user_email'])]
  for (const key of missing) {
    reporting.error({ code: 'MISSING_KEY', key, message: 'is missing', remedy: LOG_IN, at: tree })
  }
  if (!token || !email) return undefined
  const at = textAt(tree, 'authenticated_at')
  const validated = textAt(tree, 'last_validated_at')
  return {
    api_token: token,
    user_email: email,
    api_url: url ?? DEFAULT_API_URL,
    ...(at === undefined ? {} : { authenticated_at: at }),
    ...(validated === undefined ? {} : { last_validated_at: validated }),
    from: 'file',
    site: tree,
  }
}

function withExpiry({ site, ...credentials }: Unexpired, options: CredentialsOptions, problems: Problems): Credentials {
  const ends = expiryOf(credentials)
  const left = ends === undefined ? Number.POSITIVE_INFINITY : ends - options.now
  if (left <= EXPIRY_NOTICE && options.validation !== 'skip') {
    const message = left <= 0 ? 'The cloud login has expired' : 'The cloud login expires within the hour'
    const remedy = credentials.from === 'environment' ? 'put a new token into SYSTEMPROMPT_API_TOKEN' : LOG_IN
    problems.warn({ code: 'CREDENTIALS_EXPIRED', message, remedy, at: site })
  }
  return {
    ...credentials,
    expired: left <= 0,
    ...(ends === undefined ? {} : { expires_at: new Date(ends).toISOString() }),
  }
}

/** Milliseconds since 1970: the expiry in the token, else a day after the login. */
function expiryOf(credentials: Pick<Credentials, 'api_token' | 'authenticated_at'>): number | undefined {
  return jwtExpiry(credentials.api_token) ?? timeOf(Date.parse(credentials.authenticated_at ?? '') + 24 * HOUR)
}

/** Undefined if it is not a valid date. */
function timeOf(milliseconds: number): number | undefined {
  return Math.abs(milliseconds) <= 8.64e15 ? milliseconds : undefined
}

/** `exp` of a JWT, which may have a prefix such as `sp_live_`. Nothing is verified: only the server can. */
function jwtExpiry(token: string): number | undefined {
  const payload = token.replace(/^sp_[a-z]+_/, '').split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const exp: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'exp') : undefined
    return typeof exp === 'number' ? timeOf(exp * 1000) : undefined
  } catch {
    return undefined
  }
}

function textAt(tree: MapNode, key: string): string | undefined {
  const value = scalarAt(tree, [key])?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Makes problems with a cloud file errors or warnings, or drops them, as `cloud.validation` says. */
export function reportingAs(validation: CredentialsOptions['validation'], problems: Problems): Problems {
  if (validation === 'strict') return problems
  return { ...problems, error: validation === 'warn' ? problems.warn : () => undefined }
}
