/**
 * Plain Node binaries of other versions, from the registry's `node-<platform>-<arch>` packages (about 200 MB each),
 * kept outside of the repository: `SYSTEMPROMPT_NODES` names the folder, by default one below the user's cache.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const CACHE = process.env.SYSTEMPROMPT_NODES ?? join(homedir(), '.cache', 'systemprompt-env-nodes')
const PLATFORM = { win32: 'win' }[process.platform] ?? process.platform

/** The major versions that are tested. */
export const MAJORS = [20, 22, 24, 26]

/** The path of a Node binary of that major version; this very Node where it is of that version. */
export function nodeBinary(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const name = `node-${PLATFORM}-${process.arch}`
  const folder = join(CACHE, String(major))
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${major}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    })
  }
  return binary
}
