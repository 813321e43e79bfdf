import { expect } from 'vitest'
import type { Random } from '../support/random.ts'
import { PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

/** Random secrets, by the place where each stands. */
export type Canaries = Readonly<Record<string, string>>

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Plants 20 secrets of 32 characters in a project, in every place in which a secret can stand. */
export function plantCanaries(root: string, random: Random): { canaries: Canaries; env: Record<string, string> } {
  const canaries: Record<string, string> = {}
  const plant = (place: string, marks = ''): string => {
    const alphabet = LETTERS + marks
    const draw = (): string => Array.from({ length: 32 }, () => alphabet[random.below(alphabet.length)]).join('')
    let canary = draw()
    // Both cases and digits tell a random text from words, where the key beside it says nothing of a secret.
    while (!(/[a-z]/.test(canary) && /[A-Z]/.test(canary) && /\d/.test(canary))) canary = draw()
    canaries[place] = canary
    return canary
  }
  const url = (place: string): string => `redis://user:${plant(place)}@cache.acme.example/0`
  writeFiles(root, {
    [SECRETS]: JSON.stringify({
      jwt_secret: plant('secrets.json', '"\\/<>&\'+= '),
      anthropic: `sk-ant-canary-${plant('what the server reads')}`,
      database_url: `postgres://acme:${plant('the password of DATABASE_URL')}@db.acme.example/acme`,
      'stripe-key': plant('a secret that a composite is made of'),
      openai: plant('a secret that .env overrides'),
      gemini: plant('a secret that the environment overrides'),
      signing_key_pem: `-----BEGIN PRIVATE KEY-----\n${plant('a line of a private key')}\n-----END PRIVATE KEY-----\n`,
      service_account: JSON.stringify({ type: 'x', private_key_id: plant('JSON in secrets.json') }),
    }),
    '.env': [
      'PUBLIC_GREETING=Hello',
      'ANALYTICS_ID=acme-42',
      `SMTP_PASSWORD='${plant('.env', '$#{}')}'`,
      `API_TOKEN=${plant('a variable of .env that .env.local overrides')}`,
      `CACHE=${url('a URL of .env')}`,
      `OPENAI_API_KEY=${plant('.env in place of secrets.json')}`,
      '',
    ].join('\n'),
    '.env.local': `API_TOKEN=${plant('.env.local')}\n`,
    [PROFILE]: [
      'name: local',
      'site: { name: Acme }',
      'server: { port: 8080, api_external_url: https://api.acme.example, use_https: true }',
      'features: { search: true, limits: [10, 20] }',
      'direct: ${STRIPE_KEY}',
      'deep: { list: [a, { url: "https://acme.example/?key=${STRIPE_KEY}" }] }',
      `smtp: { password: ${plant('a value of the profile with the name of a secret')} }`,
      `queue: ${url('a URL of the profile')}`,
      '',
    ].join('\n'),
    'services/ai/config.yaml': `providers:\n  openai:\n    api_key: ${plant('a service')}\n`,
    '.systemprompt/credentials.json': JSON.stringify({
      api_token: `sp_live_${plant('credentials.json')}`,
      user_email: 'a@acme.example',
      authenticated_at: new Date().toISOString(),
    }),
    '.systemprompt/tenants.json': JSON.stringify({
      tenants: [{ id: 't', name: 't', tenant_type: 'cloud', sync_token: plant('tenants.json') }],
      active_tenant: 't',
    }),
  })
  const env = {
    GEMINI_API_KEY: plant('a variable in place of secrets.json'),
    DEPLOY_TOKEN: plant('a variable that the project does not know'),
  }
  return { canaries, env }
}

const WINDOW = 8

/** No eight characters in a row of any secret, plain or encoded, may be in a text. */
export function expectClean(text: string, canaries: Canaries, where: string): void {
  const windows = new Map<string, string>()
  const hex = new Map<string, string>()
  for (const [place, canary] of Object.entries(canaries)) {
    for (const [form, shown] of formsOf(canary))
      for (let at = 0; at + WINDOW <= shown.length; at++) windows.set(shown.slice(at, at + WINDOW), `${place}, ${form}`)
    const digits = Buffer.from(canary).toString('hex')
    for (let at = 0; at + 2 * WINDOW <= digits.length; at += 2)
      hex.set(digits.slice(at, at + 2 * WINDOW), `${place}, as hex`)
  }
  expectNone(text, windows, WINDOW, where)
  expectNone(text.toLowerCase(), hex, 2 * WINDOW, where)
}

/** One pass over the text, which may have megabytes. */
function expectNone(text: string, windows: ReadonlyMap<string, string>, width: number, where: string): void {
  for (let at = 0; at + width <= text.length; at++) {
    const found = windows.get(text.slice(at, at + width))
    if (found !== undefined) expect.fail(`${where} has a part of ${found}`)
  }
}

function formsOf(canary: string): readonly (readonly [form: string, text: string])[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + canary)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  )
  return [
    ['plain', canary],
    ...base64.map((text) => ['as base64', text] as const),
    ['URL-encoded', encodeURIComponent(canary)],
    ['escaped', JSON.stringify(canary).slice(1, -1)],
  ]
}
