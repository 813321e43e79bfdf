import { createHash } from 'node:crypto'
import type { AppendedFile } from '../files/append.ts'

/**
 * What happened, in order: the emulator's whole state is what these add up to. Every entry holds the hash of the
 * one before, so that none can be changed, left out or put in later without breaking the chain.
 */
export type Happening =
  | {
      readonly type: 'set'
      readonly tenant: string
      /** By name; sealed, never in the clear. */
      readonly values: Readonly<Record<string, string>>
    }
  | { readonly type: 'unset'; readonly tenant: string; readonly key: string }
  | { readonly type: 'list'; readonly tenant: string }
  | { readonly type: 'denied'; readonly tenant: string; readonly keys: readonly string[] }
  | { readonly type: 'revoked'; readonly token: string }
  | { readonly type: 'activity'; readonly event: string }
  | { readonly type: 'clock'; readonly offset: number }

export interface Entry {
  /** Counts from 1. */
  readonly number: number
  /** ISO 8601, by the emulator's clock. */
  readonly at: string
  /** The user's e-mail. */
  readonly actor: string
  /** The User-Agent that asked. */
  readonly client: string | null
  readonly happening: Happening
  /** Of the entry before. */
  readonly previous: string
  readonly hash: string
}

export interface Journal {
  readonly entries: readonly Entry[]
  add(entry: Omit<Entry, 'number' | 'previous' | 'hash'>): Entry
  close(): void
}

const START = '0'.repeat(64)

/** A journal in memory, or one in a file, of which every entry is there before it counts. */
export function openJournal(file: AppendedFile | undefined): Journal {
  const entries = (file?.lines ?? []).map(parseEntry)
  const broken = firstBroken(entries)
  if (broken !== undefined) throw new TypeError(`The emulator's journal was changed: entry ${broken} does not fit.`)
  return {
    entries,
    add(entry) {
      const last = entries.at(-1)
      const unhashed = { number: entries.length + 1, ...entry, previous: last?.hash ?? START }
      const added = { ...unhashed, hash: hashOf(unhashed) }
      file?.append(JSON.stringify(added))
      entries.push(added)
      return added
    },
    close: () => file?.close(),
  }
}

/** The number of the first entry that does not follow from the one before; undefined when all do. */
function firstBroken(entries: readonly (Entry | undefined)[]): number | undefined {
  let previous = START
  for (const [index, entry] of entries.entries()) {
    if (!entry || entry.number !== index + 1 || entry.previous !== previous) return index + 1
    const { hash, ...unhashed } = entry
    if (hashOf(unhashed) !== hash) return index + 1
    previous = hash
  }
  return undefined
}

function hashOf({ number, at, actor, client, happening, previous }: Omit<Entry, 'hash'>): string {
  const text = JSON.stringify([number, at, actor, client, happening, previous])
  return createHash('sha256').update(text).digest('hex')
}

/** An entry that is none breaks the chain, which says so. */
function parseEntry(line: string): Entry {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return {
      number: -1,
      at: '',
      actor: '',
      client: null,
      happening: { type: 'list', tenant: '' },
      previous: '',
      hash: '',
    }
  }
}
