import { existsSync } from 'node:fs'

/** Says at the end of a run that tests were skipped which need a browser. */
export function teardown(): void {
  const executable = process.env.SYSTEMPROMPT_CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executable))
    console.warn(
      `\nTests in a browser were skipped: there is no Chromium at ${executable} (SYSTEMPROMPT_CHROMIUM names another)`,
    )
}
