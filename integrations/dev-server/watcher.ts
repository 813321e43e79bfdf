import { setTimeout } from 'node:timers/promises'

/**
 * Milliseconds after a change during which chokidar, the watcher of Vite and Farm, reports no other change to the same
 * file, as when a formatter runs after an editor saves.
 */
const IGNORED_TIME = 50

/** Waits until the watcher reports changes again, so that a later write is not missed for good. */
export async function waitForWatcher(): Promise<void> {
  await setTimeout(IGNORED_TIME + 10)
}
