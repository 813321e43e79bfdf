/**
 * What docs/run-time.md says of Bun and Deno, held against both; ends with 1 where it is not so:
 *
 *   npm run test:runtimes            both
 *   npm run test:runtimes -- bun     one
 *
 * The rows are in runtime-rows.json, and each command of the page is one of them. That something does not work is
 * as much of an expectation as that it does.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runtimeBinary } from './node-binaries.mjs'

const repository = fileURLToPath(new URL('..', import.meta.url))
/** The programs that the rows run. */
const PROGRAMS = {
  'package.json': '{ "private": true, "type": "module" }',
  'app.ts': 'console.log(`${process.env.PORT} ${process.env.JWT_SECRET?.length}`)\n',
  'library.ts': `import { isConfigError, loadConfig, loadConfigSync } from '@systemprompt/env'
const { config, secrets, explain } = loadConfigSync()
const [{ origin }] = explain('PORT')
let error: unknown
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
  'scanning.ts': `import { loadConfigSync, secretValues } from '@systemprompt/env'
import { createRedactor } from '@systemprompt/env/scan'
const result = loadConfigSync()
const redactor = createRedactor(secretValues(result))
const text = redactor.push(Buffer.from('key: ' + result.secrets.require('anthropic')))
console.log(Buffer.concat([text, redactor.end()]).toString())
`,
}

const ROWS = JSON.parse(readFileSync(join(repository, 'scripts/runtime-rows.json'), 'utf8'))
const asked = process.argv.slice(2)
const runtimes = asked.length > 0 ? asked : ['bun', 'deno']

let failures = 0
for (const runtime of runtimes) {
  const binary = runtimeBinary(runtime)
  const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
  console.log(`\n=== ${runtime} ${version.replace(`${runtime} `, '')}`)
  for (const row of ROWS.filter(({ command }) => command.startsWith(`${runtime} `))) {
    const problems = run(binary, row)
    console.log(`${problems.length === 0 ? 'ok  ' : 'NOT '} ${row.what}`)
    for (const problem of problems) console.log(`     ${problem}`)
    if (problems.length > 0) failures++
  }
}
if (failures > 0) console.error(`\n${failures} rows are not as the documentation says`)
process.exitCode = failures > 0 ? 1 : 0

/** What is not as the row says; each row has a project of its own. */
function run(binary, { command, env = {}, code = 0, out, err = '^$' }) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'systemprompt-runtime-')))
  try {
    prepare(root)
    const { PATH } = process.env
    const ended = spawnSync(binary, command.split(' ').slice(1), {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH, HOME: root, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...env },
    })
    const stdout = ended.stdout.trimEnd()
    return [
      ended.status === code ? '' : `ends with ${ended.status ?? ended.signal}, not with ${code}`,
      out === undefined || stdout === out ? '' : `prints ${JSON.stringify(stdout)}, not ${JSON.stringify(out)}`,
      new RegExp(err).test(ended.stderr) ? '' : `says ${JSON.stringify(ended.stderr)}`,
    ].filter((problem) => problem !== '')
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** The quickstart with the built package and the programs. */
function prepare(root) {
  cpSync(join(repository, 'fixtures/quickstart'), root, { recursive: true })
  chmodSync(join(root, '.systemprompt/profiles/local/secrets.json'), 0o600)
  const target = join(root, 'node_modules/@systemprompt/env')
  mkdirSync(target, { recursive: true })
  for (const part of ['package.json', 'dist']) cpSync(join(repository, part), join(target, part), { recursive: true })
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(root, name), text)
}
