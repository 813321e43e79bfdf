import { existsSync } from 'node:fs'
import { isInPath } from './shells.ts'

/** Says at the end of a run that tests were skipped which need a browser or a shell. */
export function teardown(): void {
  const executable = process.env.SYSTEMPROMPT_CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executable))
    console.warn(
      `\nTests in a browser were skipped: there is no Chromium at ${executable} (SYSTEMPROMPT_CHROMIUM names another)`,
    )
  const missing = ['bash', 'zsh', 'fish'].filter((shell) => !isInPath(shell))
  if (missing.length > 0) console.warn(`\nTests of completion were skipped: ${missing.join(' and ')} cannot be found`)
}
