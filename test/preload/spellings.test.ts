import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { preloadedModules } from '../../src/preload/flags.ts'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE, DATABASE_URL, type Files, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

const FILES: Files = {
  ...COMPLETE,
  '.env': 'GREETING=hello\n',
  'package.json': '{}',
  'main.cjs': `console.log(process.env.GREETING ?? 'nothing')`,
  'importing.mjs': `import { loadConfigSync } from '@systemprompt/env'
    const { config, env } = loadConfigSync()
    console.log(process.env.GREETING ?? 'nothing', config.name, env.GREETING)`,
  'requiring.cjs': `const { loadConfigSync } = require('@systemprompt/env')
    console.log(process.env.GREETING ?? 'nothing', loadConfigSync().config.name)`,
  'other.mjs': '',
  'early.cjs': `console.log(process.env.GREETING ?? 'nothing')`,
  'compiler.cjs': `require.extensions['.coffee'] = (module) => module._compile('console.log(process.env.GREETING)', 'main')`,
  'main.coffee': '',
  'a folder/with space.mjs': `import '@systemprompt/env/register'`,
}

let root = ''
const path = (file: string): string => join(root, 'node_modules/@systemprompt/env/dist', file)

beforeAll(() => {
  root = makeProject(FILES)
  installInto(root)
  mkdirSync(join(root, 'node_modules/@other'))
  symlinkSync('../@systemprompt/env', join(root, 'node_modules/@other/name'))
})

interface Row {
  readonly args: () => readonly string[]
  readonly env?: () => Readonly<Record<string, string>>
  readonly prints: string
}

const ROWS: Readonly<Record<string, Row>> = {
  '--import name': { args: () => ['--import', '@systemprompt/env', 'main.cjs'], prints: 'hello' },
  '--import=name': { args: () => ['--import=@systemprompt/env', 'main.cjs'], prints: 'hello' },
  '--import name/register': { args: () => ['--import', '@systemprompt/env/register', 'main.cjs'], prints: 'hello' },
  '-r name/register': { args: () => ['-r', '@systemprompt/env/register', 'main.cjs'], prints: 'hello' },
  '--require name/register': { args: () => ['--require', '@systemprompt/env/register', 'main.cjs'], prints: 'hello' },
  '--require=name': { args: () => ['--require=@systemprompt/env', 'main.cjs'], prints: 'hello' },
  '-r name': { args: () => ['-r', '@systemprompt/env', 'main.cjs'], prints: 'hello' },
  'both forms at once': {
    args: () => ['-r', '@systemprompt/env', '--import', '@systemprompt/env/register', 'main.cjs'],
    prints: 'hello',
  },
  'a path': { args: () => ['--import', path('node.cjs'), 'main.cjs'], prints: 'hello' },
  'a relative path': {
    args: () => ['--import', './node_modules/@systemprompt/env/dist/node.cjs', 'main.cjs'],
    prints: 'hello',
  },
  'a file URL': { args: () => ['--import', pathToFileURL(path('node.cjs')).href, 'main.cjs'], prints: 'hello' },
  'another name for the package': { args: () => ['--import', '@other/name', 'main.cjs'], prints: 'hello' },
  'a module that imports register, by a path with a space': {
    args: () => ['--import', './a folder/with space.mjs', 'main.cjs'],
    prints: 'hello',
  },
  NODE_OPTIONS: {
    args: () => ['main.cjs'],
    env: () => ({ NODE_OPTIONS: '--import @systemprompt/env' }),
    prints: 'hello',
  },
  'NODE_OPTIONS with an equals sign, among others': {
    args: () => ['main.cjs'],
    env: () => ({ NODE_OPTIONS: '--no-warnings --import=@systemprompt/env --trace-uncaught' }),
    prints: 'hello',
  },
  'NODE_OPTIONS with quotes': {
    args: () => ['main.cjs'],
    env: () => ({ NODE_OPTIONS: `--import "${path('node.cjs')}"` }),
    prints: 'hello',
  },
  'NODE_OPTIONS with -r': {
    args: () => ['main.cjs'],
    env: () => ({ NODE_OPTIONS: '-r @systemprompt/env/register' }),
    prints: 'hello',
  },
  'a module that is required later': {
    args: () => ['-r', '@systemprompt/env/register', '-r', './early.cjs', 'other.mjs'],
    prints: 'hello',
  },
  'a module that is required next to --import runs before it': {
    args: () => ['--import', '@systemprompt/env', '-r', './early.cjs', 'other.mjs'],
    prints: 'nothing',
  },
  'a compiler that is required': {
    args: () => ['-r', '@systemprompt/env/register', '-r', './compiler.cjs', 'main.coffee'],
    prints: 'hello',
  },
  'no flag, but an import, which does nothing': { args: () => ['importing.mjs'], prints: 'nothing local hello' },
  'no flag, but a require, which does nothing': { args: () => ['requiring.cjs'], prints: 'nothing local' },
  'another flag and an import, which does nothing': {
    args: () => ['--import', './other.mjs', 'importing.mjs'],
    prints: 'nothing local hello',
  },
  'the name as the value of another flag and an import, which does nothing': {
    args: () => ['--title', '@systemprompt/env', 'importing.mjs'],
    prints: 'nothing local hello',
  },
  'flags with values before it': {
    args: () => [
      ...['-C', 'development', '--conditions=staging', '--title', 'acme', '-r', './early.cjs'],
      ...['--import', '@systemprompt/env', 'main.cjs'],
    ],
    prints: 'nothing\nhello',
  },
  '-C module and the name: Node loads the build for bundlers, which does nothing': {
    args: () => ['-C', 'module', '--import', '@systemprompt/env', 'main.cjs'],
    prints: 'nothing',
  },
  '-C module and name/register': {
    args: () => ['-C', 'module', '--import', '@systemprompt/env/register', 'main.cjs'],
    prints: 'hello',
  },
  'the flag and an import': {
    args: () => ['--import', '@systemprompt/env', 'importing.mjs'],
    prints: 'hello local hello',
  },
}

describe('a start with', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { args, env = () => ({}), prints }) => {
    expect(await start({ cwd: root, args: args(), env: env() })).toEqual({ code: 0, out: `${prints}\n`, err: '' })
  })
})

test('another copy of the package, installed by a dependency, does nothing', async () => {
  const project = makeProject({
    ...FILES,
    'main.mjs': `delete process.env.GREETING
      await import('./node_modules/dependency/index.mjs')
      console.log(process.env.GREETING)`,
    'node_modules/dependency/index.mjs': `import '@systemprompt/env'`,
  })
  installInto(project)
  installInto(join(project, 'node_modules/dependency'))
  const { out, err } = await start({ cwd: project, args: ['--import', '@systemprompt/env', 'main.mjs'] })
  expect({ out, err }).toEqual({ out: 'undefined\n', err: '' })
})

test.skipIf(Number.parseInt(process.versions.node, 10) < 24)(
  'the preload reports that it is not permitted to read files',
  async () => {
    const allowed = ['node_modules', 'main.cjs'].map((name) => `--allow-fs-read=${join(root, name)}`)
    const { code, out, err } = await start({
      cwd: root,
      args: ['--permission', ...allowed, '--import', '@systemprompt/env', 'main.cjs'],
    })
    expect({ code, out }).toEqual({ code: 78, out: '' })
    expect(err).toContain(`Add --allow-fs-read=${root}`)
  },
)

describe('the preloaded modules', () => {
  test.each<[readonly string[], string | undefined, readonly string[]]>([
    [['--import', 'a', '-r', 'b', '--require=c', '--import=d'], undefined, ['a', 'b', 'c', 'd']],
    [['--import'], undefined, []],
    [['--imports', 'a', '--require-x=b', '-e', '-r'], undefined, []],
    [[], '--import a  -r   b', ['a', 'b']],
    [[], '--import "a b"', ['a b']],
    [[], '--import="a \\"b\\" \\\\c"', ['a "b" \\c']],
    [[], '--import ""', ['']],
    [[], '"--import" a', ['a']],
    [[], '--import "a', ['a']],
    [[], 'a\\b', []],
    [['--import', 'a'], '--import b', ['a', 'b']],
  ])('of %j and NODE_OPTIONS %j are %j', (execArgv, nodeOptions, names) => {
    expect(preloadedModules(execArgv, nodeOptions)).toEqual(names)
  })
})

describe('after a preload', () => {
  const origins = `import { loadConfig, loadConfigSync } from '@systemprompt/env'
    const sync = loadConfigSync()
    const origin = ({ explain }, name) => explain(name).map(({ origin }) => origin.file ?? origin.name)
    console.log(JSON.stringify([origin(sync, 'DATABASE_URL'), origin(sync, 'GREETING'), origin(await loadConfig(), 'GREETING')]))`

  test.each([
    ['in the program itself', ['--import', '@systemprompt/env', 'origins.mjs']],
    ['in a child', ['--import', '@systemprompt/env', 'spawning.cjs']],
    ['in a child that is not preloaded', ['--import', '@systemprompt/env', 'spawning.cjs', 'bare']],
  ])('values have their files as origins, not the environment: %s', async (_, args) => {
    const project = makeProject({
      ...FILES,
      'origins.mjs': origins,
      'spawning.cjs': `const { execFileSync } = require('node:child_process')
        const flags = process.argv[2] === 'bare' ? [] : ['--import', '@systemprompt/env']
        execFileSync(process.execPath, [...flags, 'origins.mjs'], { stdio: 'inherit' })`,
    })
    installInto(project)
    const { code, out, err } = await start({ cwd: project, args })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toEqual([[SECRETS], ['.env'], ['.env']])
  })

  const remembering = (change: string): string => `
    import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
    import { loadConfigSync } from '@systemprompt/env'
    const first = loadConfigSync()
    ${change}
    const second = loadConfigSync()
    console.log(JSON.stringify({ greeting: second.env.GREETING, host: second.config.server.host }))`

  test.each([
    ['nothing', '', { greeting: 'hello', host: '127.0.0.1' }],
    ['a .env file', `writeFileSync('.env', 'GREETING=changed')`, { greeting: 'changed', host: '127.0.0.1' }],
    ['a new .env file', `writeFileSync('.env.local', 'GREETING=local')`, { greeting: 'local', host: '127.0.0.1' }],
    [
      'a setting in the environment',
      `process.env.SYSTEMPROMPT__SERVER__HOST = 'set'`,
      { greeting: 'hello', host: 'set' },
    ],
    ['the profile', `appendFileSync('${PROFILE}', 'cache: { a: 1 }')`, { greeting: 'hello', host: '127.0.0.1' }],
  ])('a load sees a change of %s', async (_, change, sees) => {
    const project = makeProject({ ...FILES, 'main.mjs': remembering(change) })
    installInto(project)
    const { code, out, err } = await start({ cwd: project, args: ['--import', '@systemprompt/env', 'main.mjs'] })
    expect({ code, err, sees: JSON.parse(out || 'null') as unknown }).toEqual({ code: 0, err: '', sees })
  })

  test('a schema for variables receives those of files and those that the program has set since', async () => {
    const project = makeProject({
      ...FILES,
      'main.mjs': `import { loadConfigSync } from '@systemprompt/env'
        const variables = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: [value.GREETING, value.DATABASE_URL, value.LATER] }) } }
        process.env.LATER = 'later'
        const read = loadConfigSync({ variables }).variables
        console.log(JSON.stringify([read, [...read]]))`,
    })
    installInto(project)
    const { out, err } = await start({ cwd: project, args: ['--import', '@systemprompt/env', 'main.mjs'] })
    expect({ err, out: JSON.parse(out || 'null') as unknown }).toEqual({
      err: '',
      out: [
        ['hello', '••••', 'later'],
        ['hello', DATABASE_URL, 'later'],
      ],
    })
  })

  test('a load applies a schema and other options, although the project has been resolved', async () => {
    const project = makeProject({
      ...FILES,
      'main.mjs': `import { loadConfigSync } from '@systemprompt/env'
        const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: { port: value.server.port } }) } }
        console.log(JSON.stringify([loadConfigSync({ schema }).config, loadConfigSync({ overrides: { name: 'over' } }).config.name, loadConfigSync({ env: {} }).secrets.get('database_url')]))`,
    })
    installInto(project)
    const { out, err } = await start({ cwd: project, args: ['--import', '@systemprompt/env', 'main.mjs'] })
    expect({ err, out: JSON.parse(out || 'null') as unknown }).toEqual({
      err: '',
      out: [{ port: 8080 }, 'over', DATABASE_URL],
    })
  })
})
