import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Compiler } from 'webpack'
import { type Ended, start } from '../support/installed.ts'
import { type Files, writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp, type Host } from './hosts.ts'

const SERVER = `import { loadConfig } from '@systemprompt/env'

loadConfig().then(({ config }) => console.log(config.site.name, config.server.port))
`

/** Options that set one value, and import another from a file next to them. */
const SET = "overrides: { 'site.name': 'Set', 'server.port': port }"
const BESIDE = { 'port.mjs': 'export const port = 81\n', 'port.cjs': 'exports.port = 81\n' }

const FILES = {
  'systemprompt.config.mjs': `import { port } from './port.mjs'\nexport default { ${SET} }\n`,
  'systemprompt.config.js': `import { port } from './port.mjs'\nexport default async () => ({ ${SET} })\n`,
  'systemprompt.config.cjs': `const { port } = require('./port.cjs')\nmodule.exports = { ${SET} }\n`,
}

const BUNDLED: Configure = {
  vite: (config) => ({ ...config, ssr: { noExternal: ['@systemprompt/env'] } }),
}

const TYPESCRIPT = `import { port } from './port.mjs'\nconst options: object = { ${SET} }\nexport default options\n`

/** Whether Node can strip types by itself. */
const isTypeScriptRead = Boolean(Reflect.get(process.features, 'typescript'))

interface Bundling {
  readonly configure?: Configure
  readonly server?: string
}

interface Server {
  readonly root: string
  readonly entry: string
}

async function bundle(host: Host, { configure = BUNDLED, server = SERVER }: Bundling = {}): Promise<Server> {
  const root = copyApp()
  writeFiles(root, { 'src/it.js': server })
  const { error, entry } = await buildWith(host, { root, consumer: 'server', entry: 'src/it.js', configure })
  expect(error).toBeUndefined()
  return { root, entry }
}

/** Starts it next to these files, with no other config file. */
function startWith({ root, entry }: Server, files: Files, flags: readonly string[] = []): Promise<Ended> {
  for (const name of Object.keys(FILES)) rmSync(join(root, name), { force: true })
  writeFiles(root, { ...BESIDE, ...files })
  return start({ cwd: root, args: [...flags, entry] })
}

function readsEachFile(bundled: () => Promise<Server>): void {
  let server: Server
  beforeAll(async () => {
    server = await bundled()
  })
  test.each(Object.entries(FILES))('reads %s', async (name, content) => {
    expect(await startWith(server, { [name]: content })).toEqual({ out: 'Set 81\n', err: '', code: 0 })
  })
}

describe.each(['vite', 'webpack', 'rspack', 'rsbuild', 'rolldown', 'esbuild'] as const)(
  'a server with the library bundled by %s',
  (host) => readsEachFile(() => bundle(host)),
)

/** As ncc sets it. */
const AS_NODE_RESOLVES: Configure = {
  rolldown: (config) => ({ ...config, resolve: { conditionNames: ['import', 'node'] } }),
  webpack: (config) => ({ ...config, resolve: { conditionNames: ['import', 'node'] } }),
}

/** Up to 5.94 at least, which ncc has in it, an import of a function is given no names but `default`. */
const OLDER_WEBPACK: Configure = {
  webpack: (config) => ({ ...config, plugins: [...(config.plugins ?? []), { apply: leaveOutNamesOfFunctions }] }),
}

function leaveOutNamesOfFunctions(compiler: Compiler): void {
  compiler.hooks.compilation.tap('older', ({ hooks }) =>
    hooks.runtimeModule.tap('older', (module) => {
      const generate = module.generate.bind(module)
      module.generate = () => generate()?.replace(" || typeof current == 'function'", '') ?? null
    }),
  )
}

describe.each([
  ['resolves as Node does', AS_NODE_RESOLVES],
  ['is an older version', OLDER_WEBPACK],
])('a server with the library bundled by a webpack that %s', (_, configure) =>
  readsEachFile(() => bundle('webpack', { configure })),
)

const PRELOADED = `import '@systemprompt/env/register'\nconsole.log(process.env.GREETING)\n`

/** As docs/bundlers/esbuild.md says. */
const WITH_REQUIRE: Configure = {
  esbuild: (config) => ({
    ...config,
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
    },
  }),
}

describe('in an ES module bundle, which has no __filename,', () => {
  test('the entry for Node works when Node is run with a flag', async () => {
    const server = await bundle('rolldown', { configure: AS_NODE_RESOLVES })
    const { 'systemprompt.config.mjs': file } = FILES
    const ended = await startWith(server, { 'systemprompt.config.mjs': file }, ['--enable-source-maps'])
    expect(ended).toEqual({ out: 'Set 81\n', err: '', code: 0 })
  })

  test('the preload works when the program imports it', async () => {
    const ended = await startWith(await bundle('rolldown', { server: PRELOADED }), { '.env': 'GREETING=hello\n' })
    expect(ended).toEqual({ out: 'hello\n', err: '', code: 0 })
  })

  test('the preload works with esbuild and a require in the banner', async () => {
    const server = await bundle('esbuild', { server: PRELOADED, configure: WITH_REQUIRE })
    const ended = await startWith(server, { '.env': 'GREETING=hello\n' })
    expect(ended).toEqual({ out: 'hello\n', err: '', code: 0 })
  })

  test('so do the public values where no plugin has inserted them', async () => {
    const server = "import values from '@systemprompt/env/public'\nconsole.log(values.PUBLIC_GREETING)\n"
    const withoutPlugin: Configure = { esbuild: (config) => ({ ...config, plugins: [] }) }
    const ended = await startWith(await bundle('esbuild', { server, configure: withoutPlugin }), {
      '.env': 'PUBLIC_GREETING=hello\n',
    })
    expect(ended).toEqual({ out: 'hello\n', err: '', code: 0 })
  })
})

describe('a server with the library bundled and a config file in TypeScript', () => {
  const files = { 'systemprompt.config.ts': TYPESCRIPT }

  test.runIf(isTypeScriptRead).each(['vite', 'webpack', 'esbuild'] as const)(
    'reads the file, with %s',
    async (host) => {
      expect(await startWith(await bundle(host), files)).toMatchObject({ out: 'Set 81\n', code: 0 })
    },
  )

  test.skipIf(isTypeScriptRead).each(['vite', 'webpack', 'esbuild'] as const)(
    'reports the file with a remedy, with %s',
    async (host) => {
      const { err, code } = await startWith(await bundle(host), files)
      expect(err).toContain(
        'systemprompt.config.ts  cannot be loaded: a bundle cannot compile TypeScript; keep @systemprompt/env external, or write JavaScript',
      )
      expect(code).toBe(1)
    },
  )
})
