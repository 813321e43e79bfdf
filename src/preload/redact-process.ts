import { loadConfigSync } from '../load.ts'
import type * as Scan from '../scan/index.ts'
import { secretValues } from '../secrets/secret-values.ts'
import { redactOutput } from './redact-output.ts'

/** Masks the secrets of the project that was just resolved in everything that this process prints. */
export function redactProcess({ createMatcher, createRedactor }: typeof Scan): void {
  const matcher = createMatcher(secretValues(loadConfigSync()), { commonValues: 'find' })
  const ends = [process.stdout, process.stderr].map((stream) => redactOutput(stream, createRedactor(matcher)))
  // After every listener, since those may print as well: no event follows `exit`.
  const emit = process.emit.bind(process) as (...event: unknown[]) => boolean
  const emitThenEnd = (...event: unknown[]): boolean => {
    const hadListeners = emit(...event)
    if (event[0] === 'exit') for (const end of ends) end()
    return hadListeners
  }
  process.emit = emitThenEnd as typeof process.emit
}
