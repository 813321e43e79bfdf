import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rollup } from 'rollup'
import { describe, expect, test } from 'vitest'
import type { PluginOptions } from '../../integrations/options.ts'
import rollupPlugin from '../../integrations/rollup.ts'
import { loadConfig } from '../../src/index.ts'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp, HOSTS } from './hosts.ts'

const PROFILE = '.systemprompt/profiles/local/profile.yaml'

describe.each(HOSTS)('an invalid configuration, built with %s', (host) => {
  test.each(['client', 'server'] as const)(
    'fails the %s build with one error, with file and line and without a stack trace',
    async (consumer) => {
      const root = copyApp()
      writeFiles(root, { [PROFILE]: 'name: local\nserver:\n  port: 99999\n  host: [\n' })
      const { error = '', files } = await buildWith(host, { root, consumer })
      expect(error.split(`${PROFILE}:4:9  has a bracket that is never closed`)).toHaveLength(2)
      expect(error).toContain('More: @systemprompt/env/docs/errors.md#syntax')
      expect(error).not.toMatch(/^\s+at |was not found in/m)
      for (const content of files.values()) expect(String(content)).not.toContain('canary')
    },
  )
})

test.each([
  ['required by systemprompt.config.*', 'name: local\nsite: { name: Acme }\n', "{ required: ['STRIPE_KEY'] }"],
  [
    'required by a schema',
    'name: local\nsite: { name: Acme }\n',
    `{ schema: { '~standard': { version: 1, vendor: 'test', validate: (all) => all.STRIPE_KEY ? { value: all } : { issues: [{ message: 'no', path: ['STRIPE_KEY'] }] } } } }`,
  ],
  ['of a strict profile', 'name: local\nsite: { name: Acme }\nsecrets: { validation: strict }\n', '{}'],
])('a secret %s need not be set for a build', async (_, profile, secrets) => {
  const root = copyApp()
  rmSync(join(root, '.systemprompt/profiles/local/secrets.json'))
  writeFiles(root, {
    [PROFILE]: profile,
    'systemprompt.config.mjs': `export default { secrets: ${secrets} }\n`,
    'src/it.js': 'console.log(import.meta.env.site_name)\n',
  })
  await expect(loadConfig({ cwd: root, profile: 'local', env: {} })).rejects.toThrow(/STRIPE_KEY|JWT_SECRET/)
  const request = { root, consumer: 'client', entry: 'src/it.js', options: { public: ['site.name'] } } as const
  expect((await buildWith('vite', request)).error).toBeUndefined()
})

test.each(['vite', 'webpack', 'esbuild'] as const)(
  'a required secret that is not set is refused in client code and allowed in server code, with %s',
  async (host) => {
    const root = copyApp()
    rmSync(join(root, '.systemprompt'), { recursive: true })
    writeFiles(root, {
      'systemprompt.config.mjs': "export default { secrets: { required: ['REGISTRATION'] } }\n",
      'src/it.js': 'console.log(process.env.REGISTRATION)\n',
    })
    const { error } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js' })
    expect(error).toMatch(/src\/it\.js:1:\d+.*REGISTRATION/s)
    expect((await buildWith(host, { root, consumer: 'server', entry: 'src/it.js' })).error).toBeUndefined()
  },
)

test('a build does not apply the schema for variables, which are those of the running program', async () => {
  const root = copyApp()
  writeFiles(root, {
    'systemprompt.config.mjs': `export default { variables: { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no', path: ['PORT'] }] }) } } }\n`,
    'src/it.js': 'console.log(import.meta.env.site_name)\n',
  })
  const built = await buildWith('vite', {
    root,
    consumer: 'client',
    entry: 'src/it.js',
    options: { public: ['site.name'] },
  })
  expect(built.error).toBeUndefined()
})

const breaks = {
  name: 'breaks',
  transform() {
    throw new Error('the other plugin fails')
  },
}

describe.each(['vite', 'rollup', 'rolldown'] as const)('the error of another plugin, in %s', (host) => {
  const configure: Configure = {
    vite: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
    rollup: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
    rolldown: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
  }

  test('is reported next to that of an invalid configuration', async () => {
    const root = copyApp()
    writeFiles(root, { [PROFILE]: 'name: local\nserver:\n  port: 99999\n', 'src/it.js': 'console.log(1)\n' })
    const { error } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', configure })
    expect(error).toContain('the other plugin fails')
    expect(error).toContain('is not a whole number from 1 to 65535')
  })
})

describe('an invalid plugin option', () => {
  const READS_SECRET = { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' }

  test.each(HOSTS)('fails the build of a client that reads a secret, with %s', async (host) => {
    const root = copyApp()
    writeFiles(root, READS_SECRET)
    const options = { consumer: 'browser' } as unknown as PluginOptions
    const { error = '' } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options })
    expect(error).toContain("consumer  is not 'client' or 'server'  → give consumer as 'client' or 'server'")
    expect(error).toContain('More: @systemprompt/env/docs/errors.md#invalid_option')
  })

  test.each([
    [{ consumer: 'Client' }, "consumer  is not 'client' or 'server'"],
    [{ phase: 'run' }, "phase  is not 'build' or 'runtime'"],
    [{ leakGuard: 'no' }, 'leakGuard  is not true or false'],
    [{ types: 1 }, 'types  is not true, false or a path'],
    [{ cwd: 5 }, 'cwd  is not a path'],
    [{ public: 5 }, 'public  is not a list of paths and variables'],
    [{ publik: ['site.name'] }, 'publik  is not an option  → did you mean public?'],
    [{ strict: true }, 'strict  is not an option  → remove it; the options are cwd, profile,'],
    ['site.name', 'options  is not an object'],
    [['site.name'], 'options  is not an object'],
    [null, 'options  is not an object'],
  ])('is rejected: %j', async (options, message) => {
    const root = copyApp()
    writeFiles(root, READS_SECRET)
    const plugins = [rollupPlugin(options as unknown as PluginOptions)]
    await expect(rollup({ input: join(root, 'src/it.js'), plugins })).rejects.toThrow(message)
  })
})
