import { readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { defineConfig, type Options } from 'tsup'
import { compileAtOnce } from './scripts/compile-at-once.ts'

const BUNDLED = ['yaml', 'jsonc-parser', 'dotenv', 'hono', 'magic-string', '@jridgewell/trace-mapping']

const JSON_SCHEMAS = ['profile', 'secrets', 'credentials', 'tenants']

/**
 * Joins strings that esbuild broke to keep to its line limit: tools that indent lines, such as Rollup's CommonJS
 * plugin, would change them.
 */
const textsWhole: NonNullable<Options['plugins']>[number] = {
  name: 'texts-whole',
  renderChunk(code) {
    return { code: code.replace(/(?<!\\)((?:\\\\)*)\\\n/g, '$1') }
  },
}

/** One file per entry: when a program starts, every further file costs as much as a tenth of this library. */
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
    // Less text to parse; names are kept so that stack traces stay readable.
    options.minifyWhitespace = true
    options.minifySyntax = true
    // Node prints the line that threw an uncaught error, however long it is.
    options.lineLimit = 120
    options.legalComments = 'none'
    options.chunkNames = 'cli-[name]-[hash]'
    // Their CommonJS builds, which Node's conditions select, fail inside an ESM bundle ("Dynamic require").
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

/** Sources with their own file in dist/: other entries import that file instead of containing a copy. */
const BESIDE: Readonly<Record<string, string>> = {
  [fromRoot('src/index.ts')]: './node.cjs',
  [fromRoot('src/scan/index.ts')]: './scan.js',
  [fromRoot('src/preload/entry.ts')]: './preload.cjs',
  [fromRoot('src/cloud/for-commands.ts')]: './cloud/for-commands.js',
  [fromRoot('src/emulator/index.ts')]: './emulator/index.js',
  [fromRoot('integrations/plugin.ts')]: './plugin.js',
  // The parser is loaded only when there is something to parse.
  [fromRoot('integrations/code/inline.ts')]: './inline.js',
  [fromRoot('integrations/code/source-map.ts')]: './source-map.js',
  [fromRoot('integrations/output/leak-guard.ts')]: './leak-guard.js',
  [fromRoot('integrations/output/source-origin.ts')]: './source-origin.js',
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

/**
 * The public values import the library by the package's name: a bundler takes the ES module then, which the program's
 * own import has already put into the bundle, and Node takes its entry.
 */
const libraryByName: Plugin = {
  name: 'library-by-name',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: '@systemprompt/env', external: true }))
  },
}

/**
 * Loaded when one of its functions is called: most projects never need the package behind it, which is half of all
 * code.
 */
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

/** What Node loads first: CommonJS, since an ES module takes several times as long to find, link and run. */
const commonjs: Options = {
  ...shared,
  format: 'cjs',
  outExtension: () => ({ js: '.cjs' }),
  esbuildOptions(options, context) {
    shared.esbuildOptions?.(options, context)
    // This shortens a start that resolves a project by a tenth.
    options.minifyIdentifiers = true
  },
}

/** Unused tables that the JSON parser would create at each start: those of its formatter, and of characters by name. */
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

/** Code needed only on demand is in its own file beside the library. */
const watchBeside: Plugin = {
  name: 'watch-beside',
  setup({ onResolve }) {
    onResolve({ filter: /\/watch-loads\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './watch.js', external: true } : undefined,
    )
  },
}

/**
 * The same for what Node loads, with `require`: import() fails where code runs in its own realm, as under Jest and in
 * Vitest's vm pools.
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

/**
 * Node shows the line of a CommonJS module that threw an uncaught error: in `throwFrom` that line has only the throw.
 */
const throwAlone: NonNullable<Options['plugins']>[number] = {
  name: 'throw-alone',
  renderChunk(code) {
    const alone = code.replace(/throw\s+(\S+?\s*&&\s*Error\.captureStackTrace\([^()]+\)),\s*(\w+)\}/, '$1\nthrow $2\n}')
    if (alone === code) throw new Error('throwFrom is compiled to something else than expected')
    return { code: alone }
  },
}

/** Tells bundlers to leave an import unchanged. esbuild removes such comments. */
const LEFT = '/* webpackIgnore: true *//* turbopackIgnore: true *//* @vite-ignore */'

/** An import whose path is only known at run time. */
const importsLeft: NonNullable<Options['plugins']>[number] = {
  name: 'imports-left',
  renderChunk(code) {
    return { code: code.replace(/\bimport\((?!["'/])/g, `import(${LEFT}`) }
  },
}

// tsup sets baseUrl, which TypeScript 6 reports as deprecated. Types are checked once, by `npm run types`: each entry
// would check everything that it imports again.
const dts = (entry: Record<string, string>): NonNullable<Options['dts']> => ({
  entry,
  compilerOptions: { ignoreDeprecations: '6.0', noCheck: true },
})

/**
 * Tools that copy what a server needs, such as Nitro, may follow this file, as bundlers do, while Node will load its
 * own entry: an import that is never called leads them there. Bundlers leave it out.
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
  'source-origin': 'integrations/output/source-origin.ts',
}

/** The types of CommonJS entries beside an ES module. */
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
  // onSuccess runs when the code is written; the declarations may not be finished yet.
  { ...shared, entry: schema, dts: dts(schema), esbuildPlugins: [bundledLicences], onSuccess: writeJsonSchemas },
  {
    ...commonjs,
    entry: { core: 'src/core.ts' },
    // Not bundled, so that `requiredLater` is asked about it.
    noExternal: [...BUNDLED, 'defu'],
    esbuildPlugins: [bundledLicences, yamlPutOff, requiredLater, unusedTables],
    // Some bundlers, such as ncc, use Node's entry.
    plugins: [textsWhole, importsLeft, throwAlone],
  },
  {
    ...commonjs,
    entry: { yaml: PUT_OFF, watch: 'src/watch/watch-loads.ts', 'guard-responses': 'src/preload/guard-responses.ts' },
    esbuildPlugins: [bundledLicences],
  },
  {
    ...commonjs,
    entry: { facade: 'src/facade.ts', preload: 'src/preload/entry.ts' },
    external: ['./core.cjs', './scan.js', './guard-responses.cjs'],
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
  { ...shared, entry: publicValues, dts: dts(publicValues), esbuildPlugins: [libraryByName] },
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
    // Docusaurus turns everything that its configuration imports into CommonJS, which breaks unplugin; this file is
    // loaded by Node.
    async onSuccess() {
      await writeFile(fromRoot('dist/rspack.cjs'), '"use strict";module.exports=require("./rspack.js")\n')
      await writeFile(fromRoot('dist/rspack.d.cts'), RSPACK_TYPES)
    },
  },
  { ...commonjs, entry: { 'webpack-loader': 'integrations/webpack-loader.cjs' } },
  { ...shared, entry: { 'webpack-module': 'integrations/webpack-module.js' } },
  // A command is loaded when it is called, so that --help and --version take no longer than Node itself.
  { ...shared, entry: { cli: 'src/cli/main.ts' }, splitting: true, esbuildPlugins: [bundledLicences, besides] },
])

/** Every package bundled into dist must be named in THIRD-PARTY-LICENSES.md. */
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
 * The entry for Node. Node scans the text of an imported CommonJS module for its exports, character by character, while
 * the start waits: so this file only names them, and everything else is behind it.
 */
async function writeNodeEntry() {
  const { facade } = await import(`${pathToFileURL(fromRoot('dist/facade.cjs'))}?built=${Date.now()}`)
  // A bundle is not the file that a flag names; and in a bundle of ES modules there is no __filename.
  const isFlagged = '(process.execArgv.length>0||process.env.NODE_OPTIONS)&&module.filename'
  const taken = `${isFlagged}?require("./preload.cjs").preloaded(module.filename):require("./facade.cjs").facade()`
  const text = `"use strict";module.exports=${taken};0&&(module.exports={${Object.keys(facade())}})\n`
  await writeFile(fromRoot('dist/node.cjs'), text)
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
