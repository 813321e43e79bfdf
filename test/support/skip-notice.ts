import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CHROMIUM } from './chromium.ts'
import { isInPath } from './shells.ts'
import { hasTerminals } from './terminal.ts'

/** Without one of these some tests are skipped. */
const PROGRAMS = ['bash', 'zsh', 'fish', 'git', 'vim', 'openssl']
const BUILT = fileURLToPath(new URL('../../dist/plugin.js', import.meta.url))

/** Prints at the end of a run which tests were skipped for lack of something on this machine. */
export function teardown(): void {
  if (!existsSync(CHROMIUM))
    skipped('in a browser', `there is no Chromium at ${CHROMIUM} (SYSTEMPROMPT_CHROMIUM names another)`)
  const missing = PROGRAMS.filter((name) => !isInPath(name))
  if (missing.length > 0) skipped('that run programs', `${missing.join(' and ')} cannot be found`)
  if (!hasTerminals) skipped('on a terminal', 'python3, which makes one, cannot be run')
  if (!existsSync(BUILT)) skipped('of the package', 'there is no dist/, which npm run build makes')
  if (process.getuid?.() === 0) skipped('of missing permissions', 'root has every permission')
  else skipped('of files of other users', 'only root can create them')
}

function skipped(which: string, why: string): void {
  console.warn(`\nTests ${which} were skipped: ${why}`)
}
