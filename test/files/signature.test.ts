import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { readUnchanged, signatureOf } from '../../src/files/signature.ts'
import { sampled, seeded } from '../support/random.ts'
import { makeProject } from '../support/temp-project.ts'

/** Overwrites a file, some turns of a loop after it is told to. */
const WRITER = `
  const { writeFileSync } = require('node:fs')
  const { workerData: { signal, file, text } } = require('node:worker_threads')
  for (let round = 1; ; round++) {
    while (Atomics.load(signal, 0) < round) Atomics.wait(signal, 0, round - 1)
    if (signal[1] < 0) break
    for (let turns = signal[1]; turns > 0; turns--);
    writeFileSync(file, text)
    Atomics.store(signal, 2, round)
    Atomics.notify(signal, 2)
  }`

test('a file that is overwritten while it is read is never read half old and half new', async () => {
  const random = seeded()
  const file = join(makeProject(), '.env')
  const before = 'a'.repeat(1024 * 1024)
  const signal = new Int32Array(new SharedArrayBuffer(12))
  const worker = new Worker(WRITER, { eval: true, workerData: { signal, file, text: 'b'.repeat(1000) } })
  const turn = (round: number): void => {
    Atomics.store(signal, 0, round)
    Atomics.notify(signal, 0)
  }
  const rounds = sampled(150, 2_000)
  const seen = new Set<string>()
  for (let round = 1; round <= rounds; round++) {
    writeFileSync(file, before)
    const signature = signatureOf(file)
    signal[1] = random.below(1_000_000)
    turn(round)
    const text = readUnchanged(file, signature)
    seen.add(text === undefined ? 'changed' : text === before ? 'whole' : 'mixed')
    Atomics.wait(signal, 2, round - 1)
  }
  signal[1] = -1
  turn(rounds + 1)
  await worker.terminate()
  expect(['changed', 'whole'], `seed ${random.seed}`).toEqual(expect.arrayContaining([...seen]))
})
