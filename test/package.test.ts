import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PluginOptions } from '../integrations/options.ts'
import { buildWith, type Configure, HOSTS, type Host } from './bundlers/hosts.ts'
import { makeProject, writeFiles } from './support/temp-project.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

/** The package whose types a plugin's declarations have to name. */
const PACKAGES: Readonly<Record<Host, string>> = {
  vite: 'vite',
  webpack: 'webpack',
  rollup: 'rollup',
  rolldown: 'rolldown',
  rspack: '@rspack/core',
  rsbuild: '@rsbuild/core',
  esbuild: 'esbuild',
  farm: '@farmfe/core',
}

/** Each plugin where its host expects one, and an unknown option. */
const CONFIGURATIONS = `
const options = { public: ['site.name'], prefix: 'PUBLIC_', phase: 'build' as const, leakGuard: true, types: false }
export const configurations: [
  import('vite').UserConfig,
  import('webpack').Configuration,
  import('rollup').RollupOptions,
  import('rolldown').RolldownOptions,
  import('@rspack/core').Configuration,
  import('@rsbuild/core').RsbuildConfig,
  import('esbuild').BuildOptions,
  import('@farmfe/core').UserConfig,
] = [
  { plugins: [vite(options)] },
  { plugins: [webpack(options)] },
  { plugins: [rollup(options)] },
  { plugins: [rolldown(options)] },
  { plugins: [rspack(options)] },
  { plugins: [rsbuild(options)] },
  { plugins: [esbuild(options)] },
  { plugins: [farm(options)] },
]
// @ts-expect-error
vite({ publik: [] })
// @ts-expect-error
rsbuild({ public: 1 })
`

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

type Plugin = (options: PluginOptions) => unknown

/** There may be no build, in a clone where nothing was installed. */
describe.runIf(existsSync(join(repository, 'dist/plugin.js')))('the published package', () => {
  let project = ''

  beforeAll(() => {
    project = makeProject({
      'package.json': '{ "name": "empty", "private": true }',
      'node_modules/@systemprompt/env/': '',
    })
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', project]
    const [{ filename }] = JSON.parse(execFileSync('npm', pack, { cwd: repository, encoding: 'utf8' }))
    const target = join(project, 'node_modules/@systemprompt/env')
    execFileSync('tar', ['-xzf', join(project, filename), '-C', target, '--strip-components=1'])
    // As pnpm installs them: the project cannot import what only the package depends on.
    const own = ['@standard-schema']
    mkdirSync(join(target, 'node_modules'))
    for (const name of readdirSync(join(repository, 'node_modules')).filter((each) => !each.startsWith('.')))
      if (name !== '@systemprompt')
        symlinkSync(
          join(repository, 'node_modules', name),
          join(own.includes(name) ? target : project, 'node_modules', name),
        )
  }, 60_000)

  const node = (type: string, code: string): unknown =>
    JSON.parse(execFileSync('node', [`--input-type=${type}`, '-e', code], { cwd: project, encoding: 'utf8' }))

  test('exports each plugin for import', () => {
    const code = `const names = ${JSON.stringify(HOSTS)}
const kinds = await Promise.all(names.map(async (name) => typeof (await import('@systemprompt/env/' + name)).default))
console.log(JSON.stringify(kinds))`
    expect(node('module', code)).toEqual(HOSTS.map(() => 'function'))
  })

  test('exports each plugin for require, as CommonJS configuration files need', () => {
    const code = `const kinds = ${JSON.stringify(HOSTS)}.map((name) => typeof require('@systemprompt/env/' + name)({}))
console.log(JSON.stringify(kinds))`
    expect(node('commonjs', code)).toEqual(HOSTS.map(() => 'object'))
  })

  test.each(HOSTS)('builds with %s, the plugin imported for the client and required for the server', async (host) => {
    cpSync(join(repository, 'fixtures/app'), project, { recursive: true })
    const require = createRequire(join(project, 'package.json'))
    const { href } = pathToFileURL(require.resolve(`@systemprompt/env/${host}`))
    const imported: { readonly default: Plugin } = await import(href)
    const plugins = { client: imported.default, server: require(`@systemprompt/env/${host}`) as Plugin }
    const values = { site_name: 'site.name', port: 'server.port', features: 'features', analyticsId: 'ANALYTICS_ID' }
    const build = (consumer: 'client' | 'server') => {
      const options = { cwd: project, public: values, ...(host === 'rollup' ? { consumer } : {}) }
      const packed = (config: object) => ({ ...config, plugins: [plugins[consumer](options)] })
      return buildWith(host, { root: project, consumer, configure: { [host]: packed } as Configure })
    }
    const client = await build('client')
    expect(client.error).toBeUndefined()
    expect(readFileSync(client.entry, 'utf8')).toContain('Acme')
    const server = await build('server')
    expect(server.error).toBeUndefined()
    const output = execFileSync('node', [server.entry], { cwd: project, encoding: 'utf8' })
    expect(JSON.parse(output)).toMatchObject({ member: 'Acme', index: 8080, secret: true })
  })

  test('provides public values without a plugin, by import and by require', () => {
    const env = { ...process.env, PUBLIC_A: 'x' }
    const run = (type: string, code: string) =>
      execFileSync('node', [`--input-type=${type}`, '-e', code], { cwd: project, env, encoding: 'utf8' }).trim()
    expect(run('module', "import values from '@systemprompt/env/public'; console.log(values.PUBLIC_A)")).toBe('x')
    const required = "console.log(require('@systemprompt/env/public').PUBLIC_A)"
    expect(run('commonjs', required)).toBe('x')
    // As in Jest, which cannot require an ES module.
    const flag = '--no-experimental-require-module'
    expect(execFileSync('node', [flag, '-e', required], { cwd: project, env, encoding: 'utf8' }).trim()).toBe('x')
  })

  // Rollup's CommonJS plugin indents the lines of a module, and with them a string that continues on the next line.
  test('has no string that continues on the next line', () => {
    const dist = join(repository, 'dist')
    const files = readdirSync(dist, { encoding: 'utf8', recursive: true }).filter((file) => /\.c?js$/.test(file))
    const isBroken = (file: string) => /(?<!\\)(?:\\\\)*\\\n/.test(readFileSync(join(dist, file), 'utf8'))
    expect(files.length).toBeGreaterThan(20)
    expect(files.filter(isBroken)).toEqual([])
  })

  // A range would keep the package out, even if the program uses no plugin. The plugins check the version themselves.
  test('can be installed in a project that builds with an older bundler, as npm counts', () => {
    const { name, version, peerDependencies, peerDependenciesMeta } = readJson(join(repository, 'package.json'))
    // Farm alone does not tell plugins its version, so npm has to check it.
    const bundlers = Object.values(PACKAGES).filter((each) => each !== '@farmfe/core')
    const root = makeProject({
      'env/package.json': JSON.stringify({ name, version, peerDependencies, peerDependenciesMeta }),
      'package.json': '{ "private": true }',
    })
    for (const each of bundlers)
      writeFiles(root, { [`${each}/package.json`]: JSON.stringify({ name: each, version: '0.1.0' }) })
    const npm = (...given: readonly string[]) => spawnSync('npm', given, { cwd: root, encoding: 'utf8' })
    const pack = (...folders: readonly string[]) =>
      npm('pack', '--silent', ...folders.map((folder) => `./${folder}`))
        .stdout.trim()
        .split('\n')
    const install = (files: readonly string[]) =>
      npm('install', '--offline', '--no-audit', '--no-fund', ...files.map((file) => `./${file}`)).stderr
    expect(install(pack(...bundlers))).toBe('')
    expect(install(pack('env'))).toBe('')
  })

  test('has its types where projects with the older module resolution, node10, look for them', () => {
    const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
    const names = Object.keys(exports).filter((name) => !name.endsWith('.json'))
    const imports = names.map((name, index) => `export * as x${index} from '@systemprompt/env${name.slice(1)}'`)
    writeFileSync(join(project, 'older.ts'), imports.filter((line) => !line.includes('/register')).join('\n'))
    const options = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'node10', '--skipLibCheck']
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(
      process.execPath,
      [tsc, ...options, '--types', 'node', '--ignoreDeprecations', '6.0', 'older.ts'],
      { cwd: project, encoding: 'utf8' },
    )
    expect(stdout).toBe('')
  })

  // What Next.js writes into a project that has no tsconfig.json is "strict": false.
  test.each(['true', 'false'])(
    'types the configuration with a schema and without, in a project with strict: %s',
    (strict) => {
      const code = `import { type ConfigOf, loadConfig, loadConfigSync, type ResolvedConfig } from '@systemprompt/env'
import { z } from 'zod'
const schema = z.object({ limit: z.number() })
const port: number | undefined = loadConfigSync().config.server?.port
const mine: unknown = loadConfigSync({ defaults: {} }).config.mine
const limit: number = loadConfigSync({ schema }).config.limit
// @ts-expect-error: the schema has no such key
const none = loadConfig({ schema }).then(({ config }) => config.server)
const config: ConfigOf<undefined> = { server: { port: 1 } }
// @ts-expect-error: a schema that is not known may make anything
const any = ({ config }: ResolvedConfig<unknown, unknown>) => config.server
any(loadConfigSync({ schema }))
`
      writeFileSync(join(project, 'config-type.ts'), `${code}export { any, config, limit, mine, none, port }\n`)
      const options = ['--noEmit', '--strict', strict, '--module', 'nodenext', '--skipLibCheck', '--types', 'node']
      const tsc = join(repository, 'node_modules/typescript/bin/tsc')
      const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'config-type.ts'], {
        cwd: project,
        encoding: 'utf8',
      })
      expect(stdout).toBe('')
    },
  )

  test('lets the declarations of a library built on it name the types of all its functions', () => {
    const entries = ['', '/cloud', '/emulator', '/scan', '/schema']
    const functions = node(
      'module',
      `const namesOf = (all) => Object.keys(all).filter((name) => /^[a-z]/.test(name) && typeof all[name] === 'function')
const modules = await Promise.all(${JSON.stringify(entries)}.map((entry) => import('@systemprompt/env' + entry)))
console.log(JSON.stringify(modules.map(namesOf)))`,
    ) as readonly (readonly string[])[]
    const wrapped = entries.flatMap((entry, index) => [
      `import * as m${index} from '@systemprompt/env${entry}'`,
      ...(functions[index] ?? []).map((name) => {
        const given = `m${index}.${name}`
        return `export const w${index}_${name} = (...given: Parameters<typeof ${given}>) => ${given}(...given)`
      }),
    ])
    const members = `export const customer = ({ customer }: m1.UserMe) => customer
export const plan = ({ plan }: m2.SeedTenant) => plan
`
    writeFileSync(join(project, 'library.mts'), [...wrapped, members].join('\n'))
    const options = ['--declaration', '--emitDeclarationOnly', '--strict', '--module', 'nodenext', '--skipLibCheck']
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, '--types', 'node', 'library.mts'], {
      cwd: project,
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
  }, 60_000)

  test.each(HOSTS)('has declarations that name the types of %s', (host) => {
    const text = readFileSync(join(project, `node_modules/@systemprompt/env/dist/${host}.d.ts`), 'utf8')
    expect(text).toContain(`from '${PACKAGES[host]}'`)
  })

  test.each([
    ['an ES module', 'config.mts', (name: string, path: string) => `import ${name} from '${path}'`],
    ['CommonJS', 'config.cts', (name: string, path: string) => `import ${name} = require('${path}')`],
  ])(
    'matches the types of every host in a configuration that is %s',
    (_, file, imported) => {
      const plugins = HOSTS.map((host) => imported(host, `@systemprompt/env/${host}`))
      writeFileSync(join(project, file), [...plugins, CONFIGURATIONS].join('\n'))
      const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck']
      const tsc = join(repository, 'node_modules/typescript/bin/tsc')
      const { stdout } = spawnSync(process.execPath, [tsc, ...options, '--types', 'node', file], {
        cwd: project,
        encoding: 'utf8',
      })
      expect(stdout).toBe('')
    },
    60_000,
  )
})
