import { createHash } from 'node:crypto'
import type { AppendedFile } from '../files/append.ts'
import { applyTo, createState, type JournalEvent, snapshotOf } from './state.ts'

/**
 * Beyond these limits, older entries are replaced by a snapshot; they also determine how much of the log is kept then.
 */
export interface JournalLimits {
  readonly entries: number
  /** Characters. */
  readonly size: number
}

const DEFAULT_LIMITS: JournalLimits = { entries: 20_000, size: 16 * 1024 * 1024 }

/**
 * What happened, in order; the emulator's whole state results from the entries. Each contains the hash of the one
 * before, so that changing, removing or inserting one breaks the chain.
 */
export interface Entry {
  /** Counts from 1. */
  readonly number: number
  /** ISO 8601, by the emulator's clock. */
  readonly at: string
  /** The user's e-mail address. */
  readonly actor: string
  /** The User-Agent of the request. */
  readonly client: string | null
  /** The event; journals on disk have this key. */
  readonly happening: JournalEvent
  /** The hash of the previous entry. */
  readonly previous: string
  readonly hash: string
}

export interface Journal {
  readonly entries: readonly Entry[]
  add(entry: Omit<Entry, 'number' | 'previous' | 'hash'>): Entry
  close(): void
}

const START = '0'.repeat(64)

/**
 * A journal in memory, or in a file to which every entry is written before it takes effect. One that has grown too long
 * begins with a snapshot.
 */
export function openJournal(file: AppendedFile | undefined, limits: JournalLimits = DEFAULT_LIMITS): Journal {
  const lines = file?.lines ?? []
  let entries = lines.map(parseEntry)
  const broken = firstBroken(entries)
  if (broken !== undefined) throw new TypeError(`The emulator's journal was changed: entry ${broken} does not fit.`)
  let size = entries.reduce((sum, { happening }, at) => sum + (isSnapshot(happening) ? 0 : (lines[at]?.length ?? 0)), 0)
  const journal: Journal = {
    get entries() {
      return entries
    },
    add(entry) {
      const added = append(entry)
      if (entries.length > limits.entries || size > limits.size) compact()
      return added
    },
    close: () => file?.close(),
  }
  if (entries.length > limits.entries || size > limits.size) compact()
  return journal

  function append(entry: Omit<Entry, 'number' | 'previous' | 'hash'>): Entry {
    const last = entries.at(-1)
    const added = hashed({ number: (last?.number ?? 0) + 1, ...entry, previous: hashAfter(last) })
    const line = JSON.stringify(added)
    file?.append(line)
    entries.push(added)
    size += line.length
    return added
  }

  /** The latest entries are kept; a snapshot replaces the others, and an entry at the end records that. */
  function compact(): void {
    const kept = latest(entries, { entries: limits.entries / 2, size: limits.size / 4 })
    const replaced = entries.slice(0, entries.length - kept.length)
    const last = replaced.at(-1)
    if (!last || isSnapshot(last.happening)) return
    const state = createState()
    for (const { happening } of replaced) applyTo(state, happening)
    const snapshot = hashed({ ...last, happening: snapshotOf(state, last.hash), previous: START })
    const before = kept.at(-1) ?? snapshot
    const marker = hashed({
      ...before,
      number: before.number + 1,
      happening: { type: 'compacted', snapshot: snapshot.hash },
      previous: hashAfter(before),
    })
    const compacted = [snapshot, ...kept, marker]
    const texts = compacted.map((entry) => JSON.stringify(entry))
    try {
      file?.replace(texts)
    } catch {
      // If there is no room for it, everything stays as it was, and the next entry tries again.
      return
    }
    entries = compacted
    size = texts.slice(1).reduce((sum, { length }) => sum + length, 0)
  }
}

function isSnapshot({ type }: JournalEvent): boolean {
  return type === 'snapshot'
}

/** As many of the last entries as there is room for. */
function latest(entries: readonly Entry[], room: JournalLimits): readonly Entry[] {
  let size = 0
  let start = entries.length
  while (start > 0 && entries.length - start < room.entries) {
    size += JSON.stringify(entries[start - 1]).length
    if (size > room.size) break
    start--
  }
  return entries.slice(start)
}

/** The position of the first entry that does not follow from the one before; undefined if all do. */
function firstBroken(entries: readonly Entry[]): number | undefined {
  const [first] = entries
  let before: Entry | undefined
  for (const [index, entry] of entries.entries()) {
    const { happening } = entry
    const number = before ? before.number + 1 : isSnapshot(happening) ? entry.number : 1
    const isMisplaced = isSnapshot(happening) && index > 0
    const isWrongSnapshot =
      happening.type === 'compacted' && isLastOf(entries, index) && happening.snapshot !== first?.hash
    if (isMisplaced || isWrongSnapshot || entry.number !== number || entry.previous !== hashAfter(before))
      return index + 1
    const { hash, ...unhashed } = entry
    if (hashOf(unhashed) !== hash) return index + 1
    before = entry
  }
  const isUnrecorded =
    first && isSnapshot(first.happening) && !entries.some(({ happening }) => happening.type === 'compacted')
  return isUnrecorded ? 1 : undefined
}

/** Whether no later entry records another snapshot. */
function isLastOf(entries: readonly Entry[], index: number): boolean {
  return !entries.slice(index + 1).some(({ happening }) => happening.type === 'compacted')
}

/** What the next entry must have as the previous hash. */
function hashAfter(entry: Entry | undefined): string {
  if (!entry) return START
  return entry.happening.type === 'snapshot' ? entry.happening.last : entry.hash
}

function hashed(unhashed: Omit<Entry, 'hash'>): Entry {
  const { number, at, actor, client, happening, previous } = unhashed
  return { number, at, actor, client, happening, previous, hash: hashOf(unhashed) }
}

function hashOf({ number, at, actor, client, happening, previous }: Omit<Entry, 'hash'>): string {
  const text = JSON.stringify([number, at, actor, client, happening, previous])
  return createHash('sha256').update(text).digest('hex')
}

const INVALID_ENTRY: Entry = {
  number: -1,
  at: '',
  actor: '',
  client: null,
  happening: { type: 'list', tenant: '' },
  previous: '',
  hash: '',
}

/** An invalid entry breaks the chain, and is reported as that. */
function parseEntry(line: string): Entry {
  try {
    const entry: unknown = JSON.parse(line)
    const happening: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'happening') : undefined
    return typeof happening === 'object' && happening !== null ? (entry as Entry) : INVALID_ENTRY
  } catch {
    return INVALID_ENTRY
  }
}
