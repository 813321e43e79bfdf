import { type Choice, CliError, EXIT } from './io.ts'

/** Asks on the terminal. The prompt library is loaded only when there is something to ask. */
export async function confirm(question: string): Promise<boolean> {
  const prompts = await import('@clack/prompts')
  return answered(prompts, await prompts.confirm({ message: question, initialValue: false, output: process.stderr }))
}

/** Asks for something that is not shown while it is typed, until that is given up. */
export async function password(question: string, signal?: AbortSignal): Promise<string> {
  const prompts = await import('@clack/prompts')
  return answered(
    prompts,
    await prompts.password({ message: question, output: process.stderr, ...(signal ? { signal } : {}) }),
  )
}

/** Lets somebody choose one of several. */
export async function select(question: string, choices: readonly Choice[]): Promise<string> {
  const prompts = await import('@clack/prompts')
  return answered(prompts, await prompts.select({ message: question, options: [...choices], output: process.stderr }))
}

/** Bytes of a value, as of a file. */
const MOST = 1024 * 1024

/**
 * The standard input to its end, however long that takes and however it comes in; undefined where it is a terminal.
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
      if (size > MOST) break
      parts.push(part)
    }
  } catch {
    throw new CliError('STDIN', EXIT.usage, 'The standard input cannot be read.')
  }
  if (size > MOST) throw new CliError('TOO_LARGE', EXIT.validation, 'The standard input is larger than 1 MiB.')
  return Buffer.concat(parts)
}

function answered<T>({ isCancel }: typeof import('@clack/prompts'), answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CliError('INTERRUPTED', EXIT.interrupted, 'Nothing was done.')
  return answer as Exclude<T, symbol>
}
