import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { HOSTS } from '../bundlers/hosts.ts'

/** The names that match in the built declarations of an entry. */
function namesIn(entry: string, pattern: RegExp): readonly string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../dist/${entry}.d.ts`, import.meta.url)), 'utf8')
  return [...text.matchAll(pattern)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim()))
}

const exportsOf = (entry: string): readonly string[] =>
  namesIn(entry, /^export \{([^}]+)\}/gm).map((name) => name.replace(/^type | as .*/g, ''))

const ENTRIES = ['index', 'scan', 'cloud/index', 'emulator/index', 'schema/index', ...HOSTS]

test.each(ENTRIES)('every type that %s declares can be imported, from there or from the package itself', (entry) => {
  const types = namesIn(entry, /^(?:declare )?(?:interface|type|class) (\w+)/gm)
  const importable = [...exportsOf(entry), ...exportsOf('index')]
  expect(types.filter((name) => !importable.includes(name))).toEqual([])
})
