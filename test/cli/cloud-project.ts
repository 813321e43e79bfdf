import { get, type IncomingHttpHeaders } from 'node:http'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/index.ts'
import { afterFile } from '../support/after-file.ts'
import { COMPLETE, type Files, makeProject } from '../support/temp-project.ts'
import { type Run, run, type Terminal } from './recorder.ts'

const running: Emulator[] = []

/** The delays before a retry are a random part of seconds; tests with an emulator wait a thousandth of that. */
const chance = Math.random
const inAMoment = (): number => chance() / 1000

afterFile(async () => {
  Math.random = chance
  await Promise.all(running.splice(0).map((emulator) => emulator.close()))
})

/** An emulator that ends with the tests of the file. */
export async function emulated(options: EmulatorOptions = {}): Promise<Emulator> {
  Math.random = inAMoment
  const emulator = await startEmulator(options)
  running.push(emulator)
  return emulator
}

export const CREDENTIALS = '.systemprompt/credentials.json'
export const TENANTS = '.systemprompt/tenants.json'

/** The files that a login at this emulator leaves. */
export function loggedIn(emulator: Emulator, token = emulator.token()): Files {
  return {
    [CREDENTIALS]: JSON.stringify({
      api_token: token,
      api_url: emulator.url,
      user_email: 'dev@example.com',
      authenticated_at: new Date().toISOString(),
    }),
    [TENANTS]: JSON.stringify({
      tenants: [{ id: 'tenant_demo', name: 'demo', tenant_type: 'cloud' }],
      active_tenant: 'tenant_demo',
    }),
  }
}

/** A complete project whose user is logged in at this emulator. */
export function cloudProject(emulator: Emulator, files: Files = {}): string {
  return makeProject({ ...COMPLETE, ...loggedIn(emulator), ...files })
}

/** Runs a command line, split into words; a quoted part is one word. */
export function cli(cwd: string, line: string, terminal?: Terminal): Promise<Run> {
  const words = line.match(/(?:[^\s']|'[^']*')+/g) ?? []
  return run(
    cwd,
    words.map((word) => word.replace(/'/g, '')),
    terminal,
  )
}

/** A browser that makes this decision on the consent page, and follows the redirect. */
export function browserThat(decision: 'allow' | 'deny' | 'fail', user = 'user_dev') {
  const visited: string[] = []
  const openBrowser = async (address: string): Promise<void> => {
    visited.push(address)
    void decide(address, decision, user, visited)
  }
  return { openBrowser, visited }
}

async function decide(address: string, decision: string, user: string, visited: string[]): Promise<void> {
  const back = await navigate(await addressAfter(address, decision, user))
  const landing = back.headers.location
  if (landing) visited.push((await navigate(new URL(landing, back.url).href)).url)
}

/** Where the consent page redirects after this decision. */
export async function addressAfter(address: string, decision: string, user = 'user_dev'): Promise<string> {
  const page = await (await fetch(address)).text()
  const state = /name="state" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const body = new URLSearchParams({ state, user, decision })
  const answer = await fetch(new URL('/login/oauth/authorize', address), { method: 'POST', body, redirect: 'manual' })
  return answer.headers.get('location') ?? ''
}

/** A request as a browser sends it when it navigates to a page; fetch cannot. */
function navigate(url: string): Promise<{ readonly url: string; readonly headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }
    get(url, { headers }, (answer) => {
      answer.resume()
      resolve({ url, headers: answer.headers })
    }).on('error', reject)
  })
}
