import type { CloudErrorCode, FileErrorCode } from '../cloud/for-commands.ts'
import type { ConfigError } from '../index.ts'
import type { Program } from './start-program.ts'

/** Where a command reads and writes; tests run commands with their own. */
export interface Io {
  /** Prints data. */
  out(text: string): void
  /** Prints everything else: warnings, errors, questions. */
  err(text: string): void
  /** Whether questions can be asked: standard input and standard error are terminals. */
  readonly isInteractive: boolean
  /** Columns of the terminal; undefined if the output is not one. */
  readonly columns: number | undefined
  readonly color: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a yes-or-no question. False if the answer is no or the question was dismissed. */
  confirm(question: string): Promise<boolean>
  /** Starts a program that takes over input and output, and returns its exit code. */
  start(program: Program): Promise<number>
  /** Waits until the command is ended by Ctrl-C or a signal; resolves to the exit code for that. */
  interrupted(): Promise<number>
  /** Asks for a value that is not shown while it is typed. */
  password(question: string, options?: PromptOptions): Promise<string>
  /** Lets the user choose; returns the value of the choice. */
  select(question: string, choices: readonly Choice[]): Promise<string>
  /** Reads standard input to its end, byte for byte; undefined if it is a terminal. */
  readInput(): Promise<Uint8Array | undefined>
  /** Opens a page; undefined if there is no browser to show it. */
  readonly openBrowser: ((url: string) => Promise<void>) | undefined
}

export interface PromptOptions {
  /** The question is withdrawn when this is aborted. @default never */
  readonly signal?: AbortSignal
  /** A word, such as a URL or a token, is put together from what is pasted in several lines. @default 'line' */
  readonly accepts?: 'line' | 'word'
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

/** The exit code if the configuration cannot be resolved. */
export function exitCodeOf({ issues }: ConfigError): number {
  if (issues.some(({ code }) => code === 'PROFILE_NOT_FOUND')) return EXIT.notFound
  // An invalid option in systemprompt.config.* or in a variable is not an error of the command line.
  const isTyped = issues.some(({ code, file, name }) => {
    return code === 'INVALID_OPTION' && file === undefined && !name?.toUpperCase().startsWith('SYSTEMPROMPT__')
  })
  return isTyped ? EXIT.usage : EXIT.validation
}

const CLOUD_ERROR_EXITS: Readonly<Record<CloudErrorCode, number>> = {
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

const FILE_ERROR_EXITS: Readonly<Record<FileErrorCode, number>> = {
  FILE_LOCKED: EXIT.conflict,
  FILE_NOT_REGULAR: EXIT.refused,
  FILE_EXPOSED: EXIT.refused,
  FILE_UNWRITABLE: EXIT.unexpected,
}

/**
 * The exit code for an error of the cloud client, or for a file that cannot be written; undefined for any other error.
 */
export function exitCodeOfCloudOrFile(error: unknown): number | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  const codes = { CloudError: CLOUD_ERROR_EXITS, FileError: FILE_ERROR_EXITS }[error instanceof Error ? error.name : '']
  return codes && typeof code === 'string' ? Reflect.get(codes, code) : undefined
}

/** A command that cannot continue: the message, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  /** A code for programs: `NOT_FOUND`. */
  readonly code: string

  constructor(code: string, exitCode: number, message: string) {
    super(message)
    this.code = code
    this.exitCode = exitCode
  }
}

/** An invalid command line. */
export function usageError(message: string): CliError {
  return new CliError('USAGE', EXIT.usage, message)
}
