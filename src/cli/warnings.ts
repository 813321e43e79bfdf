import { basename } from 'node:path'
import { type Problem, renderProblem } from '../index.ts'
import { asTyped } from './as-typed.ts'
import type { Io } from './io.ts'
import { count, shown, styled } from './output.ts'

/** How many are shown: nobody reads more, and a broken file may have thousands. */
const MAX_WARNINGS = 100

/** Prints warnings to standard error. */
export function printWarnings(io: Io, warnings: readonly Problem[]): void {
  if (warnings.length === 0) return
  const more = warnings.length - MAX_WARNINGS
  const lines = warnings.slice(0, MAX_WARNINGS).map((warning) => renderProblem(asTyped(warning)))
  const rest = more > 0 ? [`  … and ${more} more; 'systemprompt config show --json' has them all`] : []
  io.err(`\n${styled(io, 'yellow', count(warnings.length, 'warning'))}\n${[...lines, ...rest].join('\n')}\n`)
}

/** The same for a command that runs again and again, or whose output is another program's: only if they are wanted. */
export function printWarningsIfWanted(io: Io, warnings: readonly Problem[]): void {
  if (['verbose', 'debug'].includes(io.env.SYSTEMPROMPT_LOG_LEVEL ?? '')) printWarnings(io, warnings)
}

/** Reports that one of the cloud's files could not be used, and where it was moved to. */
export function reportMoved(io: Io, file: string, movedTo: string | undefined): void {
  if (movedTo !== undefined) io.err(`The old ${shown(basename(file))} could not be used; it is now ${shown(movedTo)}\n`)
}
