#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { confirm, password, readInput, select } from './input.ts'
import { browserFor } from './open-browser.ts'
import { runCli } from './run.ts'

const { stdin, stdout, stderr, env } = process

// The HTTP client's parser is WebAssembly. The end of a process waits for its optimised compilation, for which a
// command is too short.
setFlagsFromString('--liftoff-only')

// A reader that has seen enough (`| head`) is no error, and no reason to leave the work half done.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  isInteractive: Boolean(stdin.isTTY && stderr.isTTY) && !env.CI && !env.SYSTEMPROMPT_NON_INTERACTIVE,
  // Some terminals say that they are 0 wide.
  columns: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
  color: Boolean(stdout.isTTY && stderr.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb',
  cwd: process.cwd(),
  env,
  confirm,
  start: async (program) => {
    const { startProgram } = await import('./start-program.ts')
    const hasTerminal = Boolean(stdin.isTTY || stdout.isTTY || stderr.isTTY)
    const on = process.on.bind(process)
    const off = process.off.bind(process)
    return startProgram(program, { stdout, stderr, isShared: true, hasTerminal, on, off })
  },
  interrupted: () =>
    new Promise((resolve) => {
      const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
      for (const [signal, code] of Object.entries(codes)) process.once(signal, () => resolve(code))
    }),
  password,
  select,
  readInput,
  openBrowser: browserFor(process.platform, env),
})
