import type { Io } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'

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
    confirm: async (question) => {
      questions.push(question)
      return answer
    },
  })
  return { code, out, err, questions }
}
