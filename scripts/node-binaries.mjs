/**
 * Plain binaries of other Nodes, of Bun and of Deno, from packages of the registry that hold nothing else: for Node
 * `node-<platform>-<arch>`, about 200 MB each. They are kept outside of the repository: `SYSTEMPROMPT_NODES` names the
 * folder, by default one below the user's cache. No script of a package is run.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const { platform, arch } = process
const CACHE = process.env.SYSTEMPROMPT_NODES ?? join(homedir(), '.cache', 'systemprompt-env-nodes')
const EXE = platform === 'win32' ? '.exe' : ''

/** The major versions that are tested. */
export const MAJORS = [20, 22, 24, 26]

const BUN_ARCH = { arm64: 'aarch64' }[arch] ?? arch
const BUN_PLATFORM = { win32: 'windows' }[platform] ?? platform
const DENO_LIBC = platform === 'linux' ? '-glibc' : ''

const RUNTIMES = {
  bun: { name: `@oven/bun-${BUN_PLATFORM}-${BUN_ARCH}`, version: 1, file: `bin/bun${EXE}` },
  deno: { name: `@deno/${platform}-${arch}${DENO_LIBC}`, version: 2, file: `deno${EXE}` },
}

/** The path of a Node binary of that major version; this very Node where it is of that version. */
export function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const name = `node-${{ win32: 'win' }[platform] ?? platform}-${arch}`
  return installedFile(String(major), { name, version: major, file: `bin/node${EXE}` })
}

/** The path of the binary of `bun` or `deno`. */
export function runtimeBinary(name) {
  const runtime = RUNTIMES[name]
  if (!runtime) throw new Error(`There is no runtime of that name: ${Object.keys(RUNTIMES).join(' or ')}`)
  return installedFile(name, runtime)
}

function installedFile(label, { name, version, file }) {
  const folder = join(CACHE, label)
  const path = join(folder, 'node_modules', name, file)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: platform === 'win32',
    })
  }
  return path
}
