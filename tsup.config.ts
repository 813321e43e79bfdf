import { readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { defineConfig, type Options } from 'tsup'
import { compileAtOnce } from './scripts/compile-at-once.ts'

const BUNDLED = ['yaml', 'jsonc-parser', 'dotenv', 'hono', 'magic-string', '@jridgewell/trace-mapping']

const JSON_SCHEMAS = ['profile', 'secrets', 'credentials', 'tenants']

/** Joins texts that esbuild broke to keep to its limit: whoever indents lines, as Rollup's CommonJS plugin does, changes them. */
const textsWhole: NonNullable<Options['plugins']>[number] = {
  name: 'texts-whole',
  renderChunk(code) {
    return { code: code.replace(/(?<!\\)((?:\\\\)*)\\\n/g, '$1') }
  },
}

/** One file an entry: on the start-up path every further file costs as much as a tenth of this library. */
const shared: Options = {
  format: 'esm',
  target: 'node20.19',
  platform: 'node',
  splitting: false,
  sourcemap: false,
  noExternal: BUNDLED,
  removeNodeProtocol: false,
  plugins: [textsWhole],
  esbuildOptions(options) {
    // Less text to parse; names kept so that stack traces stay readable.
    options.minifyWhitespace = true
    options.minifySyntax = true
    // Node prints the line that an uncaught error was thrown in, however long it is.
    options.lineLimit = 120
    options.legalComments = 'none'
    options.chunkNames = 'cli-[name]-[hash]'
    // Their CommonJS builds, which Node's conditions choose, fail inside an ESM bundle ("Dynamic require").
    options.alias = {
      yaml: fromRoot('node_modules/yaml/browser/index.js'),
      'jsonc-parser': fromRoot('node_modules/jsonc-parser/lib/esm/main.js'),
    }
  },
}

const bundledLicences: Plugin = {
  name: 'bundled-licences',
  setup({ initialOptions, onEnd }) {
    initialOptions.metafile = true
    onEnd(async ({ metafile }) => ({ errors: await unlicensed(Object.keys(metafile?.inputs ?? {})) }))
  },
}

/** Sources with a file of their own in dist/: whoever imports one uses that file, and carries no copy. */
const BESIDE: Readonly<Record<string, string>> = {
  [fromRoot('src/index.ts')]: './node.cjs',
  [fromRoot('src/scan/index.ts')]: './scan.js',
  [fromRoot('src/preload/entry.ts')]: './preload.cjs',
  [fromRoot('src/cloud/for-commands.ts')]: './cloud/for-commands.js',
  [fromRoot('src/emulator/index.ts')]: './emulator/index.js',
  [fromRoot('integrations/plugin.ts')]: './plugin.js',
  // The parser is loaded when there is something to parse.
  [fromRoot('integrations/code/inline.ts')]: './inline.js',
  [fromRoot('integrations/code/source-map.ts')]: './source-map.js',
  [fromRoot('integrations/output/leak-guard.ts')]: './leak-guard.js',
}

const besides: Plugin = {
  name: 'besides',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, importer, kind }) => {
      const beside = kind === 'entry-point' ? undefined : BESIDE[resolve(dirname(importer), path)]
      return beside === undefined ? undefined : { path: beside, external: true }
    })
  },
}

/** Read when one of its functions is called: most projects never need the package behind it, half of all code. */
const PUT_OFF = 'src/read/yaml-full.ts'

const yamlPutOff: Plugin = {
  name: 'yaml-put-off',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/yaml-full\.ts$/ }, () => ({ path: 'yaml-full', namespace: 'put-off' }))
    onLoad({ filter: /.*/, namespace: 'put-off' }, async () => {
      const functions = (await readFile(fromRoot(PUT_OFF), 'utf8')).matchAll(/^export function (\w+)/gm)
      const lines = [...functions].map(
        ([, name]) => `exports.${name} = (...args) => require('./yaml.cjs').${name}(...args)`,
      )
      return { contents: lines.join('\n') }
    })
    onResolve({ filter: /^\.\/yaml\.cjs$/ }, ({ path }) => ({ path, external: true }))
  },
}

/** What Node starts with: CommonJS, since an ES module takes several times as long to be found, linked and run. */
const commonjs: Options = {
  ...shared,
  format: 'cjs',
  outExtension: () => ({ js: '.cjs' }),
  esbuildOptions(options, context) {
    shared.esbuildOptions?.(options, context)
    // A start that resolves a project is a tenth shorter for it.
    options.minifyIdentifiers = true
  },
}

/** Tables that the JSON parser would make at each start, and that nobody looks into: of its formatter, and of letters by name. */
const unusedTables: Plugin = {
  name: 'unused-tables',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\/string-intern$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, `${path}.js`),
      sideEffects: false,
    }))
    onLoad({ filter: /jsonc-parser.*scanner\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace('(function (CharacterCodes)', '/* @__PURE__ */ $&'),
    }))
  },
}

/** What is needed on demand only lies in a file of its own beside the library. */
const watchBeside: Plugin = {
  name: 'watch-beside',
  setup({ onResolve }) {
    onResolve({ filter: /\/watch-loads\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './watch.js', external: true } : undefined,
    )
  },
}

/**
 * The same of what Node loads, by `require`: where code runs in a realm of its own, as under Jest and in Vitest's vm pools,
 * nothing can be imported.
 */
const requiredLater: Plugin = {
  name: 'required-later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/watch-loads\.ts$|^defu$/ }, ({ kind, path }) => {
      if (kind !== 'dynamic-import') return { path, external: true }
      return { path: path === 'defu' ? path : './watch.cjs', namespace: 'later' }
    })
    onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
    onResolve({ filter: /^\.\/watch\.cjs$/ }, ({ path }) => ({ path, external: true }))
  },
}

/** Node shows the line of a CommonJS module that threw an error which nobody caught: in `throwFrom`, that and no more. */
const throwAlone: NonNullable<Options['plugins']>[number] = {
  name: 'throw-alone',
  renderChunk(code) {
    const alone = code.replace(/throw\s+(\S+?\s*&&\s*Error\.captureStackTrace\([^()]+\)),\s*(\w+)\}/, '$1\nthrow $2\n}')
    if (alone === code) throw new Error('throwFrom is compiled to something else than expected')
    return { code: alone }
  },
}

/** Tells bundlers to leave an import as it is. esbuild takes such comments away. */
const LEFT = '/* webpackIgnore: true *//* turbopackIgnore: true *//* @vite-ignore */'

/** An import of what only the program knows. */
const importsLeft: NonNullable<Options['plugins']>[number] = {
  name: 'imports-left',
  renderChunk(code) {
    return { code: code.replace(/\bimport\((?!["'/])/g, `import(${LEFT}`) }
  },
}

// tsup sets baseUrl, which TypeScript 6 reports as deprecated. Types are checked once, by `npm run types`: each entry would
// check all that it imports anew.
const dts = (entry: Record<string, string>): NonNullable<Options['dts']> => ({
  entry,
  compilerOptions: { ignoreDeprecations: '6.0', noCheck: true },
})

/**
 * Whoever copies what a server needs, as Nitro does, may follow this file, which bundlers take, where Node will load its own
 * entry: an import that nobody calls leads to that. Bundlers leave it out.
 */
const footer = {
  js: `function entryOfNode(){return import(${LEFT}"./node.cjs")}`,
}

const library = { index: 'src/index.ts' }
const scan = { scan: 'src/scan/index.ts' }
const schema = { 'schema/index': 'src/schema/index.ts' }
const cloud = { 'cloud/index': 'src/cloud/index.ts' }
const emulator = { 'emulator/index': 'src/emulator/index.ts' }

const publicValues = { public: 'src/public.ts' }
const bundlers = ['vite', 'webpack', 'rollup', 'rolldown', 'rspack', 'rsbuild', 'esbuild', 'farm']
const plugins = Object.fromEntries(bundlers.map((name) => [name, `integrations/${name}.ts`]))
const pluginParts = {
  plugin: 'integrations/plugin.ts',
  inline: 'integrations/code/inline.ts',
  'source-map': 'integrations/code/source-map.ts',
  'leak-guard': 'integrations/output/leak-guard.ts',
}

/** The types of what is CommonJS beside an ES module. */
const PUBLIC_TYPES = `import type { PublicValues } from './index.cjs'
declare const values: PublicValues
export = values
`
const RSPACK_TYPES = `import type * as plugin from './rspack.js' with { 'resolution-mode': 'import' }
declare const rspack: typeof plugin.default
declare namespace rspack { type PluginOptions = plugin.PluginOptions }
export = rspack
`

export default defineConfig([
  {
    ...shared,
    entry: library,
    dts: dts(library),
    footer,
    esbuildPlugins: [bundledLicences, watchBeside],
    plugins: [textsWhole, importsLeft],
  },
  { ...shared, entry: { watch: 'src/watch/watch-loads.ts' }, esbuildPlugins: [bundledLicences] },
  { ...shared, entry: scan, dts: dts(scan), esbuildPlugins: [bundledLicences] },
  // onSuccess runs when the code is written; the declarations may still be under way.
  { ...shared, entry: schema, dts: dts(schema), esbuildPlugins: [bundledLicences], onSuccess: writeJsonSchemas },
  {
    ...commonjs,
    entry: { core: 'src/core.ts' },
    // Not to be bundled: `requiredLater` is asked about it.
    noExternal: [...BUNDLED, 'defu'],
    esbuildPlugins: [bundledLicences, yamlPutOff, requiredLater, unusedTables],
    // Some bundlers, such as ncc, take what Node takes.
    plugins: [textsWhole, importsLeft, throwAlone],
  },
  { ...commonjs, entry: { yaml: PUT_OFF, watch: 'src/watch/watch-loads.ts' }, esbuildPlugins: [bundledLicences] },
  {
    ...commonjs,
    entry: { facade: 'src/facade.ts', preload: 'src/preload/entry.ts' },
    external: ['./core.cjs', './scan.js'],
    onSuccess: async () => {
      await compileAtOnce(fromRoot('dist/preload.cjs'))
      await writeNodeEntry()
    },
  },
  {
    ...commonjs,
    entry: { register: 'src/register.ts' },
    dts: dts({ register: 'src/register.ts' }),
    esbuildPlugins: [besides],
  },
  { ...shared, entry: cloud, dts: dts(cloud), esbuildPlugins: [bundledLicences] },
  { ...shared, entry: { 'cloud/for-commands': 'src/cloud/for-commands.ts' }, esbuildPlugins: [bundledLicences] },
  { ...shared, entry: emulator, dts: dts(emulator), esbuildPlugins: [bundledLicences] },
  { ...shared, entry: publicValues, dts: dts(publicValues), esbuildPlugins: [besides] },
  {
    ...commonjs,
    entry: { 'public-sync': 'src/public-sync.cjs' },
    external: ['./node.cjs'],
    onSuccess: () => writeFile(fromRoot('dist/public.d.cts'), PUBLIC_TYPES),
  },
  {
    ...shared,
    entry: { ...plugins, ...pluginParts },
    dts: dts(plugins),
    esbuildPlugins: [bundledLicences, besides],
    // Docusaurus makes CommonJS of all that its configuration imports, which unplugin does not survive; this Node loads.
    async onSuccess() {
      await writeFile(fromRoot('dist/rspack.cjs'), '"use strict";module.exports=require("./rspack.js")\n')
      await writeFile(fromRoot('dist/rspack.d.cts'), RSPACK_TYPES)
    },
  },
  { ...commonjs, entry: { 'webpack-loader': 'integrations/webpack-loader.cjs' } },
  { ...shared, entry: { 'webpack-module': 'integrations/webpack-module.js' } },
  // A command is read when it is called, so that --help and --version cost what Node costs.
  { ...shared, entry: { cli: 'src/cli/main.ts' }, splitting: true, esbuildPlugins: [bundledLicences, besides] },
])

/** What is copied into dist must be named in THIRD-PARTY-LICENSES.md. */
async function unlicensed(inputs: readonly string[]) {
  const licences = await readFile(fromRoot('THIRD-PARTY-LICENSES.md'), 'utf8')
  const packages = new Set(inputs.flatMap((input) => input.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []))
  return [...packages]
    .filter((name) => !licences.includes(`## ${name}\n`))
    .map((name) => ({ text: `${name} is bundled; add its licence to THIRD-PARTY-LICENSES.md under "## ${name}"` }))
}

async function writeJsonSchemas() {
  const { jsonSchema } = await import(`${pathToFileURL(fromRoot('dist/schema/index.js'))}?built=${Date.now()}`)
  for (const name of JSON_SCHEMAS) {
    await writeFile(fromRoot(`dist/schema/${name}.json`), `${JSON.stringify(jsonSchema(name), null, 2)}\n`)
  }
}

/**
 * The entry for Node. Node reads the text of an imported CommonJS module letter by letter for its exports, in a loop
 * that a start has to wait for: so it names them, and everything else is behind it.
 */
async function writeNodeEntry() {
  const { facade } = await import(`${pathToFileURL(fromRoot('dist/facade.cjs'))}?built=${Date.now()}`)
  // Of a bundle, which no flag can name, it is not the file; and in one of ES modules there is no __filename.
  const isFlagged = '(process.execArgv.length>0||process.env.NODE_OPTIONS)&&module.filename'
  const taken = `${isFlagged}?require("./preload.cjs").preloaded(module.filename):require("./facade.cjs").facade()`
  const text = `"use strict";module.exports=${taken};0&&(module.exports={${Object.keys(facade())}})\n`
  await writeFile(fromRoot('dist/node.cjs'), text)
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
