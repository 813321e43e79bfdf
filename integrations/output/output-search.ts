import { setImmediate } from 'node:timers/promises'
import type { PublicEnv } from '../public-env.ts'
import type { LeakGuard, Leaks, OutputFile } from './leak-guard.ts'

/** The search of a build's output, from one rebuild to the next. */
export interface OutputSearch {
  /** Prepares the search in the background. */
  begin(): void
  /** The secrets have changed: what was searched for the old ones is searched again. */
  restart(): void
  /** Searches files for secrets; files that were searched before and have not changed are skipped. */
  find(files: Iterable<OutputFile>): Promise<Leaks | undefined>
  /** Searches what others have written to a directory since the build began, or since the last search. */
  findWritten(directory: string, root: string, since?: number): Promise<Leaks | undefined>
}

/** @param envNow what to look for; without secrets nothing is searched */
export function createOutputSearch(envNow: () => Pick<PublicEnv, 'secrets' | 'values'>): OutputSearch {
  const begun = Date.now()
  /** When each directory was last searched for files that others wrote. */
  const lastSearched = new Map<string, number>()
  const searched = new Map<string, OutputFile['content']>()
  let guard: LeakGuard | undefined

  async function guardOf(): Promise<LeakGuard | undefined> {
    if (envNow().secrets.length === 0) return undefined
    const { createLeakGuard } = await import('./leak-guard.ts')
    // Called again: a rebuild may have changed them in the meantime.
    const { secrets, values } = envNow()
    guard ??= createLeakGuard(secrets, values)
    return guard
  }

  return {
    begin() {
      setImmediate()
        .then(guardOf)
        .catch(() => undefined)
    },
    restart() {
      guard = undefined
      searched.clear()
    },
    async find(outputs) {
      const files = [...outputs]
      const isKnown = files.every(({ name, content }) => isSame(searched.get(name), content))
      const leaks = isKnown ? undefined : await (await guardOf())?.find(files)
      for (const { name, content } of leaks ? [] : files) searched.set(name, content)
      return leaks
    },
    async findWritten(directory, root, since = lastSearched.get(directory) ?? begun) {
      const sizes = [...searched].map(([name, content]) => [name, Buffer.byteLength(content)] as const)
      const written = { directory, root, since, searched: new Map(sizes) }
      lastSearched.set(directory, Date.now())
      return (await guardOf())?.findWritten(written)
    },
  }
}

function isSame(one: OutputFile['content'] | undefined, other: OutputFile['content']): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one !== undefined && Buffer.compare(one, other) === 0
}
