import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginBrowserLogin, CloudClient } from '../../src/cloud/for-commands.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { hasBrowser, withPage } from '../bundlers/browser.ts'

const [, contrastsInPage = ''] = readFileSync(new URL('../support/contrasts.mjs', import.meta.url), 'utf8').split(
  'export ',
)

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(() => emulator.close())

interface Seen {
  /** Errors on the console, including violations of the content security policy, and failed requests. */
  readonly complaints: readonly string[]
  /** Every request of the browser: method and URL. */
  readonly visited: readonly string[]
}

/** Begins a login, opens its page in a browser, and ends the login when `use` is done. */
async function atConsent(
  use: (page: Page, login: Awaited<ReturnType<typeof beginBrowserLogin>>, seen: Seen) => Promise<void>,
): Promise<void> {
  const client = new CloudClient({ apiUrl: emulator.url })
  const login = await beginBrowserLogin(client, 'github', 0)
  const ended = login.token.catch(() => undefined)
  try {
    await withPage(async (page) => {
      const complaints: string[] = []
      const visited: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
      page.on('request', (request) => visited.push(`${request.method()} ${request.url()}`))
      await page.goto(login.authorizeUrl)
      await use(page, login, { complaints, visited })
    })
  } finally {
    await login.close()
    await client.close()
    void ended
  }
}

const DECISIONS = [
  ['Allow', 'You are logged in', 'systemprompt cloud auth whoami'],
  ['Deny', 'The login failed', 'systemprompt cloud auth login'],
  ['Fail', 'The login failed', 'systemprompt cloud auth login'],
] as const

describe.runIf(hasBrowser)('a login in a browser', () => {
  test.each(DECISIONS)('%s leads to a page that says: %s', async (button, title, command) => {
    await atConsent(async (page, _login, { complaints, visited }) => {
      await page.getByLabel('Account').selectOption('dev@example.com')
      await page.getByRole('button', { name: button }).click()
      await page.getByRole('heading', { name: title }).waitFor()
      expect(await page.locator('code').textContent()).toBe(command)
      const { pathname, search, hash } = new URL(page.url())
      expect([pathname, search, hash]).toEqual([expect.stringMatching(/^\/done\/[\w-]{43}$/), '', ''])
      expect(await page.content()).not.toMatch(/sp_test_|eyJ/)
      expect(await page.evaluate('document.referrer')).toBe('')
      expect(complaints).toEqual([])
      expect(visited.map((each) => each.replace(/[?/](?:state=|access_token=|error=|callback|done).*/, ''))).toEqual([
        `GET ${emulator.url}/login/oauth/authorize`,
        `POST ${emulator.url}/login/oauth/authorize`,
        ...Array(2).fill(`GET ${new URL(page.url()).origin}`),
      ])
    })
  })

  test('Allow returns a token of the chosen account', async () => {
    await atConsent(async (page, login) => {
      await page.getByLabel('Account').selectOption('viewer@example.com')
      await page.getByRole('button', { name: 'Allow' }).click()
      const client = new CloudClient({ apiUrl: emulator.url, token: await login.token })
      expect((await client.whoami()).user.email).toBe('viewer@example.com')
      await client.close()
    })
  })

  test.each([
    ['Deny', 'The login was denied in the browser'],
    ['Fail', 'The login failed at the provider'],
  ])('%s ends the login with an error', async (button, message) => {
    await atConsent(async (page, login) => {
      const outcome = login.token.catch((error: unknown) => error)
      await page.getByRole('button', { name: button }).click()
      expect(await outcome).toMatchObject({ code: 'NOT_LOGGED_IN', message: expect.stringContaining(message) })
    })
  })

  test('works with the keyboard alone', async () => {
    await atConsent(async (page, login) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.id')).toBe('user')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
      expect(await login.token).toMatch(/^sp_test_/)
    })
  })

  test('a URL that has been used says that the login has ended', async () => {
    await atConsent(async (page, { authorizeUrl }) => {
      await page.getByRole('button', { name: 'Allow' }).click()
      await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
      await page.goto(authorizeUrl)
      expect(await page.locator('h1').textContent()).toBe('This login has ended')
    })
  })

  describe.each(['light', 'dark'] as const)('in %s mode', (colorScheme) => {
    test.each([360, 1280])(
      'at %d pixels has pages without horizontal scrolling and with enough contrast',
      async (width) => {
        await atConsent(async (page) => {
          await page.setViewportSize({ width, height: 720 })
          await page.emulateMedia({ colorScheme })
          await look(page, `consent-${colorScheme}-${width}`)
          for (const button of await page.getByRole('button').all())
            expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44)
          await page.getByRole('button', { name: 'Allow' }).click()
          await page.getByRole('heading', { name: 'You are logged in' }).waitFor()
          await look(page, `landing-${colorScheme}-${width}`)
        })
      },
    )
  })
})

/** Checks what a reader needs: no horizontal scrolling, and the contrast that WCAG requires of text. */
async function look(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` })
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name).toBe(true)
  const contrasts = await page.evaluate<readonly (readonly [string, number])[]>(`(${contrastsInPage})()`)
  expect(contrasts.length).toBeGreaterThan(3)
  expect(
    contrasts.filter(([, contrast]) => contrast < 4.5),
    name,
  ).toEqual([])
}
