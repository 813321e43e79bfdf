import { Writable } from 'node:stream'
import type { Io } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'
import { type Host, startProgram } from '../../src/cli/start-program.ts'

import { undocumented } from './said-of-itself.ts'

/** What a command line wrote and how it ended. */
export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The questions that were asked. */
  readonly questions: readonly string[]
}

export interface Terminal
  extends Partial<
    Pick<
      Io,
      | 'env'
      | 'color'
      | 'columns'
      | 'isInteractive'
      | 'openBrowser'
      | 'interrupted'
      | 'start'
      | 'confirm'
      | 'password'
      | 'select'
    >
  > {
  /** The answer to every question. @default false */
  readonly answer?: boolean
  /** Hears what goes to the error output while the command runs. */
  readonly heard?: (text: string) => void
  /** What is typed at hidden prompts, one after the other. @default '' */
  readonly typed?: readonly string[]
  /** The standard input, where it is no terminal. @default none: a terminal */
  readonly input?: string | Uint8Array
}

/** Runs a command line in a directory, in this process, and keeps what it writes. */
export async function run(cwd: string, argv: readonly string[], terminal: Terminal = {}): Promise<Run> {
  const { answer = false, env = {}, color = false, columns, isInteractive = false } = terminal
  const typed = [...(terminal.typed ?? [])]
  let out = ''
  let err = ''
  const questions: string[] = []
  const host: Host = {
    stdout: writable((text) => {
      out += text
    }),
    stderr: writable((text) => {
      err += text
    }),
    isShared: false,
    hasTerminal: false,
    on: () => undefined,
    off: () => undefined,
  }
  const code = await runCli(argv, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
      terminal.heard?.(text)
    },
    cwd,
    env,
    color,
    columns,
    isInteractive,
    start:
      terminal.start ??
      ((program) => startProgram({ ...program, env: { PATH: process.env.PATH ?? '', ...program.env } }, host)),
    interrupted: terminal.interrupted ?? (() => new Promise<never>(() => undefined)),
    confirm: async (question) => {
      questions.push(question)
      return terminal.confirm ? terminal.confirm(question) : answer
    },
    password: async (question) => {
      questions.push(question)
      return terminal.password ? terminal.password(question) : (typed.shift() ?? '')
    },
    select: async (question, choices) => {
      questions.push(question)
      return terminal.select ? terminal.select(question, choices) : (choices[0]?.value ?? '')
    },
    readInput: async () => (terminal.input === undefined ? undefined : Buffer.from(terminal.input as string)),
    openBrowser: terminal.openBrowser,
  })
  const unsaid = await undocumented(argv, code, out)
  if (unsaid.length > 0) throw new Error(`systemprompt ${argv[0]} …: ${unsaid.join('; ')}`)
  return { code, out, err, questions }
}

function writable(write: (text: string) => void): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      write(String(chunk))
      done()
    },
  })
}
