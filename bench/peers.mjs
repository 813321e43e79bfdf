import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the libraries that we compare with. */
export const peers = join(dirname(fileURLToPath(import.meta.url)), 'peers')

/** Installs them, unless all are there. */
export function installPeers(...names) {
  if (names.every((name) => existsSync(join(peers, 'node_modules', name)))) return
  console.log('Installing the peers into bench/peers …')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: peers,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
