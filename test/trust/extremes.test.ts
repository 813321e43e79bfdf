import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleForChild } from '../support/bundle.ts'

/**
 * Inputs that end a process, or its memory, in other loaders. Each is loaded in a child process, twice, since
 * the `yaml` package alone aborts at the second; the child must survive and report what was wrong.
 */
const folder = mkdtempSync(join(tmpdir(), 'systemprompt-extremes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let library = ''
beforeAll(async () => {
  library = await bundleForChild(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))
})

const PROFILE = '.systemprompt/profiles/local/profile.yaml'
const SECRETS = '.systemprompt/profiles/local/secrets.json'

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghij'].map(
    (name, at) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefghij'[at]}`)}]`,
  ),
]
const quadratic = [
  `a: &a [${Array.from({ length: 2_000 }, () => 'x')}]`,
  'b:',
  ...Array.from({ length: 2_000 }, () => '  - *a'),
]
const fan = ['V0=xxxxxxxxxxxxxxxx', ...Array.from({ length: 39 }, (_, at) => `V${at + 1}=\${V${at}}\${V${at}}`)]
const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth)

const INPUTS: Readonly<Record<string, readonly [path: string, text: string, code: string]>> = {
  'a 2 kB file of brackets': [PROFILE, `a: ${deep('[', ']', 1_000)}`, 'TOO_DEEP'],
  'brackets that are never closed': [PROFILE, `a: ${'['.repeat(1_000)}`, 'TOO_DEEP'],
  'a megabyte of brackets': [PROFILE, `a: ${'['.repeat(1_000_000)}`, 'TOO_DEEP'],
  'braces, 1,000 deep': [PROFILE, `a: ${'{a: '.repeat(1_000)}`, 'TOO_DEEP'],
  'a list in a list, 1,000 deep, on one line': [PROFILE, `a:\n ${'- '.repeat(1_000)}x`, 'TOO_DEEP'],
  'keys by indentation, 1,000 deep': [
    PROFILE,
    Array.from({ length: 1_000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    'TOO_DEEP',
  ],
  'an alias bomb': [PROFILE, bomb.join('\n'), 'LIMIT_EXCEEDED'],
  'an alias bomb of one level': [PROFILE, quadratic.join('\n'), 'LIMIT_EXCEEDED'],
  '__proto__ as a key': [PROFILE, 'a: 1\n__proto__:\n  polluted: 1', 'FORBIDDEN_KEY'],
  'a JSON object, 1,000 deep': [SECRETS, '{"a":'.repeat(1_000), 'TOO_DEEP'],
  'JSON arrays, 500,000 deep': [SECRETS, `{"a":${'['.repeat(500_000)}`, 'TOO_DEEP'],
  'a mistake below a word of a megabyte': [PROFILE, `blob: ${'a'.repeat(1_000_000)}\nserver: 5`, 'INVALID_VALUE'],
  'a mistake below a megabyte of spaces': [PROFILE, `blob: a${' '.repeat(1_000_000)}b\nserver: 5`, 'INVALID_VALUE'],
  '10,000 references to unset variables': [
    PROFILE,
    `a:\n${Array.from({ length: 10_000 }, (_, at) => `  - \${V${at}}`).join('\n')}`,
    'UNDEFINED_VARIABLE',
  ],
  '20,000 references in one value': [
    PROFILE,
    `a: ${Array.from({ length: 20_000 }, (_, at) => `\${V${at}}`).join('')}`,
    'UNDEFINED_VARIABLE',
  ],
  '10,000 variables with mistyped references': [
    '.env',
    Array.from({ length: 10_000 }, (_, at) => `NAME_${at + 10_000}=\${NAMF_${at + 10_000}}`).join('\n'),
    'UNDEFINED_VARIABLE',
  ],
  '10,000 providers that lack their keys': [
    'services/config/config.yaml',
    `ai:\n  name: \${NAME}\n  providers:\n${Array.from({ length: 10_000 }, (_, at) => `    p${at}: { api_key: "\${K${at}}" }`).join('\n')}`,
    'UNDEFINED_VARIABLE',
  ],
  'a setting 20,000 levels down': ['.env', `SYSTEMPROMPT__${'A__'.repeat(20_000)}A=1`, 'TOO_DEEP'],
  'references that double, line by line': ['.env', fan.join('\n'), 'LIMIT_EXCEEDED'],
  '10,000 nested defaults': ['.env', `A=${'${A:-'.repeat(10_000)}`, 'LIMIT_EXCEEDED'],
  'a cycle of 1,000': [
    '.env',
    Array.from({ length: 1_000 }, (_, at) => `V${at}=\${V${(at + 1) % 1_000}}`).join('\n'),
    'LIMIT_EXCEEDED',
  ],
}

describe('a child process survives', () => {
  test.each(Object.entries(INPUTS))('%s', { timeout: 120_000 }, (name, [path, text, code]) => {
    const root = join(folder, name.replace(/\W+/g, '-'))
    const files = { [PROFILE]: 'name: local\n', [path]: text }
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), content, { mode: 0o600 })
    }
    const script = `
      import { isConfigError, loadConfigSync } from ${JSON.stringify(library)}
      const outcomes = []
      for (let round = 0; round < 2; round++) {
        try { loadConfigSync({ cwd: ${JSON.stringify(root)}, env: {} }); outcomes.push('loaded') }
        catch (error) { outcomes.push(isConfigError(error) ? [...new Set(error.issues.map((issue) => issue.code))] : String(error)) }
      }
      setTimeout(() => console.log(JSON.stringify({ outcomes, polluted: ({}).polluted ?? null })), 1)
    `
    // What hangs takes minutes.
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    const { outcomes, polluted } = JSON.parse(stdout) as { outcomes: string[][]; polluted: null }
    expect(polluted).toBeNull()
    for (const outcome of outcomes) expect(outcome).toContain(code)
  })
})
