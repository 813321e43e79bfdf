import type { Credentials } from '../read/credentials.ts'
import { LOG_IN } from '../service.ts'
import { parseUrl } from '../url.ts'
import { isLoopback } from './endpoint.ts'

/**
 * How to get a login that is good in place of this one. None wins over a token in a variable, and one without
 * `--api-url` is at the usual service. Of the addresses in files only those of this machine are named: nobody should
 * log in where a file leads.
 *
 * @param usual where a login without `--api-url` is
 */
export function logInAgain({ from, api_url }: Pick<Credentials, 'from' | 'api_url'>, usual: string): string {
  if (from === 'environment') return 'Put a new token into SYSTEMPROMPT_API_TOKEN'
  const url = parseUrl(api_url)
  const isElsewhere = url !== undefined && url.origin !== parseUrl(usual)?.origin
  return isElsewhere && isLoopback(url.hostname) ? `${LOG_IN} with --api-url ${url.origin}` : LOG_IN
}
