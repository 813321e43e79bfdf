import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is there; with REQUIRE_SHELLS tests that need one fail where it is not. */
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
  /** How the shell is started, as `script` takes it. */
  readonly shell: string
  /** What it reads before anything is typed. */
  readonly setup: string
  /** What is typed: keys, with a tabulator where somebody asks for a completion. */
  readonly keys: string
}

const PROMPT = 'ready> '
/** Some shells ask the terminal for it behind their prompt. */
const BRACKETED_PASTE = /\u001b\[\?2004h$/

/** Types on a real terminal of a real shell, and returns what stood on it after the setup. */
export function typed({ cwd, env, shell, setup, keys }: Typing): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', shell, '/dev/null'], { cwd, env: { TERM: 'dumb', ...env } })
    let screen = ''
    let isSetUp = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // The first thing that a shell writes is its own prompt.
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
