import { setTimeout } from 'node:timers/promises'

/**
 * Milliseconds for which chokidar, which Vite and Farm watch with, having told of a change, tells of no other one to the
 * same file, as when a formatter follows an editor.
 */
const DEAF = 50

/** Waits until whoever writes again is told of again, so that what is read then is not old for good. */
export async function untilHeard(): Promise<void> {
  await setTimeout(DEAF + 10)
}
