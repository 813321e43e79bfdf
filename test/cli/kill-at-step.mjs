/**
 * Loaded before a command line: counts what it does to the project's files and to the network, and kills it at one of
 * these steps, before or after that is done. `KILL_AT` is the number of the step and a half, `COUNT_TO` a file that
 * gets how many there were.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'

const { KILL_AT, COUNT_TO } = process.env
const { writeFileSync } = fs
const dieAt = Number(KILL_AT ?? Number.NaN)
let steps = 0

const WITH_PATHS = ['openSync', 'renameSync', 'linkSync', 'rmSync', 'mkdirSync']
const WITH_DESCRIPTORS = ['writeFileSync', 'fsyncSync', 'closeSync']

for (const name of [...WITH_PATHS, ...WITH_DESCRIPTORS]) {
  const real = fs[name]
  fs[name] = (target, ...rest) => {
    const isOurs = typeof target === 'number' || String(target).includes('.systemprompt')
    return isOurs ? step(() => real(target, ...rest)) : real(target, ...rest)
  }
}
syncBuiltinESMExports()

const { write } = Socket.prototype
Socket.prototype.write = function (...args) {
  return step(() => write.apply(this, args))
}

function step(work) {
  steps++
  if (dieAt === steps) die()
  const result = work()
  if (dieAt === steps + 0.5) die()
  return result
}

function die() {
  process.kill(process.pid, 'SIGKILL')
}

if (COUNT_TO) process.on('exit', () => writeFileSync(COUNT_TO, String(steps)))
