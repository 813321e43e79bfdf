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

describe.each(HOSTS)('a configuration that is not valid, built with %s', (host) => {
  test.each(['client', 'server'] as const)(
    'is an error for the %s as it is everywhere, said once',
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
    'that a schema asks for',
    'name: local\nsite: { name: Acme }\n',
    `{ schema: { '~standard': { version: 1, vendor: 'test', validate: (all) => all.STRIPE_KEY ? { value: all } : { issues: [{ message: 'no', path: ['STRIPE_KEY'] }] } } } }`,
  ],
  ['of a profile that is strict', 'name: local\nsite: { name: Acme }\nsecrets: { validation: strict }\n', '{}'],
])('a secret %s need not be there for a build', async (_, profile, secrets) => {
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
  'client code may not ask for a required secret that is not there for a build with %s either',
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

test('a schema for variables, which are those of the program, is not asked in a build', async () => {
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

describe.each(['vite', 'rollup', 'rolldown'] as const)('the failure of another plugin, in %s', (host) => {
  const configure: Configure = {
    vite: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
    rollup: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
    rolldown: (config) => ({ ...config, plugins: [config.plugins, breaks] }),
  }

  test('is said beside a configuration that is not valid', async () => {
    const root = copyApp()
    writeFiles(root, { [PROFILE]: 'name: local\nserver:\n  port: 99999\n', 'src/it.js': 'console.log(1)\n' })
    const { error } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', configure })
    expect(error).toContain('the other plugin fails')
    expect(error).toContain('is not a whole number from 1 to 65535')
  })
})

describe('an option that is not what it should be', () => {
  const READS_SECRET = { 'src/it.js': 'console.log(process.env.DATABASE_URL)\n' }

  test.each(HOSTS)('is an error of a build with %s, and opens no secret to a client', async (host) => {
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
  ])('is an error: %j', async (options, message) => {
    const root = copyApp()
    writeFiles(root, READS_SECRET)
    const plugins = [rollupPlugin(options as unknown as PluginOptions)]
    await expect(rollup({ input: join(root, 'src/it.js'), plugins })).rejects.toThrow(message)
  })
})
