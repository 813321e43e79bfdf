import { type Problem, renderProblem } from '../index.ts'
import type { Io } from './io.ts'
import { styled } from './style.ts'

/** Warnings, on the error output. */
export function printWarnings(io: Io, warnings: readonly Problem[]): void {
  if (warnings.length === 0) return
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  io.err(`\n${styled(io, 'yellow', count)}\n${warnings.map(renderProblem).join('\n')}\n`)
}
