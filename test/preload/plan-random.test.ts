import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isConfigError } from '../../src/index.ts'
import { planFile, type Start, valuesFromPlan } from '../../src/preload/plan.ts'
import { resolveStart } from '../../src/preload/resolve-start.ts'
import { sampled, seeded } from '../support/random.ts'
import { type Files, makeProject, PROFILE, SECRETS, writeFiles } from '../support/temp-project.ts'

const random = seeded()
const { pick, below } = random
const uid = process.getuid?.()

const NAMES = ['A', 'B', 'C', 'D', 'A.B-c', 'constructor', '__proto__', 'NODE_OPTIONS', 'DATABASE_URL', 'STRIPE_KEY']
const RARE = [
  'CLAUDE_API_KEY',
  'ANTHROPIC_API_KEY',
  'SYSTEMPROMPT__SERVER__PORT',
  'SYSTEMPROMPT_CUSTOM_SECRETS',
  'HOME',
]
const WORDS = [
  'a',
  'A',
  'one',
  'one two',
  'ünï☃',
  '😀',
  '0',
  ' ',
  '#',
  '=',
  'A=',
  '\\',
  '\\$',
  '$',
  '$A',
  '}',
  'x'.repeat(5000),
]
const SECRET_TEXTS = [
  'one',
  'A',
  'line\nline\r\n',
  '"',
  '\\',
  '${A}',
  'ü😀',
  ' space ',
  '\t',
  '/',
  '\u2028',
  'y'.repeat(5000),
]
const SECRET_KEYS = ['stripe_key', 'database_url', 'anthropic', 'ANTHROPIC_API_KEY', 'a', 'other-key', 'openai']

const name = (): string => (below(6) === 0 ? pick(RARE) : pick(NAMES))
const many = (limit: number, make: () => string): string => Array.from({ length: below(limit) }, make).join('')

function template(depth = 0): string {
  return many(4, () => {
    if (depth > 2 || below(3) > 0) return pick(WORDS)
    const operator = pick(['', ':-', '-', ':+', '+', ':?'])
    return `\${${name()}${operator}${operator === '' ? '' : template(depth + 1)}}`
  })
}

function dotenvText(): string {
  const lines = many(9, () => {
    const quote = pick(['', '', '', "'", '"', '`'])
    const inside = quote === '' ? template() : template() + pick(['', '\n', '\\n', '\\r', quote, ` ${pick(WORDS)}`])
    return `${pick(['', '', 'export ', '# '])}${name()}${pick(['=', ' = ', ': '])}${quote}${inside}${quote}${pick(['', ' # c', ' '])}\n`
  })
  const text = below(12) === 0 ? lines.replaceAll('\n', '\r\n') : lines
  return below(12) === 0 ? `\ufeff${text}` : text
}

function secretsText(): string {
  const keys = [...new Set(Array.from({ length: below(5) }, () => pick(SECRET_KEYS)))]
  const lines = keys.map((key) => {
    const text = JSON.stringify(below(9) === 0 ? pick([1, true, null, 1.5]) : many(4, () => pick(SECRET_TEXTS)))
    const escaped = below(3) === 0 ? text.replaceAll('A', '\\u0041').replaceAll('/', '\\/') : text
    return `${pick(['', '// one\n', '/* A */ '])}  "${key}": ${escaped}`
  })
  return `{\n${lines.join(',\n')}\n}`
}

function randomProject(): Files {
  const dotenv = Object.fromEntries(
    ['.env', '.env.local', '.env.local.local'].filter(() => below(2) === 0).map((file) => [file, dotenvText()]),
  )
  if (below(4) === 0) return dotenv
  const secrets = below(5) === 0 ? {} : { [SECRETS]: secretsText() }
  return { ...dotenv, ...secrets, [PROFILE]: 'name: local\nsecrets: { validation: skip }\n' }
}

function randomEnv(): Readonly<Record<string, string>> {
  const names = Array.from({ length: below(3) }, () => pick([...NAMES, ...RARE, 'DATABASE_URL_FILE', 'SOMETHING']))
  return Object.fromEntries(names.map((each) => [each, pick(['', 'one', 'A', '1'])]))
}

/** What a start without a plan sets; undefined if the configuration is invalid. */
function resolved(
  start: Start,
  plan?: { file: string; modules: string },
): Readonly<Record<string, string>> | undefined {
  try {
    return resolveStart(start, plan && { ...plan, uid }).values
  } catch (error) {
    if (isConfigError(error)) return undefined
    throw error
  }
}

const CHANGES: readonly ((path: string) => void)[] = [
  (path) => appendFileSync(path, '\nA=changed\n'),
  (path) => rmSync(path),
  (path) => writeFileSync(path, dotenvText()),
  (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('one', 'two').replaceAll('A', 'B'))
    utimesSync(path, atime, mtime)
  },
  (path) => {
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replaceAll('one', 'two'))
    renameSync(`${path}.new`, path)
  },
]

test(`a plan that is followed sets what a resolution sets (SEED=${random.seed})`, {
  timeout: 600_000,
}, async () => {
  const projects = Array.from({ length: sampled(150, 5000) }, () => {
    const files = randomProject()
    const cwd = makeProject(files)
    // Whole seconds, which can be set back exactly.
    for (const file of Object.keys(files)) utimesSync(join(cwd, file), 1_000_000_000, 1_000_000_000)
    return { files, cwd }
  })
  const modules = join(makeProject(), 'node_modules')
  mkdirSync(modules)
  await setTimeout(2600)
  let followed = 0
  for (const { cwd, files } of projects) {
    const start = { cwd, version: '1', env: randomEnv() }
    const file = planFile(join(modules, '.cache'), start)
    const first = resolved(start, { file, modules })
    const check = (next: Start): void => {
      const planned = valuesFromPlan(file, next, uid)
      if (!planned) return
      followed++
      const values = resolved(next)
      expect(Object.entries(planned).sort(), JSON.stringify({ files, env: next.env })).toEqual(
        values && Object.entries(values).sort(),
      )
    }
    check(start)
    expect(resolved(start), JSON.stringify(files)).toEqual(first)
    for (let round = 0; round < 3; round++) check({ ...start, env: randomEnv() })
    const changed = pick(['.env', '.env.local', SECRETS])
    if (files[changed] === undefined) writeFiles(cwd, { [changed]: dotenvText() })
    else pick(CHANGES)(join(cwd, changed))
    check(start)
  }
  // Otherwise this test would prove nothing.
  expect(followed).toBeGreaterThan(projects.length / 4)
})
