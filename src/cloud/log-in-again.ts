import type { Credentials } from '../read/credentials.ts'
import { LOG_IN } from '../service.ts'
import { parseUrl } from '../url.ts'
import { isLoopback } from './endpoint.ts'

/**
 * How to replace a login. A login does not override a token in a variable, and one without `--api-url` is for the usual
 * service. Of the URLs in files only loopback ones are named: nobody should log in to wherever a file points.
 *
 * @param usual the service of a login without `--api-url`
 */
export function logInAgain({ from, api_url }: Pick<Credentials, 'from' | 'api_url'>, usual: string): string {
  if (from === 'environment') return 'Put a new token into SYSTEMPROMPT_API_TOKEN'
  const url = parseUrl(api_url)
  const isElsewhere = url !== undefined && url.origin !== parseUrl(usual)?.origin
  return isElsewhere && isLoopback(url.hostname) ? `${LOG_IN} with --api-url ${url.origin}` : LOG_IN
}
