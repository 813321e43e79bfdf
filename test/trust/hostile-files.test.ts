import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isConfigError, loadConfigSync, type ResolvedConfig } from '../../src/index.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

/** The promise "parsing never crashes, hangs or runs code" (docs/security.md), for whole loads. */
const root = mkdtempSync(join(tmpdir(), 'systemprompt-hostile-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const random = seeded()
const PROFILE = '.systemprompt/profiles/local/profile.yaml'
const SECRETS = '.systemprompt/profiles/local/secrets.json'
const SERVICE = 'services/ai/config.yaml'

function write(files: Readonly<Record<string, string>>): void {
  rmSync(root, { recursive: true, force: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text, { mode: 0o600 })
  }
}

/** The result, or undefined after a ConfigError; anything else that is thrown fails the test. */
function load(files: Readonly<Record<string, string>>, env: Record<string, string> = {}): ResolvedConfig | undefined {
  write(files)
  try {
    return loadConfigSync({ cwd: root, env })
  } catch (error) {
    if (!isConfigError(error)) throw error
    expect(error.issues.length).toBeGreaterThan(0)
    return undefined
  }
}

const GOOD_PROFILE = `name: local
site: { name: Site }
server:
  host: \${HOST:-127.0.0.1}
  port: 8080
  cors_allowed_origins: [http://localhost:1]
runtime:
  log_level: "verbose"
own:
  - a: 1
    b: '2'
  - &x { c: 3 }
  - <<: *x
text: |
  line
`
const GOOD_SECRETS = `{
  // comment
  "jwt_secret": "0123456789012345678901234567890123456789",
  "database_url": "postgres://u:p@h:5432/d",
  "openai_api_key": "sk", "custom-1": null, "n": 12,
}
`
const GOOD_ENV = `# comment
export A=1
B="two \${A}\\n"
C='\${A}' # c
SYSTEMPROMPT__SERVER__PORT=\${PORT:-1}
`
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '\n',
  '\n  ',
  '  ',
  '"',
  "'",
  '${',
  '}',
  '$<',
  '>',
  '${A',
  ':-',
  '&a ',
  '*a',
  '<<: ',
  '!!int ',
  '|',
  '#',
  ' #',
  ',',
  '\\',
  '\\u',
  '\t',
  '\0',
  '\ufeff',
  '__proto__',
  'null',
  '~',
  '\u2028',
  '=',
  '`',
  '%',
  '@',
  '---\n',
  '0x',
  '1e999',
  '.inf',
  '/*',
  '//',
  '\ud800',
]

function mutate(random: Random, text: string): string {
  let mutated = text
  for (let times = 1 + random.below(6); times > 0; times--) {
    const at = random.below(mutated.length + 1)
    const length = random.below(12)
    const roll = random.next()
    if (roll < 0.5) mutated = mutated.slice(0, at) + random.pick(PIECES) + mutated.slice(at)
    else if (roll < 0.8) mutated = mutated.slice(0, at) + mutated.slice(at + length)
    else mutated = mutated.slice(0, at) + mutated.slice(random.below(mutated.length + 1))
  }
  return mutated.slice(0, 20_000)
}

describe('mutated files load or fail with a ConfigError, and none takes long', () => {
  const count = sampled(100, 100_000)
  test.each([
    ['profile.yaml', PROFILE, GOOD_PROFILE],
    ['secrets.json', SECRETS, GOOD_SECRETS],
    ['.env', '.env', GOOD_ENV],
    ['a service config', SERVICE, GOOD_PROFILE],
  ])(`${count} × %s (SEED=${random.seed})`, (_, path, good) => {
    let loaded = 0
    for (let round = 0; round < count; round++) {
      const files = { [PROFILE]: GOOD_PROFILE, [SECRETS]: GOOD_SECRETS, [path]: mutate(random, good) }
      const start = performance.now()
      if (load(files)) loaded++
      expect(performance.now() - start).toBeLessThan(10_000)
    }
    // Neither all good nor all bad, or the mutations test nothing.
    expect(loaded).toBeGreaterThan(0)
    expect(loaded).toBeLessThan(count)
  })
})

describe('no document reaches a prototype', () => {
  const count = sampled(100, 20_000)
  const KEYS = [
    '__proto__',
    'constructor',
    'prototype',
    '"__proto__"',
    "'__proto__'",
    '? __proto__\n',
    '__proto__.polluted',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '"\\x5f_proto__"',
    '"\\u005f_proto__"',
  ]
  const document = (random: Random, depth: number): string => {
    const key = random.pick(random.next() < 0.5 ? KEYS : ['a', 'server', 'services', 'own'])
    if (depth > 3 || random.next() < 0.3)
      return `{ ${key}: { polluted: yes, constructor: { prototype: { polluted: 1 } } } }`
    return `{ ${key}: ${document(random, depth + 1)}, <<: ${document(random, depth + 1)} }`
  }
  test(`${count} documents in five places (SEED=${random.seed})`, () => {
    for (let round = 0; round < count; round++) {
      const text = document(random, 0)
      const place = random.pick([
        PROFILE,
        SECRETS,
        SERVICE,
        '.systemprompt/tenants.json',
        '.systemprompt/sessions/index.json',
      ])
      const wrapped = place === PROFILE ? `name: local\nown: ${text}\n` : text
      const result = load(
        { [PROFILE]: 'name: local\n', [place]: wrapped },
        {
          [`SYSTEMPROMPT__${random.pick(['__PROTO__', 'CONSTRUCTOR', 'A__PROTOTYPE'])}__POLLUTED`]: 'yes',
          SYSTEMPROMPT__B: text,
        },
      )
      expect(Reflect.get({}, 'polluted')).toBeUndefined()
      expect(Object.keys(Object.prototype)).toEqual([])
      expect(Reflect.get(Object, 'polluted')).toBeUndefined()
      if (result) expect(Reflect.get(result.config, 'polluted')).toBeUndefined()
    }
  })
  test.each(['__proto__', 'constructor', 'prototype'])('%s is an error with line and column in each file', (key) => {
    const places: Record<string, string> = {
      [PROFILE]: `name: local\nown:\n  ${key}:\n    polluted: 1\n`,
      [SECRETS]: `{\n "a": "b",\n  "${key}": "x" }`,
      [SERVICE]: `a: 1\nb:\n  ${key}: 1\n`,
    }
    for (const [path, text] of Object.entries(places)) {
      write({ [PROFILE]: 'name: local\n', [path]: text })
      let caught: unknown
      try {
        loadConfigSync({ cwd: root, env: {} })
      } catch (error) {
        caught = error
      }
      expect(isConfigError(caught, 'FORBIDDEN_KEY') && caught.issues[0]).toMatchObject({
        file: path,
        line: expect.any(Number),
        column: expect.any(Number),
      })
    }
  })
})

/** The list of docs/security.md, with one name for each group of names. */
const BLOCKED = [
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_REPL_EXTERNAL_MODULE',
  'OPENSSL_CONF',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'DYLD_INSERT_LIBRARIES',
  'BASH_ENV',
  'ENV',
  'PROMPT_COMMAND',
  'PATH',
  'HOME',
  'SHELL',
  'IFS',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PERL5OPT',
  'PERL5LIB',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'DOTNET_STARTUP_HOOKS',
  'GIT_SSH_COMMAND',
  'GIT_CONFIG_GLOBAL',
  'GIT_EXEC_PATH',
  'npm_config_registry',
  'ELECTRON_RUN_AS_NODE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'BROWSER',
  'EDITOR',
  'VISUAL',
  'SYSTEMPROMPT_API_URL',
  'SYSTEMPROMPT_API_TOKEN',
  'SYSTEMPROMPT_PROFILE',
  'SYSTEMPROMPT_INJECTED',
  'SYSTEMPROMPT_EXPORTED',
]

describe('a blocked name', () => {
  const mixed = (name: string): string =>
    [...name].map((letter, at) => (at % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('')
  test.each(BLOCKED)(
    'is not set by any file in any case, and each attempt is a warning with file and line: %s',
    (name) => {
      for (const spelling of [name, name.toLowerCase(), name.toUpperCase(), mixed(name)]) {
        const sources: Record<string, Record<string, string>> = {
          '.env': { '.env': `${spelling}=hostile\n` },
          '.env.local': { '.env.local': `A=1\nexport ${spelling}="hostile"\n` },
          [SECRETS]: { [SECRETS]: `{ "${spelling}": "hostile" }` },
        }
        for (const [file, files] of Object.entries(sources)) {
          const result = load({ [PROFILE]: 'name: local\n', ...files })
          const names = Object.keys(result?.env ?? { missing: '' }).map((key) => key.toUpperCase())
          expect(names).not.toContain(name.toUpperCase())
          expect(result?.warnings).toContainEqual(
            expect.objectContaining({ code: 'BLOCKED_NAME', file, line: expect.any(Number) }),
          )
        }
      }
    },
  )
  test('is not set by a directory of secrets', () => {
    const result = load(
      { [PROFILE]: 'name: local\n', 'run/NODE_OPTIONS': 'hostile', 'run/fine': 'yes' },
      { SYSTEMPROMPT_SECRETS_DIR: 'run' },
    )
    expect(result && Object.keys(result.env)).toEqual(['FINE'])
  })
  test('is set if allowEnv lists it', () => {
    write({ [PROFILE]: 'name: local\n', '.env': 'NODE_OPTIONS=--trace-warnings\nPATH=/hostile\n' })
    const { env } = loadConfigSync({ cwd: root, env: {}, allowEnv: ['NODE_OPTIONS'] })
    expect(env).toEqual({ NODE_OPTIONS: '--trace-warnings' })
  })
  test('cannot make a checked-in .env send the token elsewhere', () => {
    const result = load(
      {
        [PROFILE]: 'name: local\n',
        '.env': 'SYSTEMPROMPT_API_URL=https://hostile.example\nSYSTEMPROMPT_API_TOKEN=x\nSYSTEMPROMPT_USER_EMAIL=y\n',
      },
      { SYSTEMPROMPT_API_TOKEN: 't', SYSTEMPROMPT_USER_EMAIL: 'e' },
    )
    expect(result?.credentials).toMatchObject({ api_url: 'https://api.systemprompt.io', user_email: 'e' })
  })
})
