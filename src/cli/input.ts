import type { Writable } from 'node:stream'
import { type Choice, CliError, EXIT, type PromptOptions, usageError } from './io.ts'
import { oneLine } from './one-line.ts'

/** Asks a yes-or-no question on the terminal. */
export function confirm(question: string): Promise<boolean> {
  return answerTo((prompts, terminal) => prompts.confirm({ message: question, initialValue: false, ...terminal }))
}

/**
 * Asks for a value that is not shown while it is typed.
 *
 * @throws CliError USAGE if several lines are pasted, unless it takes a word
 */
export async function password(question: string, { signal, accepts = 'line' }: PromptOptions = {}): Promise<string> {
  const { stdin } = process
  let isCut = false
  const keys = oneLine(() => {
    isCut = true
  })
  try {
    const answer = await answerTo((prompts, terminal) => {
      // Before it reads, so that nothing is shown that comes early.
      if (stdin.isTTY) stdin.setRawMode(true)
      stdin.pipe(keys)
      return prompts.password({ message: question, input: keys, ...terminal })
    }, signal)
    if (accepts === 'word') return answer.replace(/\s/g, '')
    if (!isCut) return answer
  } finally {
    stdin.unpipe(keys)
    stdin.pause()
    if (stdin.isTTY) stdin.setRawMode(false)
  }
  const remedy = 'Give them in a file or on standard input, as --help says.'
  throw usageError(`A prompt takes one line, and several were pasted. ${remedy}`)
}

/** Lets the user choose one of several. */
export function select(question: string, choices: readonly Choice[]): Promise<string> {
  return answerTo((prompts, terminal) => prompts.select({ message: question, options: [...choices], ...terminal }))
}

type Prompts = typeof import('@clack/prompts')

interface Terminal {
  readonly output: Writable
  readonly signal: AbortSignal
}

/**
 * Returns the user's answer. The prompt library is loaded only if there is something to ask.
 *
 * @throws CliError INTERRUPTED for Ctrl-C, Ctrl-D, the end of the input and a signal, none of which is an answer
 */
async function answerTo<T>(
  ask: (prompts: Prompts, terminal: Terminal) => Promise<T>,
  abortSignal?: AbortSignal,
): Promise<Exclude<T, symbol>> {
  const prompts = await import('@clack/prompts')
  const { stdin, stderr: output } = process
  // The library would wait forever for keys from an input that has ended, and Ctrl-D ends its reader.
  prompts.updateSettings({ aliases: { '\u0004': 'cancel' } })
  const ended = new AbortController()
  const end = (): void => ended.abort()
  if (stdin.readableEnded) end()
  stdin.once('end', end)
  for (const signal of ENDING_SIGNALS) process.once(signal, end)
  // Some terminals report a width of 0, which would put one character of a question on each line.
  output.columns ||= 80
  output.rows ||= 24
  try {
    const answer = await ask(prompts, {
      output,
      signal: AbortSignal.any([ended.signal, ...(abortSignal ? [abortSignal] : [])]),
    })
    if (prompts.isCancel(answer)) throw new CliError('INTERRUPTED', EXIT.interrupted, 'Nothing was done.')
    return answer as Exclude<T, symbol>
  } finally {
    stdin.off('end', end)
    for (const signal of ENDING_SIGNALS) process.off(signal, end)
  }
}

/** Signals that end the process, and would leave the terminal without a cursor. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Bytes of a value, as for a file. */
const MAX_INPUT_SIZE = 1024 * 1024

/**
 * Reads standard input to its end, however long that takes; undefined if it is a terminal.
 *
 * @throws CliError TOO_LARGE, STDIN
 */
export async function readInput(): Promise<Uint8Array | undefined> {
  if (process.stdin.isTTY) return undefined
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
      size += part.byteLength
      if (size > MAX_INPUT_SIZE) break
      parts.push(part)
    }
  } catch {
    throw new CliError('STDIN', EXIT.usage, 'Standard input cannot be read.')
  }
  if (size > MAX_INPUT_SIZE) throw new CliError('TOO_LARGE', EXIT.validation, 'Standard input is larger than 1 MiB.')
  return Buffer.concat(parts)
}
