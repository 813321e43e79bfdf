import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openForAppending } from '../../src/files/append.ts'
import { makeProject } from '../support/temp-project.ts'

test('lines can be added behind others that take the place of all, and one that was not finished is dropped', async () => {
  const path = join(makeProject({ 'log.jsonl': 'one\ntwo\nthr' }), 'log.jsonl')
  const file = await openForAppending(path)
  expect(file.lines).toEqual(['one', 'two'])
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  file.append('three')
  file.replace(['four'])
  file.append('five')
  file.close()
  expect(readFileSync(path, 'utf8')).toBe('four\nfive\n')
})

test('where something else has taken its place it takes no more lines, and is free again when it is closed', async () => {
  const path = join(makeProject({ 'log.jsonl': 'one\n' }), 'log.jsonl')
  const file = await openForAppending(path)
  rmSync(path)
  mkdirSync(path)
  expect(() => file.replace(['two'])).toThrow()
  expect(() => file.append('three')).toThrow()
  file.close()
  rmSync(path, { recursive: true })
  writeFileSync(path, 'four\n')
  const again = await openForAppending(path)
  expect(again.lines).toEqual(['four'])
  again.close()
})
