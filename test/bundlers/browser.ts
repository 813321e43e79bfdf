import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterFile } from '../support/after-file.ts'

/** Debian's. SYSTEMPROMPT_CHROMIUM names another. */
const EXECUTABLE = process.env.SYSTEMPROMPT_CHROMIUM ?? '/usr/bin/chromium'

/** Whether pages can be opened; tests that need one are skipped otherwise, and the run says so; with REQUIRE_BROWSER they fail. */
export const hasBrowser = process.env.REQUIRE_BROWSER !== undefined || existsSync(EXECUTABLE)

/** One browser for a test file: starting it takes seconds. */
let browser: Promise<Browser> | undefined

afterFile(async () => {
  const open = browser
  browser = undefined
  await (await open)?.close()
})

/** Opens a page in a real, headless browser. */
export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  browser ??= chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
  const page = await (await browser).newPage()
  page.setDefaultTimeout(60_000)
  try {
    return await use(page)
  } finally {
    await page.close()
  }
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
