import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SPELLINGS } from '../support/confidential-spellings.ts'
import { PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage } from './browser.ts'
import { copyApp } from './hosts.ts'
import { rawGet } from './raw-get.ts'

/** What `fixtures/app/src/values.js` asks for. */
export const options = {
  public: { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' },
}

export interface DevServer {
  /** Without a slash at its end. */
  readonly origin: string
  close(): Promise<unknown>
}

export interface Host {
  /** Starts the server of a project as its users do; it may serve the whole project. */
  start(root: string): Promise<DevServer>
  /** What the page is called. @default /page.html, which loads /main.js */
  readonly page?: string
  /** Waits for the mistake that the page shows, `server.port  is not a whole number …`; absent where no page shows one. */
  readonly showsMistake?: (page: Page) => Promise<unknown>
  /** Waits until the page no longer shows it. */
  readonly forgetsMistake?: (page: Page) => Promise<unknown>
}

/** A project with twenty secrets, each in `secrets.json`. */
export function appWithCanaries(): { readonly root: string; readonly canaries: readonly string[] } {
  const root = copyApp()
  const canaries = Array.from({ length: 20 }, () => randomBytes(24).toString('base64url'))
  const [jwt, database, ...others] = canaries
  const custom = others.map((value, index) => [`canary_${index}`, value])
  writeFiles(root, {
    [SECRETS]: JSON.stringify({
      jwt_secret: jwt,
      database_url: `postgres://acme:${database}@db.acme.example:5432/acme`,
      ...Object.fromEntries(custom),
    }),
    'page.html': '<!doctype html><body><script type="module" src="/main.js"></script></body>',
  })
  return { root, canaries }
}

/** Changes the profile of a project. */
export function edit(root: string, from: string, to: string): void {
  const before = readFileSync(join(root, PROFILE), 'utf8')
  expect(before).toContain(from)
  writeFiles(root, { [PROFILE]: before.replace(from, to) })
}

/** All that a page gets: responses, and frames of its sockets. */
function record(page: Page): string[] {
  const seen: string[] = []
  page.on('response', async (response) => seen.push(await response.text().catch(() => '')))
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => seen.push(String(payload)))
    socket.on('framesent', ({ payload }) => seen.push(String(payload)))
  })
  return seen
}

export function expectNone(canaries: readonly string[], texts: readonly string[]): void {
  for (const canary of canaries) {
    const forms = [canary, Buffer.from(canary).toString('base64'), Buffer.from(canary).toString('hex')]
    for (const form of forms) expect(texts.filter((text) => text.includes(form))).toEqual([])
  }
}

/** Waits until the page shows a value, `"site_name":"Beta"`. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction(`document.body?.dataset.values?.includes(${JSON.stringify(text)})`)
}

/** How every development server has to handle a change, a mistake, and a request for a confidential file. */
export function describeDevServer(
  name: string,
  { start, page: path = '/page.html', showsMistake, forgetsMistake }: Host,
): void {
  describe(`the development server of ${name}`, () => {
    let app = {} as ReturnType<typeof appWithCanaries>
    let server = {} as DevServer

    beforeAll(async () => {
      app = appWithCanaries()
      server = await start(app.root)
    }, 60_000)

    afterAll(async () => {
      await server.close?.()
    })

    test.runIf(hasBrowser)(
      'follows a change, shows a mistake, keeps the last good values and recovers once it is fixed',
      async () => {
        await withPage(async (page) => {
          const seen = record(page)
          await page.goto(`${server.origin}${path}`)
          await shows(page, '"site_name":"Acme"')
          edit(app.root, 'name: Acme', 'name: Beta')
          await shows(page, '"site_name":"Beta"')
          edit(app.root, 'port: 8080', 'port: eighty')
          await showsMistake?.(page)
          await shows(page, '"port":8080')
          edit(app.root, 'port: eighty', 'port: 9090')
          await shows(page, '"port":9090')
          // Taken back, a mistake leaves the page with what it had; the next change still gets there.
          edit(app.root, 'port: 9090', 'port: ninety')
          await showsMistake?.(page)
          edit(app.root, 'port: ninety', 'port: 9090')
          await forgetsMistake?.(page)
          edit(app.root, 'port: 9090', 'port: 9191')
          await shows(page, '"port":9191')
          expect(seen.length).toBeGreaterThan(3)
          expectNone(app.canaries, seen)
        })
      },
      60_000,
    )

    test.each(SPELLINGS)('does not serve %s', async (url) => {
      const text = await rawGet(server.origin, url.replace('/app/', `${app.root}/`))
      expectNone([...app.canaries, 'PUBLIC_GREETING'], [text])
      expect(text).toMatch(/^HTTP\/1\.1 (?:403|404|400|431)/)
    })

    test('serves other files', async () => {
      expect(await rawGet(server.origin, '/src/one.js')).toMatch(/^HTTP\/1\.1 200[\s\S]*document\.title/)
    })
  })
}
