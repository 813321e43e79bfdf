import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is available; with REQUIRE_SHELLS, tests that need a missing one fail. */
export function hasProgram(name: string): boolean {
  return process.env.REQUIRE_SHELLS !== undefined || isInPath(name)
}

export function isInPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export interface Typing {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** How to start the shell, for `script`. */
  readonly shell: string
  /** What it reads before anything is typed. */
  readonly setup: string
  /** The keys that are typed, with a tab to request a completion. */
  readonly keys: string
}

const PROMPT = 'ready> '
/** Some shells request this from the terminal after their prompt. */
const BRACKETED_PASTE = /\u001b\[\?2004h$/

/** Types on a real terminal of a real shell, and returns the screen's content after the setup. */
export function typed({ cwd, env, shell, setup, keys }: Typing): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', shell, '/dev/null'], { cwd, env: { TERM: 'dumb', ...env } })
    let screen = ''
    let isSetUp = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // A shell first writes its own prompt.
      if (screen === '') child.stdin.write(`${setup}; PS1='${PROMPT}'\n`)
      screen += text
      if (isSetUp || !screen.replace(BRACKETED_PASTE, '').endsWith(PROMPT)) return
      isSetUp = true
      screen = ' '
      child.stdin.write(`${keys}\nexit\n`)
    })
    child.on('error', reject)
    child.on('close', () => resolve(screen))
  })
}
