/**
 * What a start costs: whole processes, alternating, so that a busy moment of the machine affects them all. The project
 * is the quickstart; every program exits at once and prints how much memory it took.
 *
 *   npm run bench:startup                    this Node
 *   npm run bench:startup -- --nodes all     20, 22, 24 and 26
 *   npm run bench:startup -- --rounds 51
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MAJORS, nodeBinary } from '../scripts/node-binaries.mjs'
import { median, printTable } from './measure.mjs'
import { installPeers, peers } from './peers.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({ options: { nodes: { type: 'string' }, rounds: { type: 'string', default: '31' } } })
const rounds = Math.max(21, Number(values.rounds))
const majors =
  values.nodes === 'all'
    ? MAJORS
    : (values.nodes ?? process.versions.node).split(',').map((part) => Number.parseInt(part, 10))

installPeers('varlock')

const END = 'process.stdout.write(String(process.resourceUsage().maxRSS))'
const root = mkdtempSync(join(tmpdir(), 'systemprompt-startup-'))
prepare(root)
// A start is cached only if the files have been unchanged for some seconds.
await new Promise((resolve) => setTimeout(resolve, 3000))

const bin = (path) => join(root, 'node_modules', path)
const OURS = ['--import', '@systemprompt/env', 'app.cjs']
const forget = () => rmSync(join(root, 'node_modules/.cache'), { recursive: true, force: true })

/** The arguments of Node, and what to do before each start. */
const WAYS = {
  'plain node': { args: ['app.cjs'] },
  'node --env-file': { args: ['--env-file=.env', 'app.cjs'] },
  'node --import, an empty module': { args: ['--import', './empty.mjs', 'app.cjs'] },
  'node --import dotenv/config': { args: ['--import', 'dotenv/config', 'app.cjs'] },
  'node -r dotenv/config': { args: ['-r', 'dotenv/config', 'app.cjs'] },
  'this library, warm': { args: OURS },
  'this library by -r, warm': { args: ['-r', '@systemprompt/env/register', 'app.cjs'] },
  'this library, cold': { args: OURS, before: forget },
  'dotenv + dotenv-expand': { args: ['expand.cjs'] },
  't3-env with zod, dotenv': { args: ['t3.mjs'] },
  'c12 with dotenv': { args: ['c12.mjs'] },
  convict: { args: ['convict.cjs'] },
  'dotenvx run': { args: [bin('@dotenvx/dotenvx/src/cli/dotenvx.js'), 'run', '--quiet', '--', 'NODE', 'app.cjs'] },
  'varlock run': { args: [bin('varlock/bin/cli.js'), 'run', '--', 'NODE', 'app.cjs'], from: 22 },
  'varlock/auto-load': { args: ['--import', 'varlock/auto-load', 'app.cjs'], from: 22 },
}

const results = {}
for (const major of majors) results[major] = measure(nodeBinary(major), major)
rmSync(root, { recursive: true, force: true })
const file = join(here, 'startup.json')
const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).nodes : {}
writeFileSync(
  file,
  `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), cpu: `${cpus().length} × ${cpus()[0]?.model}`, rounds, nodes: { ...before, ...results } }, null, 2)}\n`,
)

function measure(node, major) {
  const ways = Object.entries(WAYS).filter(([, { from = 0 }]) => major >= from)
  const taken = Object.fromEntries(ways.map(([name]) => [name, { times: [], memory: [] }]))
  forget()
  for (let round = -3; round < rounds; round++) {
    for (const [name, { args, before }] of ways) {
      before?.()
      // The cold start leaves no cache for the warm one, which creates its own before it is measured.
      if (name === 'this library, warm') spawnSync(node, OURS, { cwd: root, env: environment() })
      const started = process.hrtime.bigint()
      const { status, stdout, stderr } = spawnSync(
        node,
        args.map((arg) => (arg === 'NODE' ? node : arg)),
        {
          cwd: root,
          env: environment(),
        },
      )
      const took = Number(process.hrtime.bigint() - started) / 1e6
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`)
      if (round < 0) continue
      taken[name].times.push(took)
      taken[name].memory.push(Number(String(stdout).match(/\d+$/)?.[0] ?? 0) / 1024)
    }
  }
  return report(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), taken)
}

function report(version, taken) {
  const plain = median(taken['plain node'].times)
  const rows = Object.entries(taken).map(([name, { times, memory }]) => {
    const time = median(times)
    return {
      name,
      ms: round(time),
      over: round(time - plain),
      ratio: Math.round((time / plain) * 100) / 100,
      mb: Math.round(Math.max(...memory)),
    }
  })
  console.log(`\nNode ${version}, ${rounds} starts each, medians`)
  printTable(
    ['', 'ms', 'over plain', 'ratio', 'peak MB'],
    rows.map(({ name, ms, over, ratio, mb }) => [name, ms, over, ratio.toFixed(2), mb]),
  )
  return { version, ways: rows }
}

function round(number) {
  return Math.round(number * 10) / 10
}

/** Without anything that would change what is loaded. */
function environment() {
  return { PATH: process.env.PATH, HOME: process.env.HOME }
}

/** The quickstart with everything installed, and a program for each way. */
function prepare(directory) {
  const repository = join(here, '..')
  cpSync(join(repository, 'fixtures/quickstart'), directory, { recursive: true })
  chmodSync(join(directory, '.systemprompt/profiles/local/secrets.json'), 0o600)
  mkdirSync(join(directory, 'node_modules/@systemprompt/env'), { recursive: true })
  for (const part of ['package.json', 'dist'])
    cpSync(join(repository, part), join(directory, 'node_modules/@systemprompt/env', part), { recursive: true })
  for (const name of ['@dotenvx', '@t3-oss', '@varlock', 'c12', 'convict', 'dotenv', 'dotenv-expand', 'varlock', 'zod'])
    symlinkSync(join(peers, 'node_modules', name), join(directory, 'node_modules', name))
  const programs = {
    'package.json': '{ "private": true }',
    'empty.mjs': '',
    '.env.schema': '# @defaultSensitive=false\n# ---\nHOST=\nPORT=\nPUBLIC_URL=\n',
    'app.cjs': END,
    'expand.cjs': `require('dotenv-expand').expand(require('dotenv').config({ quiet: true }));${END}`,
    't3.mjs': `import dotenv from 'dotenv'
      import { createEnv } from '@t3-oss/env-core'
      import { z } from 'zod'
      dotenv.config({ quiet: true })
      const server = { HOST: z.string(), PORT: z.coerce.number(), PUBLIC_URL: z.string() }
      createEnv({ server, runtimeEnv: process.env })
      ${END}`,
    'c12.mjs': `import { loadConfig } from 'c12'
      await loadConfig({ name: 'app', dotenv: true, defaults: { port: 8080 } })
      ${END}`,
    'convict.cjs': `require('dotenv').config({ quiet: true })
      const config = require('convict')({
        host: { format: String, default: '', env: 'HOST' },
        port: { format: 'port', default: 0, env: 'PORT' },
        url: { format: String, default: '', env: 'PUBLIC_URL' },
      })
      config.validate({ allowed: 'strict' })
      ${END}`,
  }
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(directory, name), text)
}
