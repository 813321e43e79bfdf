/**
 * What the plugin adds to a build of many modules, side by side with no plugin: `npm run bench:build`. The builds
 * take turns, so that what else the machine does falls on all of them.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MODULES = Number(process.env.MODULES ?? 1000)
const ROUNDS = Number(process.env.ROUNDS ?? 11)

const repository = fileURLToPath(new URL('..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'systemprompt-bench-'))

/** One module in ten reads a value, as applications do. */
function writeApp() {
  const profile = join(root, '.systemprompt/profiles/local')
  mkdirSync(profile, { recursive: true })
  mkdirSync(join(root, 'src'))
  writeFileSync(join(profile, 'profile.yaml'), 'name: local\nsite:\n  name: Acme\n')
  writeFileSync(join(profile, 'secrets.json'), '{ "anthropic": "sk-ant-bench-0123456789abcdef" }', { mode: 0o600 })
  const names = Array.from({ length: MODULES }, (_, index) => `m${index}`)
  for (const [index, name] of names.entries()) {
    const value = index % 10 === 0 ? 'import.meta.env.site_name' : `'text ${index}'`
    const body = `export function ${name}(input) {\n  const label = ${value}\n  return input.map((item) => label + item * ${index})\n}\n`
    writeFileSync(join(root, 'src', `${name}.js`), `${body}// ${'x'.repeat(400)}\n`)
  }
  const imports = names.map((name) => `import { ${name} } from './${name}.js'`).join('\n')
  writeFileSync(
    join(root, 'src/main.js'),
    `${imports}\nconsole.log(${names.map((name) => `${name}([1])`).join(',')})\n`,
  )
}

const BUILD = {
  vite: `import { build } from 'vite'
const { default: plugin } = await import(process.env.PLUGIN ?? 'data:text/javascript,export default () => null')
const run = () => build({ root: '.', configFile: false, logLevel: 'silent', plugins: [plugin({ public: ['site.name'] })],
  build: { rolldownOptions: { input: './src/main.js' }, outDir: 'out' } })`,
  webpack: `import webpack from 'webpack'
const { default: plugin } = await import(process.env.PLUGIN ?? 'data:text/javascript,export default () => null')
const run = () => new Promise((resolve, reject) => webpack({ context: process.cwd(), entry: './src/main.js', mode: 'production',
  output: { path: process.cwd() + '/out' }, plugins: [plugin({ public: ['site.name'] })].filter(Boolean) },
  (error, stats) => error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve()))`,
}

/** Milliseconds of one build in a process of its own. */
function measure(host, plugin) {
  const code = `${BUILD[host]}\nconst start = performance.now()\nawait run()\nconsole.log(performance.now() - start)`
  const file = join(repository, `node_modules/.bench-${host}.mjs`)
  writeFileSync(file, code)
  try {
    return Number(
      execFileSync('node', [file], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, ...(plugin ? { PLUGIN: join(repository, `dist/${host}.js`) } : {}) },
      }),
    )
  } finally {
    rmSync(file)
  }
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]

writeApp()
try {
  for (const host of Object.keys(BUILD)) {
    const times = { without: [], with: [] }
    for (let round = 0; round <= ROUNDS; round++) {
      const pair = [measure(host, false), measure(host, true)]
      // The first round reads everything from the disk.
      if (round > 0) times.without.push(pair[0])
      if (round > 0) times.with.push(pair[1])
    }
    const [without, withPlugin] = [median(times.without), median(times.with)]
    const added = median(times.with.map((time, index) => time - times.without[index]))
    console.log(
      `${host}: ${MODULES} modules, ${ROUNDS} rounds: ${without.toFixed(0)} ms without, ${withPlugin.toFixed(0)} ms with; ` +
        `${added.toFixed(1)} ms added (median of pairs, ${((added / without) * 100).toFixed(1)} %)`,
    )
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
