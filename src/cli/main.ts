#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { confirm, password, readInput, select } from './input.ts'
import { CliError, EXIT } from './io.ts'
import { browserFor } from './open-browser.ts'
import { runCli } from './run.ts'

const { stdin, stdout, stderr, env } = process

// The HTTP client's parser is WebAssembly. A process waits at its end for the optimised compilation, and a command is
// too short to benefit from it.
setFlagsFromString('--liftoff-only')

// Not a reason to stop halfway. A reader that has seen enough (`| head`) is not even an error.
for (const stream of [stdout, stderr]) {
  let isTold = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isTold) return
    isTold = true
    process.once('exit', () => {
      process.exitCode ||= EXIT.unexpected
    })
    const why = error.code === 'ENOSPC' ? 'the disk is full' : (error.code ?? 'unknown reason')
    if (stream === stdout) stderr.write(`The output cannot be written: ${why}.\n`)
  })
}

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  isInteractive: Boolean(stdin.isTTY && stderr.isTTY) && !env.CI && !env.SYSTEMPROMPT_NON_INTERACTIVE,
  // Some terminals report a width of 0.
  columns: stdout.isTTY && stdout.columns > 0 ? stdout.columns : undefined,
  color: Boolean(stdout.isTTY && stderr.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb',
  get cwd() {
    return workingDirectory()
  },
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

/** Read on demand: `--help` does not need it. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    throw new CliError('NO_DIRECTORY', EXIT.usage, 'The working directory no longer exists. Change to another.')
  }
}
