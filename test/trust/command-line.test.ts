import { describe, expect, test } from 'vitest'
import type { Fault } from '../../src/emulator/index.ts'
import { CREDENTIALS, cli, emulated, loggedIn } from '../cli/cloud-project.ts'
import type { Terminal } from '../cli/recorder.ts'
import { newCanary, traceOf } from '../support/canary.ts'
import { sampled, seeded } from '../support/random.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

/**
 * The promise "a secret is never shown" (docs/security.md), for the command line, and that of its exit codes: every
 * command, with every outcome, in every way of printing.
 */
const random = seeded()

interface Line {
  readonly line: string
  /** It makes requests to the cloud, and so fails as those do. */
  readonly cloud?: true
  /** It needs the login without using it. */
  readonly login?: true
  readonly input?: string
}

const LINES: readonly Line[] = [
  { line: 'init -n' },
  { line: 'init -y' },
  { line: 'config show' },
  { line: 'config show database' },
  { line: 'config check' },
  { line: 'config check --strict' },
  { line: 'config explain database_url' },
  { line: 'config explain server.port' },
  { line: 'config types' },
  { line: 'public' },
  { line: 'run -- true' },
  { line: "run --redact -- sh -c 'cat .systemprompt/profiles/local/secrets.json; true'" },
  { line: 'scan services' },
  { line: 'scan .systemprompt' },
  { line: 'profile list' },
  { line: 'profile show' },
  { line: 'profile use local' },
  { line: 'secrets list' },
  { line: 'secrets get own_key' },
  { line: 'secrets set other_key', input: 'CANARY' },
  { line: 'secrets set other_key=CANARY' },
  { line: 'secrets unset own_key -y' },
  { line: 'secrets unset own_key' },
  { line: 'secrets generate own_key -y' },
  { line: 'cloud auth login --with-token', cloud: true, input: 'TOKEN' },
  { line: 'cloud auth logout -y' },
  { line: 'cloud auth logout' },
  { line: 'cloud auth whoami', cloud: true, login: true },
  { line: 'cloud tenant list', cloud: true, login: true },
  { line: 'cloud tenant list --offline' },
  { line: 'cloud tenant use tenant_demo' },
  { line: 'cloud tenant use nowhere' },
  { line: 'cloud secrets sync', cloud: true, login: true },
  { line: 'cloud secrets sync -n', cloud: true, login: true },
  { line: 'cloud secrets sync --prune -y', cloud: true, login: true },
  { line: 'cloud secrets diff', cloud: true, login: true },
  { line: 'cloud secrets list', cloud: true, login: true },
  { line: 'cloud secrets audit', cloud: true, login: true },
  { line: 'cloud secrets set other_key=CANARY', cloud: true, login: true },
  { line: 'cloud secrets set other_key', cloud: true, login: true, input: 'CANARY' },
  { line: 'cloud secrets set other_key=CANARY --local', cloud: true, login: true },
  { line: 'cloud secrets unset own_key -y', cloud: true, login: true },
  { line: 'cloud secrets cleanup -y', cloud: true, login: true },
  { line: 'cloud secrets rotate own_key -y', cloud: true, login: true, input: 'CANARY' },
]

interface Outcome {
  readonly name: string
  readonly files?: (secrets: string) => Files
  readonly without?: readonly string[]
  readonly fault?: Fault
  /** What is added to the line. */
  readonly more?: string
  /** The code of commands that make requests to the cloud; others may end as they do. */
  readonly cloudCode?: number
  /** The code of all commands. */
  readonly code?: number
  readonly expired?: true
}

const OUTCOMES: readonly Outcome[] = [
  { name: 'with a valid project' },
  { name: 'with an unknown option', more: ' --nonsense-CANARY', code: 2 },
  { name: 'without a login', without: [CREDENTIALS], cloudCode: 3 },
  { name: 'with an expired login', expired: true, cloudCode: 3 },
  { name: 'with a malformed login', files: () => ({ [CREDENTIALS]: '{"api_token": "TOKEN' }), cloudCode: 3 },
  { name: 'with malformed secrets', files: (text) => ({ [SECRETS]: text.slice(0, -3) }) },
  {
    name: 'with secrets in a wrong format',
    files: () => ({ [SECRETS]: '{"jwt_secret":"CANARY!","database_url":"CANARY"}' }),
  },
  { name: 'with a secret as a key', files: () => ({ [SECRETS]: '{"CANARY":{"x":1}}' }) },
  { name: 'with a malformed profile', files: () => ({ [PROFILE]: 'name: [local\npassword: "CANARY' }) },
  { name: 'with a malformed .env file', files: () => ({ '.env': 'A_KEY="CANARY\nB' }) },
  { name: 'without a profile', without: [PROFILE, SECRETS] },
  { name: 'where the service fails', fault: { type: 'status', status: 500 }, cloudCode: 9 },
  { name: 'where the service forbids', fault: { type: 'status', status: 403 }, cloudCode: 4 },
  { name: 'where a proxy responds with HTML', fault: { type: 'html' }, cloudCode: 9 },
  {
    name: 'where the service redirects',
    fault: { type: 'redirect', location: 'https://evil.example/' },
    cloudCode: 11,
  },
]

const MODES: readonly (readonly [string, string, Terminal])[] = [
  ['plain', '', {}],
  ['as JSON', ' --json', {}],
  ['with colours on a narrow terminal', '', { color: true, columns: 40, isInteractive: true }],
  ['for debugging', '', { env: { SYSTEMPROMPT_LOG_LEVEL: 'debug', NO_COLOR: '1', TERM: 'dumb' } }],
  ['for debugging, as JSON', ' --json', { env: { SYSTEMPROMPT_LOG_LEVEL: 'debug' } }],
]

/** 1, something unexpected, is none of them. */
const DOCUMENTED = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 78, 126, 127, 130]

const runs = LINES.flatMap((line) => OUTCOMES.flatMap((outcome) => MODES.map((mode) => ({ line, outcome, mode }))))

describe(`every command, outcome and way of printing (SEED=${random.seed})`, () => {
  const count = sampled(150, runs.length)
  test(`${count} of ${runs.length} end with the documented exit code and show no part of a secret`, async () => {
    const emulator = await emulated({ exchange: false, requests: 1e9 })
    const chosen = count < runs.length ? Array.from({ length: count }, () => random.pick(runs)) : runs
    for (const { line, outcome, mode } of chosen) {
      const canaries = [newCanary(random), newCanary(random), newCanary(random)]
      const [own = '', given = '', database = ''] = canaries
      const token = outcome.expired ? emulator.token('user_dev', -10) : emulator.token()
      const secrets = JSON.stringify({
        jwt_secret: own,
        own_key: own,
        database_url: `postgres://acme:${database}@localhost/acme`,
      })
      const planted = { ...COMPLETE, ...loggedIn(emulator, token), [SECRETS]: secrets, ...outcome.files?.(secrets) }
      const files = Object.entries(planted)
        .filter(([path]) => !outcome.without?.includes(path))
        .map(([path, file]) => [path, typeof file === 'string' ? filled(file, given, token) : file] as const)
      const cwd = makeProject(Object.fromEntries(files))
      emulator.faults.set(outcome.fault ? [{ fault: outcome.fault }] : [])
      const [words, flags, terminal] = [line.line, mode[1], mode[2]]
      const [before, program] = splitProgram(words)
      const api = words.includes('auth login') ? ` --api-url ${emulator.url}` : ''
      const full = filled(`${before}${outcome.more ?? ''}${flags}${api}${program}`, given, token)
      const { code, out, err } = await cli(cwd, full, {
        ...terminal,
        ...(line.input === undefined ? {} : { input: filled(line.input, given, token) }),
      })
      const said = `${words}, ${outcome.name}, ${mode[0]}, seed ${random.seed}\n${out}${err}`
      const program_ = words.startsWith('run')
      expect(DOCUMENTED, `${code}: ${said}`).toContain(code)
      if (outcome.code !== undefined) expect(code, said).toBe(outcome.code)
      if (line.cloud && outcome.cloudCode !== undefined && (line.login || outcome.fault))
        expect(code, said).toBe(outcome.cloudCode)
      if (flags !== '' && !program_) expect(() => JSON.parse(out), said).not.toThrow()
      if (flags === '' && !terminal.color) expect(out + err, said).not.toContain('\u001b')
      for (const secret of [...canaries, ...signature(token)]) expect(traceOf(out + err, secret), said).toBeUndefined()
    }
  }, 1_800_000)
})

function filled(text: string, canary: string, token: string): string {
  return text.replaceAll('CANARY', canary).replaceAll('TOKEN', token)
}

/** Our flags stand before the program that is run. */
function splitProgram(line: string): readonly [string, string] {
  const at = line.indexOf(' -- ')
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at)]
}

/** The part of a token that is no secret's alphabet by chance: its signature. */
function signature(token: string): readonly string[] {
  return token.split('.').slice(2)
}
