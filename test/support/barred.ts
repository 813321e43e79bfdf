import { chmodSync, statSync } from 'node:fs'

/** Whether access to files can be denied here: Windows has no such permissions. */
export const hasRights = process.geteuid !== undefined

/** Removes all permissions of a path while something runs, which is not root meanwhile. */
export async function whileBarred<Result>(path: string, run: () => Result | Promise<Result>): Promise<Result> {
  const { mode } = statSync(path)
  const isRoot = process.geteuid?.() === 0
  chmodSync(path, 0)
  if (isRoot) process.seteuid?.(65_534)
  try {
    return await run()
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(path, mode)
  }
}
