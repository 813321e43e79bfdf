import type { IncomingMessage } from 'node:http'
import { areRules, type Faults } from './faults.ts'

/** What the test API can do besides setting faults. */
export interface Control {
  /** Moves the clock by milliseconds, forward or back; false if the result is not a valid time. */
  moveClock(milliseconds: number): boolean
  revoke(token: string): void
}

/** Does what a test in another process asks for; false for a request that is not understood. */
export function control(
  path: string,
  incoming: IncomingMessage,
  body: Buffer,
  faults: Faults,
  { moveClock, revoke }: Control,
): boolean {
  // A page of another site cannot send JSON without a preflight request.
  const isJson = incoming.method === 'POST' && incoming.headers['content-type']?.startsWith('application/json')
  const data = isJson ? parsed(body) : undefined
  const { rules, seed, advance, token } = typeof data === 'object' && data !== null ? (data as Fields) : {}
  if (path === '/_test/faults' && areRules(rules)) faults.set(rules, typeof seed === 'number' ? seed : 1)
  else if (path === '/_test/clock' && typeof advance === 'number' && Number.isSafeInteger(advance))
    return moveClock(advance)
  else if (path === '/_test/revoke' && typeof token === 'string') revoke(token)
  else return false
  return true
}

type Fields = Partial<Readonly<Record<'rules' | 'seed' | 'advance' | 'token', unknown>>>

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
