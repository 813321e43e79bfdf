/**
 * What a command line, and an emulator, cost compared with plain Node: medians of alternating starts. `npm run
 * bench:cli`; a number after it sets the rounds.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rounds = Number(process.argv[2] ?? 15)
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const { startEmulator } = await import('../dist/emulator/index.js')
const directory = mkdtempSync(join(tmpdir(), 'systemprompt-bench-'))
const empty = join(directory, 'empty.mjs')
writeFileSync(empty, '')

const ended =
  (...args) =>
  () =>
    void spawnSync(process.execPath, args, { cwd: directory })
const cases = {
  'plain node': ended(empty),
  '--version': ended(cli, '--version'),
  '--help': ended(cli, '--help'),
  'cloud secrets sync --help': ended(cli, 'cloud', 'secrets', 'sync', '--help'),
  'cloud emulator, to its address': () => emulator(),
  'cloud emulator, to its first answer': () => emulator((url) => fetch(`${url}/api/v1/auth/me`)),
  'startEmulator()': async () => (await startEmulator()).close(),
}
const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
try {
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(cases)) {
      const start = performance.now()
      await run()
      times[name].push(performance.now() - start)
    }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

const plain = median(times['plain node'])
console.log(`Medians of ${rounds} rounds in turn, Node ${process.versions.node}\n`)
for (const [name, list] of Object.entries(times))
  console.log(
    `${name.padEnd(36)} ${median(list).toFixed(1).padStart(8)} ms  ${(median(list) / plain).toFixed(2)} × plain node`,
  )

/** It listens once it prints its URL. */
async function emulator(use = () => undefined) {
  const child = spawn(process.execPath, [cli, 'cloud', 'emulator', '--port', '0', '--ephemeral', '--json'], {
    cwd: directory,
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  let text = ''
  for await (const part of child.stdout) {
    text += part
    if (text.endsWith('}\n')) break
  }
  await use(JSON.parse(text).url)
  child.kill('SIGKILL')
  await ended
}

function median(list) {
  return list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)]
}
