import { setTimeout as wait } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import type { Environment } from '../options/options.ts'
import { DEFAULT_API_URL, LOG_IN } from '../service.ts'
import {
  type AuditPage,
  type CloudTenant,
  isAuditPage,
  isExchanged,
  isKeyList,
  isLoginStart,
  isTenantList,
  isUserMe,
  type Provider,
  type UserMe,
} from './contract.ts'
import { endpointOf, endpointText, operationUrl } from './endpoint.ts'
import { CloudError } from './errors.ts'
import { type Answer, createTransport, type Request, type Transport } from './http.ts'
import { dataOf, type ErrorContext, errorOf, mustBeEmpty } from './responses.ts'
import { type Clock, requestedWait, type SendResult, sendWithRetries, uncertain } from './retry.ts'
import { hasTokenCharacters } from './token.ts'

/** Which service to use, and with which login. */
export interface CloudClientOptions {
  /** The URL of the service: https, or http on a loopback address. @default 'https://api.systemprompt.io' */
  readonly apiUrl?: string | undefined
  /** The login's token. It is sent only to the origin of `apiUrl`. Not needed for `beginLogin`. */
  readonly token?: string | undefined
  /**
   * Milliseconds for one operation, with all retries and pauses.
   * @default 60000, and up to as long again if the service asks to wait
   */
  readonly timeout?: number | undefined
  /** Called with the number of milliseconds that the service asks to wait, before waiting. */
  readonly onWait?: ((time: number) => void) | undefined
  /**
   * What an error tells the user to do if the service rejects the login.
   * @default "Run 'systemprompt cloud auth login'"
   */
  readonly logIn?: string | undefined
  /** Where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are read from. @default process.env */
  readonly env?: Environment | undefined
  /** Sends the requests. @default the network */
  readonly transport?: Transport | undefined
  /** @default the real one */
  readonly clock?: Clock | undefined
}

/** The names of a tenant's secrets, and the version of that state. */
export interface SecretKeys {
  readonly keys: readonly string[]
  /** Pass it as `ifMatch` to a write; absent if the service sends none. */
  readonly etag?: string
}

interface Operation extends ErrorContext {
  readonly method: Request['method']
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Newer services require an exchanged token for these. */
  readonly isTenantCall?: true
  /** It needs no token. */
  readonly isPublic?: true
  /** Strings that no message may repeat, besides the token. */
  readonly secrets?: readonly string[]
}

/**
 * A client for SystemPrompt Cloud. Every method throws a CloudError that says what to do. None follows a redirect, or
 * sends a token or a secret to another origin.
 *
 * @example
 * const cloud = new CloudClient({ token })
 * const { keys } = await cloud.listSecretKeys('tenant_def456') // names, never values
 * await cloud.setSecrets('tenant_def456', { STRIPE_KEY: 'sk_live_…' })
 */
export class CloudClient {
  /** The URL in use, without a trailing slash. */
  readonly apiUrl: string
  readonly #endpoint: URL
  readonly #token: string | undefined
  readonly #timeout: number | undefined
  readonly #logIn: string | undefined
  readonly #onWait: ((time: number) => void) | undefined
  readonly #transport: Transport
  readonly #clock: Clock
  #exchanged: { readonly token: string; readonly until: number } | undefined
  #cannotExchange = false

  /** @throws CloudError REFUSED for a URL or a token that cannot be used */
  constructor(options: CloudClientOptions = {}) {
    const { apiUrl = DEFAULT_API_URL, token, timeout, logIn, onWait, env, transport, clock } = options
    this.#endpoint = endpointOf(apiUrl)
    this.apiUrl = endpointText(this.#endpoint)
    if (token !== undefined) checkToken(token, logIn)
    this.#token = token
    this.#timeout = timeout
    this.#logIn = logIn
    this.#onWait = onWait
    this.#transport = transport ?? createTransport(env ?? process.env)
    this.#clock = clock ?? { now: () => Date.now(), sleep: (time) => wait(time), random: () => Math.random() }
  }

  /** What 404 means if the request names no tenant. */
  get #wrongService(): NonNullable<Operation['notFound']> {
    const remedy = "Check --api-url of 'systemprompt cloud auth login', or SYSTEMPROMPT_API_URL"
    return { code: 'NOT_FOUND', what: `${this.apiUrl} does not respond like SystemPrompt Cloud`, remedy }
  }

  /** Returns the URL to open in the browser; after the login it comes back to `redirectUri`. */
  async beginLogin(provider: Provider, redirectUri: string): Promise<string> {
    const response = await this.#do({
      method: 'GET',
      path: ['api', 'v1', 'auth', 'oauth', provider],
      query: { redirect_uri: redirectUri },
      task: 'begin a login',
      isPublic: true,
      notFound: this.#wrongService,
    })
    return this.#dataOf(response, isLoginStart).authorize_url
  }

  /** The user that the token belongs to, with the tenants that the user can access. */
  async whoami(): Promise<UserMe> {
    const response = await this.#do({
      method: 'GET',
      path: ['api', 'v1', 'auth', 'me'],
      task: 'say who is logged in',
      notFound: this.#wrongService,
    })
    return this.#dataOf(response, isUserMe)
  }

  /** The tenants that the user can access. */
  async listTenants(): Promise<readonly CloudTenant[]> {
    const response = await this.#do({
      method: 'GET',
      path: ['api', 'v1', 'tenants'],
      task: 'list the tenants',
      notFound: this.#wrongService,
    })
    return this.#dataOf(response, isTenantList).data
  }

  /** The names of the tenant's secrets. No operation ever returns a value. */
  async listSecretKeys(tenant: string): Promise<SecretKeys> {
    const response = await this.#do({
      method: 'GET',
      path: secretsPath(tenant),
      task: 'list the secrets',
      isTenantCall: true,
    })
    const etag = response.header('etag')
    return { keys: this.#dataOf(response, isKeyList).keys, ...(etag === undefined ? {} : { etag }) }
  }

  /**
   * Creates or replaces secrets, either all or none; other secrets stay.
   * @throws CloudError CONFLICT if `ifMatch` is given and the tenant's secrets have changed since
   */
  async setSecrets(
    tenant: string,
    secrets: Readonly<Record<string, string>>,
    { ifMatch }: { readonly ifMatch?: string | undefined } = {},
  ): Promise<void> {
    const names = Object.keys(secrets)
    if (names.length === 0) return
    const wrong = names.filter((name) => !SECRET_NAME.test(name))
    if (wrong.length > 0)
      throw new CloudError('NOT_ACCEPTED', `${wrong.length} of the names cannot be names of secrets`)
    const operation: Operation = {
      method: 'PUT',
      path: secretsPath(tenant),
      body: { secrets },
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
      task: 'store the secrets',
      isTenantCall: true,
      secrets: Object.values(secrets),
    }
    mustBeEmpty(await this.#do(operation), this.#secretsOf(operation))
  }

  /**
   * Removes one secret.
   * @throws CloudError CONFLICT if `ifMatch` is given and the tenant's secrets have changed since
   */
  async unsetSecret(
    tenant: string,
    name: string,
    { ifMatch }: { readonly ifMatch?: string | undefined } = {},
  ): Promise<void> {
    const operation: Operation = {
      method: 'DELETE',
      path: [...secretsPath(tenant), name],
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
      task: 'remove the secret',
      isTenantCall: true,
      notFound: { code: 'NOT_FOUND', what: 'The cloud has no such secret', remedy: SYNC },
    }
    const result = await this.#settle(operation)
    // An earlier attempt succeeded, and its response was lost.
    if (result.response.status === 404 && result.isUncertain) return
    mustBeEmpty(this.#accept(result, operation), this.#secretsOf(operation))
  }

  /**
   * Who listed, set or removed which secret, newest first.
   * @throws CloudError UNSUPPORTED if the endpoint has no audit log
   */
  async auditSecrets(
    tenant: string,
    { limit, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined } = {},
  ): Promise<AuditPage> {
    const response = await this.#do({
      method: 'GET',
      path: [...secretsPath(tenant), 'audit'],
      query: { ...(limit === undefined ? {} : { limit: String(limit) }), ...(cursor === undefined ? {} : { cursor }) },
      task: 'show the audit log',
      isTenantCall: true,
      notFound: { code: 'UNSUPPORTED', what: 'This endpoint has no audit log' },
    })
    return this.#dataOf(response, isAuditPage)
  }

  /** Tells the service of a login or a logout. Best effort: failures are ignored. */
  async reportActivity(event: 'cloud_login' | 'cloud_logout', userId: string, at: Date): Promise<void> {
    const body = { event, timestamp: at.toISOString(), data: { user_id: userId } }
    const operation: Operation = { method: 'POST', path: ['api', 'v1', 'activity'], body, task: 'record the login' }
    await this.#transport.send(this.#requestOf(operation, this.#loginToken()), ACTIVITY_TIMEOUT).catch(() => undefined)
  }

  /** Closes the connections that are kept alive. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  async #do(operation: Operation): Promise<Answer> {
    return this.#accept(await this.#settle(operation), operation)
  }

  /** Newer services accept only a short-lived token for tenant calls; older ones do not issue any. */
  async #settle(operation: Operation): Promise<SendResult> {
    const until = this.#clock.now() + (this.#timeout ?? Number.NaN)
    if (!operation.isTenantCall) return this.#try(operation, operation.isPublic ? undefined : this.#loginToken(), until)
    const first = await this.#try(operation, this.#liveToken() ?? this.#loginToken(), until)
    if (first.response.status !== 401 || this.#cannotExchange) return first
    const token = await this.#exchange(until)
    return token === undefined ? first : this.#try(operation, token, until)
  }

  #accept({ response, isUncertain }: SendResult, operation: Operation): Answer {
    if (response.status >= 200 && response.status < 300) return response
    const context = { ...operation, logIn: this.#logIn }
    const error = errorOf(response, context, this.#secretsOf(operation), requestedWait(response, this.#clock.now()))
    // Whatever this attempt was refused for, an earlier one may have succeeded and lost its response.
    throw uncertain(error, isUncertain)
  }

  #dataOf<T>(response: Answer, isValid: (value: unknown) => value is T): T {
    return dataOf(response, isValid, this.#secretsOf({}))
  }

  /** @param until when the operation must be over, if it has a timeout */
  #try(operation: Operation, token: string | undefined, until: number): Promise<SendResult> {
    const total = this.#timeout === undefined ? undefined : until - this.#clock.now()
    const request = this.#requestOf(operation, token)
    return sendWithRetries(this.#transport, request, this.#clock, { total, onWait: this.#onWait })
  }

  #requestOf({ method, path, query, headers, body }: Operation, token: string | undefined): Request {
    return {
      method,
      url: operationUrl(this.#endpoint, path, query),
      headers: {
        accept: 'application/json',
        'user-agent': `systemprompt-env/${packageJson.version}`,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': contentType(body) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: body instanceof URLSearchParams ? body.toString() : JSON.stringify(body) }),
    }
  }

  #secretsOf({ secrets = [] }: Pick<Operation, 'secrets'>): readonly string[] {
    return [this.#token, this.#exchanged?.token, ...secrets].filter((text) => text !== undefined)
  }

  #loginToken(): string {
    if (this.#token === undefined) throw new CloudError('NOT_LOGGED_IN', 'You are not logged in')
    return this.#token
  }

  #liveToken(): string | undefined {
    const { token, until } = this.#exchanged ?? { token: undefined, until: 0 }
    return this.#clock.now() < until ? token : undefined
  }

  async #exchange(until: number): Promise<string | undefined> {
    this.#exchanged = undefined
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: this.#loginToken(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: this.apiUrl,
      client_id: 'sp_web',
    })
    const operation: Operation = {
      method: 'POST',
      path: ['api', 'v1', 'core', 'oauth', 'token'],
      body,
      task: 'exchange the token',
      isPublic: true,
    }
    const result = await this.#try(operation, undefined, until)
    const { response } = result
    this.#cannotExchange = response.status === 404
    // The exchange was refused, as was the request before it, whose error is the better one.
    if (response.status >= 400 && response.status < 500 && response.status !== 429) return undefined
    const { access_token, expires_in = DEFAULT_LIFETIME } = dataOf(this.#accept(result, operation), isExchanged)
    checkToken(access_token, this.#logIn)
    this.#exchanged = { token: access_token, until: this.#clock.now() + expires_in * 1000 - RENEW_BEFORE_EXPIRY }
    return access_token
  }
}

const SECRET_NAME = /^[A-Z_][A-Z0-9_]*$/

/** Lifetime of an exchanged token in seconds, if the service does not say. */
const DEFAULT_LIFETIME = 300
/** An exchanged token is not used any more this many milliseconds before it expires. */
const RENEW_BEFORE_EXPIRY = 30_000
/** Milliseconds that a command may wait for a report that nobody asked for. */
const ACTIVITY_TIMEOUT = 3_000

const SYNC = "If it was never synced, run 'systemprompt cloud secrets sync'"

function secretsPath(tenant: string): readonly string[] {
  return ['api', 'v1', 'tenants', tenant, 'secrets']
}

function contentType(body: unknown): string {
  return body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
}

/** The error of `Headers` repeats a value that it rejects. */
function checkToken(token: string, remedy = LOG_IN): void {
  if (hasTokenCharacters(token)) return
  throw new CloudError('REFUSED', 'The token contains a character that is not allowed in one, such as a line break', {
    remedy,
  })
}
