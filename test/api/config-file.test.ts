import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  defineConfig,
  isConfigError,
  type LoadOptions,
  loadConfig,
  loadConfigSync,
  type ResolvedConfig,
} from '../../src/index.ts'
import { COMPLETE, type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const PROJECT: Files = { [PROFILE]: 'secrets: {validation: skip}\nlist: [file]\n' }

async function load(files: Files, options: LoadOptions = {}): Promise<ResolvedConfig> {
  return (await loadConfig({ cwd: makeProject({ ...PROJECT, ...files }), env: {}, ...options })) as ResolvedConfig
}

async function failure(files: Files, options: LoadOptions = {}) {
  const error: unknown = await load(files, options).catch((thrown: unknown) => thrown)
  if (!isConfigError(error)) throw new Error('no ConfigError was thrown', { cause: error })
  return error
}

/** A project in which the built package and schema libraries can be imported. */
function withPackages(files: Files): string {
  const root = makeProject({ ...PROJECT, ...files, 'node_modules/@systemprompt/': '' })
  symlinkSync(repository, join(root, 'node_modules/@systemprompt/env'), 'junction')
  for (const name of ['valibot', 'zod'])
    symlinkSync(join(repository, 'node_modules', name), join(root, 'node_modules', name), 'junction')
  return root
}

const VALUE = 'defaults: { app: { from: "file" } }'

describe('systemprompt.config.* sets the options', () => {
  test.each<[string, string]>([
    ['ts', `const from: string = 'file'\nexport default { defaults: { app: { from } } }`],
    ['mts', `const from: string = 'file'\nexport default { defaults: { app: { from } } }`],
    ['cts', `const from: string = 'file'\nmodule.exports = { defaults: { app: { from } } }`],
    ['js', `export default { ${VALUE} }`],
    ['mjs', `export default { ${VALUE} }`],
    ['cjs', `module.exports = { ${VALUE} }`],
    ['json', '{"defaults": {"app": {"from": "file"}}}'],
    ['yaml', 'defaults:\n  app:\n    from: file\n'],
    ['yml', 'defaults:\n  app:\n    from: file\n'],
  ])('as .%s', async (extension, content) => {
    const { config, explain } = await load({ [`systemprompt.config.${extension}`]: content })
    expect(config.app).toEqual({ from: 'file' })
    const file = `systemprompt.config.${extension}`
    expect(explain('app.from')).toEqual([{ value: 'file', origin: { layer: 'defaults', file } }])
  })
  test.each(['ts', 'mts', 'js', 'mjs'])('as .%s, with defineConfig and a schema', async (extension) => {
    const root = withPackages({
      [SECRETS]: '{"stripe_key": "x"}',
      [`systemprompt.config.${extension}`]: `import { defineConfig } from '@systemprompt/env'
import { z } from 'zod'
export default defineConfig({
  schema: z.looseObject({ app: z.object({ port: z.number().default(3000) }).prefault({}) }),
  secrets: { required: ['STRIPE_KEY'] },
})`,
    })
    const { config, secrets } = (await loadConfig({ cwd: root, env: {} })) as ResolvedConfig
    expect([config.app, secrets.has('stripe_key')]).toEqual([{ port: 3000 }, true])
    await expect(loadConfig({ cwd: root, env: { SYSTEMPROMPT__APP__PORT: 'x' } })).rejects.toMatchObject({
      code: 'SCHEMA',
    })
  })
  test.each<[string, string]>([
    ['a function', `export default () => ({ ${VALUE} })`],
    ['an asynchronous function', `export default async () => ({ ${VALUE} })`],
    ['a promise', `export default Promise.resolve({ ${VALUE} })`],
  ])('as %s', async (_, content) => {
    expect((await load({ 'systemprompt.config.mjs': content })).config.app).toEqual({ from: 'file' })
  })
  test('defineConfig returns its argument', () => {
    const options = { strict: true } as const
    expect(defineConfig(options)).toBe(options)
  })
  test.each<[string, string]>([
    ['yaml', ''],
    ['yaml', '# nothing yet\n'],
    ['json', '{}'],
    ['mjs', 'export default {}'],
    ['mjs', 'export default () => undefined'],
    ['mjs', ''],
  ])('as an empty .%s: %j', async (extension, content) => {
    expect((await load({ [`systemprompt.config.${extension}`]: content })).config.list).toEqual(['file'])
  })
})

describe('systemprompt.config.* is found', () => {
  const file: Files = { 'systemprompt.config.json': '{"defaults": {"app": {"from": "root"}}}' }
  test('next to .systemprompt, from any directory below', async () => {
    const root = makeProject({
      ...PROJECT,
      ...file,
      'packages/a/systemprompt.config.json': '{"defaults": {"app": {"from": "below"}}}',
    })
    const { config } = (await loadConfig({ cwd: join(root, 'packages/a'), env: {} })) as ResolvedConfig
    expect(config.app).toEqual({ from: 'root' })
  })
  test('with a relative cwd', async () => {
    const root = makeProject({ ...PROJECT, ...file, 'packages/a/': '' })
    const before = process.cwd()
    process.chdir(join(root, 'packages/a'))
    try {
      for (const cwd of ['.', '../a', '..'])
        expect(((await loadConfig({ cwd, env: {} })) as ResolvedConfig).config.app).toEqual({ from: 'root' })
    } finally {
      process.chdir(before)
    }
  })
  test('in the project of a profile that is given as a path', async () => {
    const root = makeProject({ ...PROJECT, ...file })
    const result = (await loadConfig({ cwd: makeProject(), env: {}, profile: join(root, PROFILE) })) as ResolvedConfig
    expect([result.root, result.config.app]).toEqual([root, { from: 'root' }])
  })
  test('in the working directory without a project', async () => {
    const root = makeProject({ ...file, 'below/': '' })
    expect(((await loadConfig({ cwd: root, env: {} })) as ResolvedConfig).config).toEqual({ app: { from: 'root' } })
    expect(((await loadConfig({ cwd: join(root, 'below'), env: {} })) as ResolvedConfig).config).toEqual({})
  })
  test.each([
    'systemprompt.config.toml',
    'systemprompt.config.json5',
    'systemprompt.config',
    '.systempromptrc',
    '.config/systemprompt.json',
    'systemprompt.config/index.json',
  ])('but not as %s', async (path) => {
    expect((await load({ [path]: '{"defaults": {"app": 1}}' })).config.app).toBeUndefined()
  })
  test('but not as a key of package.json', async () => {
    const files: Files = {
      'package.json': '{"systemprompt": {"defaults": {"app": 1}}}',
      'systemprompt.config.json': '{}',
    }
    expect((await load(files)).config.app).toBeUndefined()
  })
  test('with the first existing extension of ts, mts, cts, js, mjs, cjs, json, yaml, yml', async () => {
    const contents: [string, string][] = [
      ['ts', `export default { defaults: { app: 'ts' } }`],
      ['mts', `export default { defaults: { app: 'mts' } }`],
      ['cts', `module.exports = { defaults: { app: 'cts' } }`],
      ['js', `export default { defaults: { app: 'js' } }`],
      ['mjs', `export default { defaults: { app: 'mjs' } }`],
      ['cjs', `module.exports = { defaults: { app: 'cjs' } }`],
      ['json', '{"defaults": {"app": "json"}}'],
      ['yaml', 'defaults: {app: yaml}'],
      ['yml', 'defaults: {app: yml}'],
    ]
    for (let first = 0; first < contents.length - 1; first++) {
      const files = Object.fromEntries(
        contents.slice(first, first + 2).map(([name, content]) => [`systemprompt.config.${name}`, content]),
      )
      expect((await load(files)).config.app).toBe(contents[first]?.[0])
    }
  })
  test.each<[string, (app: number) => string]>([
    ['ts', (app) => `export default { defaults: { app: ${app} } as object }`],
    ['json', (app) => `{"defaults": {"app": ${app}}}`],
    ['yaml', (app) => `defaults: {app: ${app}}`],
  ])('and read again for every load (.%s)', async (extension, content) => {
    const root = makeProject(PROJECT)
    for (const app of [1, 2]) {
      writeFiles(root, { [`systemprompt.config.${extension}`]: content(app) })
      expect(((await loadConfig({ cwd: root, env: {} })) as ResolvedConfig).config.app).toBe(app)
    }
  })
  test('but not by loadConfigSync, since it may be code', () => {
    const cwd = makeProject({ ...PROJECT, 'systemprompt.config.mjs': 'throw new Error("was run")' })
    expect(loadConfigSync({ cwd, env: {} }).config.list).toEqual(['file'])
  })
})

describe('an error about a value of the file names the file:', () => {
  test.each<[string, string]>([
    ['a wrong value', 'defaults: { server: { port: "x" } }'],
    ['a value that is not data', 'overrides: { server: { port: () => 8080 } }'],
    ['an invalid path as a key', 'overrides: { "server..port": 8080 }'],
    ['an index beyond the end of a list', 'overrides: { "list[7]": 8080 }'],
  ])('%s', async (_, content) => {
    const loading = load({ 'systemprompt.config.mjs': `export default { ${content} }`, [PROFILE]: 'list: [a]\n' })
    await expect(loading).rejects.toMatchObject({ issues: [{ file: 'systemprompt.config.mjs' }] })
  })
  test('explain does as well, next to a value in code', async () => {
    const loading = load({ 'systemprompt.config.mjs': 'export default { defaults: { q: 1 } }' }, { defaults: { q: 2 } })
    expect((await loading).explain('q')).toEqual([
      { value: 2, origin: { layer: 'defaults', name: 'defaults' } },
      { value: 1, origin: { layer: 'defaults', file: 'systemprompt.config.mjs' }, overridden: true },
    ])
  })
})

describe('options in code take precedence over those of the file', () => {
  test.each<[string, string, LoadOptions, (result: ResolvedConfig) => unknown, unknown]>([
    ['onUndefined', '{"onUndefined": "empty"}', { onUndefined: 'keep' }, ({ config }) => config.ref, '${NOPE}'],
    ['strict', '{"strict": true}', { strict: false }, ({ warnings }) => warnings.length > 0, true],
    ['profile', '{"profile": "nope"}', { profile: 'local' }, ({ profile }) => profile?.name, 'local'],
    ['dotenv', '{"dotenv": true}', { dotenv: false }, ({ env }) => env.A, undefined],
    ['services', '{"services": true}', { services: false }, ({ config }) => config.services, undefined],
    ['emptyIsValue', '{"emptyIsValue": true}', { emptyIsValue: false }, ({ config }) => config.empty, 'unset'],
    [
      'defaults',
      '{"defaults": {"a": 1, "b": 1}}',
      { defaults: { a: 2 } },
      ({ config }) => [config.a, config.b],
      [2, 1],
    ],
    [
      'overrides',
      '{"overrides": {"a": 1, "b": 1}}',
      { overrides: { a: 2 } },
      ({ config }) => [config.a, config.b],
      [2, 1],
    ],
    [
      'overrides, null',
      '{"overrides": {"a": 1, "b": 1}}',
      { overrides: { a: null } },
      ({ config }) => [config.a, config.b],
      [null, 1],
    ],
    [
      'overrides, null for a value of the profile',
      '{"overrides": {"b": 1}}',
      { overrides: { list: null } },
      ({ config }) => config.list,
      null,
    ],
    ['defaults, null', '{"defaults": {"a": 1}}', { defaults: { a: null } }, ({ config }) => config.a, null],
    [
      'overrides, a list',
      '{"overrides": {"list": ["a", "b"]}}',
      { overrides: { list: ['c'] } },
      ({ config }) => config.list,
      ['c'],
    ],
    [
      'defaults, a list',
      '{"defaults": {"other": ["a"]}}',
      { defaults: { other: ['b'] } },
      ({ config }) => config.other,
      ['b'],
    ],
    [
      'overrides, a path over a tree',
      '{"overrides": {"x": {"y": 1, "z": 1}}}',
      { overrides: { 'x.y': 2 } },
      ({ config }) => config.x,
      { y: 2, z: 1 },
    ],
    [
      'overrides, a tree over a path',
      '{"overrides": {"x.y": 1, "x.z": 1}}',
      { overrides: { x: { y: 2 } } },
      ({ config }) => config.x,
      { y: 2, z: 1 },
    ],
  ])('%s', async (_, file, options, read, expected) => {
    const files: Files = {
      [PROFILE]: 'secrets: {validation: skip}\nlist: [file]\nref: ${NOPE}\nempty: ${EMPTY-unset}\n',
      '.env': 'A=1',
      '.env.other': 'B=2',
      'services/ai/config.yaml': 'a: 1',
      'services/web/config.yaml': 'b: 1',
      'systemprompt.config.json': file,
    }
    const result = await load(files, { env: { EMPTY: '' }, onUndefined: 'keep', ...options })
    expect(read(result)).toEqual(expected)
  })
  test('but an undefined option in code does not', async () => {
    const files: Files = { 'systemprompt.config.json': '{"onUndefined": "empty"}', [PROFILE]: 'ref: ${NOPE}' }
    const options: LoadOptions = { onUndefined: undefined, schema: undefined }
    expect((await load(files, options)).config.ref).toBe('')
  })
  test('env is replaced as a whole, not merged', async () => {
    const files: Files = {
      'systemprompt.config.json': '{"env": {"SYSTEMPROMPT__APP__A": "file", "SYSTEMPROMPT__APP__B": "file"}}',
    }
    expect((await load(files, { env: { SYSTEMPROMPT__APP__A: 'code' } })).config.app).toEqual({ a: 'code' })
    const { config } = (await loadConfig({ cwd: makeProject({ ...PROJECT, ...files }) })) as ResolvedConfig
    expect(config.app).toEqual({ a: 'file', b: 'file' })
  })
  test('secrets.required is merged', async () => {
    const { issues } = await failure(
      { 'systemprompt.config.json': '{"secrets": {"required": ["FROM_FILE"]}}' },
      { secrets: { required: ['FROM_CODE'] } },
    )
    expect(issues.map(({ key }) => key).sort()).toEqual(['FROM_CODE', 'FROM_FILE'])
  })
  test('lists of .env files and services are joined, those in code first', async () => {
    const files: Files = {
      '.env': 'A=file',
      '.env.other': 'A=code',
      'services/ai/config.yaml': 'a: 1',
      'services/web/config.yaml': 'b: 1',
      'services/more/config.yaml': 'c: 1',
      'systemprompt.config.json': '{"dotenv": [".env"], "services": ["ai"]}',
    }
    const { env, config, layers } = await load(files, { dotenv: ['.env.other'], services: ['web'] })
    expect(layers.find(({ name }) => name === 'dotenv')?.files).toEqual(['.env.other', '.env'])
    expect([env.A, Object.keys(config.services ?? {}).sort()]).toEqual(['code', ['ai', 'web']])
  })
  test.each<[string, LoadOptions['prefix'], object]>([
    ['undefined', undefined, { APP_A: '1' }],
    ['an empty list', [], {}],
    ['a list', ['WEB_'], { WEB_A: '2' }],
    ['a string', 'WEB_', { WEB_A: '2' }],
  ])('prefix is replaced as a whole: %s', async (_, prefix, expected) => {
    const files: Files = { 'systemprompt.config.json': '{"prefix": ["APP_"]}', '.env': 'APP_A=1\nWEB_A=2' }
    expect((await load(files, { prefix })).publicValues()).toEqual(expected)
  })
  test('allowEnv is merged', async () => {
    const files: Files = {
      'systemprompt.config.json': '{"allowEnv": ["EDITOR"]}',
      '.env': 'EDITOR=a\nVISUAL=b\nPATH=c',
    }
    const { env } = await load(files, { allowEnv: ['VISUAL'] })
    expect({ ...env }).toEqual({ EDITOR: 'a', VISUAL: 'b' })
  })
})

describe('the schema of the file', () => {
  const project = (files: Files): string =>
    withPackages({
      ...files,
      'systemprompt.config.mjs': `import * as v from 'valibot'
const app = v.object({ app: v.object({ fromFile: v.string() }) })
export default { schema: app, secrets: { schema: v.object({ FROM_FILE: v.string() }) } }`,
    })
  test('is used if there is none in code', async () => {
    const error: unknown = await loadConfig({ cwd: project({}), env: {} }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error) && error.issues.map(({ key }) => key).sort()).toEqual(['FROM_FILE', 'app'])
  })
  test('is replaced by a valibot schema in code, without merging', async () => {
    const schema = v.object({ app: v.object({ a: v.number() }) })
    const cwd = project({ [PROFILE]: 'secrets: {validation: skip}\napp: {a: "1", b: 2}' })
    const { config } = await loadConfig({ cwd, env: { FROM_FILE: 'x' }, secrets: { required: ['FROM_FILE'] }, schema })
    expect(config).toEqual({ app: { a: 1 } })
  })
  test('is replaced by a schema for secrets in code too', async () => {
    const schema = v.object({ FROM_CODE: v.string() })
    const cwd = project({ [PROFILE]: 'secrets: {validation: skip}\napp: {fromFile: x}' })
    const required = ['FROM_CODE']
    const result = loadConfig({ cwd, env: { FROM_CODE: 'x' }, secrets: { schema, required } })
    await expect(result).resolves.toBeDefined()
  })
  test('leaves a zod schema in code unchanged', async () => {
    const schema = z.object({ app: z.object({ a: z.number() }) })
    const cwd = makeProject({ ...PROJECT, [PROFILE]: 'app: {a: "1"}', 'systemprompt.config.json': '{"strict": false}' })
    expect((await loadConfig({ cwd, env: {}, schema })).config).toEqual({ app: { a: 1 } })
  })
})

describe('extends is not followed', () => {
  let server: Server
  let requests = 0
  let url = ''
  beforeAll(async () => {
    server = createServer((_, response) => {
      requests++
      response.end('{"defaults": {"app": "remote"}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  const sources = (): [string, unknown][] => [
    ['http', `${url}/base.tar.gz`],
    ['http, with installation', [`${url}/base.tar.gz`, { install: true, giget: { registry: url } }]],
    ['http, as an object', { source: `${url}/base.tar.gz`, options: { install: true } }],
    ['giget', 'github:acme/base'],
    ['giget, short', 'gh:acme/base'],
    ['npm', 'acme-base'],
    ['npm, scoped', '@acme/base'],
    ['a file', './base.mjs'],
    ['a directory', './base'],
    ['several', ['./base.mjs', 'acme-base', `${url}/base.tar.gz`]],
  ]
  const trap = (name: string): string =>
    `import { writeFileSync } from 'node:fs'\nwriteFileSync(new URL('./was-run', import.meta.url), '')\nexport default { defaults: { app: '${name}' } }`
  const traps: Files = {
    'base.mjs': trap('file'),
    'base/systemprompt.config.mjs': trap('directory'),
    'node_modules/acme-base/package.json': '{"name": "acme-base", "exports": {".": "./index.mjs", "./*": "./*"}}',
    'node_modules/acme-base/index.mjs': trap('npm'),
    'node_modules/acme-base/systemprompt.config.mjs': trap('npm'),
    'node_modules/@acme/base/package.json': '{"name": "@acme/base", "exports": {".": "./index.mjs", "./*": "./*"}}',
    'node_modules/@acme/base/index.mjs': trap('npm'),
    'node_modules/@acme/base/systemprompt.config.mjs': trap('npm'),
  }
  test.each(['yaml', 'json', 'ts'])('in .%s', async (extension) => {
    for (const [name, source] of sources()) {
      const options = JSON.stringify({ extends: source, defaults: { kept: true } })
      const root = makeProject({
        ...PROJECT,
        ...traps,
        [`systemprompt.config.${extension}`]: extension === 'ts' ? `export default ${options}` : options,
      })
      const { config } = (await loadConfig({ cwd: root, env: {} })) as ResolvedConfig
      expect([config.kept, config.app], name).toEqual([true, undefined])
      const run = Object.keys(traps).map((path) => join(root, path, '../was-run'))
      expect(run.filter(existsSync), name).toEqual([])
      expect(existsSync(join(root, 'node_modules/.c12')), name).toBe(false)
    }
    expect(requests).toBe(0)
  })
  test('nor are sections for environments', async () => {
    const file =
      '{"$env": {"test": {"defaults": {"app": 1}}}, "$test": {"defaults": {"app": 1}}, "$production": {"defaults": {"app": 1}}}'
    expect((await load({ 'systemprompt.config.json': file })).config.app).toBeUndefined()
  })
  test('and .env is not loaded into the process', async () => {
    await load({ 'systemprompt.config.json': '{}', '.env': 'CONFIG_FILE_TEST_CANARY=1' })
    expect(process.env.CONFIG_FILE_TEST_CANARY).toBeUndefined()
  })
})

describe('a file that fails to load is reported as CONFIG_FILE:', () => {
  test.each<[string, string, string]>([
    ['throws', 'mjs', 'throw new Error("no luck\\nsecond line")'],
    ['throws, as TypeScript', 'ts', 'throw new Error("no luck" as string)'],
    ['throws, as CommonJS', 'cjs', 'throw new Error("no luck")'],
    ['throws in its function', 'mjs', 'export default () => { throw new Error("no luck") }'],
    ['rejects in its function', 'mjs', 'export default async () => { throw new Error("no luck") }'],
    ['throws a string', 'mjs', 'throw "no luck"'],
    ['throws undefined', 'mjs', 'throw undefined'],
    ['does not parse', 'ts', 'export default {'],
    ['does not parse, as JSON', 'json', '{"a": }'],
    ['does not parse, as YAML', 'yaml', 'a: [1\nb: 2'],
    ['imports a missing package', 'mjs', 'import "not-a-package-of-ours"'],
  ])('one that %s (.%s)', async (_, extension, content) => {
    const error = await failure({ [`systemprompt.config.${extension}`]: content })
    expect(error.issues).toHaveLength(1)
    expect(error.issues[0]).toMatchObject({ code: 'CONFIG_FILE', file: `systemprompt.config.${extension}` })
    expect(error.issues[0]?.message).toMatch(/^cannot be loaded: ./)
    expect(error.issues[0]?.message).not.toMatch(/second line|\n/)
    expect(error.issues[0]?.message.length).toBeLessThan(330)
  })
  test('with the message of the error, even from another realm as in Jest', async () => {
    const content = `import { runInNewContext } from 'node:vm'\nthrow runInNewContext('new Error("no luck")')\n`
    const { issues } = await failure({ 'systemprompt.config.mjs': content })
    expect(issues[0]?.message).toBe('cannot be loaded: no luck')
  })
  test('with the place of a syntax error in TypeScript, also in an imported module', async () => {
    const helper = { 'sub/helper.ts': 'export const a: number = 1\nexport default { x: ) }\n' }
    const imports = "import helper from './sub/helper'\nexport default helper\n"
    expect((await failure({ 'systemprompt.config.ts': helper['sub/helper.ts'] })).issues[0]?.message).toBe(
      'cannot be loaded: ParseError: Unexpected token, in systemprompt.config.ts:2:20',
    )
    expect((await failure({ ...helper, 'systemprompt.config.ts': imports })).issues[0]?.message).toBe(
      'cannot be loaded: ParseError: Unexpected token, in sub/helper.ts:2:20',
    )
  })
  test.each(['json', 'yaml', 'mjs', 'ts'])(
    'except one that cannot be read, which is FILE_UNREADABLE (.%s)',
    async (extension) => {
      const file = `systemprompt.config.${extension}`
      const { issues } = await failure({ [`${file}/`]: '' })
      expect(issues).toEqual([
        expect.objectContaining({ code: 'FILE_UNREADABLE', file, message: 'is a directory, not a file' }),
      ])
    },
  )
  test.each(['[]', '5', '"text"', 'true'])('one that contains %s, not options', async (content) => {
    expect((await failure({ 'systemprompt.config.json': content })).code).toBe('CONFIG_FILE')
  })
  test.each([
    '{"secrets": {"required": "STRIPE_KEY"}}',
    '{"secrets": {"required": [1]}}',
    '{"secrets": []}',
    '{"schema": {"type": "object"}}',
    '{"profile": 1}',
    '{"cwd": 1}',
    '{"env": "x"}',
    '{"env": {"A": 1}}',
    '{"allowEnv": "NODE_OPTIONS"}',
    '{"dotenv": "x"}',
    '{"dotenv": [1]}',
    '{"services": "ai"}',
    '{"overrides": "x"}',
    '{"overrides": []}',
    '{"defaults": 1}',
    '{"onUndefined": "ignore"}',
    '{"strict": "no"}',
    '{"overides": {}}',
    '{"secrets": {"requried": ["STRIPE"]}}',
    '{"dotenv": {"overide": true}}',
  ])('one with a wrong option is an error that names it: %s', async (content) => {
    const cwd = makeProject({ ...COMPLETE, '.env': 'NODE_OPTIONS=x', 'systemprompt.config.json': content })
    const error: unknown = await loadConfig({ cwd }).catch((thrown: unknown) => thrown)
    expect(isConfigError(error)).toBe(true)
    expect(isConfigError(error) && error.message).toContain(Object.keys(JSON.parse(content) as object)[0])
  })
})

test.each([
  '{"$schema": "https://acme.example/options.json"}',
  '{"extends": "./base", "$production": {"strict": true}, "$env": {}, "$meta": {}}',
])('%s is not reported as an unknown option', async (content) => {
  await expect(load({ 'systemprompt.config.json': content })).resolves.toBeDefined()
})

describe('the loader of configuration files', () => {
  const library = join(repository, 'dist')
  test.skipIf(!existsSync(join(library, 'index.js')))('is not imported when there is no such file', () => {
    // A copy of the library without node_modules, where it finds no dependencies.
    const root = makeProject({ ...PROJECT })
    cpSync(library, join(root, 'library'), { recursive: true })
    writeFiles(root, {
      'library/package.json': '{"type": "module"}',
      'run.mjs': `import { loadConfig } from './library/index.js'
try {
  console.log((await loadConfig({ cwd: process.argv[2], env: {} })).config.list[0])
} catch (error) {
  console.log(error.code)
}`,
    })
    const run = (cwd: string): string =>
      spawnSync(process.execPath, [join(root, 'run.mjs'), cwd], { cwd: root, encoding: 'utf8' }).stdout.trim()
    expect(run(root)).toBe('file')
    expect(run(makeProject({ ...PROJECT, 'systemprompt.config.json': '{}' }))).toMatch(
      /ERR_MODULE_NOT_FOUND|CONFIG_FILE/,
    )
  })
})
