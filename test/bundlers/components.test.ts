import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RspackPluginInstance } from '@rspack/core'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import MagicString, { type SourceMap } from 'magic-string'
import type { Page } from 'playwright-core'
import { compile } from 'svelte/compiler'
import { createServer, type PluginOption } from 'vite'
import { describe, expect, test } from 'vitest'
import { VueLoaderPlugin } from 'vue-loader'
import vitePlugin from '../../integrations/vite.ts'
import { PROFILE, writeFiles } from '../support/temp-project.ts'
import { hasBrowser, withPage, withServed } from './browser.ts'
import { edit } from './dev-server.ts'
import { buildWith, type Configure, copyApp } from './hosts.ts'

const options = { public: { site_name: 'site.name', port: 'server.port' } }
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** Components that read values in every place where code can stand, and show them. */
const COMPONENTS = {
  Vue: {
    file: 'App.vue',
    text: `<script setup>
import { ref } from 'vue'
const name = ref(import.meta.env.site_name)
const { port } = process.env
</script>
<template><p>{{ name }} at {{ port }}</p></template>
`,
    main: "import { createApp } from 'vue'\nimport App from './App.vue'\ncreateApp(App).mount(document.body.appendChild(document.createElement('div')))\n",
  },
  'Vue with TypeScript': {
    file: 'App.vue',
    text: `<script setup lang="ts">
import { ref } from 'vue'
const name = ref<string>(import.meta.env.site_name!)
const { port } = process.env as { port: string }
</script>
<template><p>{{ name }} at {{ port }}</p></template>
`,
    main: "import { createApp } from 'vue'\nimport App from './App.vue'\ncreateApp(App).mount(document.body.appendChild(document.createElement('div')))\n",
  },
  Svelte: {
    file: 'App.svelte',
    text: `<script>
const { port } = process.env
</script>
<p>{import.meta.env.site_name} at {port}</p>
`,
    main: "import { mount } from 'svelte'\nimport App from './App.svelte'\nmount(App, { target: document.body })\n",
  },
}

type Framework = keyof typeof COMPONENTS

function appOf(framework: Framework, read?: string): string {
  const { file, text, main } = COMPONENTS[framework]
  const root = copyApp()
  for (const name of ['vue', '@vue', 'svelte'])
    symlinkSync(join(modules, name), join(root, 'node_modules', name), 'dir')
  writeFiles(root, {
    'index.html': '<body><script type="module" src="./src/main.js"></script></body>',
    [`src/${file}`]: read === undefined ? text : text.replace('process.env', `{ ...{}, port: ${read} }`),
    'src/main.js': main,
  })
  return root
}

/** What turns components into JavaScript, before or after our plugin in the list. */
const frameworks = (): PluginOption[] => [vue(), svelte({ configFile: false })]
const inVite = (isFirst: boolean): Configure => ({
  vite: (config) => ({
    ...config,
    plugins: isFirst ? [frameworks(), config.plugins] : [config.plugins, frameworks()],
    build: { ...config.build, rolldownOptions: { input: join(config.root ?? '', 'index.html') } },
  }),
})

async function showsIn(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: true }).waitFor()
}

const vueRule = { test: /\.vue$/, loader: fileURLToPath(import.meta.resolve('vue-loader')) }
/** webpack and Rspack share Vue's loader, which is a plugin besides. */
const inWebpack = (isFirst: boolean): Configure => ({
  webpack: (config) => ({
    ...config,
    module: { rules: [vueRule] },
    plugins: isFirst
      ? [new VueLoaderPlugin(), ...(config.plugins ?? [])]
      : [...(config.plugins ?? []), new VueLoaderPlugin()],
  }),
})
const inRspack = (isFirst: boolean): Configure => ({
  rspack: (config) => ({
    ...config,
    module: {
      rules: [
        vueRule,
        { test: /\.ts$/, loader: 'builtin:swc-loader', options: { jsc: { parser: { syntax: 'typescript' } } } },
      ],
    },
    plugins: isFirst ? [rspackVue(), ...(config.plugins ?? [])] : [...(config.plugins ?? []), rspackVue()],
  }),
})
const rspackVue = (): RspackPluginInstance => new VueLoaderPlugin() as unknown as RspackPluginInstance

const FIRST = [true, false]
const CASES = [
  ...FIRST.flatMap((isFirst) => frameworkNames().map((name) => ['vite', name, isFirst, inVite(isFirst)] as const)),
  ...FIRST.map((isFirst) => ['webpack', 'Vue', isFirst, inWebpack(isFirst)] as const),
  ...FIRST.map((isFirst) => ['rspack', 'Vue', isFirst, inRspack(isFirst)] as const),
  ['rspack', 'Vue with TypeScript', true, inRspack(true)] as const,
]

function frameworkNames(): Framework[] {
  return Object.keys(COMPONENTS) as Framework[]
}

describe.each(CASES)('with %s, a component of %s (its plugin first: %s)', (host, framework, _, configure) => {
  test.runIf(hasBrowser)('shows public values', async () => {
    const root = appOf(framework)
    const request = { root, consumer: 'client', entry: 'src/main.js', options, configure } as const
    const { error, outDir, page: file } = await buildWith(host, request)
    expect(error).toBeUndefined()
    await withServed(outDir, (origin) =>
      withPage(async (page) => {
        await page.goto(`${origin}/${file}`)
        await showsIn(page, 'Acme at 8080')
      }),
    )
  })

  test('is refused when it reads a secret', async () => {
    const root = appOf(framework, 'process.env.DATABASE_URL')
    const request = { root, consumer: 'client', entry: 'src/main.js', options, configure } as const
    const { error, files } = await buildWith(host, request)
    expect(error).toContain('DATABASE_URL  is a secret')
    expect(error).toContain(`src/${COMPONENTS[framework].file}`)
    if (host === 'vite') expect(files.size).toBe(0)
  })
})

describe.each(['rollup', 'rolldown'] as const)('%s, when another plugin compiles components after ours,', (host) => {
  /** As rollup-plugin-svelte does. */
  const compiler = {
    name: 'svelte',
    transform: (code: string, id: string) => (id.endsWith('.svelte') ? compile(code, { filename: id }).js : undefined),
  }
  const configure: Configure = {
    rollup: (config) => ({ ...config, plugins: [config.plugins, compiler], external: /^svelte/ }),
    rolldown: (config) => ({ ...config, plugins: [config.plugins, compiler], external: /^svelte/ }),
  }
  const build = (root: string) =>
    buildWith(host, { root, consumer: 'client', entry: 'src/main.js', options, configure })

  test('puts public values into a component', async () => {
    const { error, files } = await build(appOf('Svelte'))
    expect(error).toBeUndefined()
    const code = String(files.get('main.js'))
    expect(code).toMatch(/Acme[\s\S]*8080|8080[\s\S]*Acme/)
    expect(code).not.toMatch(/import\.meta|process\.env/)
  })

  test('refuses a component that reads a secret', async () => {
    const { error } = await build(appOf('Svelte', 'process.env.DATABASE_URL'))
    expect(error).toContain('src/App.svelte:2:33  DATABASE_URL  is a secret')
  })
})

test.each(['rollup', 'rolldown', 'vite'] as const)(
  '%s reports where the original file reads a secret if another plugin gives a source map, and where the transformed code does if not',
  async (host) => {
    const plugin = { name: 'adds', enforce: 'pre', transform: addsLines } as const
    const configure: Configure = {
      rollup: (config) => ({ ...config, plugins: [plugin, config.plugins] }),
      rolldown: (config) => ({ ...config, plugins: [plugin, config.plugins] }),
      vite: (config) => ({ ...config, plugins: [plugin, config.plugins] }),
    }
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': "import './without.js'\nconsole.log(process.env.DATABASE_URL)\n",
      'src/without.js': 'console.log(process.env.DATABASE_URL)\n',
    })
    const { error } = await buildWith(host, { root, consumer: 'client', entry: 'src/it.js', configure })
    expect(error).toContain('src/it.js:2:13  DATABASE_URL  is a secret')
    expect(error).toContain('src/without.js:4:13  DATABASE_URL  is a secret')
  },
)

describe.each(['vite', 'rollup', 'rolldown', 'webpack'] as const)(
  '%s, when a compiler rereads the file from disk,',
  (host) => {
    const build = (code: string) => {
      const root = copyApp()
      writeFiles(root, { 'src/it.js': "import './own.js'\n", 'src/own.js': code, 'rereads.cjs': REREADS })
      const configure: Configure = {
        vite: (config) => ({ ...config, plugins: [rereads, config.plugins] }),
        rollup: (config) => ({ ...config, plugins: [config.plugins, rereads] }),
        rolldown: (config) => ({ ...config, plugins: [config.plugins, rereads] }),
        webpack: (config) => ({
          ...config,
          module: { rules: [{ test: /own\.js$/, loader: join(root, 'rereads.cjs') }] },
        }),
      }
      return buildWith(host, { root, consumer: 'client', entry: 'src/it.js', options, configure })
    }

    test('puts public values into the compiled code', async () => {
      const { error, files } = await build(
        "import { port } from '@systemprompt/env/public'\nconsole.log(import.meta.env.site_name, process.env['site_name'], port)\n",
      )
      expect(error).toBeUndefined()
      expect([...files.values()].join()).toMatch(/"Acme",\s*"Acme",/)
    })

    test('reports a read of a secret once', async () => {
      const { error = '' } = await build('console.log(process.env.DATABASE_URL)\n')
      expect(error).toContain('src/own.js:1:13  DATABASE_URL  is a secret')
      expect(error.split('is a secret')).toHaveLength(2)
    })
  },
)

test.each(['vite', 'rollup', 'rolldown', 'webpack'] as const)(
  '%s, with values at run time, also replaces a read that another plugin adds',
  async (host) => {
    const root = copyApp()
    writeFiles(root, {
      'src/it.js': "import './own.js'\n",
      'src/own.js': 'console.log(import.meta.env.site_name)\n',
      'adds.cjs': `module.exports = (code) => code + ${JSON.stringify(ADDED)}\n`,
    })
    const configure: Configure = {
      vite: (config) => ({ ...config, plugins: [adds, config.plugins] }),
      rollup: (config) => ({ ...config, plugins: [config.plugins, adds] }),
      rolldown: (config) => ({ ...config, plugins: [config.plugins, adds] }),
      webpack: (config) => ({ ...config, module: { rules: [{ test: /own\.js$/, loader: join(root, 'adds.cjs') }] } }),
    }
    const runtime = { ...options, phase: 'runtime' } as const
    const { error, files } = await buildWith(host, {
      root,
      consumer: 'client',
      entry: 'src/it.js',
      options: runtime,
      configure,
    })
    expect(error).toBeUndefined()
    const scripts = [...files].filter(([file]) => file.endsWith('.js')).join()
    expect(scripts).toMatch(/console\.log\(.*\.site_name\)[\s\S]*console\.log\(.*\.port\)/)
    expect(scripts).not.toContain('import.meta.env.port')
  },
)

const ADDED = '\nconsole.log(import.meta.env.port)\n'
const adds = {
  name: 'adds',
  transform: (code: string, id: string) => (id.endsWith('own.js') ? { code: code + ADDED, map: null } : undefined),
}

/** Like Angular's plugin for Vite and its loaders: what other plugins have made of the code is ignored. */
const rereads = {
  name: 'rereads',
  transform: (_: string, id: string) =>
    id.endsWith('own.js') ? { code: `${readFileSync(id, 'utf8')}// compiled\n`, map: null } : undefined,
}
const REREADS = "module.exports = function () { return require('node:fs').readFileSync(this.resourcePath, 'utf8') }\n"

/** Prepends three lines to the code, as a compiler does with its imports; for one file it gives no source map. */
function addsLines(code: string, id: string): { code: string; map: SourceMap | null } | undefined {
  if (!/(?:it|without)\.js$/.test(id)) return undefined
  const text = new MagicString(code).prepend('// made\n\n\n')
  return { code: text.toString(), map: id.endsWith('it.js') ? text.generateMap({ source: id, hires: true }) : null }
}

describe.each(frameworkNames())('a component of %s', (framework) => {
  test.runIf(hasBrowser)('is updated by Vite’s development server after a change', async () => {
    const root = appOf(framework)
    const server = await createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 50 } },
      plugins: [frameworks(), vitePlugin(options)],
    })
    await server.listen()
    try {
      await withPage(async (page) => {
        await page.goto(server.resolvedUrls?.local[0] ?? '')
        await showsIn(page, 'Acme at 8080')
        edit(root, 'name: Acme', 'name: Beta')
        await showsIn(page, 'Beta at 8080')
        writeFiles(root, { [PROFILE]: 'name: local\nsite: { name: Gamma }\nserver: { port: 9090 }\n' })
        await showsIn(page, 'Gamma at 9090')
      })
    } finally {
      await server.close()
    }
  })
})

test('Rsbuild’s HTML template is left to its own loader', async () => {
  const root = copyApp()
  const template = '<title><%= process.env.PUBLIC_X ? "set" : "not set" %></title><p><%= 1 + 1 %></p>'
  writeFiles(root, { 'tpl/index.ejs': template, 'src/it.js': "console.log('it')\n" })
  const configure: Configure = {
    rsbuild: (config) => ({ ...config, html: { template: join(root, 'tpl/index.ejs') } }),
  }
  const { error, files } = await buildWith('rsbuild', { root, consumer: 'client', entry: 'src/it.js', configure })
  expect(error).toBeUndefined()
  const page = [...files].find(([name]) => name.endsWith('.html'))?.[1].toString()
  expect(page).toContain('<p>2</p>')
})
