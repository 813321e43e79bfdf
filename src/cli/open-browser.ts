import { isAbsolute, win32 } from 'node:path'
import type { Io } from './io.ts'

type Env = Io['env']

/**
 * Opens a page on this system; undefined if there is no browser to show it: over SSH, in CI, without a display. We do
 * not use the package `open`, which brings six packages and starts PowerShell on Windows.
 */
export function browserFor(platform: string, env: Env): ((url: string) => Promise<void>) | undefined {
  const opener = openerOf(platform, env)
  return opener && ((url) => start(opener.command, [...opener.args, url], { platform, env }))
}

/**
 * The program that opens a URL, and its arguments before that. A bare name is looked up in PATH; Windows would look in
 * the working directory first.
 */
export function openerOf(
  platform: string,
  env: Env,
): { readonly command: string; readonly args: readonly string[] } | undefined {
  if (env.CI || env.SSH_CONNECTION || env.SSH_TTY) return undefined
  if (platform === 'darwin') return { command: '/usr/bin/open', args: [] }
  // The start command would need a shell, which interprets & in a URL.
  if (platform === 'win32') {
    const command = win32.join(env.SystemRoot || 'C:\\Windows', 'System32', 'rundll32.exe')
    return { command, args: ['url.dll,FileProtocolHandler'] }
  }
  return env.DISPLAY || env.WAYLAND_DISPLAY ? { command: 'xdg-open', args: [] } : undefined
}

/** Starts a program without waiting for it. A missing program is not an error: the URL is also shown. */
async function start(
  command: string,
  args: readonly string[],
  system: { readonly platform: string; readonly env: Env },
): Promise<void> {
  const [{ spawn }, { findProgram }] = await Promise.all([
    import('node:child_process'),
    import('../cloud/for-commands.ts'),
  ])
  const program = isAbsolute(command) ? command : findProgram(command, system)
  if (program === undefined) return
  await new Promise<void>((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, shell: false })
    child.once('error', () => resolve())
    child.once('spawn', () => resolve())
    child.unref()
  })
}
