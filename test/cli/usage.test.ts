import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { EXIT } from '../../src/cli/io.ts'
import { commandsOf } from '../support/commands.ts'
import { COMPLETE, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const NAMES = Object.keys(COMMANDS).join(', ')

let root = ''
beforeAll(() => {
  root = makeProject({
    ...COMPLETE,
    '.systemprompt/profiles/other/profile.yaml': 'which: other\nsecrets: {validation: skip}',
    'packages/api/': '',
  })
})

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '')

describe('help', () => {
  test.each<[string, string]>([
    ['', 'systemprompt'],
    ['--help', 'systemprompt'],
    ['-h', 'systemprompt'],
    ['config --help', 'systemprompt config'],
    ['config -h', 'systemprompt config'],
    ['--help config', 'systemprompt config'],
    ['config show --help', 'systemprompt config show'],
    ['config explain -h', 'systemprompt config explain'],
    ['config check --help', 'systemprompt config check'],
    ['config show server.port --nonsense --help', 'systemprompt config show'],
    ['secrets unset jwt_secret -yh', 'systemprompt secrets unset'],
    ['init -nh', 'systemprompt init'],
  ])('for %j is that of %s', async (line, command) => {
    const { code, out, err } = await run(root, words(line))
    expect([code, err]).toEqual([0, ''])
    const usage = out.split('\n').find((text) => text.startsWith('USAGE')) ?? ''
    expect(usage).toMatch(new RegExp(`^USAGE ${command}(?: |$)`))
    expect(out).not.toContain('systemprompt systemprompt')
    expect(out).not.toContain('systemprompt config systemprompt')
  })
  test('lists the commands with their descriptions', async () => {
    const { out } = await run(root, ['config', '--help'])
    expect(out).toMatch(/check +Check everything/)
    expect(out).toMatch(/show +Show the resolved configuration, with secrets masked/)
    expect(out).toMatch(/explain +Explain where a value comes from/)
  })
  test.each([
    ['config show', ['--reveal', '--profile', '--cwd', '--set', '--yes', '--json', '--help']],
    ['config explain', ['--profile', '--cwd', '--set', '--json', '--help']],
    ['config check', ['--strict', '--profile', '--cwd', '--set', '--json', '--help']],
    ['scan', ['--staged', '--all-profiles', '--profile', '--cwd', '--set', '--json', '--help']],
    ['init', ['--profile', '--cwd', '--dry-run', '--yes', '--json', '--help']],
    ['cloud emulator', ['--port', '--seed', '--ephemeral', '--test-api', '--cwd', '--json', '--help']],
  ])('of %s lists its own options first, then the shared ones', async (command, options) => {
    const { out } = await run(root, [...words(command), '--help'])
    expect(out.match(/(?<=^ {2}(?:-., )?)--[\w-]+/gm)).toEqual(options)
  })
  test('uses no colours when they are disabled', async () => {
    expect((await run(root, ['--help'])).out).not.toContain('\u001b')
  })
})

describe('--version', () => {
  test.each(['--version', '-v', '--version --profile x'])('is printed for %s', async (line) => {
    expect(await run(root, words(line))).toMatchObject({ code: 0, out: `${packageJson.version}\n`, err: '' })
  })
})

describe('an invalid command line ends with exit code 2 and a one-line message', () => {
  test.each<[string, string]>([
    ['config', 'A command is missing. Available: check, show, explain, types.'],
    ['--verison', 'Unknown option. Did you mean --version?'],
    ['cloud --hepl', 'Unknown option. Did you mean --help?'],
    ['--json-is-not-one', `A command is missing. Available: ${NAMES}.`],
    ['confg', 'Unknown command. Did you mean config?'],
    ['confg show', 'Unknown command. Did you mean config?'],
    ['config shwo', 'Unknown command. Did you mean show?'],
    ['config chekc', 'Unknown command. Did you mean check?'],
    ['config nonsense', 'Unknown command. Available: check, show, explain, types.'],
    ['nonsense', `Unknown command. Available: ${NAMES}.`],
    ['help', 'Unknown command. Did you mean --help?'],
    ['help config', 'Unknown command. Did you mean --help?'],
    ['config help', 'Unknown command. Did you mean --help?'],
    ['version', 'Unknown command. Did you mean --version?'],
    ['explain server.port', 'Unknown command. Did you mean systemprompt config explain?'],
    ['cloud whoami', 'Unknown command. Did you mean systemprompt cloud auth whoami?'],
    ['login', 'Unknown command. Did you mean systemprompt cloud auth login or systemprompt cloud login?'],
    ['cloud secrets get DATABASE_URL', 'Unknown command. Did you mean systemprompt secrets get?'],
    ['secrets rotate DATABASE_URL', 'Unknown command. Did you mean systemprompt cloud secrets rotate?'],
    ['config toString', 'Unknown command. Available: check, show, explain, types.'],
    ['constructor', `Unknown command. Available: ${NAMES}.`],
    ['config __proto__', 'Unknown command. Available: check, show, explain, types.'],
    ['config explain', 'Missing argument: PATH. A key (server.port), a secret or a variable (DATABASE_URL).'],
    ['config explain a b', 'Too many arguments: this command takes 1.'],
    ['config show a b', 'Too many arguments: this command takes 1.'],
    ['config check a', 'Too many arguments: this command takes none.'],
    ['config show --nonsense', 'This command has no such option. See --help.'],
    ['config show -x', 'This command has no such option. See --help.'],
    ['config explain server.port --reveal', 'This command has no such option. See --help.'],
    ['config check --no-json', 'This command has no such option. See --help.'],
    ['config show --profile', 'An option lacks its value, or has one that it does not take. See --help.'],
    ['config show --profile=', '--profile is empty. Give it a value, or leave it out.'],
    ['config check --set=', '--set is empty. Give it a value, or leave it out.'],
    ['init -y --profile=', '--profile is empty. Give it a value, or leave it out.'],
    ['secrets set --profile=', '--profile is empty. Give it a value, or leave it out.'],
    ['cloud secrets sync --prune -y --tenant=', '--tenant is empty. Give it a value, or leave it out.'],
    ['run --cwd= -- true', '--cwd is empty. Give it a value, or leave it out.'],
    ['config show --set', 'An option lacks its value, or has one that it does not take. See --help.'],
    ['config show --strict=yes', 'This command has no such option. See --help.'],
    ['config show --reveal=yes', 'An option lacks its value, or has one that it does not take. See --help.'],
    ['-- config show', `A command is missing. Available: ${NAMES}.`],
  ])('%s', async (line, message) => {
    expect(await run(root, words(line))).toEqual({ code: 2, out: '', err: `${message}\n`, questions: [] })
  })
  test.each(['secrets set SIGNING_KEY_PEM', 'cloud secrets set SIGNING_KEY_PEM'])(
    '%s with a private key, which begins with dashes',
    async (line) => {
      const key = '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----'
      const err = 'This command has no such option. Put a value that begins with - after --, or write NAME=VALUE.\n'
      expect(await run(root, [...words(line), key])).toEqual({ code: 2, out: '', err, questions: [] })
    },
  )
  test.each(['nothing', 'server.port', '=1', 'a..b=1', '[=1', 'a[b=1', '.a=1'])('--set %s', async (setting) => {
    const { code, out, err } = await run(root, ['config', 'show', '--set', setting])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('\n  --set  contains a setting that is not path=value  → ')
  })
  test.each([
    ['__proto__.x=1', 'has a key that reaches'],
    [`${'a.'.repeat(70)}b=1`, 'names a key nested more than 64 levels deep'],
  ])('--set %s', async (setting, message) => {
    const { err } = await run(root, ['config', 'show', '--set', setting])
    expect(err).toContain(`\n  --set  ${message}`)
  })
})

test('config types names the file that it cannot write, and does not report an unexpected error', async () => {
  const cwd = makeProject({ ...COMPLETE, 'systemprompt-env.d.ts/kept': '' })
  const { code, out, err } = await run(cwd, ['config', 'types'])
  expect([code, out, err]).toEqual([
    1,
    '',
    expect.stringMatching(/^\/.*systemprompt-env\.d\.ts cannot be written .*\. Check the path\.\n$/),
  ])
  expect(readdirSync(cwd).filter((name) => name.startsWith('.systemprompt-env'))).toEqual([])
})

test.each([
  'init -y',
  'init -n',
  'profile list',
  'profile use other',
  'secrets list',
  'cloud auth login --with-token',
  'cloud auth logout -y',
  'cloud tenant list --offline',
  'cloud tenant use tenant_demo',
  'cloud emulator --port 0',
  'config show',
])('%s rejects a --cwd that does not exist with exit code 2, and does not create it', async (line) => {
  const { code, out, err } = await run(root, [...words(line), '--cwd', 'nowhere'], { input: 'sp_live_made_up' })
  expect([code, out, err]).toEqual([2, '', expect.stringContaining('cwd  is not an existing directory')])
  expect(readdirSync(root)).not.toContain('nowhere')
})

describe('options are accepted before and after the words of the command', () => {
  test.each([
    'config show which --profile other',
    'config show --profile other which',
    'config --profile other show which',
    '--profile other config show which',
    '--profile=other config show which',
    'config show which --profile=other',
    'config show --profile other -- which',
  ])('%s', async (line) => {
    const { code, out } = await run(root, words(line))
    expect([code, out.split('\n')[1]]).toEqual([
      0,
      'which  other  profile  .systemprompt/profiles/other/profile.yaml:1:8',
    ])
  })
  test.each([
    ['--format json export -y', '"JWT_SECRET":'],
    ['--file types.d.ts config types', 'types.d.ts is '],
    ['config --file types.d.ts types', 'types.d.ts is '],
    ['--json --format json config show which --profile other', 'no such option'],
  ])('even one of a single command: %s', async (line, said) => {
    const { out, err } = await run(root, words(line))
    expect(out + err).toContain(said)
  })
  test('since each has the same type in every command', async () => {
    const types = new Map<string, Set<string>>()
    for (const [, { args = {} }] of await commandsOf(COMMANDS, 'systemprompt'))
      for (const [name, { type }] of Object.entries(args))
        if (type !== 'positional') types.set(name, (types.get(name) ?? new Set()).add(type))
    expect([...types].filter(([, { size }]) => size > 1)).toEqual([])
  })
  test('with a value that equals the name of a command', async () => {
    const { code, err } = await run(root, ['--profile', 'config', 'config', 'show'])
    expect([code, err]).toEqual([5, expect.stringContaining('"config"')])
  })
  test('as an absolute --cwd', async () => {
    const elsewhere = makeProject()
    for (const argv of [
      ['--cwd', root, 'config', 'show', 'server.port'],
      ['config', 'show', 'server.port', `--cwd=${root}`],
    ])
      expect((await run(elsewhere, argv)).out).toContain('8080')
  })
  test('as a --cwd relative to the working directory', async () => {
    expect((await run(join(root, 'packages'), ['config', 'show', 'server.port', '--cwd', 'api'])).out).toContain('8080')
    expect((await run(join(root, 'packages/api'), ['config', 'show', 'server.port', '--cwd', '../..'])).out).toContain(
      '8080',
    )
  })
  test('but not a --cwd that does not exist', async () => {
    const { code, out } = await run(root, ['config', 'show', '--cwd', join(root, 'nope')])
    expect([code, out]).toEqual([2, ''])
  })
})

describe('--set', () => {
  const show = async (key: string, ...settings: string[]): Promise<unknown> => {
    const { out } = await run(root, [
      'config',
      'show',
      key,
      '--json',
      ...settings.flatMap((setting) => ['--set', setting]),
    ])
    return (JSON.parse(out) as { value: unknown }).value
  }
  test.each<[string, unknown]>([
    ['x=9090', 9090],
    ['x=1.5', 1.5],
    ['x=0x1f', 31],
    ['x=true', true],
    ['x=yes', 'yes'],
    ['x=null', null],
    ['x=', null],
    ['x="9090"', '9090'],
    ["x='a: b'", 'a: b'],
    ['x=[a, 1, true]', ['a', 1, true]],
    ['x={a: 1, b: [c]}', { a: 1, b: ['c'] }],
    ['x=[broken', '[broken'],
    ['x={__proto__: 1}', '{__proto__: 1}'],
    ['x=a=b=c', 'a=b=c'],
    ['x=a: b', 'a: b'],
    ['x=${NOT_A_REFERENCE}', '${NOT_A_REFERENCE}'],
    ['x=12345678901234567890', '12345678901234567890'],
    ['x= spaced ', ' spaced '],
    ['x="say \\"hi\\""', 'say "hi"'],
  ])('%s', async (setting, value) => {
    expect(await show('x', setting)).toEqual(value)
  })
  test('may be repeated, and the last one for a key wins', async () => {
    expect(await show('x', 'x.a=1', 'x.b=2', 'x.a=3')).toEqual({ a: 3, b: 2 })
    expect(await show('server.port', 'server.port=1', 'server.port=2')).toBe(2)
  })
  test('is accepted before and after the words of the command', async () => {
    const { out } = await run(root, ['--set', 'x.a=1', 'config', 'show', 'x', '--json', '--set=x.b=2'])
    expect(JSON.parse(out)).toEqual({ path: 'x', value: { a: 1, b: 2 } })
  })
  test('of a key is merged into a map that was set', async () => {
    expect(await show('x', 'x={a: 1, b: 2}', 'x.a=3')).toEqual({ a: 3, b: 2 })
    expect(await show('x', 'x.a=3', 'x={b: 2}')).toEqual({ a: 3, b: 2 })
  })
  test('is validated like any other value', async () => {
    const { code, err } = await run(root, ['config', 'show', '--set', 'server.port=eighty'])
    expect(code).toBe(6)
    expect(err).toContain('\n  --set  server.port  is not a whole number from 1 to 65535  → ')
    expect((await run(root, ['config', 'check', '--set', 'server.port=eighty'])).err).toBe(err)
  })
  test('rejects a key that would reach a prototype', async () => {
    expect((await run(root, ['config', 'show', '--set', '__proto__.x=1'])).code).not.toBe(0)
    expect(Reflect.get({}, 'x')).toBeUndefined()
  })
})

describe('with --json the output is always one JSON document', () => {
  test.each<[string, number]>([
    ['config show', 0],
    ['config show server', 0],
    ['config show server.port', 0],
    ['config show database_url', 0],
    ['config show --reveal -y', 0],
    ['config show --reveal', 11],
    ['config show nope', 5],
    ['config show --profile nope', 5],
    ['config show --profile broken', 6],
    ['config show --set server.port=x', 6],
    ['config show --set x', 2],
    ['config show a b', 2],
    ['config show --nonsense', 2],
    ['config show --profile', 2],
    ['config explain server.port', 0],
    ['config explain', 2],
    ['config explain nope', 5],
    ['config check', 0],
    ['config check --strict', 0],
    ['config check --profile other', 6],
    ['config check --profile broken', 6],
    ['config check --profile nope', 5],
    ['config check a', 2],
    ['config', 2],
    ['config nonsense', 2],
    ['nonsense', 2],
    ['', 2],
  ])('%s: exit code %i', async (line, expected) => {
    const cwd = makeProject({
      ...COMPLETE,
      '.systemprompt/profiles/broken/profile.yaml': 'a: [',
      '.systemprompt/profiles/other/profile.yaml': 'a: 1',
    })
    for (const argv of [
      [...words(line), '--json'],
      ['--json', ...words(line)],
    ]) {
      const { code, out, err } = await run(cwd, argv)
      expect([code, err], argv.join(' ')).toEqual([expected, ''])
      const document = JSON.parse(out) as { ok?: boolean; error?: { code: string } }
      expect(out.endsWith('}\n')).toBe(true)
      if (expected === 2)
        expect(document).toMatchObject({
          ok: false,
          error: { code: line.includes('--set') ? 'INVALID_OPTION' : 'USAGE' },
        })
      if (expected === 11) expect(document).toMatchObject({ ok: false, error: { code: 'REFUSED' } })
      if (expected !== 0) expect(document.ok).toBe(false)
    }
  })
  test.each([
    ['an option of a file', { 'systemprompt.config.json': '{"publc": []}' }, {}, /systemprompt\.config\.json +publc/],
    ['a part of an option', { 'systemprompt.config.yaml': 'dotenv: {fiels: []}' }, {}, /config\.yaml +dotenv\.fiels/],
    ['a value of an option', { 'systemprompt.config.mjs': 'export default { strict: 1 }' }, {}, /config\.mjs +strict/],
    ['an item of a variable', {}, { SYSTEMPROMPT__V__5: 'x', SYSTEMPROMPT__V: '[a]' }, /^ +SYSTEMPROMPT__V__5/m],
    ['an item of a .env file', { '.env': 'SYSTEMPROMPT__V=[a]\nSYSTEMPROMPT__V__5=x' }, {}, /\.env:2:1 /],
  ])(
    'a mistake in %s is reported with its place and exit code 6, not as a usage error',
    async (_, files, env, place) => {
      const { code, err } = await run(makeProject({ ...COMPLETE, ...files }), ['config', 'check'], { env })
      expect([code, err]).toEqual([6, expect.stringMatching(place)])
    },
  )
  test('an unexpected error is a document too, and does not reveal its message', async () => {
    const cwd = makeProject(COMPLETE)
    const failing = {
      isInteractive: true,
      confirm: async () => {
        throw new RangeError('canary: the value of a secret')
      },
    }
    const asJson = await run(cwd, ['config', 'show', '--reveal', '--json'], failing)
    const asText = await run(cwd, ['config', 'show', '--reveal'], failing)
    const env = { SYSTEMPROMPT_LOG_LEVEL: 'debug' }
    const debug = await run(cwd, ['config', 'show', '--reveal'], { ...failing, env })
    expect([asJson.code, asText.code, debug.code]).toEqual([1, 1, 1])
    expect(JSON.parse(asJson.out)).toMatchObject({ ok: false, error: { code: 'UNEXPECTED' } })
    expect(asText).toMatchObject({
      out: '',
      err: 'Something unexpected went wrong (RangeError). Please report it; SYSTEMPROMPT_LOG_LEVEL=debug shows where.\n',
    })
    expect(debug.err).toMatch(/\n {4}at .*usage\.test\.ts/)
    expect(asJson.out + asJson.err + asText.err + debug.err).not.toContain('canary')
  })
})

describe('without --json standard output has only data', () => {
  test.each([
    'config show nope',
    'config',
    'config show --set server.port=x',
    'config show --reveal',
    'nonsense',
    'config check --profile other',
  ])('and nothing when %s fails', async (line) => {
    const { out, err } = await run(root, words(line))
    expect(out).toBe('')
    expect(err).not.toBe('')
  })
  test('while warnings go to standard error', async () => {
    const { out, err } = await run(root, ['config', 'show', 'which', '--profile', 'other'])
    expect(out).not.toContain('warning')
    expect(err).toMatch(/^\n\d warnings?\n {2}\.systemprompt/)
  })
})

describe('a secret that was typed in the wrong place is not repeated', () => {
  const CANARY = 'sk-live-Zx81Qw7Rt4Yp'
  test.each<[string, string[]]>([
    ['as a command', [CANARY]],
    ['as a command of a group', ['config', CANARY]],
    ['as a key', ['config', 'show', CANARY]],
    ['as a key to explain', ['config', 'explain', CANARY]],
    ['as NAME=VALUE', ['config', 'show', `STRIPE_KEY=${CANARY}`]],
    ['as the value of an unknown command', ['secrets', 'set', `STRIPE_KEY=${CANARY}`]],
    ['as the value of an unknown command, as two words', ['config', 'set', 'STRIPE_KEY', CANARY]],
    ['as one argument too many', ['config', 'explain', 'server.port', CANARY]],
    ['as an argument of a command that takes none', ['config', 'check', CANARY]],
    ['as an option', ['config', 'show', `--${CANARY}`]],
    ['as an option with a value', ['config', 'show', `--token=${CANARY}`]],
    ['as the value of an unknown option', ['config', 'show', '--token', CANARY]],
    ['as a short option', ['config', 'show', `-${CANARY}`]],
    ['as the value of an option that takes none', ['config', 'show', `--json=${CANARY}`]],
    ['as a setting without a path', ['config', 'show', '--set', CANARY]],
    ['as a setting with an invalid path', ['config', 'show', '--set', `a..b=${CANARY}`]],
    ['as a setting with an invalid value', ['config', 'show', '--set', `server.port=${CANARY}`]],
    ['as a setting of a secret', ['config', 'show', 'app', '--set', `app.stripe_key=${CANARY}`]],
    ['as a directory', ['config', 'show', 'nope', '--cwd', CANARY]],
    ['after --', ['config', 'show', '--', CANARY]],
    ['before the command', [CANARY, 'config', 'show']],
    ['after the value of --profile', ['--profile', 'other', CANARY]],
  ])('%s', async (_, argv) => {
    for (const line of [argv, [...argv, '--json'], ['--json', ...argv]]) {
      const { out, err, code } = await run(root, line)
      // An unexpected error would not repeat it either, so it must not pass here.
      expect([EXIT.ok, EXIT.usage, EXIT.notFound, EXIT.validation]).toContain(code)
      for (const word of ['Zx81', 'Qw7', 'Rt4', 'sk-live']) expect(out + err).not.toContain(word)
    }
  })
  test('even if it is a secret of the project, typed as a key', async () => {
    const cwd = makeProject({ [PROFILE]: 'secrets: {validation: skip}', [SECRETS]: `{"stripe_key": "${CANARY}"}` })
    const { code, err } = await run(cwd, ['config', 'explain', CANARY])
    expect([code, err]).toEqual([5, expect.not.stringContaining('Zx81')])
  })
})

describe('a key that does not exist', () => {
  test.each([
    ['server.prot', 'server.port'],
    ['serve.port', 'server.port'],
    ['jwt_secrt', 'jwt_secret'],
    ['JWT_SECRT', 'JWT_SECRET'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['GRETING', 'GREETING'],
    ['port', 'server.port'],
    ['Port', 'server.port'],
    ['host', 'server.host'],
    ['nothing.like.it', undefined],
  ])('%s suggests %s', async (typed, meant) => {
    const cwd = makeProject({ ...COMPLETE, '.env': 'GREETING=hello' })
    for (const command of ['show', 'explain']) {
      const { code, err } = await run(cwd, ['config', command, typed])
      expect(code).toBe(5)
      expect(err).toMatch(/^Nothing sets that key\. /)
      if (meant === undefined) expect(err).not.toContain('Did you mean')
      else expect(err).toContain(`Did you mean ${meant}?`)
    }
  })
})
