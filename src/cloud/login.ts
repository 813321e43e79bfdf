import { parseUrl } from '../url.ts'
import { type Callback, openCallback } from './callback.ts'
import type { CloudClient } from './client.ts'
import type { Provider } from './contract.ts'
import { isLoopback } from './endpoint.ts'
import { CloudError } from './errors.ts'

/** A login that has begun, and waits for the browser to come back. */
export interface BrowserLogin {
  /** The URL to open in the browser. */
  readonly authorizeUrl: string
  /**
   * Resolves to the token when the user has come back.
   * @throws CloudError NOT_LOGGED_IN if the user denied the login
   */
  readonly token: Promise<string>
  /** Takes the URL that a browser on another machine ended on. */
  paste(address: string): boolean
  /** Closes the callback URL. */
  close(): Promise<void>
}

/**
 * Begins a login in the browser: opens a callback URL, and asks the service where to send the browser.
 *
 * @throws CloudError REFUSED if the service returns a URL that no browser should be sent to
 */
export async function beginBrowserLogin(client: CloudClient, provider: Provider, port?: number): Promise<BrowserLogin> {
  const callback = await openCallback(port)
  try {
    const authorizeUrl = await client.beginLogin(provider, callback.redirectUri)
    return {
      authorizeUrl: checkedAuthorizeUrl(authorizeUrl, client.apiUrl),
      token: tokenOf(callback),
      paste: callback.paste,
      close: callback.close,
    }
  } catch (error) {
    await callback.close()
    throw error
  }
}

async function tokenOf({ result }: Callback): Promise<string> {
  const outcome = await result
  if ('token' in outcome) return outcome.token
  const what =
    outcome.error === 'access_denied' ? 'The login was denied in the browser' : 'The login failed at the provider'
  throw new CloudError('NOT_LOGGED_IN', what, {
    serverCode: /^[\w-]{1,60}$/.test(outcome.error) ? outcome.error : 'unknown',
    // The usual remedy names the command without the service that was asked for.
    remedy: 'Run it again to try once more',
  })
}

const PROVIDERS = ['github.com', 'accounts.google.com']

/**
 * The browser is only sent to pages of the providers and of the service: a URL such as `file:`, or one of a look-alike,
 * is refused.
 *
 * @throws CloudError REFUSED
 */
export function checkedAuthorizeUrl(text: string, apiUrl: string): string {
  const url = parseUrl(text)
  const api = new URL(apiUrl)
  const isKnown = (host: string): boolean =>
    PROVIDERS.includes(host) || host === api.hostname || /(^|\.)systemprompt\.io$/.test(host)
  const isSecure = url?.protocol === 'https:' && isKnown(url.hostname)
  const isEmulator = url?.origin === api.origin && isLoopback(api.hostname)
  if (url && (isSecure || isEmulator) && url.username === '' && url.password === '') return url.href
  throw new CloudError('REFUSED', 'The service wants to send the browser to a URL that is not a login page', {
    remedy: 'Check --api-url; no page was opened',
  })
}
