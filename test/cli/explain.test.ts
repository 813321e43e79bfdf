import { beforeAll, describe, expect, test } from 'vitest'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const CANARY = 'canary-Zx81Qw7'
const FILES: Files = {
  [PROFILE]: `secrets: {validation: skip}
app:
  port: "8080"
  dsn: redis://default:\${CACHE_PASSWORD}@h/0
  far: \${LINK}
  greeting: hello \${NAME:-you}, \${OTHER:-nobody}
  list: [a, b]
server: {port: "8080"}
`,
  [SECRETS]: JSON.stringify({ cache_password: CANARY }),
  '.env': `NAME=me\nCACHE_PASSWORD=other-${CANARY}\nLINK=x-\${CACHE_PASSWORD}\nREDIS_URL=redis://:${CANARY}@h/0\n`,
  '.env.local': 'NAME=myself\n',
}
let root = ''
beforeAll(() => {
  root = makeProject(FILES)
})
const explain = (...argv: string[]) => run(root, ['config', 'explain', ...argv])

describe('config explain', () => {
  test('shows a value and its origin', async () => {
    expect(await explain('app.list')).toEqual({
      code: 0,
      out: `app.list = ["a","b"]

   value      layer    from
→  ["a","b"]  profile  ${PROFILE}:7:9
`,
      err: '',
      questions: [],
    })
  })
  test('shows the values that it overrides', async () => {
    const { out } = await run(root, ['config', 'explain', 'app.port', '--set', 'app.port=1'], {
      env: { SYSTEMPROMPT__APP__PORT: '2' },
    })
    expect(out).toBe(`app.port = 1

   value  layer        from
→  1      overrides    --set
   2      environment  SYSTEMPROMPT__APP__PORT
   8080   profile      ${PROFILE}:3:9
`)
  })
  test('masks a secret, and shows the references that it came through', async () => {
    expect((await explain('app.dsn')).out).toBe(`app.dsn = ••••

   value  layer    from
→  ••••   profile  ${PROFILE}:4:8

Secret: masked wherever it is shown; it comes from CACHE_PASSWORD.
Refers to CACHE_PASSWORD (dotenv, .env:2:1).
`)
    expect((await explain('app.far')).out).toContain('it comes from LINK → CACHE_PASSWORD.')
  })
  test('names the variables that were substituted, and those that are not set', async () => {
    expect((await explain('app.greeting')).out).toContain('Refers to NAME (dotenv, .env.local:1:1), OTHER (not set).')
    const { out } = await run(root, ['config', 'explain', 'app.greeting'], { env: { OTHER: 'x' } })
    expect(out).toContain('OTHER (environment).')
  })
  test('shows a type conversion', async () => {
    expect((await explain('server.port')).out).toMatch(/\n\nConverted from string to number\.\n$/)
  })
  test.each(['cache_password', 'CACHE_PASSWORD', 'cache-password', 'secrets.cache_password'])(
    'accepts the name of a secret as %s',
    async (name) => {
      expect((await explain(name)).out).toBe(`${name} = ••••

   value  layer    from
→  ••••   dotenv   .env:2:1
   ••••   secrets  ${SECRETS}:1:19

Secret: masked wherever it is shown.
`)
    },
  )
  test('accepts a variable of a .env file', async () => {
    expect((await explain('NAME')).out).toBe(`NAME = myself

   value   layer   from
→  myself  dotenv  .env.local:1:1
   me      dotenv  .env:1:1
`)
  })
  test('masks a variable whose value contains a password', async () => {
    const { out } = await explain('REDIS_URL')
    expect(out).toContain('REDIS_URL = ••••')
    expect(out).not.toContain('canary')
  })
  test('shows a map as one value', async () => {
    const { code, out } = await explain('app')
    expect(code).toBe(0)
    expect(out).not.toContain('canary')
    expect(out).toContain('"greeting":"hello myself, nobody"')
  })
  test('prints the same as data with --json', async () => {
    const { out } = await explain('app.dsn', '--json')
    expect(JSON.parse(out)).toEqual({
      path: 'app.dsn',
      explanations: [
        {
          value: '••••',
          origin: { layer: 'profile', file: PROFILE, line: 4, column: 8 },
          secret: true,
          references: [{ name: 'CACHE_PASSWORD', origin: { layer: 'dotenv', file: '.env', line: 2, column: 1 } }],
          through: ['CACHE_PASSWORD'],
        },
      ],
    })
  })
  test('accepts a path that begins with a dash after --', async () => {
    const cwd = makeProject({ [PROFILE]: '"-x": 1' })
    expect((await run(cwd, ['config', 'explain', '--', '-x'])).out).toContain('-x = 1')
  })
  test.each([40, 80])('fits in %i columns', async (columns) => {
    const { out } = await run(root, ['config', 'explain', 'app.list'], { columns })
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(columns)
  })
  test('uses colours only when they are enabled', async () => {
    expect((await explain('app.list')).out).not.toContain('\u001b')
    const { out } = await run(root, ['config', 'explain', 'app.list'], { color: true })
    expect(out).toContain('\u001b[1mapp.list\u001b[22m = \u001b[36m["a","b"]\u001b[39m')
  })
  test('ends with exit code 6 for an invalid configuration', async () => {
    const { code, out, err } = await explain('app.list', '--set', 'server.port=x')
    expect([code, out]).toEqual([6, ''])
    expect(err).toContain('server.port')
  })
})
