/** What helpers leave open or on the disk ends with the file of tests that used them, also where files share a process. */
const ends: (() => unknown)[] = []

/** Runs after every file of tests; called once, by the module that has something to end. */
export function afterFile(end: () => unknown): void {
  ends.push(end)
}

/** The last thing that happens in a file of tests: its own hooks have run. */
export async function endFile(): Promise<void> {
  for (const end of ends) await end()
}
