/**
 * What the plugin adds to a build of many modules, compared with no plugin, and in Vite with varlock's, which needs
 * Node 22 or later. The builds alternate, so that other load on the machine affects all of them.
 *
 *   npm run bench:build                  this Node
 *   npm run bench:build -- --node 24     another
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { nodeBinary } from '../scripts/node-binaries.mjs'
import { inMs, median, printTable } from './measure.mjs'
import { installPeers } from './peers.mjs'

const MODULES = Number(process.env.MODULES ?? 1000)
const ROUNDS = Number(process.env.ROUNDS ?? 11)
const { values } = parseArgs({ options: { node: { type: 'string', default: process.versions.node } } })
const major = Number.parseInt(values.node, 10)
const node = nodeBinary(major)

const repository = fileURLToPath(new URL('..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'systemprompt-bench-'))

/** How modules read the value: plainly, in a template, and in one of ten cases in a way that needs a parser. */
const READS = ['import.meta.env.site_name', '`${import.meta.env.site_name}/`']
const PARSED_READ = "import.meta.env['site_name']"

/** One module in ten reads a value, as in applications. */
function writeApp() {
  const profile = join(root, '.systemprompt/profiles/local')
  mkdirSync(profile, { recursive: true })
  mkdirSync(join(root, 'src'))
  writeFileSync(join(profile, 'profile.yaml'), 'name: local\nsite:\n  name: Acme\n')
  writeFileSync(join(profile, 'secrets.json'), '{ "anthropic": "sk-ant-bench-0123456789abcdef" }', { mode: 0o600 })
  writeFileSync(join(root, '.env.schema'), '# @defaultSensitive=false\n# ---\nsite_name=Acme\n')
  const names = Array.from({ length: MODULES }, (_, index) => `m${index}`)
  for (const [index, name] of names.entries()) {
    const read = index % 100 === 0 ? PARSED_READ : READS[(index / 10) % 2]
    const value = index % 10 === 0 ? read : `'text ${index}'`
    const body = `export function ${name}(input) {\n  const label = ${value}\n  return input.map((item) => label + item * ${index})\n}\n`
    writeFileSync(join(root, 'src', `${name}.js`), `${body}// ${'x'.repeat(400)}\n`)
  }
  const imports = names.map((name) => `import { ${name} } from './${name}.js'`).join('\n')
  writeFileSync(
    join(root, 'src/main.js'),
    `${imports}\nconsole.log(${names.map((name) => `${name}([1])`).join(',')})\n`,
  )
}

/** What builds, with `plugins`. */
const BUILD = {
  // Vite's command enables Node's compile cache, if Node has one.
  vite: `import { build } from 'vite'
import module from 'node:module'
module.enableCompileCache?.()
const run = (plugins) => build({ root: '.', configFile: false, logLevel: 'silent', plugins,
  build: { rolldownOptions: { input: './src/main.js' }, outDir: 'out' } })`,
  webpack: `import webpack from 'webpack'
const run = (plugins) => new Promise((resolve, reject) => webpack({ context: process.cwd(), entry: './src/main.js',
  mode: 'production', output: { path: process.cwd() + '/out' }, plugins },
  (error, stats) => error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve()))`,
}

const VARLOCK = 'bench/peers/node_modules/@varlock/vite-integration/dist/index.mjs'

/** What to compare for each host: the code that creates the plugins, by what is measured. */
function ways(host) {
  const ours = `(await import('${urlOf(`dist/${host}.js`)}')).default({ public: ['site.name'] })`
  const both = { 'no plugin': '', '@systemprompt/env': ours }
  if (host !== 'vite' || major < 22) return both
  installPeers('@varlock/vite-integration')
  return { ...both, varlock: `(await import('${urlOf(VARLOCK)}')).varlockVitePlugin()` }
}

const urlOf = (path) => pathToFileURL(join(repository, path)).href

/** Milliseconds of one build in its own process, including the import of the plugin. */
function measure(host, plugins) {
  const lines = [
    BUILD[host],
    'const start = performance.now()',
    `await run([${plugins}])`,
    'console.log(performance.now() - start)',
  ]
  const file = join(repository, `node_modules/.bench-${host}.mjs`)
  writeFileSync(file, lines.join('\n'))
  try {
    // Varlock's plugin runs its command line with the Node that it finds in PATH.
    const path = [dirname(node), join(repository, 'bench/peers/node_modules/.bin'), process.env.PATH].join(delimiter)
    const env = { ...process.env, PATH: path }
    return Number(execFileSync(node, [file], { cwd: root, encoding: 'utf8', env }).trim().split('\n').at(-1))
  } finally {
    rmSync(file)
  }
}

writeApp()
try {
  console.log(`${MODULES} modules, medians of ${ROUNDS} builds in turn, Node ${major}\n`)
  for (const host of Object.keys(BUILD)) {
    const cases = Object.entries(ways(host))
    const times = cases.map(() => [])
    for (let round = 0; round <= ROUNDS; round++)
      for (let turn = 0; turn < cases.length; turn++) {
        // Each goes first in turn: a build may be affected by what the previous one left behind.
        const number = (turn + round) % cases.length
        const time = measure(host, cases[number][1])
        // The first round reads everything from the disk.
        if (round > 0) times[number].push(time)
      }
    const [without] = times
    const rows = cases.map(([name], number) => {
      const added = median(times[number].map((time, round) => time - without[round]))
      const share = `${((added / median(without)) * 100).toFixed(1)} %`
      return [name, inMs(median(times[number])), ...(number === 0 ? ['', ''] : [inMs(added), share])]
    })
    printTable([host, 'median', 'added, by pairs', ''], rows)
    console.log()
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
