import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileAtOnce } from '../../scripts/compile-at-once.ts'
import { makeProject } from '../support/temp-project.ts'

const require = createRequire(import.meta.url)

const MODULE = `"use strict";const text = "function not(){} \u{1f511}"
function outer() { function inner() { return 1 } return inner() + later() }
function
later() { return 2 }
async function waits() { return outer() }
function* yields() { yield outer() }
class Kept { method() { return later() } }
const arrow = () => later()
module.exports = { outer, waits, yields, text, Kept, arrow }
`

interface Made {
  outer(): number
  waits(): Promise<number>
  yields(): Iterator<number>
  text: string
  Kept: new () => { method(): number }
  arrow(): number
}

test('compileAtOnce moves the functions of a module to its start, in parentheses, without changing what it does', async () => {
  const file = join(makeProject({ 'module.cjs': MODULE }), 'module.cjs')
  await compileAtOnce(file)
  const text = readFileSync(file, 'utf8')
  const moved = Array.from(text.matchAll(/^(?:"use strict";)?var (\w+)=\((?:async )?function/gm), ([, name]) => name)
  expect(moved).toEqual(['outer', 'later', 'waits', 'yields'])
  expect(text.match(/function inner/g)).toHaveLength(1)

  const made = require(file) as Made
  expect([made.outer(), await made.waits(), made.yields().next().value]).toEqual([3, 3, 3])
  expect(made.text).toBe('function not(){} \u{1f511}')
  expect([new made.Kept().method(), made.arrow(), made.outer.name]).toEqual([2, 2, 'outer'])
})

test('compileAtOnce rejects a module of another form, and does not change it', async () => {
  const file = join(makeProject({ 'module.cjs': 'module.exports = 1\n' }), 'module.cjs')
  await expect(compileAtOnce(file)).rejects.toThrow('is not what compileAtOnce expects')
  expect(readFileSync(file, 'utf8')).toBe('module.exports = 1\n')
})
