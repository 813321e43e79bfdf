import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import spawn from 'cross-spawn'
import { createRedactStream, type Matcher } from '../scan/index.ts'
import { CliError, EXIT } from './io.ts'

/** A program and what it is started with. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Masks what these secrets are in the output; without it the program has the terminal to itself. */
  readonly redact?: Matcher
  /**
   * Ends the program when it is aborted: with SIGTERM, and where that does nothing with SIGKILL. One that has been
   * told to end by a signal decides for itself; one that is not started yet stays so.
   */
  readonly stop?: AbortSignal
}

/** What of a process a program gets a share in. */
export interface Host {
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether programs may use the streams themselves. */
  readonly isShared: boolean
  /** Whether Ctrl-C on a terminal reaches the program without our help, as one of the same group. */
  readonly hasTerminal: boolean
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
}

/** Milliseconds that a program has to end by itself when it is told to. */
const GRACE = 5000
/** Milliseconds for what a program wrote before its end, where others that it started have its output open still. */
const DRAIN = 500

const PASSED_ON: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']
/** What a terminal sends to all programs of a group by itself. */
const FROM_KEYS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/** What asks a program to end. */
const TO_END: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Starts a program, without a shell, and waits for its end, and for that of its output unless somebody told it to
 * end. Signals are passed on to it. Returns its exit code, or 128 and the number of the signal that ended it.
 *
 * @throws CliError with exit code 127 if it is not found, 126 if it cannot be started
 */
export async function startProgram({ command, args, cwd, env, redact, stop }: Program, host: Host): Promise<number> {
  if (stop?.aborted) return 128 + constants.signals.SIGTERM
  const output = redact || !host.isShared ? 'pipe' : 'inherit'
  const child = started(command, args, { cwd, env, stdio: [host.isShared ? 'inherit' : 'ignore', output, output] })
  // Windows has only some of them.
  const passedOn = PASSED_ON.filter((signal) => signal in constants.signals)
  let received: NodeJS.Signals | undefined
  let hasEnded = false
  const isTold = (): boolean => received !== undefined && (TO_END.includes(received) || received === child.signalCode)
  const drained = new AbortController()
  let drain: NodeJS.Timeout | undefined
  const endOutput = (): void => {
    drain ??= setTimeout(() => drained.abort(), DRAIN)
  }
  const passOn = (signal: NodeJS.Signals): void => {
    received = signal
    if (hasEnded) endOutput()
    else if (!(host.hasTerminal && FROM_KEYS.includes(signal))) child.kill(signal)
  }
  let grace: NodeJS.Timeout | undefined
  const end = (): void => {
    if (hasEnded) endOutput()
    if (hasEnded || isTold()) return
    child.kill('SIGTERM')
    grace = setTimeout(() => child.kill('SIGKILL'), GRACE)
  }
  for (const signal of passedOn) host.on(signal, passOn)
  stop?.addEventListener('abort', end)
  try {
    const ended = endOf(child, command)
    const copied = [
      copy(child.stdout, host.stdout, redact, drained.signal),
      copy(child.stderr, host.stderr, redact, drained.signal),
    ]
    const code = await ended
    hasEnded = true
    if (isTold() || stop?.aborted) endOutput()
    await Promise.all(copied)
    return code
  } finally {
    clearTimeout(grace)
    clearTimeout(drain)
    stop?.removeEventListener('abort', end)
    for (const signal of passedOn) host.off(signal, passOn)
  }
}

/** As in `"npm test"` and `NODE_ENV=test`, which other tools hand to a shell. */
const FOR_A_SHELL = /[\s=;&|<>$]/

/** Some failures are thrown, others told of later. */
function started(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(command, [...args], options)
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, 'code')) : undefined
    throw notStarted(code, command, options.env)
  }
}

function endOf(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      // One that runs may fail to get a signal.
      if (child.pid === undefined) reject(notStarted(error.code, command))
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}

/** The message of the system repeats the command and its arguments, which may hold a secret. */
function notStarted(code: string | undefined, command: string, env: NodeJS.ProcessEnv = {}): CliError {
  if (code === 'ENOENT') {
    const advice = FOR_A_SHELL.test(command)
      ? "It is not run by a shell: write its arguments one by one, or use sh -c '…'."
      : 'Is it installed, and in PATH?'
    return new CliError('PROGRAM_NOT_FOUND', EXIT.programNotFound, `There is no such program. ${advice}`)
  }
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'It is not an executable file; chmod +x makes a script executable.',
    E2BIG: `Its variables and arguments are larger than the system allows.\n${largestOf(env)}`,
  }
  const why = reasons[code ?? ''] ?? `The system says ${code ?? 'no more'}.`
  return new CliError('PROGRAM_NOT_STARTED', EXIT.programNotStarted, `The program cannot be started. ${why}`)
}

/** Linux takes 128 KiB of each variable, and of all together as much as `getconf ARG_MAX` says. */
function largestOf(env: NodeJS.ProcessEnv): string {
  const sizes = Object.entries(env).map(([name, value = '']) => [Buffer.byteLength(value), name] as const)
  const [size, name] = sizes.sort(([one], [other]) => other - one)[0] ?? []
  return `The largest variable is ${name}, with ${size} bytes. Have the program read that from a file.`
}

/** Resolves when all of it is written, or what came until it was given up. A reader that has seen enough is no error. */
async function copy(
  from: Readable | null,
  to: Writable,
  redact: Matcher | undefined,
  givenUp: AbortSignal,
): Promise<void> {
  if (!from) return
  const masked = redact && from.pipe(createRedactStream(redact))
  const source = masked ?? from
  source.pipe(to, { end: false })
  // The program hears of it as it would with nobody in between.
  const stop = (): void => {
    from.destroy()
    source.destroy()
  }
  to.once('error', stop)
  givenUp.addEventListener('abort', () => {
    from.destroy()
    masked?.end()
  })
  await finished(source, { writable: false }).catch(() => undefined)
  to.off('error', stop)
}
