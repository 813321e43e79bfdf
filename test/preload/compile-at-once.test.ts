import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { makeProject } from '../support/temp-project.ts'

const require = createRequire(import.meta.url)

const MODULE = `"use strict";const text = "function not(){}"
function outer() { function inner() { return 1 } return inner() + later() }
function
later() { return 2 }
async function waits() { return outer() }
function* yields() { yield outer() }
function never() { return text }
class Kept { method() { return later() } }
const arrow = () => later()
module.exports = { outer, waits, yields, never, Kept, arrow }
`

const SCRIPT = new URL('../../scripts/compile-at-once.ts', import.meta.url).href

/** In a process of its own, as in a build: what it asks V8 to count would end the counting of the tests' coverage. */
async function compileAtOnce(file: string, run: string): Promise<void> {
  const program = `import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))}
    const { compileAtOnce } = await createJiti(process.cwd()).import(${JSON.stringify(SCRIPT)})
    await compileAtOnce(${JSON.stringify(file)}, ${run})`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
}

interface Made {
  outer(): number
  waits(): Promise<number>
  yields(): Iterator<number>
  never(): string
  Kept: new () => { method(): number }
  arrow(): number
}

test('the functions that a run calls stand in parentheses in front, and the module does what it did', async () => {
  const file = join(makeProject({ 'module.cjs': MODULE }), 'module.cjs')
  await compileAtOnce(file, '({ waits, yields, arrow }) => { yields().next(); waits(); arrow() }')
  const text = readFileSync(file, 'utf8')
  const moved = Array.from(text.matchAll(/^(?:"use strict";)?var (\w+)=\((?:async )?function/gm), ([, name]) => name)
  expect(moved).toEqual(['outer', 'later', 'waits', 'yields'])
  expect(text.match(/function\*? *\n?inner|function never/g)).toHaveLength(2)

  delete require.cache[file]
  const made = require(file) as Made
  expect([made.outer(), await made.waits(), made.yields().next().value, made.never()]).toEqual([
    3,
    3,
    3,
    'function not(){}',
  ])
  expect([new made.Kept().method(), made.arrow(), made.outer.name]).toEqual([2, 2, 'outer'])
})

test('without a run all of them do', async () => {
  const file = join(makeProject({ 'module.cjs': MODULE }), 'module.cjs')
  await compileAtOnce(file, 'undefined')
  const text = readFileSync(file, 'utf8')
  const moved = Array.from(text.matchAll(/^(?:"use strict";)?var (\w+)=\((?:async )?function/gm), ([, name]) => name)
  expect(moved).toEqual(['outer', 'later', 'waits', 'yields', 'never'])
  expect((require(file) as Made).outer()).toBe(3)
})

test('a module of another kind is an error, and is left as it is', async () => {
  const file = join(makeProject({ 'module.cjs': 'module.exports = 1\n' }), 'module.cjs')
  await expect(compileAtOnce(file, '() => undefined')).rejects.toThrow('is not what compileAtOnce expects')
  expect(readFileSync(file, 'utf8')).toBe('module.exports = 1\n')
})
