import { setImmediate } from 'node:timers/promises'
import type { PublicEnv } from '../public-env.ts'
import type { LeakGuard, Leaks, OutputFile } from './leak-guard.ts'

/** The search of what a build writes, from one rebuild to the next. */
export interface OutputSearch {
  /** Makes ready for it, when the host has gone on. */
  begin(): void
  /** The secrets are others: what was searched for the ones before is searched again. */
  restart(): void
  /** Looks for secrets in files; what was searched before and is the same is not searched again. */
  find(files: Iterable<OutputFile>): Promise<Leaks | undefined>
  /** Looks for secrets in what others have put into a directory since the build began, or since the last time. */
  findWritten(directory: string, root: string, since?: number): Promise<Leaks | undefined>
}

/** @param envNow what to look for; where there are no secrets nothing is searched */
export function createOutputSearch(envNow: () => Pick<PublicEnv, 'secrets' | 'values'>): OutputSearch {
  const begun = Date.now()
  /** When each directory was last searched for what others have put there. */
  const lookedInto = new Map<string, number>()
  const searched = new Map<string, OutputFile['content']>()
  let guard: LeakGuard | undefined

  async function guardOf(): Promise<LeakGuard | undefined> {
    if (envNow().secrets.length === 0) return undefined
    const { createLeakGuard } = await import('./leak-guard.ts')
    // Asked again: a rebuild may have brought others meanwhile.
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
      const leaks = isKnown ? undefined : (await guardOf())?.find(files)
      for (const { name, content } of leaks ? [] : files) searched.set(name, content)
      return leaks
    },
    async findWritten(directory, root, since = lookedInto.get(directory) ?? begun) {
      const sizes = [...searched].map(([name, content]) => [name, Buffer.byteLength(content)] as const)
      const written = { directory, root, since, searched: new Map(sizes) }
      lookedInto.set(directory, Date.now())
      return (await guardOf())?.findWritten(written)
    },
  }
}

function isSame(one: OutputFile['content'] | undefined, other: OutputFile['content']): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one !== undefined && Buffer.compare(one, other) === 0
}
