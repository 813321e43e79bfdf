import { systemCode } from './system-code.ts'
import { IS_WINDOWS } from './windows.ts'

const BUSY = ['EPERM', 'EACCES', 'EBUSY']
const MAX_TRIES = 20
/** Milliseconds. */
const PAUSE = 50

/**
 * Replaces, moves or removes a file. On Windows that fails while anything reads the file, even a virus scanner, so it
 * is retried there for a second.
 */
export function retryWhileBusy<T>(work: () => T): T {
  for (let tries = 1; ; tries++) {
    try {
      return work()
    } catch (error) {
      if (!IS_WINDOWS || tries === MAX_TRIES || !BUSY.includes(systemCode(error))) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}
