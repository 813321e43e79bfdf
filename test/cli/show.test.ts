import { beforeAll, describe, expect, test } from 'vitest'
import {
  COMPLETE,
  DATABASE_URL,
  type Files,
  JWT_SECRET,
  makeProject,
  PROFILE,
  SECRETS,
} from '../support/temp-project.ts'
import { run } from './recorder.ts'

const CANARY = 'canary-Zx81Qw7'
const FILES: Files = {
  [PROFILE]: `secrets: {validation: skip}
app:
  name: Acme
  dsn: redis://default:\${CACHE_PASSWORD}@h/0
  port: \${PORT}
  empty: ""
  nothing: null
  list: [a, b]
  none: {}
  nested:
    - name: one
      token: ${CANARY}
    - name: two
  "a.b c": 1
`,
  [SECRETS]: JSON.stringify({ cache_password: CANARY, jwt_secret: JWT_SECRET, database_url: DATABASE_URL }, null, 2),
  '.env': `PORT=8080\nREDIS_URL=redis://:${CANARY}@h/0\n`,
}
let root = ''
beforeAll(() => {
  root = makeProject(FILES)
})

/** The cells of the table, without its header row. */
const rows = (out: string): string[][] =>
  out
    .trimEnd()
    .split('\n')
    .slice(out.startsWith('Profile') || out.startsWith('No profile') ? 4 : 1)
    .map((line) => line.split(/ {2,}/))

const show = (...argv: string[]) => run(root, ['config', 'show', ...argv])
const value = async (...argv: string[]): Promise<unknown> =>
  (JSON.parse((await show(...argv, '--json')).out) as { value: unknown }).value

describe('config show', () => {
  test('shows every key with its value and origin, and the secrets by name', async () => {
    const { code, out } = await show()
    expect(code).toBe(0)
    expect(out.split('\n').slice(0, 4)).toEqual([
      'Profile local, the only one',
      `.env, ${SECRETS}, ${PROFILE}`,
      '',
      expect.stringMatching(/^key +value +layer +from$/),
    ])
    expect(rows(out)).toEqual(
      expect.arrayContaining([
        ['app.name', 'Acme', 'profile', `${PROFILE}:3:9`],
        ['app.dsn', '••••', 'profile', `${PROFILE}:4:8`],
        ['app.port', '8080', 'profile', `${PROFILE}:5:9`],
        ['app.nothing', 'null', 'profile', `${PROFILE}:7:12`],
        ['app.list', '["a","b"]', 'profile', `${PROFILE}:8:9`],
        ['app.none', '{}', 'profile', `${PROFILE}:9:9`],
        ['app.nested[0].name', 'one', 'profile', `${PROFILE}:11:13`],
        ['app.nested[0].token', '••••', 'profile', `${PROFILE}:12:14`],
        ['app["a.b c"]', '1', 'profile', `${PROFILE}:14:12`],
        ['runtime.log_level', 'normal', 'defaults', 'profile defaults'],
        ['secrets.cache_password', '••••', 'secrets', `${SECRETS}:2:21`],
        ['secrets.jwt_secret', '••••', 'secrets', `${SECRETS}:3:17`],
      ]),
    )
    expect(out).not.toContain('canary')
  })
  test('shows an empty string', async () => {
    expect((await show('app.empty')).out).toMatch(/^app\.empty +(?:"" +)?profile/m)
  })
  test('has no trailing spaces and ends with one newline', async () => {
    const { out } = await show()
    expect(out).not.toMatch(/ $/m)
    expect(out).toMatch(/[^\n]\n$/)
  })
  test('shows a hundred warnings, and says how to see the others', async () => {
    const tenants = Array.from({ length: 200 }, (_, at) => ({ id: at }))
    const cwd = makeProject({ ...COMPLETE, '.systemprompt/tenants.json': JSON.stringify({ tenants }, null, 1) })
    const { code, err } = await run(cwd, ['config', 'show', '--set', 'cloud.validation=warn'])
    expect(code).toBe(0)
    expect(err).toMatch(/^\n200 warnings\n/)
    expect(err.match(/contains a tenant without id or name/g)).toHaveLength(100)
    expect(err).toMatch(/\n {2}… and 100 more; 'systemprompt config show --json' has them all\n$/)
    expect(
      JSON.parse((await run(cwd, ['config', 'show', '--set', 'cloud.validation=warn', '--json'])).out),
    ).toMatchObject({ warnings: { length: 200 } })
  })
  test('says that there is no project', async () => {
    const cwd = makeProject({ '.env': 'SYSTEMPROMPT__APP__A=1' })
    const { code, out } = await run(cwd, ['config', 'show'])
    expect([code, out]).toEqual([
      0,
      "No profile; 'systemprompt init' creates one\n.env\n\nkey    value  layer   from\napp.a  1      dotenv  .env:1:1\n",
    ])
  })
  test('lists the variables of .env files, masked, with their places', async () => {
    const cwd = makeProject({ '.env': 'PORT=1\nMINE=canary\nANTHROPIC_API_KEY=canary\nSYSTEMPROMPT__A=1\n' })
    const { out } = await run(cwd, ['config', 'show'])
    expect(rows(out.replace(/\n\nThe values of variables are masked.*/, ''))).toEqual([
      ['a', '1', 'dotenv', '.env:4:1'],
      ['secrets.anthropic', '••••', 'dotenv', '.env:3:1'],
      ['MINE', '••••', 'dotenv', '.env:2:1'],
      ['PORT', '••••', 'dotenv', '.env:1:1'],
    ])
    expect(out).toMatch(/\n\nThe values of variables are masked: 'systemprompt config show NAME' shows one\.\n$/)
    expect(out).not.toContain('canary')
    expect(rows((await run(cwd, ['config', 'show', 'a'])).out)).toEqual([['a', '1', 'dotenv', '.env:4:1']])
    expect(rows((await run(cwd, ['config', 'show', 'PORT'])).out)).toEqual([['PORT', '1', 'dotenv', '.env:1:1']])
  })
  test('shows their values when secrets are shown', async () => {
    const cwd = makeProject({ '.env': 'PORT=1\nMINE=canary\n' })
    const { out } = await run(cwd, ['config', 'show', '--reveal', '-y'])
    expect(rows(out)).toEqual([
      ['MINE', 'canary', 'dotenv', '.env:2:1'],
      ['PORT', '1', 'dotenv', '.env:1:1'],
    ])
    expect(out).not.toContain('masked')
  })
  test('says that there is neither a project nor a file', async () => {
    const { code, out } = await run(makeProject(), ['config', 'show'])
    expect([code, out]).toEqual([0, "No profile; 'systemprompt init' creates one\nno files\n"])
  })
})

describe('config show with a schema for variables', () => {
  const project = (validate: string) =>
    makeProject({
      '.env': 'PORT=1\nOTHER=canary\nSTRIPE_KEY=canary\nDATABASE_URL=canary\n',
      'systemprompt.config.mjs': `export default { variables: { '~standard': { version: 1, vendor: 'test', validate: ${validate} } } }\n`,
    })
  const env = { PATH: '/bin', LEVEL: 'debug' }
  const some =
    '({ PORT, LEVEL, STRIPE_KEY, DATABASE_URL }) => ({ value: { PORT: Number(PORT), LEVEL, STRIPE_KEY, DATABASE_URL, HOST: "::", ID: 7n } })'

  test('shows the variables that the schema returns, with their origins', async () => {
    const { out } = await run(project(some), ['config', 'show'], { env })
    expect(rows(out.replace(/\n\nThe values of variables are masked.*/, ''))).toEqual([
      ['secrets.database_url', '••••', 'dotenv', '.env:4:1'],
      ['PORT', '1', 'dotenv', '.env:1:1'],
      ['LEVEL', 'debug', 'environment', 'LEVEL'],
      ['STRIPE_KEY', '••••', 'dotenv', '.env:3:1'],
      ['HOST', '::', 'defaults', 'schema'],
      ['ID', '7', 'defaults', 'schema'],
      ['OTHER', '••••', 'dotenv', '.env:2:1'],
    ])
    expect(out).not.toContain('canary')
  })
  test('shows them in JSON too, and a single one by its name', async () => {
    const cwd = project(some)
    const { out } = await run(cwd, ['config', 'show', '--json', '--reveal', '-y'], { env })
    expect(JSON.parse(out)).toMatchObject({ typed_variables: { PORT: 1, STRIPE_KEY: 'canary', ID: '7' } })
    const { out: hidden } = await run(cwd, ['config', 'show', '--json'], { env })
    expect(JSON.parse(hidden)).toMatchObject({ typed_variables: { LEVEL: 'debug', STRIPE_KEY: '••••', ID: '7' } })
    expect((await run(cwd, ['config', 'show', 'HOST'], { env })).out).toMatch(/^HOST +:: +defaults +schema$/m)
    const one = async (...args: string[]) =>
      JSON.parse((await run(cwd, ['config', 'show', '--json', ...args], { env })).out)
    expect(await one('PORT')).toEqual({ path: 'PORT', value: 1 })
    expect(await one('STRIPE_KEY')).toEqual({ path: 'STRIPE_KEY', value: '••••' })
    expect(await one('STRIPE_KEY', '--reveal', '-y')).toEqual({ path: 'STRIPE_KEY', value: 'canary' })
  })
  test('shows no variables of the environment that the schema passes through', async () => {
    const { out } = await run(project('(value) => ({ value })'), ['config', 'show'], { env })
    expect(out).not.toMatch(/LEVEL|PATH/)
    expect(out).toMatch(/^PORT +1 +dotenv/m)
  })
})

describe('config show with a path', () => {
  test.each([
    ['app.nested', ['app.nested[0].name', 'app.nested[0].token', 'app.nested[1].name']],
    ['app.nested[0]', ['app.nested[0].name', 'app.nested[0].token']],
    ['app.nested[1].name', ['app.nested[1].name']],
    ['app.list', ['app.list']],
    ['app["a.b c"]', ['app["a.b c"]']],
    ['["app"].nested[1]', ['app.nested[1].name']],
    ['app["name"]', ['app.name']],
    ['cache_password', ['secrets.cache_password']],
    ['secrets.cache_password', ['secrets.cache_password']],
    ['CACHE_PASSWORD', ['CACHE_PASSWORD']],
    ['PORT', ['PORT']],
  ])('shows what is at %s', async (path, keys) => {
    const { code, out } = await show(path)
    expect([code, rows(out).map(([key]) => key)]).toEqual([0, keys])
  })
  test('prints no headline, so that the output can be processed', async () => {
    expect((await show('app.name')).out).toBe(
      `key       value  layer    from\napp.name  Acme   profile  ${PROFILE}:3:9\n`,
    )
  })
  test('does not show keys that merely begin with the path', async () => {
    const cwd = makeProject({ [PROFILE]: 'app: 1\napple: 2\n' })
    expect(rows((await run(cwd, ['config', 'show', 'app'])).out)).toHaveLength(1)
  })
})

describe('config show --json', () => {
  test('prints profile, configuration, masked secrets and warnings', async () => {
    const { out, err } = await show('--json')
    const document = JSON.parse(out) as Record<string, unknown>
    expect(Object.keys(document)).toEqual(['profile', 'config', 'secrets', 'variables', 'warnings'])
    expect(document).toMatchObject({
      profile: 'local',
      config: { app: { name: 'Acme', dsn: '••••', port: 8080, empty: '', nothing: null, list: ['a', 'b'], none: {} } },
      secrets: { cache_password: '••••', jwt_secret: '••••', database_url: '••••' },
      variables: ['PORT', 'REDIS_URL'],
      warnings: [{ code: 'MISSING_KEY' }],
    })
    expect(out + err).not.toContain('canary')
  })
  test.each<[string, unknown]>([
    ['app.name', 'Acme'],
    ['app.dsn', '••••'],
    ['app.port', 8080],
    ['app.nothing', null],
    ['app.empty', ''],
    ['app.list', ['a', 'b']],
    ['app.list[1]', 'b'],
    ['app.nested', [{ name: 'one', token: '••••' }, { name: 'two' }]],
    ['app.nested[0].token', '••••'],
    ['cache_password', '••••'],
    ['CACHE_PASSWORD', '••••'],
    ['secrets.cache_password', '••••'],
    ['PORT', '8080'],
    ['REDIS_URL', '••••'],
  ])('prints the value of %s', async (path, expected) => {
    expect(await value(path)).toEqual(expected)
  })
})

describe('config show --reveal', () => {
  test.each<[string, unknown]>([
    ['app.dsn', `redis://default:${CANARY}@h/0`],
    ['app.nested', [{ name: 'one', token: CANARY }, { name: 'two' }]],
    ['app.nested[0].token', CANARY],
    ['cache_password', CANARY],
    ['CACHE_PASSWORD', CANARY],
    ['secrets.cache_password', CANARY],
    ['REDIS_URL', `redis://:${CANARY}@h/0`],
  ])('-y shows %s unmasked', async (path, expected) => {
    expect(await value(path, '--reveal', '-y')).toEqual(expected)
    if (typeof expected === 'string') expect((await show(path, '--reveal', '--yes')).out).toContain(expected)
  })
  test.each([40, 80])('shows a secret in full, even in %i columns', async (columns) => {
    for (const path of ['app.dsn', 'CACHE_PASSWORD', 'cache_password']) {
      const { out } = await run(root, ['config', 'show', path, '--reveal', '-y'], { columns })
      expect(out).toContain(CANARY)
    }
  })
  test('shows all secrets unmasked without a path', async () => {
    const document = JSON.parse((await show('--reveal', '-y', '--json')).out) as {
      config: { app: { dsn: string } }
      secrets: Record<string, string>
    }
    expect(document.config.app.dsn).toContain(CANARY)
    expect(document.secrets).toEqual({ cache_password: CANARY, jwt_secret: JWT_SECRET, database_url: DATABASE_URL })
    const { out } = await show('--reveal', '-y')
    expect(rows(out)).toContainEqual(['app.nested[0].token', CANARY, 'profile', `${PROFILE}:12:14`])
    expect(rows(out)).toContainEqual(['secrets.cache_password', CANARY, 'secrets', `${SECRETS}:2:21`])
  })
  test('is refused without a terminal', async () => {
    expect(await show('--reveal')).toEqual({
      code: 11,
      out: '',
      err: 'This prints secrets, and there is no interactive terminal to ask for confirmation. Add -y to print them.\n',
      questions: [],
    })
  })
  test('asks on a terminal, and obeys the answer', async () => {
    const question = ['Print the secrets of profile local?']
    const no = await run(root, ['config', 'show', '--reveal'], { isInteractive: true, answer: false })
    expect(no).toEqual({ code: 11, out: '', err: 'Nothing was printed.\n', questions: question })
    const yes = await run(root, ['config', 'show', 'app.dsn', '--reveal'], { isInteractive: true, answer: true })
    expect([yes.code, yes.questions, yes.out.includes(CANARY)]).toEqual([0, question, true])
    const unasked = await run(root, ['config', 'show', '--reveal', '-y'], { isInteractive: true })
    expect([unasked.code, unasked.questions]).toEqual([0, []])
  })
  test('asks nothing when there is nothing to show', async () => {
    const { code, questions } = await run(root, ['config', 'show', 'nope', '--reveal'], { isInteractive: true })
    expect([code, questions]).toEqual([5, []])
  })
  test('shows a variable that is also set in the environment, and a setting of a .env file, by name', async () => {
    const cwd = makeProject({ '.env': 'X_TOKEN=from-dotenv\nSYSTEMPROMPT__DB__PASSWORD=of-a-setting\n' })
    const env = { X_TOKEN: 'from-process' }
    for (const [name, value] of [
      ['X_TOKEN', 'from-process'],
      ['SYSTEMPROMPT__DB__PASSWORD', 'of-a-setting'],
    ] as const) {
      const masked = await run(cwd, ['config', 'show', name, '--json'], { env })
      expect(JSON.parse(masked.out)).toEqual({ path: name, value: '••••' })
      const revealed = await run(cwd, ['config', 'show', name, '--reveal', '-y', '--json'], { env })
      expect(JSON.parse(revealed.out)).toEqual({ path: name, value })
      expect((await run(cwd, ['config', 'show', name, '--reveal', '-y'], { env })).out).toContain(` ${value} `)
    }
  })
  test('is needed to show secrets: -y alone shows none', async () => {
    expect((await show('-y')).out).not.toContain('canary')
  })
})

describe('the table of config show', () => {
  const widths = (out: string): number[] =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => [...line].length)
  test.each([40, 60, 80])('fits in %i columns', async (columns) => {
    const { out } = await run(root, ['config', 'show'], { columns })
    expect(
      Math.max(
        ...widths(
          out
            .replace(/\n\nThe values .*/, '')
            .split('\n')
            .slice(3)
            .join('\n'),
        ),
      ),
    ).toBeLessThanOrEqual(columns)
    expect(out).toContain('…')
  })
  test('is as wide as necessary when the output is not a terminal', async () => {
    expect((await show()).out).not.toContain('…')
  })
  test('truncates values at their end, and origins at their beginning', async () => {
    const cwd = makeProject({ [PROFILE]: `app: {text: ${'word '.repeat(30)}}` })
    const { out } = await run(cwd, ['config', 'show', 'app.text'], { columns: 80 })
    expect(out.split('\n')[1]).toMatch(/^app\.text {2}word .*… +profile +…?.*profile\.yaml:1:13$/)
  })
  test('has no column wider than its longest cell', async () => {
    const { out } = await run(root, ['config', 'show', 'app.name'], { columns: 50 })
    expect(out.split('\n')[0]).toBe('key       value  layer    from')
  })
  test('truncates origins before values, and drops columns before it truncates keys or file names', async () => {
    const port = async (columns: number) => {
      const { out } = await run(makeProject(COMPLETE), ['config', 'show', 'server'], { columns })
      return out.split('\n').filter((line) => /^(?:key|server\.api_ser)/.test(line))
    }
    expect(await port(100)).toEqual([
      'key                          value                  layer     from',
      'server.api_server_url        http://localhost:8080  profile   …mpt/profiles/local/profile.yaml:10:19',
    ])
    expect(await port(80)).toEqual([
      'key                          value                layer     from',
      'server.api_server_url        http://localhost:8…  profile   …/profile.yaml:10:19',
    ])
    expect(await port(60)).toEqual([
      'key                          value',
      'server.api_server_url        http://localhost:8080',
    ])
    expect(await port(40)).toEqual(['key                          value', 'server.api_server_url        http://loc…'])
  })
  test('stays readable in a very narrow terminal', async () => {
    for (const columns of [0, 1, 10, 20]) {
      const { code, out } = await run(root, ['config', 'show', 'app'], { columns })
      expect(code).toBe(0)
      expect(out).toContain('app.na')
    }
  })
  test('counts characters of double width as two columns', async () => {
    const cwd = makeProject({ [PROFILE]: 'app:\n  a: 日本語\n  b: 👍\n  c: abc\n' })
    const lines = (await run(cwd, ['config', 'show', 'app'])).out.trimEnd().split('\n')
    const columns = lines.slice(1).map((line) => {
      const before = line.slice(0, line.indexOf('profile'))
      return [...before].reduce(
        (sum, character) => sum + (/[\u1100-\u9fff\u{1f300}-\u{1faff}]/u.test(character) ? 2 : 1),
        0,
      )
    })
    expect(new Set(columns).size).toBe(1)
  })
  test('escapes control characters in values and keys', async () => {
    const cwd = makeProject({ [PROFILE]: 'app:\n  a: "x\\e[31m\\x9b\\u202e\\n\\ty"\n  "k\\e[2J\\x9b\\u202e": 1\n' })
    for (const argv of [
      ['config', 'show'],
      ['config', 'show', 'app'],
      ['config', 'explain', 'app'],
      ['config', 'explain', 'app.a'],
    ]) {
      const { out, err } = await run(cwd, argv)
      expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    }
    expect((await run(cwd, ['config', 'show', 'app.a'])).out).toContain('x\\u001b[31m\\u009b\\u202e\\n\\u0009y')
  })
  test.each([[[]], [['--json']]] as [string[]][])(
    'escapes control characters in file names with flags %j',
    async (flags) => {
      const cwd = makeProject({ [PROFILE]: 'a: 1', 'services/\u001b[2J\u009b/config.yaml': 'a: 1' })
      for (const argv of [['show'], ['check'], ['show', 'services']]) {
        const { out, err } = await run(cwd, ['config', ...argv, ...flags])
        expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      }
    },
  )
  test('escapes control characters in JSON without changing the data', async () => {
    const cwd = makeProject({ [PROFILE]: 'app: {a: "x\\e[2J\\x9b31m\\u202e"}' })
    for (const argv of [
      ['show', 'app'],
      ['show', 'app.a'],
      ['explain', 'app.a'],
    ]) {
      const { out } = await run(cwd, ['config', ...argv, '--json'])
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(JSON.stringify(JSON.parse(out))).toContain('x\\u001b[2J\u009b31m\u202e')
    }
  })
  test('uses colours only when they are enabled', async () => {
    expect((await show()).out).not.toContain('\u001b')
    expect((await run(root, ['config', 'show'], { color: true })).out).toContain('\u001b[2mkey')
  })
})

describe('config show with a schema of the project', () => {
  const files = (schema: string): Files => ({
    ...FILES,
    'systemprompt.config.mjs': `const answer = (value) => ${schema}
export default { schema: { '~standard': { version: 1, vendor: 'own', validate: answer } } }`,
  })
  test('shows the configuration that the schema returns', async () => {
    const cwd = makeProject(files(`({ value: { made: 1, list: [{ a: 1 }], gone: undefined } })`))
    expect(rows((await run(cwd, ['config', 'show'])).out).slice(0, 2)).toEqual([
      ['made', '1', 'defaults', 'schema'],
      ['list[0].a', '1', 'defaults', 'schema'],
    ])
  })
  test.each([
    ['a date', 'new Date(0)', '1970-01-01T00:00:00.000Z'],
    ['a URL', `new URL('http://h/')`, 'http://h/'],
    ['a big integer', '12n', '12'],
    ['a map', 'new Map([["a", 1]])', ''],
    ['a function', '() => 1', ''],
    ['a symbol', 'Symbol("s")', ''],
  ])('does not fail on %s', async (_, expression, text) => {
    const cwd = makeProject(files(`({ value: { made: ${expression}, other: 1 } })`))
    for (const argv of [
      ['config', 'show'],
      ['config', 'show', '--json'],
      ['config', 'show', 'made'],
      ['config', 'explain', 'made'],
    ]) {
      const { code, out } = await run(cwd, argv)
      expect([argv, code]).toEqual([argv, 0])
      if (argv.length === 2) expect(out).toContain(text)
    }
  })
  test('ends with exit code 6 when the schema reports an issue', async () => {
    const cwd = makeProject(files(`({ issues: [{ message: 'no', path: ['app', 'name'] }] })`))
    const { code, out, err } = await run(cwd, ['config', 'show'])
    expect([code, out]).toEqual([6, ''])
    expect(err).toContain(`${PROFILE}:3:9  app.name  no`)
  })
})
