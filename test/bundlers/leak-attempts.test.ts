import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { seeded } from '../support/random.ts'
import { SECRETS, writeFiles } from '../support/temp-project.ts'
import { buildWith, copyApp, HOSTS, type Host } from './hosts.ts'
import { ATTEMPTS, type Attempt } from './leak-attempts.ts'
import { configureFor } from './leak-setups.ts'

vi.setConfig({ testTimeout: 60_000 })
const random = seeded()
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

interface Planted extends Attempt {
  readonly id: string
  readonly secret: string
}

/** Each attempt has a secret of its own, so that what is found says who was stopped. */
const planted: readonly Planted[] = ATTEMPTS.map((attempt, index) => ({
  ...attempt,
  id: `A${String(index + 1).padStart(2, '0')}`,
  secret: attempt.secret ?? `S${Array.from({ length: 31 }, () => LETTERS[random.below(62)]).join('')}`,
}))

const secretOf = (name: string): string => planted.find((attempt) => attempt.name === name)?.secret ?? ''

/** All attempts are made with these; with the others one in three, and all of them in a soak. */
const WHOLE: readonly Host[] = ['vite', 'webpack', 'esbuild']

describe.each(HOSTS)(`an attempt to get a secret into what %s builds (SEED=${random.seed})`, (host) => {
  const tried = planted
    .map((attempt) => ({ ...attempt, stopped: attempt.otherwise?.[host] ?? attempt.stopped }))
    .filter(
      ({ hosts = HOSTS }, index) =>
        hosts.includes(host) && (WHOLE.includes(host) || process.env.SOAK !== undefined || index % 3 === 0),
    )
  const togetherWith = (one: Planted): readonly Planted[] => tried.filter((other) => buildKey(other) === buildKey(one))
  const builds = new Map<string, ReturnType<typeof buildTogether>>()
  const buildOf = (attempt: Planted): ReturnType<typeof buildTogether> => {
    const build = builds.get(buildKey(attempt)) ?? buildTogether(host, togetherWith(attempt))
    builds.set(buildKey(attempt), build)
    return build
  }

  test.each(tried)('$name is stopped at: $stopped', async (attempt) => {
    const { error = '', files } = await buildOf(attempt)
    const { id, secret, stopped, leaves } = attempt
    const lines = error.split('\n')
    if (stopped === 'import') expect(refusedIn(error, attempt), error).toBe(true)
    if (stopped === 'reading')
      expect(lines, error).toContainEqual(expect.stringMatching(new RegExp(`src/${id}.*ATTEMPT_${id}  is a secret`)))
    if (stopped === 'guard')
      expect(lines, error).toContainEqual(
        expect.stringMatching(new RegExp(`ATTEMPT_${id}  .*is in (?:the name of )?this file`)),
      )
    if (stopped === 'nowhere') {
      expect(error).toBe('')
      if (leaves) expect([...files.values()].map(String).join('\n')).toContain(leaves(secret))
      return
    }
    for (let at = 0; at + 8 <= secret.length; at++)
      expect(error.includes(secret.slice(at, at + 8)), 'the message repeats a secret').toBe(false)
  })
})

describe('the table of attempts', () => {
  test('has at least 60 attempts, each with a unique name', () => {
    expect(ATTEMPTS.length).toBeGreaterThanOrEqual(60)
    expect(new Set(ATTEMPTS.map(({ name }) => name)).size).toBe(ATTEMPTS.length)
  })

  test('has at least 60 attempts for each of Vite, webpack and esbuild', () => {
    for (const host of WHOLE)
      expect(ATTEMPTS.filter(({ hosts = HOSTS }) => hosts.includes(host)).length).toBeGreaterThanOrEqual(60)
  })

  test('matches the list in docs/security.md of those that are not stopped', () => {
    const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
    const [, list = ''] = /\nThese attempts are not stopped:\n\n([\s\S]*?)\n\n/.exec(page) ?? []
    const unstopped = ATTEMPTS.filter(({ stopped }) => stopped === 'nowhere')
    const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
    expect(list.split('\n')).toEqual(unstopped.map(({ name, why }) => `- **${capital(name)}**: ${why}`))
  })
})

/** Whether a problem that names a module of the attempt, or a module that one imports, says why it is refused. */
function refusedIn(error: string, { id, entry }: Planted): boolean {
  const problems = error.split(/\n(?= {2}\S)/)
  return problems.some(
    (problem) =>
      /reads configuration and secrets|may contain secrets/.test(problem) &&
      [entry ?? `src/${id}`, `${id}/index.js`, `.env.${id}`].some((module) => problem.includes(module)),
  )
}

/** What is refused is reported before anything is searched, and what is not stopped lets the build succeed. */
function buildKey({ stopped, setup = 'plain', consumer = 'client' }: Attempt): string {
  return [stopped === 'reading' ? 'import' : stopped, setup, consumer].join()
}

function buildTogether(host: Host, attempts: readonly Planted[]) {
  const root = copyApp()
  const [{ consumer = 'client', setup = 'plain' } = {}] = attempts
  const entries = attempts.map(({ id, entry }) => [id, entry ?? `src/${id}.js`] as const)
  const secrets = planted.map(({ id, secret }) => [`attempt_${id}`, secret] as const)
  writeFiles(root, {
    [SECRETS]: JSON.stringify({
      ...JSON.parse(readFileSync(join(root, SECRETS), 'utf8')),
      ...Object.fromEntries(secrets),
    }),
    '.systemprompt/credentials.json': JSON.stringify({
      api_token: 'sp_live_0',
      user_email: 'a@acme.example',
      authenticated_at: new Date(),
    }),
    '.env.local': 'LOCAL_VALUE=of-mine\n',
    'config/variables.txt': 'ELSEWHERE=of-mine\n',
    'systemprompt.config.json': JSON.stringify({ dotenv: { files: ['.env', '.env.local', 'config/variables.txt'] } }),
  })
  for (const { id, secret, files } of attempts) writeFiles(root, files({ id, secret, host }))
  mkdirSync(join(root, 'src'), { recursive: true })
  symlinkSync('../.systemprompt/profiles', join(root, 'src/linked'), 'dir')
  const outDir = (name: string): string => join(root, `out-${name}-${consumer}`)
  return buildWith(host, {
    root,
    consumer,
    entries: Object.fromEntries(entries),
    minify: true,
    configure: configureFor(setup, { root, outDir, secret: secretOf }),
  })
}
