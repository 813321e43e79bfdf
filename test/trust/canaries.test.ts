import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { format, inspect } from 'node:util'
import * as v from 'valibot'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type LoadOptions, loadConfigSync, type ResolvedConfig } from '../../src/index.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

/**
 * The promise "a secret is never shown" (docs/security.md): projects full of random secrets, good ones and broken
 * ones, are loaded, and what comes out is printed in every way there is. No eight characters in a row of any of
 * them may be in it, nor any of their encodings.
 */
const folder = mkdtempSync(join(tmpdir(), 'systemprompt-canaries-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const random = seeded()
const PER_PROJECT = 16
const projects = Math.ceil(sampled(160, 10_000) / PER_PROJECT)

test(`${projects * PER_PROJECT} secrets are in none of 12 channels of valid projects (SEED=${random.seed})`, () => {
  for (let round = 0; round < projects; round++) {
    const { root, canaries, env } = plantProject(random, round)
    const result = loadConfigSync({ cwd: root, env })
    expect(canaries.every((canary) => canReach(result, canary))).toBe(true)
    for (const [channel, text] of channelsOf(result)) expectClean(channel, text, canaries)
    expectNotAll(result)
  }
})

test(`${projects * PER_PROJECT} secrets are in no error of broken projects (SEED=${random.seed})`, () => {
  let thrown = 0
  for (let round = 0; round < projects; round++) {
    for (const [name, breakIt, options] of MISTAKES) {
      const planted = plantProject(random, round)
      breakIt(planted)
      const error = catchError(() => loadConfigSync({ cwd: planted.root, env: planted.env, ...options }))
      if (error) thrown++
      for (const [channel, text] of errorChannelsOf(error)) expectClean(`${name}, ${channel}`, text, planted.canaries)
    }
  }
  expect(thrown).toBe(projects * MISTAKES.length)
})

interface Planted {
  readonly root: string
  readonly canaries: readonly string[]
  readonly env: Record<string, string>
}

const ALPHABETS = [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  'abcdef0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'aB3+/=_-~.!*(),$&%',
]

function plantProject(random: Random, round: number): Planted {
  const root = join(folder, String(round))
  rmSync(root, { recursive: true, force: true })
  const canaries: string[] = []
  const plant = (): string => {
    const alphabet = canaries.length % 4 === 3 ? (ALPHABETS[3] ?? '') : (ALPHABETS[random.below(3)] ?? '')
    const canary = Array.from({ length: 32 }, () => alphabet[random.below(alphabet.length)]).join('')
    canaries.push(canary)
    return canary
  }
  const plain = (): string => {
    const canary = Array.from({ length: 32 }, () => ALPHABETS[0]?.[random.below(62)]).join('')
    canaries.push(canary)
    return canary
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), 0o600)
  }
  write(
    '.systemprompt/profiles/local/secrets.json',
    JSON.stringify(
      {
        jwt_secret: plant(),
        database_url: `postgres://u:${plain()}@localhost:5432/d`,
        anthropic: plant(),
        'stripe-key': plant(),
        webhook_hash: plant(),
      },
      null,
      2,
    ),
  )
  write(
    '.systemprompt/credentials.json',
    JSON.stringify({
      api_token: `sp_live_${plain()}`,
      user_email: 'a@example.com',
      api_url: 'https://api.systemprompt.io',
    }),
  )
  write(
    '.systemprompt/tenants.json',
    JSON.stringify({
      tenants: [{ id: 't', name: 't', database_url: `postgres://u:${plain()}@h/d`, sync_token: plain() }],
      active_tenant: 't',
    }),
  )
  write(
    '.env',
    `OPENAI_API_KEY='${plain()}'\nSMTP_PASSWORD=${plain()}\nDSN=redis://:\${SMTP_PASSWORD}@h/0\nCACHE=redis://:${plain()}@h/0\n`,
  )
  write('run/gemini', plain())
  write('run/other/github', `${plain()}\n`)
  write(
    '.systemprompt/profiles/local/profile.yaml',
    [
      'name: local',
      'direct: ${ANTHROPIC_API_KEY}',
      'mixed: before ${STRIPE_KEY} after',
      'deep: { list: [a, "${WEBHOOK_HASH}", { url: "${DSN}" }] }',
      `smtp: { password: ${plain()}, host: localhost }`,
      `redis: redis://user:${plain()}@localhost/1`,
      'cache: ${CACHE}',
      '',
    ].join('\n'),
  )
  write('services/ai/config.yaml', 'providers:\n  openai:\n    api_key: ${OPENAI_API_KEY}\n')
  const env = {
    SYSTEMPROMPT_SECRETS_DIR: 'run',
    GITHUB_TOKEN_FILE: 'run/other/github',
    SYNC_TOKEN: plain(),
    SYSTEMPROMPT__EXTRA__TOKEN: plain(),
  }
  return { root, canaries, env }
}

/** A canary that a program could not read either would prove nothing. */
function canReach({ config, secrets, tenant, credentials, env }: ResolvedConfig, canary: string): boolean {
  const read = (value: unknown): boolean => {
    if (typeof value === 'string') return value.includes(canary)
    return typeof value === 'object' && value !== null && Object.values(value).some(read)
  }
  return (
    read(config) ||
    read(env) ||
    read(tenant) ||
    read(credentials) ||
    secrets.names().some((name) => read(secrets.get(name)))
  )
}

/** A mask in place of everything would prove nothing either. */
function expectNotAll({ config }: ResolvedConfig): void {
  expect(inspect(config)).toContain('local')
  expect(JSON.stringify(config)).toContain('localhost')
}

function channelsOf(result: ResolvedConfig): [string, string][] {
  const { config, secrets, env, tenant, credentials, explain, warnings } = result
  const parts = [result, config, secrets, env, tenant, credentials]
  const all = (show: (part: unknown) => string): string => parts.map(show).join('\n')
  const explained = [
    ...secrets,
    'direct',
    'mixed',
    'deep',
    'deep.list[1]',
    'smtp.password',
    'redis',
    'cache',
    'extra.token',
    'DSN',
    'CACHE',
    'SMTP_PASSWORD',
  ].map(explain)
  return [
    ['console.log', all((part) => format(part))],
    [
      'inspect, everything on',
      all((part) => inspect(part, { depth: null, showHidden: true, showProxy: true, getters: true })),
    ],
    [
      'inspect without custom hooks',
      all((part) => inspect(part, { depth: null, customInspect: false, showHidden: true, getters: true })),
    ],
    [
      'inspect of proxies without hooks',
      all((part) => inspect(part, { depth: null, customInspect: false, showProxy: true, getters: true })),
    ],
    ['%o %O %s', all((part) => format('%o %O %s', part, part, part))],
    ['%j', all((part) => format('%j', part))],
    ['JSON', all((part) => JSON.stringify(part, null, 2) ?? '')],
    ['template strings', all((part) => `${String(part)}${Object.prototype.toString.call(part)}`)],
    [
      'copies of the secrets',
      inspect([{ ...secrets }, Object.assign({}, secrets), structuredClone({ ...secrets }), Object.entries(secrets)], {
        depth: null,
      }),
    ],
    ['an error with it as its cause', inspect(new Error('x', { cause: result }), { depth: null })],
    ['explain', JSON.stringify(explained) + inspect(explained, { depth: null })],
    ['warnings and layers', JSON.stringify([warnings, result.layers, result.profile])],
  ]
}

type Mistake = readonly [name: string, breakIt: (planted: Planted) => unknown, options?: LoadOptions]

const profileOf = ({ root }: Planted): string => join(root, '.systemprompt/profiles/local/profile.yaml')
const secretsOf = ({ root }: Planted): string => join(root, '.systemprompt/profiles/local/secrets.json')

const MISTAKES: readonly Mistake[] = [
  [
    'a zod schema',
    () => undefined,
    {
      schema: z.object({
        direct: z.enum(['a']),
        mixed: z.literal('x'),
        deep: z.object({ list: z.array(z.number()) }),
        smtp: z.object({ password: z.url() }),
      }),
    },
  ],
  [
    'a valibot schema',
    () => undefined,
    {
      schema: v.strictObject({
        direct: v.literal('a'),
        mixed: v.number(),
        smtp: v.strictObject({ password: v.picklist(['x']) }),
      }),
    },
  ],
  [
    'a schema whose message has everything',
    () => undefined,
    {
      schema: z.any().superRefine((value, context) =>
        context.addIssue({
          code: 'custom',
          message: `bad: ${JSON.stringify(Object.entries(value))} ${value.direct} ${value.mixed.slice(3, 30)}`,
        }),
      ),
    },
  ],
  [
    'a schema for secrets',
    () => undefined,
    { secrets: { schema: z.object({ ANTHROPIC_API_KEY: z.enum(['x']), JWT_SECRET: z.url() }) } },
  ],
  [
    'an unclosed quote in secrets.json',
    (planted) => writeFileSync(secretsOf(planted), `{ "jwt_secret": "${planted.canaries[0]}, "a": 1 }`),
  ],
  [
    'no comma in secrets.json',
    (planted) =>
      writeFileSync(secretsOf(planted), `{ "jwt_secret": "x" "${planted.canaries[0]}": "${planted.canaries[2]}" }`),
  ],
  [
    'a value without quotes in secrets.json',
    (planted) => writeFileSync(secretsOf(planted), `{ "jwt_secret": ${planted.canaries[0]} }`),
  ],
  [
    'a secret as a key',
    (planted) => writeFileSync(secretsOf(planted), `{ "${planted.canaries[0]}": {}, "jwt_secret": "short" }`),
  ],
  [
    'two spellings of a secret',
    (planted) =>
      writeFileSync(
        secretsOf(planted),
        `{ "openai": "${planted.canaries[0]}", "openai_api_key": "${planted.canaries[2]}", "database_url": "${planted.canaries[4]}" }`,
      ),
  ],
  [
    'credentials that do not parse',
    ({ root, canaries }) =>
      writeFileSync(join(root, '.systemprompt/credentials.json'), `{ api_token: ${canaries[5]} }`),
  ],
  [
    'tenants that do not parse',
    ({ root, canaries }) => writeFileSync(join(root, '.systemprompt/tenants.json'), `{ "tenants": "${canaries[6]}", `),
  ],
  [
    'a reference that fails next to a secret',
    (planted) =>
      writeFileSync(
        profileOf(planted),
        `name: local\nurl: redis://:\${ANTHROPIC_API_KEY}@\${NOWHERE}/${planted.canaries[0]}\n`,
      ),
  ],
  [
    'a message that names a secret',
    (planted) => writeFileSync(profileOf(planted), 'name: local\nurl: ${NOWHERE:?${ANTHROPIC_API_KEY}}\n'),
  ],
  [
    'a broken profile with a password in it',
    (planted) =>
      writeFileSync(profileOf(planted), `name: local\nsmtp:\n  password: "${planted.canaries[5]}\n  host: [\n`),
  ],
  [
    'a token pasted into the profile',
    (planted) => writeFileSync(profileOf(planted), `name: local\nserver:\n  port: ${planted.canaries[5]}\n  host: x\n`),
  ],
  [
    'a token as a key of the profile',
    (planted) => writeFileSync(profileOf(planted), `name: local\n${planted.canaries[5]}\n`),
  ],
  [
    'a secret that is an invalid value',
    (planted) =>
      writeFileSync(
        profileOf(planted),
        'name: local\nserver: { port: "${ANTHROPIC_API_KEY}", api_server_url: "${STRIPE_KEY}" }\n',
      ),
  ],
  [
    'a variable of the wrong type',
    ({ env, canaries }) => Object.assign(env, { SYSTEMPROMPT__SERVER__PORT: canaries[0] }),
  ],
  [
    'a flow value that does not parse',
    ({ env, canaries }) => Object.assign(env, { SYSTEMPROMPT__X: `["${canaries[0]}` }),
  ],
  ['a required secret that is not set', () => undefined, { secrets: { required: ['NOT_THERE'] } }],
]

function catchError(run: () => unknown): Error | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : undefined
  }
}

function errorChannelsOf(error: Error | undefined): [string, string][] {
  const wrapped = new Error('x', { cause: error })
  return [
    ['message', String(error?.message)],
    ['stack', String(error?.stack)],
    ['inspect', inspect(error, { depth: null, showHidden: true, getters: true }) + inspect(wrapped, { depth: null })],
    ['JSON', JSON.stringify(error) + JSON.stringify({ ...error }) + JSON.stringify(Object.getOwnPropertyNames(error))],
    ['cause', inspect(error?.cause)],
  ]
}

const WINDOW = 8

function expectClean(channel: string, text: string, canaries: readonly string[]): void {
  const windows = new Set<string>()
  for (let at = 0; at + WINDOW <= text.length; at++) windows.add(text.slice(at, at + WINDOW))
  for (const canary of canaries) {
    for (const form of formsOf(canary)) {
      for (let at = 0; at + WINDOW <= form.length; at++) {
        // The window itself is not put into the message: it is random and of no use, and a habit not to start.
        if (windows.has(form.slice(at, at + WINDOW)))
          expect.fail(
            `${channel} shows a part of a secret: …${text.slice(Math.max(0, text.indexOf(form.slice(at, at + WINDOW)) - 60), text.indexOf(form.slice(at, at + WINDOW)))}`,
          )
      }
    }
  }
}

/** As it is, in base64 at each of the three alignments, in hex, URL-encoded and JSON-escaped. */
function formsOf(canary: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + canary)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  )
  return [
    canary,
    ...base64,
    Buffer.from(canary).toString('hex'),
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
  ]
}
