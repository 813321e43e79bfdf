import { execFileSync } from 'node:child_process'
import { isAbsolute } from 'node:path'
import type { Plugin as EsbuildPlugin } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp } from './hosts.ts'

/** How packages are left outside: by electron-vite, by hand in three ways, and by what is often copied for libraries. */
const EXTERNALS = {
  'a pattern': [/^(?:electron|@systemprompt\/env)(?:\/.+)?$/],
  'a pattern of the library alone': [/^@systemprompt\/env(?!\/public)/],
  'a name': ['@systemprompt/env', '@systemprompt/env/public'],
  'a function': (id: string) => !/^[./]/.test(id),
}

type External = (typeof EXTERNALS)[keyof typeof EXTERNALS]

/** With the library itself left outside, as it is where packages are. */
const code = `import { loadConfigSync } from '@systemprompt/env'
import { site_name } from '@systemprompt/env/public'
import { site_name as virtual } from 'virtual:systemprompt/public'
console.log(site_name, virtual, loadConfigSync().config.server.port)
`

const leaveOutside = (external: External): Configure => ({
  vite: (config) => ({
    ...config,
    build: { ...config.build, rolldownOptions: { ...config.build?.rolldownOptions, external } },
  }),
  rollup: (config) => ({ ...config, external }),
  rolldown: (config) => ({ ...config, external }),
})

describe.each(['vite', 'rollup', 'rolldown'] as const)('a server that %s builds', (host) => {
  test.each(Object.entries(EXTERNALS))(
    'has the public values where %s leaves packages outside',
    async (_, external) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': code })
      const options = { public: ['site.name'] }
      const request = {
        root,
        consumer: 'server',
        entry: 'src/it.js',
        options,
        configure: leaveOutside(external),
      } as const
      const { error, entry, files } = await buildWith(host, request)
      expect(error).toBeUndefined()
      expect(execFileSync(process.execPath, [entry], { cwd: root, encoding: 'utf8' })).toBe('Acme Acme 8080\n')
      expect([...files].some(([, content]) => /from ?["']@systemprompt\/env["']/.test(String(content)))).toBe(true)
    },
  )
})

describe.each(['vite', 'rollup', 'rolldown'] as const)('a client that %s builds', (host) => {
  test.each(Object.entries(EXTERNALS))(
    'is refused for the secret that it reads where %s leaves packages outside',
    async (_, external) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
      const request = {
        root,
        consumer: 'client',
        entry: 'src/it.js',
        options: {},
        configure: leaveOutside(external),
      } as const
      const { error } = await buildWith(host, request)
      expect(error).toContain('src/it.js:1:13  DATABASE_URL  is a secret')
      expect(error).not.toContain('reads configuration and secrets')
    },
  )
})

/** As rollup-plugin-node-externals does. */
const leavesPackages = {
  name: 'leaves-packages',
  enforce: 'pre',
  resolveId: {
    order: 'pre',
    handler: (id: string) => (/^[./\0]/.test(id) || isAbsolute(id) ? undefined : { id, external: true }),
  },
} as const

/** As esbuild-node-externals does. */
const leavesPackagesOfEsbuild: EsbuildPlugin = {
  name: 'leaves-packages',
  setup: ({ onResolve }) => onResolve({ filter: /^[@a-z]/ }, ({ path }) => ({ path, external: true })),
}

const withLeaves: Configure = {
  vite: (config) => ({ ...config, plugins: [config.plugins, leavesPackages] }),
  rollup: (config) => ({ ...config, plugins: [config.plugins, leavesPackages] }),
  rolldown: (config) => ({ ...config, plugins: [config.plugins, leavesPackages] }),
}

describe.each(['vite', 'rollup', 'rolldown'] as const)(
  'with a plugin behind that leaves packages outside, %s',
  (host) => {
    test('has the public values inside', async () => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': code })
      const request = { root, consumer: 'server', entry: 'src/it.js', options: { public: ['site.name'] } } as const
      const { error, entry } = await buildWith(host, { ...request, configure: withLeaves })
      expect(error).toBeUndefined()
      expect(execFileSync(process.execPath, [entry], { cwd: root, encoding: 'utf8' })).toBe('Acme Acme 8080\n')
    })

    test('names the secret that a client reads', async () => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' })
      const request = { root, consumer: 'client', entry: 'src/it.js', options: {} } as const
      const { error } = await buildWith(host, { ...request, configure: withLeaves })
      expect(error).toContain('src/it.js:1:13  DATABASE_URL  is a secret')
    })
  },
)

const leavesFirst: Configure = {
  vite: (config) => ({ ...config, plugins: [leavesPackages, config.plugins] }),
  rollup: (config) => ({ ...config, plugins: [leavesPackages, config.plugins] }),
  rolldown: (config) => ({ ...config, plugins: [leavesPackages, config.plugins] }),
  esbuild: (config) => ({ ...config, plugins: [leavesPackagesOfEsbuild, ...(config.plugins ?? [])] }),
}

describe.each(['vite', 'rollup', 'rolldown', 'esbuild'] as const)(
  'with a plugin before that leaves packages outside, %s',
  (host) => {
    test.each(['client', 'server'] as const)('fails for a %s that imports the public values', async (consumer) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': "import values from '@systemprompt/env/public'\nconsole.log(values)\n" })
      const request = { root, consumer, entry: 'src/it.js', options: { public: ['site.name'] } } as const
      const { error } = await buildWith(host, { ...request, configure: leavesFirst })
      expect(error).toContain(
        "A plugin makes '@systemprompt/env/public' external, where it has no values: list '@systemprompt/env' before that plugin, or exclude it in the options of that plugin",
      )
    })
  },
)
