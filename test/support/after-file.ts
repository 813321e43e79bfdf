/**
 * Cleanup of what helpers leave open or on the disk, run after the test file that used them, even if files share a
 * process.
 */
const ends: (() => unknown)[] = []

/** Runs `end` after every test file; called once, by the module that has something to clean up. */
export function afterFile(end: () => unknown): void {
  ends.push(end)
}

/** Runs last in a test file, after the file's own hooks. */
export async function endFile(): Promise<void> {
  for (const end of ends) await end()
}
