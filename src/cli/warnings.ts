import { type Problem, renderProblem } from '../index.ts'
import type { Io } from './io.ts'
import { shown } from './output.ts'
import { styled } from './style.ts'

/** Warnings, on the error output. */
export function printWarnings(io: Io, warnings: readonly Problem[]): void {
  if (warnings.length === 0) return
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  io.err(`\n${styled(io, 'yellow', count)}\n${warnings.map(renderProblem).join('\n')}\n`)
}

/** The same for a command that runs again and again, or whose output is another program's: where they are to be seen. */
export function printWarningsIfWanted(io: Io, warnings: readonly Problem[]): void {
  if (['verbose', 'debug'].includes(io.env.SYSTEMPROMPT_LOG_LEVEL ?? '')) printWarnings(io, warnings)
}

/** That a file of the cloud's was broken, and where it is now. */
export function sayAside(io: Io, name: 'credentials.json' | 'tenants.json', aside: string | undefined): void {
  if (aside !== undefined) io.err(`The old ${name} could not be used; it is now ${shown(aside)}\n`)
}
