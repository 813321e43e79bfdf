import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { build, createServer, type InlineConfig, type Plugin, version } from 'vite7'
import { describe, expect, test } from 'vitest'
import vitePlugin from '../../integrations/vite.ts'
import { writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage, withServed } from './browser.ts'
import { appWithCanaries, describeDevServer, expectNone, options, shows } from './dev-server.ts'

/** Each version of Vite has a type of its own for the same plugin. */
const plugin = (): Plugin[] => vitePlugin(options) as unknown as Plugin[]

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

function settings(root: string, entry: string): InlineConfig {
  return {
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [plugin()],
    build: {
      outDir: join(root, 'out'),
      sourcemap: true,
      ssr: entry.endsWith('server.js') ? entry : false,
      rollupOptions: {
        ...(entry.endsWith('server.js') ? {} : { input: entry }),
        output: { entryFileNames: 'main.js' },
      },
    },
  }
}

function outputOf(root: string): string[] {
  const entries = readdirSync(join(root, 'out'), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

describe('a build of Vite 7', () => {
  test('uses Vite 7', () => {
    expect(version).toMatch(/^7\./)
  })

  test.runIf(hasBrowser)('has public values in the page, and no secret', async () => {
    const { root, canaries } = appWithCanaries()
    await build(settings(root, join(root, 'index.html')))
    await withServed(join(root, 'out'), (origin) =>
      withPage(async (page) => {
        await page.goto(`${origin}/index.html`)
        await shows(page, '"site_name":"Acme","port":8080')
      }),
    )
    expectNone(canaries, outputOf(root))
  })

  test('has public values on the server, and no secret', async () => {
    const { root, canaries } = appWithCanaries()
    writeFiles(root, { 'src/server.js': "import { values } from './values.js'\nconsole.log(JSON.stringify(values))\n" })
    await build(settings(root, 'src/server.js'))
    const output = execFileSync(process.execPath, [join(root, 'out/main.js')], { cwd: root, encoding: 'utf8' })
    expect(JSON.parse(output)).toMatchObject({ named: { site_name: 'Acme', port: 8080 }, virtual: 'acme-42' })
    expectNone(canaries, [...outputOf(root), output])
  })

  test.each([
    ['a client that reads a secret', 'console.log(process.env.DATABASE_URL)', 'DATABASE_URL  is a secret'],
    [
      'a client that imports the library',
      "import '@systemprompt/env'",
      '@systemprompt/env  reads configuration and secrets',
    ],
    ['a client with a secret in its code', 'CANARY', 'CANARY_0  the secret is in this file'],
  ])('fails for %s', async (_, code, message) => {
    const { root, canaries } = appWithCanaries()
    writeFiles(root, { 'src/bad.js': code === 'CANARY' ? `console.log('${canaries[2]}')` : `${code}\n` })
    const failure = await build(settings(root, join(root, 'src/bad.js'))).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(failure).toContain(message)
    expectNone(canaries, [failure])
  })
})

/** Vite 5 has no environments, and so nothing that says who runs the code. */
const withoutEnvironments: Plugin = {
  name: 'without-environments',
  enforce: 'pre',
  configResolved: (config) => void Reflect.deleteProperty(config, 'environments'),
}

describe('an older Vite, as in VitePress 1,', () => {
  const older = (): InlineConfig => {
    const { root } = appWithCanaries()
    const { plugins, ...others } = settings(root, join(root, 'index.html'))
    return { ...others, plugins: [withoutEnvironments, plugins], server: { middlewareMode: true, ws: false } }
  }

  test.each([
    ['a build', () => build(older())],
    ['a development server', () => createServer(older())],
  ])('is rejected with an error that says so: %s', async (_, start) => {
    await expect(start()).rejects.toThrow("'@systemprompt/env/vite' is for Vite 7 and 8, and this Vite is older")
  })
})

describe.each([true, false])('a build of Vite 7 with a Vue component (Vue’s plugin first: %s)', (isFirst) => {
  const withComponent = (read: string) => {
    const { root, canaries } = appWithCanaries()
    symlinkSync(join(modules, 'vue'), join(root, 'node_modules/vue'), 'dir')
    symlinkSync(join(modules, '@vue'), join(root, 'node_modules/@vue'), 'dir')
    const main = "import { createApp } from 'vue'\nimport App from './App.vue'\ncreateApp(App).mount(document.body)\n"
    const component = `<script setup>
const name = import.meta.env.site_name
const { port } = process.env
const other = ${read}
</script>
<template><p>{{ name }} at {{ port }}{{ other }}</p></template>
`
    writeFiles(root, {
      'index.html': '<body><script type="module" src="./src/main.js"></script></body>',
      'src/App.vue': component,
      'src/main.js': main,
    })
    const { plugins = [], ...others } = settings(root, join(root, 'index.html'))
    const compiler = vue() as unknown as Plugin
    return { root, canaries, config: { ...others, plugins: isFirst ? [compiler, plugins] : [plugins, compiler] } }
  }

  test.runIf(hasBrowser)('shows public values in the component', async () => {
    const { root, canaries, config } = withComponent("''")
    await build(config)
    await withServed(join(root, 'out'), (origin) =>
      withPage(async (page) => {
        await page.goto(`${origin}/index.html`)
        await page.getByText('Acme at 8080', { exact: true }).waitFor()
      }),
    )
    expectNone(canaries, outputOf(root))
  })

  test('fails when the component reads a secret', async () => {
    const { canaries, config } = withComponent('process.env.DATABASE_URL')
    const failure = await build(config).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(failure).toContain('src/App.vue:')
    expect(failure).toContain('DATABASE_URL  is a secret')
    expectNone(canaries, [failure])
  })
})

describeDevServer('Vite 7', {
  async start(root) {
    const server = await createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 50 } },
      plugins: [plugin()],
    })
    await server.listen()
    const [local = ''] = server.resolvedUrls?.local ?? []
    return { origin: local.replace(/\/$/, ''), close: () => server.close() }
  },
  page: '/',
  async showsMistake(page) {
    await page.locator('vite-error-overlay').getByText('server.port  is not a whole number').first().waitFor()
  },
})
