import type { CloudErrorCode, FileErrorCode } from '../cloud/for-commands.ts'
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
  /** Asks for something that is not shown while it is typed, until that is given up. */
  password(question: string, givenUp?: AbortSignal): Promise<string>
  /** Lets somebody choose; the value of the choice. */
  select(question: string, choices: readonly Choice[]): Promise<string>
  /** The standard input to its end, byte for byte; undefined where it is a terminal. */
  readInput(): Promise<Uint8Array | undefined>
  /** Opens a page; undefined where no browser could show it. */
  readonly openBrowser: ((url: string) => Promise<void>) | undefined
}

export interface Choice {
  readonly value: string
  readonly label: string
}

/** Exit codes, the same for every command (docs/cli.md). */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notLoggedIn: 3,
  forbidden: 4,
  notFound: 5,
  validation: 6,
  conflict: 7,
  partial: 8,
  network: 9,
  rateLimited: 10,
  refused: 11,
  programNotStarted: 126,
  programNotFound: 127,
  interrupted: 130,
} as const

/** The code a command ends with when the configuration cannot be resolved. */
export function exitCodeOf({ issues }: ConfigError): number {
  if (issues.some(({ code }) => code === 'PROFILE_NOT_FOUND')) return EXIT.notFound
  // One of systemprompt.config.*, or of a variable, is not of the command line.
  const isTyped = issues.some(({ code, file, name }) => {
    return code === 'INVALID_OPTION' && file === undefined && !name?.toUpperCase().startsWith('SYSTEMPROMPT__')
  })
  return isTyped ? EXIT.usage : EXIT.validation
}

const CLOUD_EXITS: Readonly<Record<CloudErrorCode, number>> = {
  NOT_LOGGED_IN: EXIT.notLoggedIn,
  FORBIDDEN: EXIT.forbidden,
  NOT_FOUND: EXIT.notFound,
  NOT_ACCEPTED: EXIT.validation,
  CONFLICT: EXIT.conflict,
  RATE_LIMITED: EXIT.rateLimited,
  UNAVAILABLE: EXIT.network,
  NETWORK: EXIT.network,
  TIMEOUT: EXIT.network,
  BAD_ANSWER: EXIT.network,
  UNSUPPORTED: EXIT.notFound,
  REFUSED: EXIT.refused,
}

const FILE_EXITS: Readonly<Record<FileErrorCode, number>> = {
  FILE_LOCKED: EXIT.conflict,
  FILE_NOT_REGULAR: EXIT.refused,
  FILE_EXPOSED: EXIT.refused,
  FILE_UNWRITABLE: EXIT.unexpected,
}

/** The code of an error of the cloud client's or of a file that cannot be written; undefined for any other. */
export function exitCodeOfState(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  const codes = { CloudError: CLOUD_EXITS, FileError: FILE_EXITS }[error instanceof Error ? error.name : '']
  return codes && typeof code === 'string' ? Reflect.get(codes, code) : undefined
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
