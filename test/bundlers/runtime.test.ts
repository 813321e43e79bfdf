import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../cli/recorder.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage, withServed } from './browser.ts'
import { buildWith, copyApp } from './hosts.ts'

const wanted = { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' }
const options = { public: wanted, phase: 'runtime' as const }

function projectCalled(name: string): string {
  const root = copyApp()
  writeFiles(root, {
    'systemprompt.config.json': JSON.stringify({ public: wanted }),
    [PROFILE]: readFileSync(join(root, PROFILE), 'utf8').replace('name: Acme', `name: ${name}`),
  })
  return root
}

describe.each(['vite', 'esbuild', 'webpack', 'rspack', 'rollup'] as const)('one build of %s', (host) => {
  test.runIf(hasBrowser)('serves a staging and a production page', async () => {
    const { error, outDir, page, files } = await buildWith(host, { root: copyApp(), consumer: 'client', options })
    expect(error).toBeUndefined()
    for (const [name, content] of files) expect(String(content), name).not.toMatch(/Acme|acme-42/)
    for (const site of ['Staging', 'Production']) {
      const { out } = await run(projectCalled(site), ['public'])
      writeFileSync(join(outDir, 'env.json'), out)
      const shown = await withServed(outDir, (origin) =>
        withPage(async (tab) => {
          await tab.goto(`${origin}/${page}`)
          await tab.waitForSelector('[data-values]', { state: 'attached' })
          return tab.evaluate('document.body.dataset.values')
        }),
      )
      expect(JSON.parse(String(shown))).toMatchObject({
        named: { site_name: site, port: 8080 },
        member: site,
        index: 8080,
        process: [site, '8080', 'Hello', '8080'],
        virtual: 'acme-42',
        shadowed: 'mine',
      })
    }
  })

  test('serves two projects on the server', async () => {
    const { error, entry } = await buildWith(host, { root: copyApp(), consumer: 'server', options })
    expect(error).toBeUndefined()
    for (const site of ['Staging', 'Production']) {
      const output = execFileSync('node', [entry], { cwd: projectCalled(site), encoding: 'utf8' })
      expect(JSON.parse(output)).toMatchObject({ named: { site_name: site }, member: site, secret: true })
    }
  })
})
