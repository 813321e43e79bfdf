import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer, type InlineConfig, type Plugin } from 'vite'
import { describe, expect, test } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { type Ended, start } from '../support/installed.ts'
import { writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { copyApp } from './hosts.ts'

const vitest = fileURLToPath(new URL('../../node_modules/vitest', import.meta.url))

/** Like Vitest's own environments for jsdom and happy-dom, with the one object that this test looks for. */
const DOM = `import { createContext, runInNewContext } from 'node:vm'

const document = { title: 'A page' }
const ofLanguage = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)'))
const ofNode = Object.getOwnPropertyNames(globalThis).filter((name) => !ofLanguage.has(name))
const teardown = () => undefined

export default {
  name: 'dom',
  viteEnvironment: 'client',
  setup(global) {
    global.document = document
    return { teardown }
  },
  setupVM() {
    const context = Object.fromEntries(ofNode.map((name) => [name, globalThis[name]]))
    return { getVmContext: () => createContext({ ...context, document }), teardown }
  },
}
`

const SERVER = `import { loadConfigSync } from '@systemprompt/env'

export const isThere = () => loadConfigSync().secrets.has('anthropic')
export const url = process.env.DATABASE_URL
`

const TEST = `import { expect, test } from 'vitest'
import { site_name } from '@systemprompt/env/public'
import { isThere, url } from './server.js'

test('server code', () => {
  expect(typeof document).toBe(process.env.TYPE_OF_DOCUMENT)
  expect(isThere()).toBe(true)
  expect(url).toBe('postgres://me:set-for-the-test@localhost/test')
  expect(site_name).toBe('Acme')
})
`

const MOCKED = `import { expect, test, vi } from 'vitest'
import { PUBLIC_GREETING, site_name } from '@systemprompt/env/public'
import { isThere } from './server.js'

vi.mock('@systemprompt/env/public', async (original) => ({ ...(await original()), site_name: 'Mocked' }))
vi.mock('@systemprompt/env', () => ({ loadConfigSync: () => ({ secrets: { has: () => 'Mocked' } }) }))

test('server code', () => {
  expect([site_name, PUBLIC_GREETING, isThere()]).toEqual(['Mocked', 'Hello', 'Mocked'])
})
`

const KEPT = `import { expect, test } from 'vitest'

test('values', () => {
  expect([import.meta.env.site_name, process.env.site_name]).toEqual(['Acme', 'Acme'])
})
`

function projectOf(test: object, options: object = {}, code = TEST): string {
  const root = copyApp()
  symlinkSync(vitest, join(root, 'node_modules/vitest'), 'dir')
  const named = JSON.stringify({ public: ['site.name'], ...options })
  writeFiles(root, {
    'dom.js': DOM,
    'src/server.js': SERVER,
    'src/server.test.js': code,
    'vitest.config.js': `import systemprompt from '@systemprompt/env/vite'\n\nexport default { plugins: [systemprompt(${named})], test: ${JSON.stringify(test)} }\n`,
  })
  return root
}

/** Runs the project's tests as its users do. */
async function runTests(test: object, options: object = {}, code = TEST): Promise<Ended> {
  const hasDom = JSON.stringify(test).includes('dom.js')
  const env = {
    TYPE_OF_DOCUMENT: hasDom ? 'object' : 'undefined',
    DATABASE_URL: 'postgres://me:set-for-the-test@localhost/test',
    NO_COLOR: '1',
  }
  return runIn(projectOf(test, options, code), env)
}

async function runIn(root: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  return start({ cwd: root, args: [join(vitest, 'vitest.mjs'), 'run'], env })
}

describe('server code can be tested in Vitest', () => {
  test.each([
    ['in the default environment', {}, {}],
    ['in VM threads', { pool: 'vmThreads' }, {}],
    ['with a DOM', { environment: './dom.js' }, {}],
    ['with a DOM, in threads', { environment: './dom.js', pool: 'threads' }, {}],
    ['with a DOM, in VM threads', { environment: './dom.js', pool: 'vmThreads' }, {}],
    ['with a DOM, in a project', { projects: [{ extends: true, test: { name: 'dom', environment: './dom.js' } }] }, {}],
    ['with a DOM, and values at run time', { environment: './dom.js' }, { phase: 'runtime' }],
  ])('%s', async (_, settings, options) => {
    const { code, out, err } = await runTests(settings, options)
    expect(out + err).toContain('1 passed')
    expect(code).toBe(0)
  })

  test.each([{}, { environment: './dom.js' }])('with the library and its values mocked: %j', async (settings) => {
    const { out, err } = await runTests(settings, {}, MOCKED)
    expect(out + err).toContain('1 passed')
  })
})

test('Vitest’s module cache serves no outdated value', async () => {
  const root = projectOf({ experimental: { fsModuleCache: true, fsModuleCachePath: './kept' } }, {}, KEPT)
  const run = async (): Promise<string> => (await runIn(root, { NO_COLOR: '1' })).out
  expect(await run()).toContain('1 passed')
  edit(root, 'name: Acme', 'name: Beta')
  expect(await run()).toContain('1 failed')
})

/** Vitest's server for browser mode has the second of these plugins besides the first. */
const FOR_PAGES = [{ name: 'vitest' }, { name: 'vitest:browser' }]

describe('client code is still refused the library', () => {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': "import '@systemprompt/env'\n" })
  const configOf = (plugins: Plugin[]): InlineConfig => ({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [vitePlugin(), ...plugins],
    server: { middlewareMode: true, ws: false },
    build: { write: false, rolldownOptions: { input: join(root, 'src/it.js') } },
  })

  test('in Vitest’s browser mode', async () => {
    const server = await createServer(configOf(FOR_PAGES))
    const { code = '' } = (await server.transformRequest('/src/it.js')) ?? {}
    const [refused = ''] = /\/@id\/[^"]*refused[^"]*/.exec(code) ?? []
    await expect(server.transformRequest(refused).finally(() => server.close())).rejects.toThrow('@systemprompt/env')
  })

  test('in a build, even with a plugin named vitest', async () => {
    await expect(build(configOf([{ name: 'vitest' }]))).rejects.toThrow('this module is part of a client bundle')
  })
})

describe('the option consumer', () => {
  test.each(['client', 'server'] as const)(
    'makes a build a %s build, whether for browsers or for Node',
    async (consumer) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
      for (const ssr of [false, true]) {
        const built = build({
          root,
          configFile: false,
          logLevel: 'silent',
          plugins: [vitePlugin({ consumer })],
          build: { ssr, write: false, rolldownOptions: { input: join(root, 'src/it.js') } },
        })
        if (consumer === 'server') expect(JSON.stringify(await built)).toContain('.DATABASE_URL')
        else await expect(built).rejects.toThrow('DATABASE_URL  is a secret')
      }
    },
  )
})
