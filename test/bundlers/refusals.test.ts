import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { type BuildResult, buildWith, type Configure, copyApp, HOSTS, type Host } from './hosts.ts'

/** Each way of asking for a secret in client code, two modules away from the entry. */
const ASKING = {
  'src/library.js': "import { loadConfigSync } from '@systemprompt/env'\nexport const config = loadConfigSync\n",
  'src/preload.js': "import '@systemprompt/env/register'\n",
  'src/reads.js': 'export const url = process.env.DATABASE_URL\n',
  'src/destructures.js': 'const {\n  MODE, ANTHROPIC_API_KEY: key } = import.meta.env\nexport { key, MODE }\n',
  'src/file.js': "import secrets from '../.systemprompt/profiles/local/secrets.json'\nexport { secrets }\n",
  'src/all.js': ['library', 'reads', 'destructures', 'file']
    .map((name) => `export * from './${name}.js'`)
    .concat("import './preload.js'")
    .join('\n'),
  'src/asking.js': "import * as all from './all.js'\nconsole.log(all)\n",
}

afterEach(() => {
  vi.unstubAllEnvs()
})

const CHAIN = '\n      imported by src/all.js\n      imported by src/asking.js'

describe.each(HOSTS)('client code that asks for a secret, built with %s', (host) => {
  let result = {} as BuildResult

  beforeAll(async () => {
    const root = copyApp()
    writeFiles(root, ASKING)
    result = await buildWith(host, { root, consumer: 'client', entry: 'src/asking.js' })
  })

  test.each([
    ['src/library.js  @systemprompt/env', "import public values from '@systemprompt/env/public'"],
    ['src/preload.js  @systemprompt/env', "import public values from '@systemprompt/env/public'"],
    ['src/reads.js:1:20  DATABASE_URL  is a secret', 'read it on the server'],
    ['src/destructures.js:2:9  ANTHROPIC_API_KEY  is a secret', 'read it on the server'],
    ['src/file.js  .systemprompt/profiles/local/secrets.json  may contain secrets', 'read it at run time'],
  ])('is refused, with the place, a remedy and the chain of imports: %s', (what, remedy) => {
    const lines = (result.error ?? '').split('\n')
    const line = lines.findIndex((text) => text.includes(what))
    const reported = lines.slice(line, line + 3)
    expect(reported[0], result.error).toContain(what)
    expect(reported[0]).toContain(remedy)
    expect(`\n${reported.slice(1).join('\n')}`.replace(/ +$/gm, '')).toContain(CHAIN)
  })

  test('is reported all at once, and no value is printed or bundled', () => {
    expect(result.error).toContain('5 problems')
    expect(result.error).not.toMatch(/^\s+at /m)
    for (const text of [result.error ?? '', ...[...result.files.values()].map(String)])
      expect(text).not.toMatch(/canary|Zq81LmnPw3vK/)
  })
})

test('a key made for browsers is refused with the advice to name it in public, and accepted there', async () => {
  const root = copyApp()
  writeFiles(root, {
    '.env': 'VITE_MAPS_KEY=AIzaSyD3kX9aLm2QzT7pWqhQ8zL2mN5vB7cX\n',
    'src/it.js': 'console.log(import.meta.env.VITE_MAPS_KEY)\n',
  })
  const request = { root, consumer: 'client', entry: 'src/it.js' } as const
  const { error } = await buildWith('vite', request)
  expect(error).toMatch(/VITE_MAPS_KEY {2}is a secret.*made for browsers, name it in 'public'/)
  expect((await buildWith('vite', { ...request, options: { public: ['VITE_MAPS_KEY'] } })).error).toBeUndefined()
})

test('PWD, the directory that a build is started in, is not taken for a password', async () => {
  vi.stubEnv('PWD', '/builds/t3_Xy8aB/0/app')
  const root = copyApp()
  writeFiles(root, { 'src/it.js': "console.log(process.env.PWD, '/builds/t3_Xy8aB/0/app/src/it.js')\n" })
  expect((await buildWith('webpack', { root, consumer: 'client', entry: 'src/it.js' })).error).toBeUndefined()
})

describe.each(HOSTS)('server code, built with %s', (host) => {
  test('may read secrets by name, but not import a file with secrets', async () => {
    const root = copyApp()
    writeFiles(root, {
      ...ASKING,
      'src/server2.js': "import './reads.js'\nimport { secrets } from './file.js'\nconsole.log(secrets)\n",
    })
    const { error, files } = await buildWith(host, { root, consumer: 'server', entry: 'src/server2.js' })
    expect(error).toContain('src/file.js  .systemprompt/profiles/local/secrets.json  may contain secrets')
    expect(error).toContain('1 problem\n')
    for (const content of files.values()) expect(String(content)).not.toMatch(/canary|Zq81LmnPw3vK/)
  })
})

/** Bundlers that resolve aliases before they ask plugins, or in a way of their own. */
const ALIAS = { settings: '@systemprompt/env' }
const ALIASED: Configure = {
  vite: (config) => ({ ...config, resolve: { alias: ALIAS } }),
  webpack: (config) => ({ ...config, resolve: { alias: ALIAS } }),
  rolldown: (config) => ({ ...config, resolve: { alias: ALIAS } }),
  rspack: (config) => ({ ...config, resolve: { alias: ALIAS } }),
  rsbuild: (config) => ({ ...config, resolve: { alias: ALIAS } }),
}

test.each(Object.keys(ALIASED) as Host[])('the library is refused under an alias too, with %s', async (host) => {
  const root = copyApp()
  writeFiles(root, { 'src/aliased.js': "import { loadConfigSync } from 'settings'\nconsole.log(loadConfigSync)\n" })
  const { error } = await buildWith(host, { root, consumer: 'client', entry: 'src/aliased.js', configure: ALIASED })
  expect(error).toContain('src/aliased.js  @systemprompt/env  reads configuration and secrets')
})

describe.each(['webpack', 'rspack', 'rsbuild'] as const)('modules that %s concatenates', (host) => {
  test('are reported once, with file and line', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': "import { a } from './b.js'\nconsole.log(a, process.env.DATABASE_URL)\n",
      'src/b.js': 'export const a = Date.now()\n',
    })
    const { error = '' } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js' })
    expect(error.match(/^.*DATABASE_URL {2}is a secret/gm)).toEqual(['  src/it.js:2:16  DATABASE_URL  is a secret'])
  })
})
