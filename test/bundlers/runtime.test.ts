import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build, createServer, preview } from 'vite'
import { describe, expect, test } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { run } from '../cli/recorder.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage, withServed } from './browser.ts'
import { edit } from './dev-server.ts'
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
  test.runIf(hasBrowser)('serves both a staging and a production page', async () => {
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

  test('runs as a server in two projects', async () => {
    const { error, entry } = await buildWith(host, { root: copyApp(), consumer: 'server', options })
    expect(error).toBeUndefined()
    for (const site of ['Staging', 'Production']) {
      const output = execFileSync('node', [entry], { cwd: projectCalled(site), encoding: 'utf8' })
      expect(JSON.parse(output)).toMatchObject({ named: { site_name: site }, member: site, secret: true })
    }
  })
})

describe('values at run time', () => {
  test('on a server are those that systemprompt.config lists, if the plugin lists none', async () => {
    const root = projectCalled('Acme')
    writeFiles(root, { 'src/it.js': "import all from '@systemprompt/env/public'\nconsole.log(JSON.stringify(all))\n" })
    const request = { root, consumer: 'server', entry: 'src/it.js', options: { phase: 'runtime' } } as const
    const { error, entry } = await buildWith('vite', request)
    expect(error).toBeUndefined()
    const printed = execFileSync('node', [entry], { cwd: projectCalled('Staging'), encoding: 'utf8' })
    expect(JSON.parse(printed)).toMatchObject({ site_name: 'Staging', port: 8080 })
  })

  test('may be listed both in systemprompt.config and in the plugin', async () => {
    const root = copyApp()
    writeFiles(root, {
      'systemprompt.config.json': JSON.stringify({ public: ['site.name'] }),
      'src/it.js': "import { site_name } from '@systemprompt/env/public'\nconsole.log(site_name)\n",
    })
    const request = { root, consumer: 'server', entry: 'src/it.js', options: { public: ['site.name'] } } as const
    const { error, entry } = await buildWith('vite', request)
    expect(error).toBeUndefined()
    expect(execFileSync('node', [entry], { encoding: 'utf8' })).toBe('Acme\n')
  })

  const NAMES = ['values', 'answer', 'fetch', 'URL', 'Error', 'document', 'location', 'loadConfigSync', 'globalThis']
  const named = { public: Object.fromEntries(NAMES.map((name) => [name, 'site.name'])), phase: 'runtime' } as const

  test('may have the names of globals that the module itself uses, on a server', async () => {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': `import { ${NAMES} } from '@systemprompt/env/public'\nconsole.log([${NAMES}].join())\n`,
    })
    const { error, entry } = await buildWith('vite', { root, consumer: 'server', entry: 'src/it.js', options: named })
    expect(error).toBeUndefined()
    expect(execFileSync('node', [entry], { cwd: root, encoding: 'utf8' }).trim()).toBe(NAMES.map(() => 'Acme').join())
  })

  test.runIf(hasBrowser).each(['vite', 'esbuild'] as const)(
    'may have the names of globals that the module itself uses, in a browser, with %s',
    async (host) => {
      const root = copyApp()
      writeFiles(root, {
        'src/it.js': `import * as it from '@systemprompt/env/public'\nglobalThis.document.title = ${JSON.stringify(NAMES)}.map((name) => it[name]).join()\n`,
      })
      const { error, outDir, page } = await buildWith(host, {
        root,
        consumer: 'client',
        entry: 'src/it.js',
        options: named,
      })
      expect(error).toBeUndefined()
      writeFileSync(join(outDir, 'env.json'), JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, 'x']))))
      await withServed(outDir, (origin) =>
        withPage(async (tab) => {
          await tab.goto(`${origin}/${page}`)
          await tab.waitForFunction(`document.title === ${JSON.stringify(NAMES.map(() => 'x').join())}`)
        }),
      )
    },
  )

  test.runIf(hasBrowser).each(['vite', 'webpack', 'rspack', 'rsbuild'] as const)(
    'are loaded from the application’s base URL, even on a deep page, with %s',
    async (host) => {
      const root = copyApp()
      writeFiles(root, {
        'src/it.js': "import { site_name } from '@systemprompt/env/public'\ndocument.title = site_name\n",
      })
      const { error, outDir, entry } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options })
      expect(error).toBeUndefined()
      writeFileSync(join(outDir, 'env.json'), JSON.stringify({ site_name: 'Deployed' }))
      const script = relative(outDir, entry)
      await withServed(outDir, (origin) =>
        withPage(async (tab) => {
          // A server that responds to every path of an application with its page.
          await tab.route('**/users/**', (route) =>
            route.fulfill({ contentType: 'text/html', body: `<script type="module" src="/${script}"></script>` }),
          )
          await tab.goto(`${origin}/users/42/settings`)
          await tab.waitForFunction("document.title === 'Deployed'")
        }),
      )
    },
  )

  test.runIf(hasBrowser)(
    'fail with an error that names env.json when the server responds with a page instead',
    async () => {
      const root = copyApp()
      const { outDir, page } = await buildWith('esbuild', { root, consumer: 'client', options })
      writeFileSync(join(outDir, 'env.json'), '<!doctype html>')
      const error = await withServed(outDir, (origin) =>
        withPage(async (tab) => {
          const thrown = tab.waitForEvent('pageerror')
          await tab.goto(`${origin}/${page}`)
          return (await thrown).message
        }),
      )
      expect(error).toBe('/env.json does not exist: systemprompt public > env.json creates it')
    },
  )

  const ECHO = {
    'src/worker.js': `import { site_name } from '@systemprompt/env/public'

globalThis.onconnect = ({ ports: [port] }) => port.postMessage(site_name)
globalThis.onmessage = ({ data }) => postMessage(data + site_name)
`,
  }
  const SHOW = `const port = worker.port ?? worker
port.onmessage = ({ data }) => (document.title = data)
worker.onerror = ({ message }) => (document.title = message)
port.postMessage('asked at once: ')
`

  /** What the page shows that a worker has posted; the values come late. */
  async function titleOf(host: 'vite' | 'webpack' | 'rspack' | 'esbuild', code: string): Promise<unknown> {
    const root = copyApp()
    writeFiles(root, { ...ECHO, 'src/it.js': code + SHOW })
    const entries = host === 'esbuild' ? { main: 'src/it.js', worker: 'src/worker.js' } : { main: 'src/it.js' }
    const { error, outDir, page } = await buildWith(host, {
      root,
      consumer: 'client',
      entry: 'src/it.js',
      entries,
      options,
    })
    expect(error).toBeUndefined()
    writeFileSync(join(outDir, 'env.json'), JSON.stringify({ site_name: 'Deployed' }))
    return withServed(outDir, (origin) =>
      withPage(async (tab) => {
        await tab.route('**/env.json', async (route) => {
          await setTimeout(300)
          await route.continue()
        })
        await tab.goto(`${origin}/${page}`)
        await tab.waitForFunction("document.title !== ''")
        return tab.title()
      }),
    )
  }

  const importing = (kind: string): string => `import Made from './worker.js${kind}'\nconst worker = new Made()\n`
  const STARTING = "const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })\n"

  test.runIf(hasBrowser).each([
    ['vite', 'a worker', importing('?worker'), 'asked at once: Deployed'],
    ['vite', 'an inline worker', importing('?worker&inline'), 'asked at once: Deployed'],
    ['vite', 'a shared worker', importing('?sharedworker'), 'Deployed'],
    ['webpack', 'a worker', STARTING, 'asked at once: Deployed'],
    ['rspack', 'a worker', STARTING, 'asked at once: Deployed'],
    ['esbuild', 'a worker', STARTING, 'asked at once: Deployed'],
  ] as const)('with %s, reach %s before its first message', async (host, _, code, title) => {
    expect(await titleOf(host, code)).toBe(title)
  })

  test.runIf(hasBrowser)('fail with an explanation in an inline worker that is a data: URL', async () => {
    // Vite makes a data: URL of it then.
    const code = importing('?worker&inline').replace('const', 'URL.createObjectURL = undefined\nconst')
    const title = await titleOf('vite', code)
    expect(title).toContain('A worker in a data: URL cannot tell where env.json is: import it without &inline')
  })

  test('are served by Vite’s preview of a build, with changes since the build', async () => {
    const root = copyApp()
    const config = { root, base: '/app/', configFile: false, logLevel: 'silent' } as const
    await build({ ...config, plugins: [vitePlugin(options)] })
    edit(root, 'name: Acme', 'name: Beta')
    const server = await preview({ ...config, preview: { port: 0 }, plugins: [vitePlugin(options)] })
    try {
      const answer = await fetch(`${server.resolvedUrls?.local[0]}env.json`)
      expect(await answer.json()).toMatchObject({ site_name: 'Beta' })
    } finally {
      await server.close()
    }
  })

  test('are served by Vite’s development server, which follows changes', async () => {
    const root = copyApp()
    const server = await createServer({
      root,
      base: '/app/',
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1', ws: false },
      plugins: [vitePlugin(options)],
    })
    await server.listen()
    try {
      const answer = async (): Promise<unknown> => (await fetch(`${server.resolvedUrls?.local[0]}env.json`)).json()
      expect(await answer()).toMatchObject({ site_name: 'Acme' })
      edit(root, 'name: Acme', 'name: Beta')
      await expect.poll(answer).toMatchObject({ site_name: 'Beta' })
    } finally {
      await server.close()
    }
  })
})
