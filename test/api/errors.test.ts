import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  ConfigError,
  isConfigError,
  type LoadOptions,
  loadConfigSync,
  PROBLEM_CODES,
  type Problem,
  type ProblemCode,
  renderProblem,
} from '../../src/index.ts'
import { configErrorOf } from '../support/config-error.ts'
import { type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

function failure(files: Files, options: LoadOptions = {}): ConfigError {
  return configErrorOf(() => loadConfigSync({ cwd: makeProject(files), env: {}, ...options }))
}

/** The error about a profile with this text. */
const broken = (profile: string): ConfigError => failure({ [PROFILE]: profile })

const problem = (given: Partial<Problem> = {}): Problem => ({
  code: 'INVALID_VALUE',
  message: 'is wrong',
  docs: '@systemprompt/env/docs/errors.md#invalid_value',
  ...given,
})

describe('the message of a ConfigError', () => {
  test('has a header, every problem with place, key, message, remedy and frame, and links to the documentation', () => {
    const error = failure({
      [PROFILE]: 'server:\n  port: eighty\ntarget: mars\napp:\n  a: ${NO_A}\n',
      [SECRETS]: '{"jwt_secret": "short"}',
    })
    expect(error.message).toBe(`The configuration of profile local is not valid: 4 problems

  ${PROFILE}:2:9  server.port  is not a whole number from 1 to 65535  → write a whole number such as 8080
      2 |   port: eighty
        |         ^
  ${PROFILE}:3:9  target  is not one of local, cloud  → write one of local, cloud
      3 | target: mars
        |         ^
  ${PROFILE}:5:6  app.a  refers to \${NO_A}, but NO_A is not set  → export NO_A, add it to .env, or write \${NO_A:-default}
      5 |   a: \${NO_A}
        |      ^
  ${SECRETS}:1:16  JWT_SECRET  is shorter than 32 characters  → openssl rand -base64 48 makes a good one

More: @systemprompt/env/docs/errors.md#invalid_value
      @systemprompt/env/docs/errors.md#undefined_variable
      @systemprompt/env/docs/errors.md#secret_invalid`)
  })
  test('says where each variable in a rejected value is set', () => {
    const files = {
      [PROFILE]:
        'server:\n  port: ${PORT:-8080}\n  api_server_url: ${SCHEME:-ftp}://${HOST}\nmine: {size: "${SIZE}"}\n',
      '.env': 'HOST=a.example\nSIZE=many\n',
    }
    const schema = z.object({ mine: z.object({ size: z.number() }) })
    const { issues } = failure(files, { env: { PORT: 'eighty' }, schema })
    expect(issues.map(({ key, message }) => `${key} ${message}`)).toEqual([
      'server.port is not a whole number from 1 to 65535; refers to PORT (environment)',
      'server.api_server_url is not an absolute http(s) URL; refers to SCHEME (not set), HOST (.env:1:1)',
      'mine.size Invalid input: expected number, received string; refers to SIZE (.env:2:1)',
    ])
  })
  test('names the first five variables in a rejected value', () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
    const port = names.map((name) => `\${${name}}`).join('')
    const env = Object.fromEntries(names.map((name) => [name, 'x']))
    const [issue] = failure({ [PROFILE]: `server: {port: "${port}"}\n` }, { env }).issues
    expect(issue?.message).toMatch(/; refers to A \(environment\), .*, E \(environment\) and 2 more$/)
  })
  test('uses the singular for one problem', () => {
    expect(broken('target: mars').message).toMatch(/^The configuration of profile local is not valid: 1 problem\n/)
  })
  test('names no profile without one', () => {
    expect(failure({}, { secrets: { required: ['A'] } }).message).toMatch(
      /^The configuration is not valid: 1 problem\n/,
    )
  })
  test('lists problems file by file and from top to bottom', () => {
    const error = failure({
      [PROFILE]: 'z: ${NO_Z}\na: ${NO_A}\nserver: {port: x}\n',
      'services/one/config.yaml': 'b: 1\na: ${NO_A}\nc: ${NO_C}\n',
      '.env': 'B=${NO_B}\nA=${NO_A}\n',
    })
    const places = error.issues.map(({ file, line }) => `${file?.split('/').at(-1)}:${line}`)
    for (const file of ['profile.yaml', 'config.yaml', '.env']) {
      const lines = places.filter((place) => place.startsWith(file))
      expect(lines).toEqual([...lines].sort())
      const [first, last] = [places.indexOf(lines[0] ?? ''), places.lastIndexOf(lines.at(-1) ?? '')]
      expect(last - first).toBe(lines.length - 1)
    }
    expect(places.length).toBeGreaterThanOrEqual(7)
  })
  test('lists a problem once, however often it was found', () => {
    const files: Files = { [PROFILE]: 'a: ${X}\nb: ${X}\nc: ${Y}${Y}', '.env': 'X=${NOPE}\n' }
    const issues = failure(files).issues.map(({ key, line }) => [key, line])
    expect(issues).toEqual([...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()])
    expect(issues.filter(([key]) => key === 'X')).toHaveLength(1)
    expect(issues.filter(([key]) => key === 'c')).toHaveLength(1)
  })
  test.each<[string, Partial<Problem>, string]>([
    [
      'everything',
      { file: 'a.yaml', line: 1, column: 2, key: 'k', remedy: 'mend it', frame: 'F' },
      '  a.yaml:1:2  k  is wrong  → mend it\nF',
    ],
    ['no place', { key: 'k', remedy: 'mend it' }, '  k  is wrong  → mend it'],
    ['no line', { file: 'a.yaml' }, '  a.yaml  is wrong'],
    ['the message alone', {}, '  is wrong'],
    ['an empty key', { key: '' }, '  is wrong'],
  ])('renderProblem: %s', (_, given, expected) => {
    expect(renderProblem(problem(given))).toBe(expected)
  })
})

describe('a reference in brackets, which YAML reads as a map', () => {
  test.each(['a: [${X}]', 'a: [x, ${X}]', 'a: {b: ${X}}', 'a: [${X:-y}]', 'a: {b: x${X}}'])(
    '%s: the remedy says to quote it',
    (profile) => {
      const { issues } = failure({ [PROFILE]: profile }, { env: { X: '1' } })
      expect(issues).toMatchObject([{ code: 'SYNTAX', file: PROFILE, line: 1 }])
      expect(issues[0]?.remedy).toMatch(/quote/)
    },
  )
})

describe('an error in the value of a setting has the place of the setting', () => {
  test.each([
    ['[1,', 'SYNTAX', 'has a bracket that is never closed'],
    ['{a: 1, a: 2}', 'DUPLICATE_KEY', 'contains the same key twice'],
    ['{__proto__: 1}', 'FORBIDDEN_KEY', 'names a key that reaches an object’s prototype'],
    ['[!!js/function x]', 'UNSUPPORTED_YAML', undefined],
  ])('%s', (value, code, message) => {
    const key = 'SYSTEMPROMPT__M'
    const [inFile, ...more] = failure({ '.env': `X=1\nY=2\nZ=3\n${key}=${value}\n` }).issues
    expect(inFile).toMatchObject({ code, key, file: '.env', line: 4, column: 1, ...(message ? { message } : {}) })
    expect(more).toEqual([])
    const [inEnvironment] = failure({}, { env: { [key]: value } }).issues
    expect(inEnvironment).toMatchObject({ code, key, name: key, message: inFile?.message })
    expect(inEnvironment && renderProblem(inEnvironment)).toMatch(/^ {2}SYSTEMPROMPT__M {2}[a-z]/)
  })
  test('without showing the value', () => {
    const error = failure({}, { env: { SYSTEMPROMPT__M: '{canary: 1, canary: 2}' } })
    expect(error.message + JSON.stringify(error)).not.toContain('canary')
  })
})

describe('a frame', () => {
  const frameOf = (profile: string): string | undefined => broken(profile).issues[0]?.frame
  test('has the line with a caret below the place', () => {
    expect(frameOf('a: 1\ntarget:    mars # of war\n')).toBe(
      '      2 | target:    mars # of war\n        |            ^',
    )
  })
  test('keeps tabs, so that the caret is in the right place', () => {
    expect(frameOf('target:\tmars')).toBe('      1 | target:\tmars\n        |        \t^')
  })
  test('counts a column as editors do, in UTF-16 units', () => {
    const [issue] = broken('{"é𝄞": 1, target: mars}').issues
    expect([issue?.line, issue?.column]).toEqual([1, 20])
  })
  test.each(['ä', '日本', '👩‍👩‍👧', 'e\u0301'])('shows %s unchanged', (text) => {
    expect(frameOf(`target: mars # ${text}`)).toContain(text)
  })
  test('is omitted if the line is longer than 160 characters', () => {
    expect(frameOf(`target: mars # ${'x '.repeat(72)}`)).toBeDefined()
    expect(frameOf(`target: mars # ${'x '.repeat(75)}`)).toBeUndefined()
  })
  test('is correct in the last line, without a newline, and after CRLF and a BOM', () => {
    expect(frameOf('\ufeffa: 1\r\ntarget: mars\r\n')).toBe('      2 | target: mars\n        |         ^')
    expect(frameOf('a: 1\n\n\ntarget: mars')).toBe('      4 | target: mars\n        |         ^')
  })
  test('keeps its gutter aligned in line 12345', () => {
    expect(frameOf(`${'\n'.repeat(12344)}target: mars`)).toBe('  12345 | target: mars\n        |         ^')
  })
  test('is omitted for a missing key', () => {
    const [issue] = failure({ [PROFILE]: 'a: 1' }, { strict: true }).issues
    expect(issue).toMatchObject({ code: 'MISSING_KEY' })
    expect(issue?.frame).toBeUndefined()
  })
})

describe('a frame is never shown', () => {
  test.each<[string, Files, LoadOptions]>([
    ['from secrets.json', { [PROFILE]: '', [SECRETS]: '{"jwt_secret": "canary"}' }, {}],
    ['from a secrets.json that does not parse', { [PROFILE]: '', [SECRETS]: '{"jwt_secret": "canary" "x": 1}' }, {}],
    ['from a secrets.json with a duplicate key', { [PROFILE]: '', [SECRETS]: '{"canary": 1, "canary": 2}' }, {}],
    ['from .env', { '.env': 'A=canary${NOPE}' }, {}],
    ['from a .env whose variable sets a key', { '.env': 'SYSTEMPROMPT__SERVER__PORT=canary', [PROFILE]: 'a: 1' }, {}],
    ['from credentials.json', { [PROFILE]: '', '.systemprompt/credentials.json': '{"api_token": "canary" 1}' }, {}],
    [
      'from a credentials.json without an e-mail',
      { [PROFILE]: '', '.systemprompt/credentials.json': '{"api_token": "canary"}' },
      {},
    ],
    ['from tenants.json', { [PROFILE]: '', '.systemprompt/tenants.json': '{"tenants": "canary"}' }, {}],
    ['from a variable', {}, { env: { SYSTEMPROMPT__A: '[canary' } }],
    ['from a file that a variable names', { run: 'canary\0' }, { env: { DATABASE_URL_FILE: 'run' } }],
    ['from an override', {}, { overrides: { a: () => 'canary' } }],
    ...['.env', '.env.local', 'production.env', 'Staging.ENV', 'secrets.json', 'credentials.json', 'tenants.json'].map(
      (name): [string, Files, LoadOptions] => [
        `from a ${name} that is given as a profile`,
        { '.systemprompt/': '', [name]: 'NAME=canary\nOTHER: [canary\n' },
        { profile: `./${name}` },
      ],
    ),
    [
      'from a .env that parses as a profile',
      { '.systemprompt/': '', '.env': 'target: canary\n' },
      { profile: './.env' },
    ],
    [
      'from a .env that a service includes',
      { '.systemprompt/': '', 'services/config/config.yaml': 'includes: [.env]', 'services/config/.env': 'A=canary' },
      {},
    ],
  ])('%s', (_, files, options) => {
    const error = failure(files, options)
    expect(error.issues.length).toBeGreaterThan(0)
    expect(error.issues.map(({ frame }) => frame)).toEqual(error.issues.map(() => undefined))
    expect(error.message + JSON.stringify(error) + inspect(error, { depth: 9 })).not.toContain('canary')
  })
  test.each([
    'password: canary-${NOPE}',
    'app: {apiToken: "canary-${NOPE}"}',
    '"secret-key": canary-${NOPE}',
    "'db_pass' : canary-${NOPE}",
    'app: {token: canary, name: "${NOPE}"}',
    'name: ${NOPE} # password: canary',
    'smtp:\n  password:\n    canary-${NOPE}',
    'smtp:\n  password: >-\n    canary words\n    and ${NOPE}',
    'smtp:\n  password: |\n    canary-${NOPE}',
    'tokens:\n  - canary-${NOPE}',
    'tokens:\n  -\n    canary-${NOPE}',
    'smtp: {password:\n  "canary-${NOPE}"}',
    'smtp:\n  password: "canary\n    and ${NOPE}"',
    'smtp:\n  ? password\n  : canary-${NOPE}',
    'password: &anchor canary-${NOPE}\nother: *anchor',
  ])('from a value whose key sounds secret: %j', (profile) => {
    const error = broken(profile)
    expect(error.code).toBe('UNDEFINED_VARIABLE')
    expect(error.message + JSON.stringify(error)).not.toContain('canary')
  })
  test.each([
    'password:\n  "canary\nother: 1',
    'smtp: {password:\n  canary-${NOPE}}',
    'tokens:\n  - canary: [1\n',
    'password: "canary',
    'password: [canary',
    'password: canary: 1',
    'password:\n  canary: 1\n canary\n',
  ])('from a syntax error below a key that sounds secret: %j', (profile) => {
    const error = broken(profile)
    expect(error.code).toBe('SYNTAX')
    expect(error.issues.map(({ frame }) => frame ?? '').join('\n')).not.toContain('canary')
  })
  test.each([
    ['an opaque string', 'a: ${NOPE} sk4Rt8Wq2ZxLmN7pQb3v', 'sk4Rt8Wq2ZxLmN7pQb3v'],
    ['a hexadecimal string', 'a: ${NOPE} # 9f86d081884c7d659a2feaa0c55ad015', '9f86d081884c7d65'],
    ['a long string of letters', 'a: ${NOPE} # qwertzuiopasdfghjklyxcvbnm', 'qwertzuiop'],
    ['a JWT', 'a: ${NOPE} # eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw', 'SflKxwRJSM'],
    ['a password in a URL', 'a: redis://me:pw@${NOPE}/0', ':pw@'],
    ['a user in a URL', 'a: redis://short@${NOPE}/0', 'short@'],
  ])('with %s unmasked', (_, profile, canary) => {
    const [issue] = broken(profile).issues
    expect(issue?.frame).toContain('•')
    expect(issue?.frame).not.toContain(canary)
    expect(issue?.frame?.split('\n')[0]).toHaveLength(`      1 | ${profile}`.length)
  })
  test('with ordinary words masked', () => {
    const line = 'target: mars # see https://docs.example/profiles/target for what it may be'
    expect(broken(line).issues[0]?.frame).toContain(line)
  })
})

describe('control characters of hostile input do not reach the terminal', () => {
  const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/
  const ESCAPE = '\u001b[2J\u009b31m\u202e'
  const YAML_ESCAPE = '\\e[2J\\x9b31m\\u202e'
  test.each<[string, Files, LoadOptions?]>([
    ['in a quoted line', { [PROFILE]: `target: mars # \u009b31m\u202e\u2066\u200f` }],
    ['in a key', { [PROFILE]: `"${YAML_ESCAPE}": \${NOPE}` }],
    ['in a duplicate key', { [PROFILE]: `{"${YAML_ESCAPE}": 1, "${YAML_ESCAPE}": 2}` }],
    ['in a value', { [PROFILE]: `target: "${YAML_ESCAPE}"` }],
    ['in an include', { 'services/config/config.yaml': `includes: ["../${YAML_ESCAPE}.yaml"]`, '.systemprompt/': '' }],
    [
      'in an include that leads outside',
      { 'services/config/config.yaml': `includes: ["../../${YAML_ESCAPE}.yaml"]`, '.systemprompt/': '' },
    ],
    ['in the message of a reference', { [PROFILE]: `a: "\${NOPE:?${YAML_ESCAPE}}"` }],
    ['in a reference that is not set', { [PROFILE]: `a: "x\${NOPE:?}${YAML_ESCAPE}"` }],
    ['in the name of a service', { [`services/${ESCAPE}/config.yaml`]: 'a: ${NOPE}', '.systemprompt/': '' }],
    ['in the name of a secret', { [PROFILE]: '', [SECRETS]: `{${JSON.stringify(ESCAPE)}: "x"}` }],
    ['in a spelling of a secret', { [PROFILE]: '', [SECRETS]: '{"a\\u009b": {}, "b\\u202e": []}' }],
    [
      'in the active tenant',
      {
        [PROFILE]: 'a: ${NOPE}',
        '.systemprompt/tenants.json': `{"tenants": [], "active_tenant": ${JSON.stringify(ESCAPE)}}`,
      },
    ],
    ['in the name of a profile', {}, { profile: ESCAPE }],
    ['in the path of a profile', {}, { profile: `./${ESCAPE}` }],
    ['in the variable of a profile', {}, { env: { SYSTEMPROMPT_PROFILE: `./${ESCAPE}` } }],
    ['in the name of a variable', {}, { env: { [`SYSTEMPROMPT__${ESCAPE}__`]: '1' } }],
    [
      'in the path of a file of secrets',
      {},
      { env: { DATABASE_URL_FILE: ESCAPE }, secrets: { required: ['DATABASE_URL'] } },
    ],
    ['in the name of a required secret', {}, { secrets: { required: [ESCAPE] } }],
    ['in the key of an override', {}, { overrides: { [`${ESCAPE}`]: () => 1 } }],
    ['in the name of a .env file', { [`${ESCAPE}.env`]: 'A=${NOPE}' }, { dotenv: [`${ESCAPE}.env`] }],
  ])('%s', (_, files, options) => {
    const error = failure(files, options)
    expect(error.message).not.toMatch(CONTROL)
    for (const issue of error.issues) expect(renderProblem(issue)).not.toMatch(CONTROL)
  })
})

describe('isConfigError', () => {
  const real = broken('target: mars')
  /** What another copy of this package would throw: the same shape, another class. */
  class ConfigErrorOfAnotherCopy extends Error {
    override readonly name = 'ConfigError'
    readonly code: string
    readonly issues: readonly { code: string }[]
    constructor(code: string) {
      super('The configuration is not valid')
      this.code = code
      this.issues = [{ code }]
    }
  }
  const context = createContext({})
  const elsewhere = (script: string): unknown => runInContext(script, context)

  test.each<[string, unknown]>([
    ['an error of this package', real],
    ['an error of another copy of the package', new ConfigErrorOfAnotherCopy('INVALID_VALUE')],
    [
      'an error of another realm',
      elsewhere(`class ConfigError extends Error {
        constructor() { super('no'); this.name = 'ConfigError'; this.code = 'INVALID_VALUE'; this.issues = [{ code: 'INVALID_VALUE' }] }
      }
      new ConfigError()`),
    ],
  ])('accepts %s', (_, error) => {
    expect(isConfigError(error)).toBe(true)
    expect(isConfigError(error, 'INVALID_VALUE')).toBe(true)
    expect(isConfigError(error, 'SYNTAX')).toBe(false)
  })
  test('matches the code of any issue, not only of the first', () => {
    const error = broken('target: mars\na: ${NOPE}')
    expect(error.code).toBe('INVALID_VALUE')
    expect([isConfigError(error, 'INVALID_VALUE'), isConfigError(error, 'UNDEFINED_VARIABLE')]).toEqual([true, true])
  })
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'ConfigError'],
    ['another error', new Error('ConfigError')],
    ['an error that only has the name', Object.assign(new Error('x'), { name: 'ConfigError' })],
    ['an error whose issues are not a list', Object.assign(new Error('x'), { name: 'ConfigError', issues: {} })],
    ['an object of the same shape that is not an error', { name: 'ConfigError', message: 'x', issues: [] }],
    ['a ConfigError that went through JSON', JSON.parse(JSON.stringify(real))],
  ])('rejects %s', (_, error) => {
    expect(isConfigError(error)).toBe(false)
  })
  test('ignores malformed issues', () => {
    const error = Object.assign(new Error('x'), {
      name: 'ConfigError',
      issues: [null, 1, 'SYNTAX', { code: 'SYNTAX' }],
    })
    expect([isConfigError(error, 'SYNTAX'), isConfigError(error, 'TOO_DEEP')]).toEqual([true, false])
  })
  test('narrows the type', () => {
    const error: unknown = real
    if (!isConfigError(error)) throw new Error('is one')
    expectTypeOf(error).toEqualTypeOf<ConfigError>()
    expectTypeOf(error.code).toEqualTypeOf<ProblemCode>()
    // @ts-expect-error not a code of ours
    expect(isConfigError(error, 'NOPE')).toBe(false)
  })
})

describe('a ConfigError as data', () => {
  const error = broken('target: mars\n')
  test('is an error with the code of its first issue', () => {
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.code]).toEqual(['ConfigError', 'INVALID_VALUE'])
    expect(String(error)).toBe(`ConfigError: ${error.message}`)
  })
  test('has issues as frozen data', () => {
    expect(error.issues).toEqual([
      {
        code: 'INVALID_VALUE',
        key: 'target',
        message: 'is not one of local, cloud',
        remedy: 'write one of local, cloud',
        file: PROFILE,
        line: 1,
        column: 9,
        frame: '      1 | target: mars\n        |         ^',
        docs: '@systemprompt/env/docs/errors.md#invalid_value',
      },
    ])
    expect(Object.isFrozen(error.issues)).toBe(true)
  })
  test('has its name, code and issues in JSON', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ConfigError',
      code: 'INVALID_VALUE',
      issues: error.issues,
    })
    expect(JSON.parse(JSON.stringify({ error })).error.code).toBe('INVALID_VALUE')
  })
  test('shows everything once when it is printed', () => {
    const uncaught = inspect(error, { customInspect: false })
    expect(uncaught).toBe(`${error.stack} {\n  code: 'INVALID_VALUE'\n}`)
    expect(uncaught.split('write one of local, cloud')).toHaveLength(2)
  })
  test('keeps its message and stack in a clone', () => {
    const clone = structuredClone(error)
    expect([clone.message, clone.stack]).toEqual([error.message, error.stack])
  })
  test('can be constructed from issues', () => {
    expect(new ConfigError([problem()]).message).toBe(
      'The configuration is not valid: 1 problem\n\n  is wrong\n\nMore: @systemprompt/env/docs/errors.md#invalid_value',
    )
    expect(new ConfigError([problem()], { title: 'Two of a kind' }).message).toMatch(/^Two of a kind: 1 problem\n/)
    expect(new ConfigError([]).issues).toEqual([])
  })
})

describe('the codes', () => {
  test('are unique and all used', () => {
    expect(new Set(PROBLEM_CODES).size).toBe(PROBLEM_CODES.length)
    const sources = ['src', 'integrations']
      .map((name) => fileURLToPath(new URL(`../../${name}`, import.meta.url)))
      .flatMap((directory) =>
        readdirSync(directory, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
          .map((name) => readFileSync(join(directory, name), 'utf8')),
      )
      .join('\n')
    expect(PROBLEM_CODES.filter((code) => !sources.includes(`'${code}'`))).toEqual([])
  })
  const docs = fileURLToPath(new URL('../../docs/errors.md', import.meta.url))
  test.skipIf(!existsSync(docs))('are exactly the headings in docs/errors.md', () => {
    const headings = [...readFileSync(docs, 'utf8').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings.filter((heading) => /^[A-Z_]+$/.test(heading ?? '')).sort()).toEqual([...PROBLEM_CODES].sort())
  })
  test('are the headings that the links of problems point to', () => {
    for (const { code, docs: link } of broken('target: mars\na: ${NOPE}').issues)
      expect(link).toBe(`@systemprompt/env/docs/errors.md#${code.toLowerCase()}`)
  })
})
