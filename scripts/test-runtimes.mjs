/**
 * Checks what docs/run-time.md says about Bun, Deno and Windows; exits with 1 if anything differs:
 *
 *   npm run test:runtimes            all three
 *   npm run test:runtimes -- bun     one
 *
 * The rows are in runtime-rows.json, and each command of the page is one of them. A row can also expect that something
 * does not work. Node for Windows runs in Wine; without Wine its rows are skipped, unless REQUIRE_WINE=1.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runtimeBinary, WINE_PREFIX, wine } from './node-binaries.mjs'

const repository = fileURLToPath(new URL('..', import.meta.url))
/** The programs that the rows run. */
const PROGRAMS = {
  'package.json': '{ "private": true, "type": "module" }',
  'app.ts': 'console.log(`${process.env.PORT} ${process.env.JWT_SECRET?.length}`)\n',
  'library.ts': `import { isConfigError, loadConfig, loadConfigSync } from '@systemprompt/env'
const { config, secrets, explain } = loadConfigSync()
const [{ origin }] = explain('PORT')
let error
try {
  loadConfigSync({ overrides: { 'server.port': 'eighty' } })
} catch (thrown) {
  error = thrown
}
const isSame = (await loadConfig()).config.server?.port === config.server?.port
const masked = JSON.parse(JSON.stringify(secrets)).jwt_secret
console.log(config.server?.port, origin.file ? \`\${origin.file}:\${origin.line}\` : origin.layer, masked, isSame, isConfigError(error, 'INVALID_VALUE'))
`,
  'printing.ts': `process.stdout.write(process.env.ANTHROPIC_API_KEY + ' ')
setTimeout(() => console.log(process.env.ANTHROPIC_API_KEY), 200)
`,
  'watching.ts': `import { writeFileSync } from 'node:fs'
import { watchConfig } from '@systemprompt/env'
const watcher = await watchConfig({}, {
  onChange({ current, changes }) {
    console.log(changes.find(({ path }) => path === 'env.PORT')?.path, current.env.PORT)
    watcher.close()
  },
})
writeFileSync('.env.local', 'PORT=9091\\n')
`,
  'serving.ts': `import { createServer } from 'node:http'
const server = createServer((_, response) => response.end(process.env.ANTHROPIC_API_KEY)).listen(0, async () => {
  const response = await fetch(\`http://localhost:\${server.address().port}\`)
  console.log(response.status, (await response.text()).slice(0, 26))
  process.exit()
})
`,
  'bundling.ts': `import systemprompt from '@systemprompt/env/esbuild'
await Bun.build({ entrypoints: ['app.ts'], plugins: [systemprompt()] })
`,
  'scanning.ts': `import { loadConfigSync, secretValues } from '@systemprompt/env'
import { createRedactor } from '@systemprompt/env/scan'
const result = loadConfigSync()
const redactor = createRedactor(secretValues(result))
const text = redactor.push(Buffer.from('key: ' + result.secrets.require('anthropic')))
console.log(Buffer.concat([text, redactor.end()]).toString())
`,
}

/** Node 20 does not run TypeScript. */
const JAVASCRIPT = Object.entries(PROGRAMS).map(([name, text]) => [name.replace(/ts$/, 'js'), text])

/** What is different on Windows. */
const OF_WINDOWS = {
  'twice.js': `import { execFileSync } from 'node:child_process'
const loaded = 'console.log(Object.keys(require.cache).some((file) => file.endsWith("core.cjs")), process.env.PORT)'
const start = () => execFileSync(process.execPath, ['--import', '@systemprompt/env', '-e', loaded], { encoding: 'utf8' })
// A plan is made of files that have been as they are for some seconds.
await new Promise((resolve) => setTimeout(resolve, 3000))
console.log([start(), start()].map((line) => line.trim()).join(', '))
`,
  'paths.js': `import { writeFileSync } from 'node:fs'
import { loadConfigSync } from '@systemprompt/env'
const lines = ['name: local', 'target: cloud', 'paths:', '  system: /app/../app', '  bin: /app/bin', '']
writeFileSync('.systemprompt/profiles/local/profile.yaml', lines.join(String.fromCharCode(10)))
const { config, profile, root } = loadConfigSync()
console.log(config.paths.system, config.paths.bin, profile.file.startsWith(root), profile.file.includes('/'))
`,
  'held-open.js': `import { spawn, spawnSync } from 'node:child_process'
const file = '.systemprompt/profiles/local/secrets.json'
const isWritten = "fs.readdirSync('.systemprompt/profiles/local').some((name) => /^.secrets.json.[0-9a-f]{12}-/.test(name))"
const hold = "fs.openSync('" + file + "');console.log('open');setInterval(() => " + isWritten + " && setTimeout(process.exit, 300), 5)"
const reader = spawn(process.execPath, ['-e', hold], { stdio: ['ignore', 'pipe', 'inherit'] })
await new Promise((resolve) => reader.stdout.once('data', resolve))
const cli = 'node_modules/@systemprompt/env/dist/cli.js'
const set = spawnSync(process.execPath, [cli, 'secrets', 'set', 'stripe=sk_live_51Hq8Zm2Kd9Tx4Rv'], { encoding: 'utf8' })
const get = spawnSync(process.execPath, [cli, 'secrets', 'list'], { encoding: 'utf8' })
console.log(set.status, set.stderr, /stripe/.test(get.stdout))
`,
  'run.js': `import { spawnSync } from 'node:child_process'
const cli = 'node_modules/@systemprompt/env/dist/cli.js'
const program = [process.execPath, '-e', 'console.log(process.env.ANTHROPIC_API_KEY);process.exit(3)']
const { status, stdout } = spawnSync(process.execPath, [cli, 'run', '--redact', '--', ...program], { encoding: 'utf8' })
console.log(stdout.trim(), status)
`,
}

/** The packages with which `systemprompt run` starts programs. */
const OF_RUN = ['cross-spawn', 'path-key', 'shebang-command', 'shebang-regex', 'which', 'isexe']

const ROWS = JSON.parse(readFileSync(join(repository, 'scripts/runtime-rows.json'), 'utf8'))
const asked = process.argv.slice(2)
const runtimes = asked.length > 0 ? asked : ['bun', 'deno', 'windows']

let failures = 0
for (const runtime of runtimes) {
  const program = programOf(runtime)
  if (!program) {
    console.log(`\n=== ${runtime}: skipped, since there is no Wine`)
    if (process.env.REQUIRE_WINE) failures++
    continue
  }
  console.log(
    `\n=== ${runtime} ${ended(program, ['--version'], tmpdir()).stdout.split('\n')[0].replace(`${runtime} `, '')}`,
  )
  for (const row of ROWS.filter(({ command }) => command.startsWith(`${runtime} `))) {
    const problems = run(program, row)
    console.log(`${problems.length === 0 ? 'ok  ' : 'NOT '} ${row.what}`)
    for (const problem of problems) console.log(`     ${problem}`)
    if (problems.length > 0) failures++
  }
}
if (failures > 0) console.error(`\n${failures} rows are not as the documentation says`)
process.exitCode = failures > 0 ? 1 : 0

/** How to start a runtime; undefined if it cannot be started here. */
function programOf(runtime) {
  if (runtime !== 'windows' || process.platform === 'win32')
    return { command: runtimeBinary(runtime), first: [], env: {} }
  const command = wine()
  if (!command) return undefined
  mkdirSync(dirname(WINE_PREFIX), { recursive: true })
  // Silences Wine itself, and makes Node accept its version of Windows.
  const env = {
    WINEPREFIX: WINE_PREFIX,
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
    NODE_SKIP_PLATFORM_CHECK: '1',
  }
  const program = { command, first: [runtimeBinary(runtime)], env }
  // The first start creates Wine's disk, and prints messages about it.
  ended(program, ['--version'], tmpdir())
  return program
}

/** The differences from a row; each row has its own project. */
function run(program, { command, env = {}, code = 0, out, err = '^$' }) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-runtime-')))
  try {
    prepare(root)
    const { status, stdout, stderr } = ended(program, command.split(' ').slice(1), root, env)
    return [
      status === code ? '' : `ends with ${status}, not with ${code}`,
      out === undefined || stdout === out ? '' : `prints ${JSON.stringify(stdout)}, not ${JSON.stringify(out)}`,
      new RegExp(err).test(stderr) ? '' : `says ${JSON.stringify(stderr)}`,
    ].filter((problem) => problem !== '')
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Output goes through files, since a Windows program in Wine cannot write to a pipe of this system. */
function ended({ command, first, env: own }, args, cwd, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'systemprompt-output-'))
  const files = ['out', 'err'].map((name) => join(folder, name))
  const [out, err] = files.map((file) => openSync(file, 'w'))
  try {
    const { PATH } = process.env
    const { status, signal } = spawnSync(command, [...first, ...args], {
      cwd,
      timeout: 60_000,
      stdio: ['ignore', out, err],
      env: { PATH, HOME: cwd, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...own, ...env },
    })
    const [stdout = '', stderr = ''] = files.map((file) => readFileSync(file, 'utf8').trimEnd())
    return { status: status ?? signal, stdout, stderr }
  } finally {
    for (const descriptor of [out, err]) closeSync(descriptor)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The quickstart with the built package and the programs. */
function prepare(root) {
  cpSync(join(repository, 'fixtures/quickstart'), root, { recursive: true })
  chmodSync(join(root, '.systemprompt/profiles/local/secrets.json'), 0o600)
  const target = join(root, 'node_modules/@systemprompt/env')
  mkdirSync(target, { recursive: true })
  for (const part of ['package.json', 'dist']) cpSync(join(repository, part), join(target, part), { recursive: true })
  // What a plugin also needs, for the program that bundles.
  symlinkSync(join(repository, 'node_modules/unplugin'), join(root, 'node_modules/unplugin'), 'dir')
  for (const name of OF_RUN)
    cpSync(join(repository, 'node_modules', name), join(root, 'node_modules', name), { recursive: true })
  const programs = [...Object.entries(PROGRAMS), ...JAVASCRIPT, ...Object.entries(OF_WINDOWS)]
  for (const [name, text] of programs) writeFileSync(join(root, name), text)
}
