import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { writeFiles } from '../support/temp-project.ts'
import { buildWith, type Configure, copyApp, HOSTS, type Host } from './hosts.ts'

const options = { public: ['site.name'] }
const LIBRARY = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const ALIASES = { 'its-values': '@systemprompt/env/public', 'its-library': '@systemprompt/env' }
const alias: Configure = {
  vite: (config) => ({ ...config, resolve: { alias: ALIASES } }),
  webpack: (config) => ({ ...config, resolve: { alias: ALIASES } }),
  rolldown: (config) => ({ ...config, resolve: { alias: ALIASES } }),
  rspack: (config) => ({ ...config, resolve: { alias: ALIASES } }),
  rsbuild: (config) => ({ ...config, resolve: { alias: ALIASES } }),
  esbuild: (config) => ({ ...config, alias: ALIASES }),
}

function build(host: Host, code: string) {
  const root = copyApp()
  writeFiles(root, {
    'package.json': JSON.stringify({
      type: 'module',
      imports: { '#values': '@systemprompt/env/public', '#library': '@systemprompt/env' },
    }),
    'src/it.js': code,
  })
  return buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options, configure: alias })
}

/** Rollup finds no package without a plugin; Farm none behind a link. */
const RESOLVING = HOSTS.filter((host) => host !== 'rollup' && host !== 'farm')

describe.each(RESOLVING)('with %s', (host) => {
  test.each(['its-values', '#values'])('%s resolves to the public values', async (name) => {
    const { error, entry } = await build(host, `import { site_name } from '${name}'\nconsole.log(site_name)\n`)
    expect(error).toBeUndefined()
    expect(execFileSync(process.execPath, [entry], { encoding: 'utf8' })).toBe('Acme\n')
  })

  test.each(['its-library', '#library', LIBRARY])('the library is refused when imported as %s', async (name) => {
    const { error = '' } = await build(host, `import { loadConfigSync } from '${name}'\nconsole.log(loadConfigSync)\n`)
    expect(error).toContain('src/it.js  @systemprompt/env  reads configuration and secrets')
    // The modules inside the library are not reported.
    expect(error).not.toMatch(/node:|jiti/)
  })
})
