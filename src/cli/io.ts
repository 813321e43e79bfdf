import type { ConfigError } from '../index.ts'
import type { Program } from './start-program.ts'

/** Where a command reads and writes, so that commands can be run in a test as they are on a terminal. */
export interface Io {
  /** Data. */
  out(text: string): void
  /** Everything else: warnings, errors, questions. */
  err(text: string): void
  /** Whether somebody can be asked: input and error output are terminals. */
  readonly isInteractive: boolean
  /** Columns of the terminal; undefined where output is not one. */
  readonly columns: number | undefined
  readonly color: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a yes-or-no question. False when the answer is no or the question was dismissed. */
  confirm(question: string): Promise<boolean>
  /** Starts a program that takes over input and output, and returns its exit code. */
  start(program: Program): Promise<number>
  /** Waits until somebody ends the command, by Ctrl-C or a signal; the exit code that says so. */
  interrupted(): Promise<number>
}

/** Exit codes, the same for every command (docs/cli.md). */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 5,
  validation: 6,
  refused: 11,
  programNotStarted: 126,
  programNotFound: 127,
  interrupted: 130,
} as const

/** The code a command ends with when the configuration cannot be resolved. */
export function exitCodeOf({ issues }: ConfigError): number {
  const codes = new Set(issues.map(({ code }) => code))
  if (codes.has('PROFILE_NOT_FOUND')) return EXIT.notFound
  return codes.has('INVALID_OPTION') ? EXIT.usage : EXIT.validation
}

/** A command that cannot go on: what to say, and the code to end with. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  /** A word for programs: `NOT_FOUND`. */
  readonly code: string

  constructor(code: string, exitCode: number, message: string) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}
