import { Writable } from 'node:stream'
import type { Io } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'
import { type Host, startProgram } from '../../src/cli/start-program.ts'

/** What a command line wrote and how it ended. */
export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The questions that were asked. */
  readonly questions: readonly string[]
}

export interface Terminal extends Partial<Pick<Io, 'env' | 'color' | 'columns' | 'isInteractive'>> {
  /** The answer to every question. @default false */
  readonly answer?: boolean
}

/** Runs a command line in a directory, in this process, and keeps what it writes. */
export async function run(cwd: string, argv: readonly string[], terminal: Terminal = {}): Promise<Run> {
  const { answer = false, env = {}, color = false, columns, isInteractive = false } = terminal
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
    },
    cwd,
    env,
    color,
    columns,
    isInteractive,
    start: (program) => startProgram({ ...program, env: { PATH: process.env.PATH ?? '', ...program.env } }, host),
    interrupted: () => new Promise<never>(() => undefined),
    confirm: async (question) => {
      questions.push(question)
      return answer
    },
  })
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
