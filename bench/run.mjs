/**
 * `npm run bench`: what a load costs in a running process, compared with the same job written by hand and with c12, and
 * how it grows. Medians of alternating runs. Start-up is measured elsewhere, since nothing is warm then.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig as c12 } from 'c12'
import { loadByHand } from './hand-written.mjs'
import { inMs, median, printTable, sideBySide } from './measure.mjs'
import { projectWithKeys, projectWithReferences, projectWithServices } from './projects.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const library = join(here, '../dist/node.cjs')
if (!existsSync(library)) throw new Error('Build first: npm run build')
const { loadConfigSync } = await import(library)
const { profileSchema } = await import(join(here, '../dist/schema/index.js'))

const folder = mkdtempSync(join(tmpdir(), 'systemprompt-bench-'))
try {
  const results = { date: new Date().toISOString().slice(0, 10), machine: machine() }
  console.log(`${results.machine}\n`)
  results.quickstart = await quickstart()
  results.keys = await growth('keys', [10, 100, 1_000, 10_000], projectWithKeys)
  results.references = await growth('references', [1, 10, 100, 1_000], projectWithReferences)
  results.services = await growth('service files', [1, 10, 100], projectWithServices)
  results.importing = importing()
  writeFileSync(join(here, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function quickstart() {
  const root = join(folder, 'quickstart')
  cpSync(join(here, '../fixtures/quickstart'), root, { recursive: true })
  chmodSync(join(root, '.systemprompt/profiles/local/secrets.json'), 0o600)
  const env = {}
  const directory = join(root, '.systemprompt/profiles/local')
  const medians = await sideBySide(
    {
      loadConfigSync: () => loadConfigSync({ cwd: root, env }),
      'loadConfigSync with a zod schema': () => loadConfigSync({ cwd: root, env, schema: profileSchema }),
      'by hand: dotenv + yaml + zod': () => loadByHand(root, profileSchema, env),
      'c12: profile.yaml and .env alone': () =>
        c12({
          cwd: directory,
          configFile: 'profile',
          dotenv: { cwd: root },
          rcFile: false,
          globalRc: false,
          extend: false,
          giget: false,
        }),
    },
    { rounds: 200 },
  )
  console.log('Loading the quickstart project, warm')
  const base = medians['by hand: dotenv + yaml + zod']
  printTable(
    ['', 'median', 'to by hand'],
    Object.entries(medians).map(([name, time]) => [name, inMs(time), `${(time / base).toFixed(2)} ×`]),
  )
  return medians
}

async function growth(what, sizes, write) {
  const roots = sizes.map((size) => {
    const root = join(folder, `${what.replace(' ', '-')}-${size}`)
    write(root, size)
    return [size, root]
  })
  const ways = Object.fromEntries(roots.map(([size, root]) => [size, () => loadConfigSync({ cwd: root, env: {} })]))
  const medians = await sideBySide(ways, { rounds: 30 })
  console.log(`\nGrowth with ${what}`)
  const rows = sizes.map((size, at) => {
    const before = at === 0 ? undefined : medians[sizes[at - 1]]
    return [size, inMs(medians[size]), before === undefined ? '' : `${(medians[size] / before).toFixed(1)} ×`]
  })
  printTable([what, 'median', 'to the row above'], rows)
  return medians
}

/**
 * How long an import takes in a program that has started: of the package by name, of an empty ES module, and of an
 * empty CommonJS package, which accounts for most of the time. Alternating processes; each measures its own time.
 */
function importing() {
  const packages = join(folder, 'node_modules')
  mkdirSync(join(packages, '@systemprompt'), { recursive: true })
  symlinkSync(join(here, '..'), join(packages, '@systemprompt/env'), 'dir')
  mkdirSync(join(packages, 'nothing'))
  writeFileSync(join(packages, 'nothing/package.json'), '{ "name": "nothing", "exports": "./nothing.cjs" }\n')
  writeFileSync(join(packages, 'nothing/nothing.cjs'), 'exports.nothing = undefined\n')
  writeFileSync(join(folder, 'empty.mjs'), 'export {}\n')
  const ways = ['./empty.mjs', 'nothing', '@systemprompt/env']
  const programs = ways.map((way, number) => {
    const program = join(folder, `import-${number}.mjs`)
    const text = `const start = performance.now()\nawait import('${way}')\nconsole.log(performance.now() - start)\n`
    writeFileSync(program, text)
    return program
  })
  const times = ways.map(() => [])
  for (let round = 0; round < 41; round++)
    for (const [number, program] of programs.entries())
      times[number].push(Number(spawnSync(process.execPath, [program], { encoding: 'utf8' }).stdout))
  const [empty, nothing, imported] = times.map(median)
  console.log('\nImporting the package')
  printTable(
    ['', 'median', 'more'],
    [
      ['an empty ES module', inMs(empty), ''],
      ['an empty CommonJS package', inMs(nothing), inMs(nothing - empty)],
      ['@systemprompt/env', inMs(imported), inMs(imported - empty)],
    ],
  )
  return { empty, nothing, imported }
}

function machine() {
  const [cpu] = cpus()
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}`
}
