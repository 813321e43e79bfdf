import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { SECRETS, writeFiles } from '../support/temp-project.ts'
import { type BuildResult, buildWith, copyApp, HOSTS, type Host } from './hosts.ts'

const ANTHROPIC = 'sk-ant-canary-5d0be1c7f3a94826'
const PASSWORD = 'Zq81LmnPw3vK'
const JWT = 'jwt-canary-1f0c9a7be24d83650d1f7b2ac5e94477'

const LEAKING = {
  'src/text.js': `\n\nexport const key = '${ANTHROPIC}'\n`,
  'src/base64.js': `export const encoded = '${Buffer.from(`x${JWT}`).toString('base64')}'\n`,
  'src/joined.js': `export const joined = '${PASSWORD.slice(0, 5)}' + '${PASSWORD.slice(5)}'\n`,
  'src/leaking.js':
    "import { encoded } from './base64.js'\nimport { joined } from './joined.js'\nimport { key } from './text.js'\nconsole.log(key, encoded, joined)\n",
}

/** Rollup has no minifier, and the maps that Farm's makes are empty. */
const isMinified = (host: Host): boolean => host !== 'rollup' && host !== 'farm'

/** No eight characters in a row of the secret may be in the text. */
function expectNothingOf(secret: string, text: string, where: string): void {
  for (let at = 0; at + 8 <= secret.length; at++)
    expect(text.includes(secret.slice(at, at + 8)), `${where} repeats a part of a secret`).toBe(false)
}

describe.each(HOSTS)('the value of a secret in the code of a client, with %s', (host) => {
  let result = {} as BuildResult

  beforeAll(async () => {
    const root = copyApp()
    writeFiles(root, LEAKING)
    result = await buildWith(host, { root, consumer: 'client', entry: 'src/leaking.js', minify: isMinified(host) })
  })

  test.each([
    ['plain text', 'ANTHROPIC_API_KEY', 'the secret is in this file', 'src/text.js:3:'],
    ['base64', 'JWT_SECRET', 'the secret is in this file, as base64', 'src/base64.js:1:'],
  ])('stops the build, with its name, its place and its source: %s', (_, name, what, source) => {
    const lines = (result.error ?? '').split('\n')
    const at = lines.findIndex((line) => line.includes(`  ${name}  ${what}`) && line.includes('.js:'))
    expect(lines[at], result.error).toMatch(/^ {2}\S+\.js:\d+:\d+ {2}/)
    expect(lines[at + 1]).toContain(source)
  })

  test.runIf(isMinified(host))('stops the build when only the minifier has joined it', () => {
    expect(result.error).toContain('DATABASE_URL  the password of the secret is in this file')
  })

  test('is reported once per place', () => {
    const places = (result.error ?? '').match(/^ {2}\S+:\d+:\d+ {2}\S+/gm) ?? []
    expect(places).toEqual([...new Set(places)])
  })

  test('is neither printed nor left on disk', () => {
    for (const secret of [ANTHROPIC, JWT, PASSWORD]) {
      expectNothingOf(secret, result.error ?? '', 'the error')
      for (const [name, content] of result.files) expectNothingOf(secret, String(content), name)
    }
  })
})

describe.each(HOSTS)('the output for a server, with %s', (host) => {
  test('is searched for secrets too', async () => {
    const root = copyApp()
    writeFiles(root, LEAKING)
    const { error } = await buildWith(host, { root, consumer: 'server', entry: 'src/leaking.js' })
    expect(error).toContain('ANTHROPIC_API_KEY  the secret is in this file')
  })

  test('is not searched when the guard is turned off', async () => {
    const root = copyApp()
    writeFiles(root, LEAKING)
    const options = { leakGuard: false }
    const result = await buildWith(host, { root, consumer: 'server', entry: 'src/leaking.js', options })
    expect(result.error).toBeUndefined()
    expect(readFileSync(result.entry, 'utf8')).toContain(ANTHROPIC)
    expect(readFileSync(join(root, SECRETS), 'utf8')).toContain(ANTHROPIC)
  })
})
