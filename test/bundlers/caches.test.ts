import { join } from 'node:path'
import { type RollupCache, rollup } from 'rollup'
import { describe, expect, test, vi } from 'vitest'
import rollupPlugin from '../../integrations/rollup.ts'
import { SECRETS, writeFiles } from '../support/temp-project.ts'
import { edit } from './dev-server.ts'
import { buildWith, type Configure, copyApp } from './hosts.ts'

const options = { public: ['site.name', 'LATER'] }
const NOW_SECRET = JSON.stringify({ later: 'what-nobody-may-know' })
const READS = 'console.log(import.meta.env.site_name, import.meta.env.LATER)\n'

describe('Rollup’s cache', () => {
  async function build(root: string, cache?: RollupCache, wanted: readonly string[] = options.public) {
    const plugins = [rollupPlugin({ cwd: root, public: wanted })]
    const bundle = await rollup({
      input: join(root, 'src/it.js'),
      plugins,
      onLog: () => undefined,
      ...(cache && { cache }),
    })
    const { output } = await bundle.generate({})
    return { code: output[0].code, cache: bundle.cache }
  }

  test('serves no outdated value, and does not hide a read of a secret', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': READS, '.env': 'LATER=one\n' })
    const first = await build(root)
    expect(first.code).toContain('"Acme", "one"')
    edit(root, 'name: Acme', 'name: Beta')
    const second = await build(root, first.cache)
    expect(second.code).toContain('"Beta", "one"')
    writeFiles(root, { [SECRETS]: NOW_SECRET, '.env': '' })
    await expect(build(root, second.cache, ['site.name'])).rejects.toThrow('LATER  is a secret')
  })

  test('is used for a module as long as nothing has changed', async () => {
    const root = copyApp()
    writeFiles(root, { 'src/it.js': READS, '.env': 'LATER=one\n' })
    const transform = vi.fn(() => undefined)
    const counted = async (cache?: RollupCache): Promise<RollupCache | undefined> => {
      const plugins = [rollupPlugin({ ...options, cwd: root }), { name: 'count', transform }]
      const bundle = await rollup({
        input: join(root, 'src/it.js'),
        plugins,
        onLog: () => undefined,
        ...(cache && { cache }),
      })
      return bundle.cache
    }
    const cache = await counted()
    expect(transform).toHaveBeenCalledTimes(1)
    await counted(cache)
    expect(transform).toHaveBeenCalledTimes(1)
  })
})

describe.each(['rspack', 'rsbuild', 'webpack'] as const)('the disk cache of %s', (host) => {
  const configure = (root: string): Configure => ({
    rspack: (config) => ({
      ...config,
      cache: { type: 'persistent', storage: { type: 'filesystem', directory: join(root, 'cache') } },
    }),
    rsbuild: (config) => ({ ...config, performance: { buildCache: { cacheDirectory: join(root, 'cache') } } }),
    webpack: (config) => ({ ...config, cache: { type: 'filesystem', cacheDirectory: join(root, 'cache') } }),
  })

  test('serves no value of another profile, none that is no longer public, and does not hide a read of a secret', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js':
        "import './reads.js'\nimport { site_name } from '@systemprompt/env/public'\nconsole.log(site_name)\n",
      'src/reads.js': READS,
      '.env': 'LATER=one\n',
      '.systemprompt/profiles/production/profile.yaml':
        'name: production\nsite: { name: Production }\nsecrets: { validation: skip }\n',
      '.systemprompt/profiles/strict/profile.yaml':
        'name: strict\nsite: { name: Strict }\nsecrets: { validation: skip }\n',
      '.systemprompt/profiles/strict/secrets.json': NOW_SECRET,
    })
    const build = async (given: object) => {
      const request = { root, consumer: 'client', entry: 'src/it.js', configure: configure(root) } as const
      const { error, files } = await buildWith(host, { ...request, options: { ...options, ...given } })
      return {
        error,
        code: [...files.entries()].flatMap(([name, text]) => (/\.js$/.test(name) ? String(text) : [])).join(),
      }
    }
    const first = await build({})
    expect(first).toMatchObject({ error: undefined, code: expect.stringContaining('one') })
    expect(first.code.match(/"Acme"/g)).toHaveLength(2)
    const second = await build({ profile: 'production' })
    expect(second.error).toBeUndefined()
    expect(second.code).not.toContain('Acme')
    expect(second.code.match(/"Production"/g)).toHaveLength(2)
    const third = await build({ profile: 'production', public: ['site.name'] })
    expect(third.error).toBeUndefined()
    expect(third.code).not.toContain('one')
    writeFiles(root, { '.env': '' })
    const { error } = await build({ profile: 'strict', public: ['site.name'] })
    expect(error).toContain('LATER  is a secret')
  })
})
