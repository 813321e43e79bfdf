import { setTimeout as wait } from 'node:timers/promises'
import type { ConfigChange, LoadOptions, ResolvedConfig } from '../index.ts'
import { CliError, type Io } from './io.ts'
import { shown, styled } from './output.ts'
import type { Program } from './start-program.ts'

interface Running {
  readonly stop: AbortController
  /** The exit code, or the error that kept it from starting. */
  readonly ended: Promise<unknown>
}

/** Milliseconds. */
const SETTLE_TIME = 100

/** How many changes are named; the others are only counted. */
const MAX_NAMED = 3

/**
 * Keeps a program running, and restarts it whenever the configuration changes to another valid one. While it is
 * invalid, the program keeps running with the last valid one, and the problems are shown. Ends when interrupted, with
 * the program's exit code.
 *
 * @param programFor the program as a configuration starts it
 * @throws ConfigError, CliError if the first start fails
 */
export async function watchProgram(
  options: LoadOptions,
  io: Io,
  programFor: (result: ResolvedConfig) => Promise<Program>,
): Promise<number> {
  const { watchConfig } = await import('../index.ts')
  let isInterrupted = false
  let running: Promise<Running> | undefined
  const interrupted = io.interrupted().finally(async () => {
    isInterrupted = true
    const started = await running
    started?.stop.abort()
  })
  const log = (text: string): void => io.err(`${styled(io, 'dim', text)}\n`)

  const start = async (result: ResolvedConfig): Promise<Running> => {
    const stop = new AbortController()
    const program = await programFor(result)
    if (isInterrupted) stop.abort()
    const ended = io.start({ ...program, stop: stop.signal }).catch((error: unknown) => error)
    void ended.then(async (outcome) => {
      // Ctrl-C ends both, and the program's exit may be noticed first.
      await wait(SETTLE_TIME, undefined, { ref: false })
      if (!isInterrupted && !stop.signal.aborted) log(`${ending(outcome)} It restarts when something changes.`)
    })
    return { stop, ended }
  }
  const watcher = await watchConfig(options as LoadOptions<undefined>, {
    async onChange({ current, changes }) {
      if (changes.length === 0) return log('The configuration is valid again.')
      const before = await running
      if (isInterrupted) return
      log(`${summary(changes)}; restarting the program.`)
      before?.stop.abort()
      await before?.ended
      if (!isInterrupted) running = start(current)
    },
    onError(error) {
      io.err(`${error.message}\n`)
      log('The program keeps running with the last valid configuration.')
    },
  })
  running = start(watcher.current)
  const failed = running
    .then(({ ended }) => ended)
    .then((outcome) => (typeof outcome === 'number' ? new Promise<never>(() => undefined) : outcome))
  const first = await Promise.race([interrupted, failed]).finally(() => watcher.close())
  if (typeof first !== 'number') throw first
  const { ended } = await running
  const outcome = await ended
  return typeof outcome === 'number' ? outcome : first
}

function summary(changes: readonly ConfigChange[]): string {
  const more = changes.length > MAX_NAMED ? ` and ${changes.length - MAX_NAMED} more` : ''
  return `${changes
    .slice(0, MAX_NAMED)
    .map(({ path }) => shown(path))
    .join(', ')}${more} changed`
}

function ending(outcome: unknown): string {
  if (typeof outcome === 'number') return `The program exited with code ${outcome}.`
  return outcome instanceof CliError ? outcome.message : 'The program could not be started.'
}
