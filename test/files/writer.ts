/**
 * What a process of test/files/*.test.ts does to a file: `count FILE TIMES` adds one to a number in it, `write FILE`
 * writes it over and over until it is killed, `hold FILE` takes its lock and says so, `append FILE` adds two lines to it
 * and in between one of 2,000 characters, and says why that could not be, `write-once FILE` says why it could not.
 */
import { openForAppending } from '../../src/files/append.ts'
import { writeFileAtomic } from '../../src/files/atomic.ts'
import { withLock } from '../../src/files/lock.ts'
import { updateFile } from '../../src/files/update.ts'

const [, , what = '', file = '', times = '0'] = process.argv

if (what === 'count') {
  for (let done = 0; done < Number(times); done++) await updateFile(file, (text) => String(Number(text ?? 0) + 1))
} else if (what === 'write') {
  process.stdout.write('ready\n')
  for (let round = 0; ; round++) writeFileAtomic(file, versionOf(round))
} else if (what === 'write-once') {
  try {
    writeFileAtomic(file, versionOf(0))
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : 'no error'}\n`)
  }
} else if (what === 'count-until-killed') {
  process.stdout.write('ready\n')
  // What was said to be done must be there, so it is said only when it is.
  for (;;) {
    let value = 0
    await updateFile(file, (text) => {
      value = Number(text ?? 0) + 1
      return String(value)
    })
    process.stdout.write(`${value}\n`)
  }
} else if (what === 'hold') {
  await withLock(file, async () => {
    process.stdout.write('held\n')
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  })
} else if (what === 'append') {
  const appended = await openForAppending(file)
  appended.append('two')
  try {
    appended.append('x'.repeat(2_000))
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? Reflect.get(error, 'code') : 'no error'}\n`)
  }
  appended.append('three')
} else if (what === 'umask') {
  process.umask(Number.parseInt(process.argv[5] ?? '', 8))
  for (let round = 0; round < Number(times); round++) writeFileAtomic(file, versionOf(round))
}

/** A text of which every part says which version it belongs to. */
function versionOf(round: number): string {
  return `${round}\n`.repeat(2_000)
}
