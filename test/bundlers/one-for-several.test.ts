import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import webpackPlugin from '../../integrations/webpack.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { buildWith, copyApp } from './hosts.ts'

describe('one plugin object', () => {
  test('serves a client and a server build of webpack, and refuses a secret only in the client', async () => {
    const { default: webpack } = await import('webpack')
    const root = copyApp()
    writeFiles(root, { 'src/reads.js': 'console.log(process.env.DATABASE_URL)\n' })
    const plugin = webpackPlugin()
    const configs = ['web', 'node'].map((target) => ({
      name: target,
      mode: 'production' as const,
      context: root,
      target,
      entry: './src/reads.js',
      output: { path: join(root, 'out', target) },
      plugins: [plugin],
    }))
    const errors = await new Promise<readonly (readonly [string | undefined, number])[]>((resolve) =>
      webpack(configs, (_, stats) =>
        resolve((stats?.stats ?? []).map((each) => [each.compilation.name, each.compilation.errors.length])),
      ),
    )
    expect(errors).toEqual([
      ['web', 1],
      ['node', 0],
    ])
  })
})

describe('a worker built by Vite', () => {
  test('has the public values without a plugin of its own', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/page.js': "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })\n",
      'src/worker.js':
        "import { site_name } from '@systemprompt/env/public'\npostMessage([site_name, import.meta.env.site_name])\n",
    })
    const options = { public: ['site.name'] }
    const { error, files } = await buildWith('vite', {
      root,
      consumer: 'client',
      entry: 'src/page.js',
      options,
      minify: true,
    })
    expect(error).toBeUndefined()
    const worker = [...files].find(([name]) => /worker.*\.js$/.test(name))
    expect(String(worker?.[1])).toMatch(/postMessage\(\[.Acme.,.Acme.\]\)/)
  })
})

test('a public map may have a key that sounds like a secret', async () => {
  const root = copyApp()
  const profile = readFileSync(join(root, PROFILE), 'utf8')
  writeFiles(root, {
    [PROFILE]: `${profile}maps:\n  publishable_key: pk_live_51Hq8Zm2Kd9Tx4Rv\n`,
    'src/maps.js': "import { maps } from '@systemprompt/env/public'\nconsole.log(maps)\n",
  })
  const { error } = await buildWith('esbuild', {
    root,
    consumer: 'client',
    entry: 'src/maps.js',
    options: { public: ['maps'] },
  })
  expect(error).toBeUndefined()
})
