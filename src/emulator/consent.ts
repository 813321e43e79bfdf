import { randomBytes } from 'node:crypto'
import { type PageContent, page } from '../cloud/page.ts'
import type { SeedUser } from './seed.ts'

/** Logins that have begun, by an unguessable state that can be used once. */
export type Consents = Map<string, Consent>

interface Consent {
  readonly provider: string
  readonly redirect: URL
}

const MAX_CONSENTS = 1_000

export function createConsents(): Consents {
  return new Map()
}

/** Records a login, and returns the path of its consent page. */
export function authorizePath(consents: Consents, provider: string, redirect: URL): string {
  if (consents.size >= MAX_CONSENTS) consents.clear()
  const state = randomBytes(24).toString('base64url')
  consents.set(state, { provider, redirect })
  return `/login/oauth/authorize?state=${state}`
}

/** The page on which a user allows or denies the login; an error page if the state is unknown. */
export function consentPage(
  consents: Consents,
  state: string,
  users: readonly SeedUser[],
): { html: string; status: 200 | 400 } {
  const consent = consents.get(state)
  if (!consent) return { html: page(ENDED_PAGE), status: 400 }
  const options = users.map(({ id, email }) => `<option value="${escapeHtml(id)}">${escapeHtml(email)}</option>`)
  const body = `<p>This is the emulator on your machine. Instead of ${PROVIDERS[consent.provider] ?? 'a provider'}, it asks you who you are.</p>
<form method="post" action="/login/oauth/authorize">
<input type="hidden" name="state" value="${escapeHtml(state)}">
<label for="user">Account</label>
<select id="user" name="user">${options.join('')}</select>
<div class="actions">
<button id="allow" name="decision" value="allow" class="first">Allow</button>
<button id="deny" name="decision" value="deny">Deny</button>
<button id="fail" name="decision" value="fail">Fail</button>
</div>
<p class="next">Deny acts like a user who refuses, Fail like a provider that is out of order.</p>
</form>`
  return { html: page({ title: 'Log in to SystemPrompt Cloud', body, tone: 'plain' }), status: 200 }
}

const PROVIDERS: Readonly<Record<string, string>> = { github: 'GitHub', google: 'Google' }

const ENDED_PAGE: PageContent = {
  title: 'This login has ended',
  body: '<p>A URL is valid for one login.</p>\n<p class="next">To start a new one:<code>systemprompt cloud auth login</code></p>',
  tone: 'bad',
}

/** The URL that the browser goes to next; undefined if the form is not one of ours. */
export function decide(
  consents: Consents,
  form: URLSearchParams,
  tokenFor: (user: string) => string | undefined,
): string | undefined {
  const state = form.get('state') ?? ''
  const consent = consents.get(state)
  if (!consent) return undefined
  const parameters = callbackParameters(form, tokenFor)
  if (!parameters) return undefined
  consents.delete(state)
  const location = new URL(consent.redirect)
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value)
  return location.href
}

function callbackParameters(
  form: URLSearchParams,
  tokenFor: (user: string) => string | undefined,
): Record<string, string> | undefined {
  switch (form.get('decision')) {
    case 'allow': {
      const token = tokenFor(form.get('user') ?? '')
      return token === undefined ? undefined : { access_token: token }
    }
    case 'deny':
      return { error: 'access_denied', error_description: 'The user refused' }
    case 'fail':
      return { error: 'server_error', error_description: 'The emulator was told to fail' }
    default:
      return undefined
  }
}

/** Allows no script, no frame and no other site; the form leads back to a command line on this machine. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self' http://127.0.0.1:* http://localhost:*; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
