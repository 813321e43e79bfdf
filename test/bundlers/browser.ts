import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { afterFile } from '../support/after-file.ts'
import { CHROMIUM } from '../support/chromium.ts'

/** Whether pages can be opened; tests that need one are skipped otherwise, and the run says so; with REQUIRE_BROWSER they fail. */
export const hasBrowser = process.env.REQUIRE_BROWSER !== undefined || existsSync(CHROMIUM)

/** Milliseconds for one step in a page: less than a test has, so that what hangs is told by its name. */
const STEP = 25_000

/** One browser for a test file: starting it takes seconds. */
let browser: Promise<Browser> | undefined

afterFile(async () => {
  const open = browser
  browser = undefined
  await (await open)?.close()
})

/** Opens a page in a real, headless browser. What a failure is thrown for says what the page was still waiting for. */
export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const page = (await emptyPage()) ?? (await emptyPage())
  if (!page) throw new Error(`${CHROMIUM} was started twice, and opened no empty page within ${STEP} ms`)
  page.setDefaultTimeout(STEP)
  // Of a test that took too long as well: its page would stay with the server, and get what is said to the next one.
  onTestFinished(() => page.close())
  const diary = keepDiary(page)
  try {
    return await use(page)
  } catch (error) {
    if (error instanceof Error) error.message += diary()
    throw error
  } finally {
    await page.close()
  }
}

/** A page that has shown that it works; `undefined` where the browser hangs, which ends it. */
async function emptyPage(): Promise<Page | undefined> {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  const open = await browser
  const opened = open.newPage().then(async (page) => {
    await page.evaluate('new Promise(requestAnimationFrame)')
    return page
  })
  const page = await Promise.race([opened.catch(() => undefined), setTimeout(STEP, undefined, { ref: false })])
  if (page) return page
  browser = undefined
  await Promise.race([open.close(), setTimeout(STEP, undefined, { ref: false })])
  return undefined
}

/** Follows what a page asks for and says. */
function keepDiary(page: Page): () => string {
  const pending = new Set<string>()
  const said: string[] = []
  page.on('request', (request) => pending.add(request.url()))
  page.on('requestfinished', (request) => pending.delete(request.url()))
  page.on('requestfailed', (request) => {
    pending.delete(request.url())
    said.push(`${request.url()}: ${request.failure()?.errorText}`)
  })
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('crash', () => said.push('The page has crashed'))
  page.on('websocket', (socket) => {
    said.push(`${socket.url()}: opened`)
    socket.on('close', () => said.push(`${socket.url()}: closed`))
  })
  return () => `\nStill asked for: ${[...pending].join(', ') || 'nothing'}\n${said.join('\n')}`
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
}

/** Serves a directory as any web server does, with a page for a script that has none. */
export async function withServed<T>(directory: string, use: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const script = searchParams.get('script')
    const type = TYPES[extname(pathname)] ?? 'text/html'
    try {
      const body =
        script === null ? readFileSync(join(directory, pathname)) : `<script type="module" src="/${script}"></script>`
      response.setHeader('content-type', type).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
