import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
import { scanDotenv } from '../../src/read/dotenv-text.ts'

/** One row of a table that lies next to the repository and is not part of it: other projects' own test cases. */
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
  expand: resolved,
}

/** The .env layer as a program sees it: the process environment wins, or under `overload` the file does. */
function resolved({ input, env, options }: SharedCase): Record<string, string> {
  const root = mkdtempSync(join(tmpdir(), 'systemprompt-dotenv-'))
  try {
    writeFileSync(join(root, '.env'), input)
    const override = options?.overload === true
    const names = scanDotenv(input).entries.map(({ name }) => name)
    const result = loadConfigSync({
      cwd: root,
      env,
      dotenv: { bare: true, override },
      onUndefined: 'empty',
      allowEnv: names,
    })
    const fromProcess = (name: string): string | undefined => (override ? undefined : env[name] || undefined)
    return Object.fromEntries(names.map((name) => [name, fromProcess(name) ?? result.env[name] ?? 'absent']))
  } finally {
    rmSync(root, { recursive: true })
  }
}

const file = fileURLToPath(new URL('../../../shared/cases/dotenv.json', import.meta.url))
const present = existsSync(file)
const cases: readonly SharedCase[] = present ? JSON.parse(readFileSync(file, 'utf8')) : []

console.log(
  present
    ? `shared .env cases: ${cases.length} in the table`
    : `shared .env cases: skipped, since ../shared/cases/dotenv.json is not there`,
)

describe.runIf(present).each(Object.entries(READERS))('shared .env cases: %s', (kind, read) => {
  const ofKind = cases.filter((shared) => shared.kind === kind)
  if (present) console.log(`shared .env cases: ${ofKind.length} of kind '${kind}'`)

  test('the table has cases of this kind', () => expect(ofKind.length).toBeGreaterThan(0))

  test.each(ofKind)('$id $name', (shared) => {
    expect(read(shared)).toEqual(shared.expected)
  })
})
