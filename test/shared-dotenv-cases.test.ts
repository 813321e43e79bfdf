import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { scanDotenv } from '../src/read/dotenv-text.ts'

/** One row of a table that lies beside the repository and is not part of it: other projects' own test cases. */
interface SharedCase {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly input: string
  /** The process environment. */
  readonly env: Readonly<Record<string, string>>
  readonly options?: { readonly overload?: boolean }
  readonly expected: Readonly<Record<string, string>>
}

/** What a kind of case asks for, by `kind`. */
const READERS: Readonly<Record<string, (shared: SharedCase) => Record<string, string>>> = {
  parse: ({ input }) => Object.fromEntries(scanDotenv(input).entries.map(({ name, value }) => [name, value])),
}

const file = fileURLToPath(new URL('../../shared/cases/dotenv.json', import.meta.url))
const present = existsSync(file)
const cases: readonly SharedCase[] = present ? JSON.parse(readFileSync(file, 'utf8')) : []

console.log(present ? `shared .env cases: ${cases.length} in the table` : `shared .env cases: skipped, no ${file}`)

describe.runIf(present).each(Object.entries(READERS))('shared .env cases: %s', (kind, read) => {
  const ofKind = cases.filter((shared) => shared.kind === kind)
  if (present) console.log(`shared .env cases: ${ofKind.length} of kind '${kind}'`)

  test('there are some', () => expect(ofKind.length).toBeGreaterThan(0))

  test.each(ofKind)('$id $name', (shared) => {
    expect(read(shared)).toEqual(shared.expected)
  })
})
