import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

beforeAll(() => {
  if (!existsSync(join(repository, 'dist/scan.js')))
    spawnSync('npx', ['tsup', '--no-dts'], { cwd: repository, stdio: 'ignore', shell: true })
}, 120_000)

function evaluate(code: string, type: 'module' | 'commonjs'): string {
  const { stdout } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', code], {
    cwd: repository,
    encoding: 'utf8',
  })
  return stdout.trim()
}

const USE = `createMatcher([{ name: 'A', value: 'k3yX9aLm2Q' }]).find('a k3yX9aLm2Q').map(({ name }) => name).join()`

test('@systemprompt/env/scan can be imported', () => {
  expect(evaluate(`import { createMatcher } from '@systemprompt/env/scan'; console.log(${USE})`, 'module')).toBe('A')
})

test('@systemprompt/env/scan can be required', () => {
  expect(evaluate(`const { createMatcher } = require('@systemprompt/env/scan'); console.log(${USE})`, 'commonjs')).toBe(
    'A',
  )
})

test('@systemprompt/env/scan is one file that needs no package', () => {
  const text = readFileSync(join(repository, 'dist/scan.js'), 'utf8')
  expect(
    [...text.matchAll(/(?:from|import)\s*['"]([^'"]+)['"]/g)]
      .map(([, name = '']) => name)
      .filter((name) => !name.startsWith('node:')),
  ).toEqual([])
})
