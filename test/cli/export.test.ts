import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'dotenv'
import { describe, expect, test } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
import { hasProgram } from '../support/shells.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const VALUES = {
  plain: 'sk-0123456789',
  'a single quote': "it's",
  'double quotes': 'say "hi"',
  'both quotes': `it's "both"`,
  lines: 'first\nsecond\n\nlast',
  'a backslash': 'C:\\new\\table',
  'a backslash at the end': 'C:\\',
  'escapes that are none': 'one\\ntwo',
  'what a shell expands': '$HOME ${HOME} $(id) `id` !! ~ * ?',
  spaces: '  a  b  ',
  'a comment': 'a #b',
  signs: 'a=b==; c & d | e > f',
  'other letters': 'é ✓ 😀',
  'a quote and a dollar': "it's $5",
  'a tab': 'a\tb',
  'percent signs': '%PATH%',
} as const

const variableOf = (kind: string): string => `X_${kind.toUpperCase().replaceAll(' ', '_')}`
const ALL = Object.fromEntries(Object.entries(VALUES).map(([kind, value]) => [variableOf(kind), value]))

const project = (secrets: Readonly<Record<string, string>>, files: Files = {}): string =>
  makeProject({ [PROFILE]: 'secrets: {validation: skip}', [SECRETS]: JSON.stringify(secrets), ...files })

async function exported(cwd: string, format: string): Promise<string> {
  const { code, out, err } = await run(cwd, ['export', '--format', format, '-y'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out
}

/** The exported variables in an environment that Node has printed as JSON. */
const environmentOf = (output: string): unknown =>
  Object.fromEntries(
    Object.entries(JSON.parse(output) as Record<string, string>).filter(([name]) => Object.hasOwn(ALL, name)),
  )
/** No input: bash takes a socket as its input for a remote login. */
const CHILD: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
const LIBRARY = fileURLToPath(new URL('../../dist/node.cjs', import.meta.url))
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const PRINT = `"${process.execPath}" -p 'JSON.stringify(process.env)'`

describe('an export keeps every value unchanged', () => {
  test.runIf(process.platform !== 'win32').each(['sh', 'bash', 'zsh'].filter(hasProgram))('in %s', async (shell) => {
    const script = await exported(project(ALL), 'shell')
    const input = `eval "$SCRIPT"\n${PRINT}`
    const output = execFileSync(shell, ['-c', input], { ...CHILD, env: { SCRIPT: script } })
    expect(environmentOf(output)).toEqual(ALL)
  })

  test.each(['fish'].filter(hasProgram))('in %s', async (fish) => {
    const cwd = project(ALL)
    writeFileSync(join(cwd, 'set.fish'), await exported(cwd, 'fish'))
    const output = execFileSync(fish, ['-c', `source set.fish; ${PRINT}`], {
      cwd,
      env: { HOME: cwd },
      encoding: 'utf8',
    })
    expect(environmentOf(output)).toEqual(ALL)
  })

  test('as JSON', async () => {
    const { SYSTEMPROMPT_CUSTOM_SECRETS: custom, ...rest } = JSON.parse(await exported(project(ALL), 'json'))
    expect(rest).toEqual(ALL)
    expect(custom.split(',')).toEqual(Object.keys(ALL).sort())
    expect(JSON.parse((await run(project(ALL), ['export', '--json', '-y'])).out)).toMatchObject(ALL)
    expect(await exported(project({ X: 'left\u202eright\u009b' }), 'json')).toContain('"left\\u202eright\\u009b"')
  })

  const FOR_FILES = Object.entries(ALL).filter(
    ([name]) => !['X_BOTH_QUOTES', 'X_A_QUOTE_AND_A_DOLLAR', 'X_A_BACKSLASH_AT_THE_END'].includes(name),
  )
  describe('in a .env file read', () => {
    const expected = Object.fromEntries(FOR_FILES)
    test('by dotenv', async () => {
      expect(parse(await exported(project(expected), 'dotenv'))).toMatchObject(expected)
    })
    test('by Node', async () => {
      const cwd = project(expected, { '.env.exported': '' })
      writeFileSync(join(cwd, '.env.exported'), await exported(cwd, 'dotenv'))
      const args = ['--env-file=.env.exported', '-p', 'JSON.stringify(process.env)']
      expect(environmentOf(execFileSync(process.execPath, args, { ...CHILD, cwd, env: {} }))).toEqual(expected)
    })
    test('by this library', async () => {
      const cwd = makeProject({ '.env': await exported(project(expected), 'dotenv') })
      expect(loadConfigSync({ cwd, env: {} }).env).toMatchObject(expected)
    })
    test.runIf(hasProgram('sh'))('by a shell', async () => {
      const cwd = project(expected)
      writeFileSync(join(cwd, 'exported'), await exported(cwd, 'dotenv'))
      const output = execFileSync('sh', ['-c', `set -a; . ./exported; ${PRINT}`], { ...CHILD, cwd, env: {} })
      expect(environmentOf(output)).toEqual(expected)
    })
  })

  test('in the lines for docker, which takes everything after the first = literally', async () => {
    const { X_LINES: _, ...single } = ALL
    const lines = (await exported(project(single), 'docker')).trimEnd().split('\n')
    const read = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    expect(Object.fromEntries(read)).toMatchObject(single)
  })
})

describe('export', () => {
  test('prints what run adds to the environment, except the path of the profile', async () => {
    const secrets = { stripe_key: 'of-the-file', other_key: 'z', PATH: '/evil', LD_PRELOAD: '/evil.so' }
    const cwd = project(secrets, { '.env': 'GREETING=hello\nPORT=1\nSYSTEMPROMPT__A__B=2\n' })
    const env = { STRIPE_KEY: 'of-the-environment', PORT: '9', PATH: '/bin' }
    const { out } = await run(cwd, ['export', '-y'], { env })
    expect(out.replace(/(SYSTEMPROMPT_\w+=).*/g, '$1…')).toBe(
      "export GREETING='hello'\nexport OTHER_KEY='z'\nexport SYSTEMPROMPT_CUSTOM_SECRETS=…\nexport SYSTEMPROMPT_EXPORTED=…\n",
    )
  })

  test('unsets NAME_FILE when it sets NAME, since both together are an error', async () => {
    const cwd = project({}, { 'run/db': 'postgres://u:p@h/db', 'run/log': 'x' })
    const env = { DATABASE_URL_FILE: 'run/db', LOG_FILE: 'run/log' }
    const exportAs = async (format: string): Promise<string> =>
      (await run(cwd, ['export', '--format', format, '-y'], { env })).out
    expect(await exportAs('shell')).toBe("export DATABASE_URL='postgres://u:p@h/db'\nunset DATABASE_URL_FILE\n")
    expect(await exportAs('fish')).toBe("set -gx DATABASE_URL 'postgres://u:p@h/db'\nset -e DATABASE_URL_FILE\n")
    expect(await exportAs('docker')).toBe('DATABASE_URL=postgres://u:p@h/db\n')
  })

  test.runIf(hasProgram('sh'))('run again replaces what the first run set, and nothing else', () => {
    const cwd = project(
      { stripe_key: 'first', left: 'first', kept: 'first' },
      {
        'run/db': 'postgres://u:p@h/db',

        'second.json': '{"stripe_key": "second", "kept": "second", "new": "second"}',
      },
    )
    const script = `
      eval "$("$@" export -y)"; export KEPT=own
      cp second.json ${SECRETS}; chmod 600 ${SECRETS}
      (cd /; script=$("$@" export -y); eval "$script"; echo "$STRIPE_KEY $LEFT$script")
      eval "$("$@" export -y)"; "$@" export --format json -y >json; ${PRINT}`
    const [elsewhere, env] = execFileSync('sh', ['-c', script, 'sh', process.execPath, CLI], {
      ...CHILD,
      cwd,
      env: { PATH: process.env.PATH, DATABASE_URL_FILE: 'run/db', OWN: 'own' },
    })
      .trim()
      .split('\n')
    expect(elsewhere).toBe('first first')
    const { STRIPE_KEY, LEFT, KEPT, NEW, DATABASE_URL, OWN } = JSON.parse(env ?? '')
    expect({ STRIPE_KEY, LEFT, KEPT, NEW, DATABASE_URL, OWN }).toEqual({
      STRIPE_KEY: 'second',
      KEPT: 'own',
      NEW: 'second',
      DATABASE_URL: 'postgres://u:p@h/db',
      OWN: 'own',
    })
    const json = JSON.parse(readFileSync(join(cwd, 'json'), 'utf8'))
    expect(json).toMatchObject({ STRIPE_KEY: 'second', NEW: 'second' })
    expect(json).not.toHaveProperty('SYSTEMPROMPT_EXPORTED')
  })

  test.each(['shell', 'fish'])('prints no variable name that would run commands, in the format %s', async (format) => {
    const name = 'X;touch owned;Y'
    const digest = createHash('sha256').update('1').digest('hex').slice(0, 4)
    const env = { [name]: '1', GONE: '1', SYSTEMPROMPT_EXPORTED: `1,${name}=${digest},GONE=${digest}` }
    const { out } = await run(project({ stripe_key: 'x' }), ['export', '--format', format, '-y'], { env })
    expect(out).toMatch(/^(?:unset|set -e) GONE$/m)
    expect(out).not.toContain('touch')
  })

  test.runIf(hasProgram('sh'))('tells the programs of a shell which profile was chosen', () => {
    const staging = '.systemprompt/profiles/staging'
    const cwd = project(
      { stripe_key: 'of-local' },
      {
        [`${staging}/profile.yaml`]: 'name: staging\nsecrets: {validation: skip}',
        [`${staging}/secrets.json`]: '{"stripe_key": "of-staging"}',
        'show.cjs': `const { config, secrets } = require(${JSON.stringify(LIBRARY)}).loadConfigSync()
          console.log(config.name, secrets.get('stripe_key'), Boolean(process.env.SYSTEMPROMPT_PROFILE))`,
        [PROFILE]: 'name: local\nsecrets: {validation: skip}',
      },
    )
    const script = `
      eval "$("$@" export -y --profile local)"; unset SYSTEMPROMPT_PROFILE
      eval "$("$@" export -y --profile staging)"; "$1" show.cjs; eval "$("$@" export -y)"; "$1" show.cjs
      eval "$("$@" export -y --profile local)"; "$1" show.cjs`
    const env = { PATH: process.env.PATH }
    const output = execFileSync('sh', ['-c', script, 'sh', process.execPath, CLI], { ...CHILD, cwd, env })
    expect(output).toBe('staging of-staging true\nstaging of-staging true\nlocal of-local true\n')
  })

  test('asks before it prints, and is refused without a terminal', async () => {
    const cwd = project({ stripe_key: 'x' })
    expect(await run(cwd, ['export'])).toMatchObject({ code: 11, out: '' })
    expect(await run(cwd, ['export'], { isInteractive: true })).toMatchObject({
      code: 11,
      out: '',
      questions: ['Print the secrets of profile local?'],
    })
    const agreed = await run(cwd, ['export'], { isInteractive: true, answer: true })
    expect(agreed.out).toContain("export STRIPE_KEY='x'\n")
  })

  test.each([
    ['dotenv', { X_BOTH: `it's "both"`, X_LINES: 'a\nb' }, ['X_BOTH']],
    ['dotenv', { X_COMMAND: "it's `date`", X_END: 'a b\\', X_HOME: "it's $HOME" }, ['X_COMMAND', 'X_END', 'X_HOME']],
    ['docker', { X_BOTH: `it's "both"`, X_LINES: 'a\nb', X_MORE: 'a\rb' }, ['X_LINES', 'X_MORE']],
  ])(
    'prints nothing when the format %s cannot represent all values, and names those variables',
    async (format, secrets, named) => {
      const { code, out, err } = await run(project(secrets), ['export', '--format', format, '-y'])
      expect([code, out]).toEqual([6, ''])
      expect(err.match(/^ {2}\S+/gm)?.map((name) => name.trim())).toEqual(named)
      for (const value of Object.values(secrets)) expect(err).not.toContain(value)
    },
  )

  test('says what a .env file cannot hold: a key with Windows line endings has no quotes in it', async () => {
    const secrets = { X_CRLF: 'a\r\nb', X_END: 'a b\\' }
    const { err } = await run(project(secrets), ['export', '--format', 'dotenv', '-y'])
    expect(err.split('\n').slice(2, 4)).toEqual([
      '  X_CRLF  contains a carriage return, as in Windows line endings, which readers of .env files change',
      '  X_END  contains quotes or a backslash that readers of .env files interpret differently',
    ])
  })

  test('prints nothing for a name that is not valid in a shell', async () => {
    const cwd = project({}, { '.env': 'my.key=1\nOTHER=2\n' })
    expect(await run(cwd, ['export', '-y'])).toMatchObject({
      code: 6,
      out: '',
      err: 'Nothing was printed. Try another --format, such as json:\n\n  my.key  is not a valid name in a shell\n',
    })
    expect(await exported(cwd, 'dotenv')).toBe('OTHER=2\nmy.key=1\n')
  })

  test.runIf(hasProgram('bash'))('does not let a .env file run commands in the shell', async () => {
    const cwd = project({}, { '.env': 'PS4=$(touch run)\nOPTIND=a[$(touch run)]\n' })
    const all = { ...CHILD, cwd, env: { SCRIPT: (await run(cwd, ['export', '-y'])).out } }
    execFileSync('bash', ['-c', 'eval "$SCRIPT"; set -x; :'], all)
    expect(existsSync(join(cwd, 'run'))).toBe(false)
  })

  const OF_BASH = ['RANDOM', 'SRANDOM', 'OPTIND', 'HISTCMD', 'MAILCHECK', 'PS3']
  const PROMPTS_OF_ZSH = ['PROMPT', 'prompt', 'PROMPT4', 'RPROMPT', 'SPROMPT', 'PROMPT_EOL_MARK', 'RPS1']
  test.each([...OF_BASH, ...PROMPTS_OF_ZSH, 'NULLCMD', 'READNULLCMD', 'MODULE_PATH'])(
    'prints nothing for a shell with %s, whose value it may run',
    async (name) => {
      const cwd = project({}, { '.env': `${name}=1\n` })
      expect(await run(cwd, ['export', '-y'])).toMatchObject({
        code: 6,
        out: '',
        err: `Nothing was printed. Try another --format, such as json:\n\n  ${name}  has a special meaning in shells, which may run its value\n`,
      })
      expect(await exported(cwd, 'dotenv')).toBe(`${name}=1\n`)
    },
  )

  test('escapes control characters on a terminal, as secrets get does', async () => {
    const cwd = project({ x_key: 'a\u001b]0;owned\u0007b' })
    for (const command of [['export'], ['secrets', 'get', 'x_key']]) {
      const shown = await run(cwd, [...command, '-y'], { columns: 80 })
      expect(shown.out).toContain('a\\u001b]0;owned\\u0007b')
      expect((await run(cwd, [...command, '-y'])).out).toContain('a\u001b]0;owned\u0007b')
    }
  })

  test('rejects an unknown format with exit code 2', async () => {
    const { code, err } = await run(project({}), ['export', '--format', 'toml', '-y'])
    expect([code, err]).toEqual([2, '--format must be one of shell, fish, dotenv, docker, json.\n'])
  })
})
