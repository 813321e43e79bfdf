import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, withPage, withServed } from './browser.ts'
import { type BuildResult, buildWith, copyApp, HOSTS, type Host } from './hosts.ts'

const options = {
  public: { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' },
}

const features = { search: true, limits: [10, 20] }

/** What `fixtures/app/src/values.js` asks for. */
const EXPECTED = {
  named: { site_name: 'Acme', port: 8080, features, PUBLIC_GREETING: 'Hello' },
  virtual: 'acme-42',
  all: { site_name: 'Acme', port: 8080, features, analyticsId: 'acme-42', PUBLIC_GREETING: 'Hello' },
  member: 'Acme',
  index: 8080,
  optional: true,
  destructured: { greeting: 'Hello', limits: [10, 20] },
  process: ['Acme', '8080', 'Hello', '8080'],
  untouched: 'process.env.site_name import.meta.env.site_name',
  shadowed: 'mine',
}

describe.each(HOSTS)('an app with public values, built with %s,', (host) => {
  const built = {} as Record<'client' | 'server', BuildResult>
  let root = ''

  beforeAll(async () => {
    root = copyApp()
    for (const consumer of ['client', 'server'] as const)
      built[consumer] = await buildWith(host, { root, consumer, options, minify: consumer === 'client' })
  })

  test('builds for the client and the server', () => {
    expect([built.client.error, built.server.error]).toEqual([undefined, undefined])
  })

  test('has the values on the server, each with its type, and reads secrets there at run time', () => {
    const output = execFileSync('node', [built.server.entry], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(output)).toEqual({ ...EXPECTED, secret: true })
  })

  test.runIf(hasBrowser)('has the values in a browser', async () => {
    const { outDir, page: file } = built.client
    const shown = await withServed(outDir, (origin) =>
      withPage(async (page) => {
        await page.goto(`${origin}/${file}`)
        await page.waitForSelector('[data-values]', { state: 'attached' })
        return page.evaluate('document.body.dataset.values')
      }),
    )
    expect(JSON.parse(String(shown))).toEqual(EXPECTED)
  })

  test('has no secret and no value that is not public in its output', () => {
    const secrets = Object.values(JSON.parse(readFileSync(`${root}/.systemprompt/profiles/local/secrets.json`, 'utf8')))
    for (const { files } of Object.values(built))
      for (const [name, content] of files)
        for (const secret of [...secrets, 'https://api.acme.example'])
          expect(content.includes(String(secret)), `${name} holds it`).toBe(false)
  })
})

describe.each(['rollup', 'vite', 'esbuild', 'rolldown', 'webpack', 'rspack'] as const satisfies readonly Host[])(
  'a client that imports one value, built with %s',
  (host) => {
    test('ships that value and no code of the library', async () => {
      const root = copyApp()
      const result = await buildWith(host, { root, consumer: 'client', entry: 'src/one.js', options, minify: true })
      expect(result.error).toBeUndefined()
      const code = readFileSync(result.entry, 'utf8')
      expect(code).toContain('Acme')
      expect(code).not.toMatch(/acme-42|8080|systemprompt/)
      expect(code.length).toBeLessThan(200)
    })
  },
)
