import { execFileSync } from 'node:child_process'
import { isAbsolute } from 'node:path'
import type { Plugin as EsbuildPlugin } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp } from './hosts.ts'

/** How packages are made external: by electron-vite, by hand in three ways, and by what is often copied for libraries. */
const EXTERNALS = {
  'a pattern': [/^(?:electron|@systemprompt\/env)(?:\/.+)?$/],
  'a pattern for the library alone': [/^@systemprompt\/env(?!\/public)/],
  'a name': ['@systemprompt/env', '@systemprompt/env/public'],
  'a function': (id: string) => !/^[./]/.test(id),
}

type External = (typeof EXTERNALS)[keyof typeof EXTERNALS]

/** The library itself is external, as packages are. */
const code = `import { loadConfigSync } from '@systemprompt/env'
import { site_name } from '@systemprompt/env/public'
import { site_name as virtual } from 'virtual:systemprompt/public'
console.log(site_name, virtual, loadConfigSync().config.server.port)
`

const makeExternal = (external: External): Configure => ({
  vite: (config) => ({
    ...config,
    build: { ...config.build, rolldownOptions: { ...config.build?.rolldownOptions, external } },
  }),
  rollup: (config) => ({ ...config, external }),
  rolldown: (config) => ({ ...config, external }),
})

describe.each(['vite', 'rollup', 'rolldown'] as const)('a server built by %s', (host) => {
  test.each(Object.entries(EXTERNALS))('has the public values when %s makes packages external', async (_, external) => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': code })
    const options = { public: ['site.name'] }
    const request = {
      root,
      consumer: 'server',
      entry: 'src/it.js',
      options,
      configure: makeExternal(external),
    } as const
    const { error, entry, files } = await buildWith(host, request)
    expect(error).toBeUndefined()
    expect(execFileSync(process.execPath, [entry], { cwd: root, encoding: 'utf8' })).toBe('Acme Acme 8080\n')
    expect([...files].some(([, content]) => /from ?["']@systemprompt\/env["']/.test(String(content)))).toBe(true)
  })
})

describe.each(['vite', 'rollup', 'rolldown'] as const)('a client built by %s', (host) => {
  test.each(Object.entries(EXTERNALS))(
    'is refused for reading a secret when %s makes packages external',
    async (_, external) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
      const request = {
        root,
        consumer: 'client',
        entry: 'src/it.js',
        options: {},
        configure: makeExternal(external),
      } as const
      const { error } = await buildWith(host, request)
      expect(error).toContain('src/it.js:1:13  DATABASE_URL  is a secret')
      expect(error).not.toContain('reads configuration and secrets')
    },
  )
})

/** As rollup-plugin-node-externals does. */
const nodeExternals = {
  name: 'leaves-packages',
  enforce: 'pre',
  resolveId: {
    order: 'pre',
    handler: (id: string) => (/^[./\0]/.test(id) || isAbsolute(id) ? undefined : { id, external: true }),
  },
} as const

/** As esbuild-node-externals does. */
const esbuildNodeExternals: EsbuildPlugin = {
  name: 'leaves-packages',
  setup: ({ onResolve }) => onResolve({ filter: /^[@a-z]/ }, ({ path }) => ({ path, external: true })),
}

const externalsLast: Configure = {
  vite: (config) => ({ ...config, plugins: [config.plugins, nodeExternals] }),
  rollup: (config) => ({ ...config, plugins: [config.plugins, nodeExternals] }),
  rolldown: (config) => ({ ...config, plugins: [config.plugins, nodeExternals] }),
}

describe.each(['vite', 'rollup', 'rolldown'] as const)(
  'with a later plugin that makes packages external, %s',
  (host) => {
    test('still bundles the public values', async () => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': code })
      const request = { root, consumer: 'server', entry: 'src/it.js', options: { public: ['site.name'] } } as const
      const { error, entry } = await buildWith(host, { ...request, configure: externalsLast })
      expect(error).toBeUndefined()
      expect(execFileSync(process.execPath, [entry], { cwd: root, encoding: 'utf8' })).toBe('Acme Acme 8080\n')
    })

    test('reports a secret that a client reads', async () => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
      const request = { root, consumer: 'client', entry: 'src/it.js', options: {} } as const
      const { error } = await buildWith(host, { ...request, configure: externalsLast })
      expect(error).toContain('src/it.js:1:13  DATABASE_URL  is a secret')
    })
  },
)

const externalsFirst: Configure = {
  vite: (config) => ({ ...config, plugins: [nodeExternals, config.plugins] }),
  rollup: (config) => ({ ...config, plugins: [nodeExternals, config.plugins] }),
  rolldown: (config) => ({ ...config, plugins: [nodeExternals, config.plugins] }),
  esbuild: (config) => ({ ...config, plugins: [esbuildNodeExternals, ...(config.plugins ?? [])] }),
}

describe.each(['vite', 'rollup', 'rolldown', 'esbuild'] as const)(
  'with an earlier plugin that makes packages external, %s',
  (host) => {
    test.each(['client', 'server'] as const)('fails for a %s that imports the public values', async (consumer) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': "import values from '@systemprompt/env/public'\nconsole.log(values)\n" })
      const request = { root, consumer, entry: 'src/it.js', options: { public: ['site.name'] } } as const
      const { error } = await buildWith(host, { ...request, configure: externalsFirst })
      expect(error).toContain(
        "A plugin makes '@systemprompt/env/public' external, where it has no values: list '@systemprompt/env' before that plugin, or exclude it in the options of that plugin",
      )
    })
  },
)
