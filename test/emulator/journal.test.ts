import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openJournal } from '../../src/emulator/journal.ts'
import { DEFAULT_SEED } from '../../src/emulator/seed.ts'
import { type Actor, createStore } from '../../src/emulator/store.ts'
import { createVault } from '../../src/emulator/vault.ts'
import { openForAppending } from '../../src/files/append.ts'
import { makeProject } from '../support/temp-project.ts'

const TENANT = 'tenant_demo'
const DEV: Actor = { user: { id: 'user_dev', email: 'dev@example.com' }, client: 'test' }
const vault = createVault(Buffer.alloc(32, 1))

/** A store with a journal of at most 20 entries, 10 of which are kept when there are more. */
async function opened(path: string, limits = { entries: 20, size: 1_000_000 }) {
  const file = await openForAppending(path)
  try {
    const journal = openJournal(file, limits)
    return { journal, store: createStore(journal, vault, DEFAULT_SEED, () => 1_000_000), close: () => journal.close() }
  } catch (error) {
    file.close()
    throw error
  }
}

const newJournal = (): string => join(makeProject(), 'emulator', 'journal.jsonl')
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

async function busy(path: string, rounds: number): Promise<void> {
  const { store, close } = await opened(path)
  const token = store.issue(DEV.user, 'login', 60)
  store.revoke(token)
  store.moveClock(5_000)
  for (let round = 0; round < rounds; round++) {
    store.set(TENANT, { [`KEY_${round}`]: `value ${round}`, LAST: String(round) }, DEV)
    if (round % 3 === 0) store.unset(TENANT, `KEY_${round}`, DEV)
    store.recordList(TENANT, DEV)
  }
  close()
}

describe('a journal that has grown too long', () => {
  test('is compacted to a snapshot and the latest entries without losing stored secrets', async () => {
    const path = newJournal()
    await busy(path, 40)
    expect(linesOf(path).length).toBeLessThanOrEqual(20)
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
    const { store, journal, close } = await opened(path)
    const names = Array.from({ length: 40 }, (_, at) => at).filter((at) => at % 3 !== 0)
    expect(store.keys(TENANT)).toEqual([...names.map((at) => `KEY_${at}`), 'LAST'].sort())
    for (const at of names) expect(store.value(TENANT, `KEY_${at}`)).toBe(`value ${at}`)
    expect([store.value(TENANT, 'LAST'), store.now()]).toEqual(['39', 1_005_000])
    expect(journal.entries.filter(({ happening }) => happening.type === 'snapshot')).toHaveLength(1)

    // Numbering continues, and the audit log has the latest entries.
    const log = store.audit(TENANT)
    expect(log[0]).toMatchObject({ action: 'list', actor: 'dev@example.com' })
    expect(log.length).toBeGreaterThan(8)
    expect(Number(log[0]?.number)).toBeGreaterThan(90)
    close()
  })

  test('is kept and used when a snapshot cannot be written', async () => {
    const path = newJournal()
    const file = await openForAppending(path)
    const full = (): never => {
      throw new Error('no room')
    }
    const journal = openJournal({ ...file, replace: full }, { entries: 20, size: 1_000_000 })
    const store = createStore(journal, vault, DEFAULT_SEED, () => 1_000_000)
    for (let round = 0; round < 30; round++) store.set(TENANT, { [`KEY_${round}`]: 'x' }, DEV)
    expect(store.keys(TENANT)).toHaveLength(30)
    journal.close()
    const again = await opened(path)
    expect(again.store.keys(TENANT)).toHaveLength(30)
    again.close()
    expect(linesOf(path).length).toBeLessThanOrEqual(20)
  })

  test('keeps a revoked token revoked', async () => {
    const path = newJournal()
    const first = await opened(path)
    const token = first.store.issue(DEV.user, 'login', 60)
    first.store.revoke(token)
    for (let round = 0; round < 50; round++) first.store.recordList(TENANT, DEV)
    first.close()
    const second = await opened(path)
    expect([vault.verify(token)?.sub, second.store.claims(token)]).toEqual(['user_dev', undefined])
    second.close()
  })

  test('is compacted by its size too, when it is opened', async () => {
    const path = newJournal()
    const first = await opened(path, { entries: 1_000, size: 1_000_000 })
    for (let round = 0; round < 20; round++) first.store.set(TENANT, { BIG: 'x'.repeat(1_000) }, DEV)
    first.close()
    const before = statSync(path).size
    const second = await opened(path, { entries: 1_000, size: 16_000 })
    expect(second.store.value(TENANT, 'BIG')).toBe('x'.repeat(1_000))
    second.close()
    expect(statSync(path).size).toBeLessThan(before / 2)
  })

  test.each<[string, (lines: string[]) => string[]]>([
    ['the snapshot was changed', ([first = '', ...rest]) => [first.replace('KEY_1"', 'KEY_0"'), ...rest]],
    ['the snapshot was removed', ([, ...rest]) => rest],
    ['an entry after the snapshot was removed', ([first = '', , ...rest]) => [first, ...rest]],
    [
      'the last entry was changed',
      (lines) => lines.map((line, at) => (at < lines.length - 1 ? line : line.replace('list', 'unset'))),
    ],
    ['everything after the snapshot was removed', ([first = '']) => [first]],
    ['the snapshot was duplicated', ([first = '', ...rest]) => [first, first, ...rest]],
  ])('is rejected when %s', async (_, change) => {
    const path = newJournal()
    await busy(path, 40)
    writeFileSync(
      path,
      change(linesOf(path))
        .map((line) => `${line}\n`)
        .join(''),
    )
    await expect(opened(path)).rejects.toThrow(/journal was changed: entry \d/)
  })

  test('is rejected when the snapshot was forged, with a matching hash', async () => {
    const path = newJournal()
    await busy(path, 40)
    const other = newJournal()
    await busy(other, 40)
    const [, ...rest] = linesOf(path)
    const mine = JSON.parse(linesOf(path)[0] ?? '') as { happening: { last: string } }
    const theirs = JSON.parse(linesOf(other)[0] ?? '') as { hash: string; happening: { last: string } }
    theirs.happening.last = mine.happening.last
    const { createHash } = await import('node:crypto')
    const { number, at, actor, client, happening, previous } = { ...mine, ...theirs } as Record<string, unknown>
    const hash = createHash('sha256')
      .update(JSON.stringify([number, at, actor, client, happening, previous]))
      .digest('hex')
    writeFileSync(path, [JSON.stringify({ ...theirs, hash }), ...rest].map((line) => `${line}\n`).join(''))
    await expect(opened(path)).rejects.toThrow(/journal was changed: entry \d/)
  })
})
