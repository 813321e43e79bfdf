/**
 * What it costs Node to load the library, in every form that could be shipped: whole processes, alternating. Processor
 * time varies less than elapsed time if other programs run.
 *
 *   npm run bench:loading                   this Node
 *   npm run bench:loading -- --node 24      another
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { nodeBinary } from '../scripts/node-binaries.mjs'
import { median, printTable } from './measure.mjs'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const { values } = parseArgs({ options: { node: { type: 'string' }, rounds: { type: 'string', default: '31' } } })
const node = values.node ? nodeBinary(Number(values.node)) : process.execPath
const root = mkdtempSync(join(tmpdir(), 'systemprompt-loading-'))

const required = (file) => `import { createRequire } from 'node:module'\ncreateRequire(import.meta.url)('${file}')\n`
const COMPILED = `import { createRequire } from 'node:module'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Script } from 'node:vm'
const [file, cache] = [${JSON.stringify(join(root, 'core.cjs'))}, ${JSON.stringify(join(root, 'core.cache'))}]
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined
const source = '(function (exports, require, module) {' + readFileSync(file, 'utf8') + '})'
const script = new Script(source, { filename: file, cachedData })
const module = { exports: {} }
script.runInThisContext()(module.exports, createRequire(file), module)
if (!cachedData || script.cachedDataRejected) writeFileSync(cache, script.createCachedData())
`

const WAYS = {
  'an empty module': { text: '' },
  'the facade, which loads nothing yet': { text: `import './node.cjs'\n` },
  'an ES module, the yaml package with it': { text: `import './index.js'\n` },
  'the same as CommonJS': { text: required('./whole.cjs') },
  'CommonJS, the yaml package put off': { text: required('./core.cjs') },
  'the same, with cachedData of V8': { text: COMPILED },
  'the same, with NODE_COMPILE_CACHE': {
    text: required('./core.cjs'),
    env: { NODE_COMPILE_CACHE: join(root, 'compile-cache') },
    from: 22,
  },
}

try {
  cpSync(dist, root, { recursive: true })
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  buildSync({
    entryPoints: [join(dist, 'index.js')],
    outfile: join(root, 'whole.cjs'),
    format: 'cjs',
    platform: 'node',
    minifyWhitespace: true,
    logLevel: 'error',
  })
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  const major = Number.parseInt(version.slice(1), 10)
  const ways = Object.entries(WAYS).filter(([, { from = 0 }]) => major >= from)
  for (const [index, [, { text }]] of ways.entries()) writeFileSync(join(root, `way-${index}.mjs`), text)
  writeFileSync(
    join(root, 'app.cjs'),
    'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)',
  )
  const times = ways.map(() => ({ clock: [], processor: [] }))
  for (let round = -3; round < Number(values.rounds); round++) {
    for (const [index, [name, { env = {} }]] of ways.entries()) {
      const started = process.hrtime.bigint()
      const { status, stdout, stderr } = spawnSync(node, ['--import', `./way-${index}.mjs`, 'app.cjs'], {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...env },
      })
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
      if (round < 0) continue
      times[index].clock.push(Number(process.hrtime.bigint() - started) / 1e6)
      times[index].processor.push(Number(stdout))
    }
  }
  console.log(`Node ${version}, ${values.rounds} starts each, medians in ms; behind --import`)
  const [clock, processor] = ['clock', 'processor'].map((what) => times.map((each) => median(each[what])))
  printTable(
    ['', 'clock', 'over an empty module', 'processor', 'over an empty module'],
    ways.map(([name], index) => [
      name,
      ...[clock, processor].flatMap((list) => [list[index].toFixed(1), (list[index] - list[0]).toFixed(1)]),
    ]),
  )
} finally {
  rmSync(root, { recursive: true, force: true })
}
