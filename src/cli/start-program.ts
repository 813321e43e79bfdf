import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import spawn from 'cross-spawn'
import { createRedactStream, type Matcher } from '../scan/index.ts'
import { CliError, EXIT } from './io.ts'
import { createPipes, type Pipes } from './pipes.ts'

/** A program and how to start it. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Masks these secrets in the output; without it the program uses the terminal directly. */
  readonly redact?: Matcher
  /**
   * Ends the program when aborted: with SIGTERM, then SIGKILL if that has no effect. A program that a signal has
   * already told to end decides for itself; one that has not been started is not started at all.
   */
  readonly stop?: AbortSignal
}

/** The parts of a process that a program shares. */
export interface Host {
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether programs may use the streams directly. */
  readonly isShared: boolean
  /** Whether Ctrl-C on a terminal reaches the program directly, since it is in the same process group. */
  readonly hasTerminal: boolean
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
}

/** Milliseconds that a program has to exit by itself when told to. */
const GRACE_PERIOD = 5000
/** Milliseconds to read what a program wrote before its exit, if its own children still hold the output open. */
const DRAIN_TIMEOUT = 500

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']
/** Signals that a terminal itself sends to a whole process group. */
const FROM_KEYBOARD: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/** Signals that ask a program to end. */
const TERMINATING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Starts a program without a shell, and waits for its exit and, unless it was told to end, for the end of its output.
 * Signals are forwarded to it. Returns its exit code, or 128 plus the number of the signal that ended it.
 *
 * @param pipesFor creates the pipes for its output; without these, Node creates sockets
 * @throws CliError with exit code 127 if it is not found, 126 if it cannot be started
 */
export async function startProgram(program: Program, host: Host, pipesFor = createPipes): Promise<number> {
  const pipes = program.redact || !host.isShared ? await pipesFor() : undefined
  try {
    if (program.stop?.aborted) return 128 + constants.signals.SIGTERM
    return await run(program, host, pipes)
  } finally {
    pipes?.close()
  }
}

async function run(
  { command, args, cwd, env, redact, stop }: Program,
  host: Host,
  pipes: Pipes | undefined,
): Promise<number> {
  const output = redact || !host.isShared ? 'pipe' : 'inherit'
  const [stdout, stderr] = pipes?.writers ?? ([output, output] as const)
  const child = spawnProgram(command, args, { cwd, env, stdio: [host.isShared ? 'inherit' : 'ignore', stdout, stderr] })
  pipes?.closeWriters()
  const [out, err] = pipes?.readers ?? [child.stdout, child.stderr]
  // Windows has only some of them.
  const signals = FORWARDED.filter((signal) => signal in constants.signals)
  let received: NodeJS.Signals | undefined
  let hasExited = false
  const wasToldToEnd = (): boolean =>
    received !== undefined && (TERMINATING.includes(received) || received === child.signalCode)
  const drainController = new AbortController()
  let drainTimer: NodeJS.Timeout | undefined
  const limitDrain = (): void => {
    drainTimer ??= setTimeout(() => drainController.abort(), DRAIN_TIMEOUT)
  }
  const forward = (signal: NodeJS.Signals): void => {
    received = signal
    if (hasExited) limitDrain()
    else if (!(host.hasTerminal && FROM_KEYBOARD.includes(signal))) child.kill(signal)
  }
  let killTimer: NodeJS.Timeout | undefined
  const terminate = (): void => {
    if (hasExited) limitDrain()
    if (hasExited || wasToldToEnd()) return
    child.kill('SIGTERM')
    killTimer = setTimeout(() => child.kill('SIGKILL'), GRACE_PERIOD)
  }
  for (const signal of signals) host.on(signal, forward)
  stop?.addEventListener('abort', terminate)
  try {
    const exited = waitForExit(child, command)
    // As without us in between, what the program has written is lost, and the signal comes when it writes more. To
    // close a socket would be a connection reset instead.
    const breakPipe = (from: Readable): void => {
      if (pipes) return void from.destroy()
      from.once('data', () => {
        if ('SIGPIPE' in constants.signals) child.kill('SIGPIPE')
        from.destroy()
      })
      from.resume()
    }
    const copied = [
      copy(out, host.stdout, redact, drainController.signal, breakPipe),
      copy(err, host.stderr, redact, drainController.signal, breakPipe),
    ]
    const code = await exited
    hasExited = true
    if (wasToldToEnd() || stop?.aborted) limitDrain()
    await Promise.all(copied)
    return code
  } finally {
    out?.destroy()
    err?.destroy()
    clearTimeout(killTimer)
    clearTimeout(drainTimer)
    stop?.removeEventListener('abort', terminate)
    for (const signal of signals) host.off(signal, forward)
  }
}

/** As in `"npm test"` and `NODE_ENV=test`, which other tools pass to a shell. */
const SHELL_SYNTAX = /[\s=;&|<>$]/

/** Some failures are thrown, others emitted later. */
function spawnProgram(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(command, [...args], options)
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, 'code')) : undefined
    throw startError(code, command, options.env)
  }
}

function waitForExit(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      // Sending a signal to a running program can fail too.
      if (child.pid === undefined) reject(startError(error.code, command))
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}

/** The system's message repeats the command and its arguments, which may contain a secret. */
function startError(code: string | undefined, command: string, env: NodeJS.ProcessEnv = {}): CliError {
  const notFound = (advice: string): CliError =>
    new CliError('PROGRAM_NOT_FOUND', EXIT.programNotFound, `There is no such program. ${advice}`)
  if (code === 'ENOTDIR') return notFound('A part of its path is a file.')
  if (code === 'ENOENT')
    return notFound(
      SHELL_SYNTAX.test(command)
        ? "It is not run by a shell: write its arguments one by one, or use sh -c '…'."
        : 'Is it installed, and in PATH?',
    )
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'It is not an executable file; chmod +x makes a script executable.',
    E2BIG: `Its variables and arguments are larger than the system allows.\n${largestOf(env)}`,
  }
  const why = reasons[code ?? ''] ?? `The system reports ${code ?? 'no reason'}.`
  return new CliError('PROGRAM_NOT_STARTED', EXIT.programNotStarted, `The program cannot be started. ${why}`)
}

/** Linux limits each variable to 128 KiB, and all together to what `getconf ARG_MAX` says. */
function largestOf(env: NodeJS.ProcessEnv): string {
  const sizes = Object.entries(env).map(([name, value = '']) => [Buffer.byteLength(value), name] as const)
  const [size, name] = sizes.sort(([one], [other]) => other - one)[0] ?? []
  return `The largest variable is ${name}, with ${size} bytes. Have the program read that from a file.`
}

/**
 * Resolves when everything is written, or what had arrived when `drainSignal` was aborted. A reader that has seen
 * enough is not an error.
 *
 * @param breakPipe does to those who write what happens when nobody reads
 */
async function copy(
  from: Readable | null,
  to: Writable,
  redact: Matcher | undefined,
  drainSignal: AbortSignal,
  breakPipe: (from: Readable) => void,
): Promise<void> {
  if (!from) return
  const masked = redact && from.pipe(createRedactStream(redact))
  const source = masked ?? from
  source.pipe(to, { end: false })
  const stop = (): void => {
    from.unpipe()
    masked?.destroy()
    breakPipe(from)
  }
  to.once('error', stop)
  drainSignal.addEventListener('abort', () => {
    from.destroy()
    masked?.end()
  })
  await finished(source, { writable: false }).catch(() => undefined)
  to.off('error', stop)
}
