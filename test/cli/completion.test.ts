import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { completionScript } from '../../src/cli/completion/scripts.ts'
import { start } from '../support/installed.ts'
import { hasProgram, typed } from '../support/shells.ts'
import { DATABASE_URL, JWT_SECRET, makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'
import { run } from './recorder.ts'

const TENANTS = JSON.stringify({
  tenants: [
    { id: 'tenant_demo', name: 'Demo', tenant_type: 'cloud' },
    { id: '$(touch pwned)', name: 'hostile' },
  ],
})
const CUSTOM = { 'acme-key': 'value-of-acme-key' }

let root = ''
beforeAll(() => {
  root = makeProject({
    [PROFILE]: 'name: local\nserver:\n  port: 8080\n  host: localhost\n',
    '.systemprompt/profiles/production/profile.yaml': 'name: production\n',
    [SECRETS]: JSON.stringify({ jwt_secret: JWT_SECRET, database_url: DATABASE_URL, ...CUSTOM }),
    '.systemprompt/tenants.json': TENANTS,
    'bin/systemprompt': '',
    'seeds/demo.json': '{}',
    'my.env': '',
  })
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const program = join(root, 'bin/systemprompt')
  writeFileSync(
    program,
    `#!/bin/sh\nif [ "$1" = __complete ]; then exec '${process.execPath}' '${cli}' "$@"; fi\necho "RAN $*"\n`,
  )
  chmodSync(program, 0o755)
})

/** What is offered for the last of these words, which is empty after a space. */
async function offered(words: readonly string[], shell = 'zsh'): Promise<readonly string[]> {
  const { code, out, err } = await run(root, ['__complete', shell], { input: `${words.join('\0')}\0` })
  expect([code, err]).toEqual([0, ''])
  return out.split('\n').slice(0, -1)
}

async function names(line: string, shell?: string): Promise<readonly string[]> {
  const [kind, ...lines] = await offered(line.split(' '), shell)
  expect(kind).toBe('words\t')
  return lines.map((each) => each.split('\t')[0] ?? '')
}

describe('completion offers', () => {
  test.each<[line: string, offers: readonly string[]]>([
    ['conf', ['config']],
    ['cloud secrets s', ['sync', 'set']],
    ['cloud nonsense s', []],
    ['config show --pro', ['--profile']],
    ['config show --profile local --pro', []],
    ['config show --set a=b --se', ['--set']],
    ['config show --profile ', ['local', 'production']],
    ['config show --profile p', ['production']],
    ['config show --profile=p', ['--profile=production']],
    ['--profile local conf', ['config']],
    ['config explain server.p', ['server.port']],
    ['config explain JWT', ['JWT_SECRET']],
    ['profile use ', ['local', 'production']],
    ['secrets get ', ['JWT_SECRET', 'DATABASE_URL', 'ACME_KEY']],
    ['secrets get ACME_KEY ', []],
    ['secrets unset ACME_KEY DATA', ['DATABASE_URL']],
    ['secrets set ANTH', ['ANTHROPIC_API_KEY']],
    ['secrets set anth', ['anthropic']],
    ['secrets get acme', ['acme-key']],
    ['secrets unset acme-key data', ['database_url']],
    ['secrets generate jw', ['jwt_secret']],
    ['cloud secrets unset acme', ['acme-key']],
    ['cloud secrets audit --key=acme', ['--key=acme-key']],
    ['config explain acme', ['acme-key']],
    ['cloud secrets unset ', ['JWT_SECRET', 'DATABASE_URL', 'ACME_KEY']],
    ['cloud secrets list --tenant ', ['tenant_demo']],
    ['cloud tenant use t', ['tenant_demo']],
    ['cloud auth login --provider ', ['github', 'google']],
    ['cloud auth login --provider=go', ['--provider=google']],
    ['cloud emulator e', ['exec']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['config check -- --pro', []],
    ['secrets set ACME_KEY=sk-', []],
    ['secrets get --profile nonsense ', []],
    ['toString ', []],
    ['__proto__ ', []],
  ])('for %j: %j', async (line, offers) => {
    expect(await names(line)).toEqual(offers)
  })

  test.each<[line: string, kind: string]>([
    ['config show --cwd ', 'directories\t'],
    ['cloud emulator --seed s', 'files\t'],
    ['secrets set --from-file m', 'files\t'],
    ['secrets set --from-file=m', 'files\t--from-file='],
    ['secrets set ACME_KEY=@m', 'files\tACME_KEY=@'],
    ['scan ', 'files\t'],
    ['run ', 'programs\t'],
    ['run -- ', 'programs\t'],
    ['run -- node ', 'files\t'],
    ['run node --ins', 'files\t'],
  ])('for %j: %j', async (line, kind) => {
    expect(await offered(line.split(' '))).toEqual([kind])
  })

  test.each<[words: readonly string[], offers: readonly string[]]>([
    [['config', 'show', '--profile', '=', 'p'], ['production']],
    [
      ['config', 'show', '--profile', '='],
      ['local', 'production'],
    ],
    [['config', 'show', '--profile=p'], ['--profile=production']],
    [['--profile', '=', 'local', 'conf'], ['config']],
    [['"config"', 'sh'], ['show']],
  ])('for words that bash splits at =: %j', async (words, offers) => {
    expect((await offered(words, 'bash')).slice(1).map((line) => line.split('\t')[0])).toEqual(offers)
  })

  test('each word with its description', async () => {
    expect(await offered(['cloud', 'secrets', 'sy'])).toEqual([
      'words\t',
      'sync\tSend what has changed in secrets.json',
    ])
    expect(await offered(['cloud', 'tenant', 'use', 't'])).toEqual(['words\t', 'tenant_demo\tDemo'])
  })

  test.each(['secrets get ', 'secrets set ', 'config explain ', 'config show ', 'cloud secrets set '])(
    'the names but not the values of secrets for %j',
    async (line) => {
      const text = (await offered(line.split(' '))).join('\n')
      expect(text).toMatch(/jwt_secret|JWT_SECRET/)
      for (const value of [JWT_SECRET, DATABASE_URL, ...Object.values(CUSTOM)]) expect(text).not.toContain(value)
    },
  )

  test('nothing, and reports no error, when files cannot be parsed', async () => {
    const broken = makeProject({ [PROFILE]: 'name: [', [SECRETS]: '{', '.systemprompt/tenants.json': '[' })
    for (const words of ['secrets get ', 'cloud tenant use ', 'config explain ']) {
      const input = `${words.split(' ').join('\0')}\0`
      expect(await run(broken, ['__complete', 'zsh'], { input })).toMatchObject({ code: 0, out: 'words\t\n', err: '' })
    }
  })

  test.each([[[]], [['zsh']], [['powershell']], [['zsh', 'more']]])('nothing for an invalid call: %j', async (rest) => {
    expect(await run(root, ['__complete', ...rest])).toMatchObject({ code: 0, out: '', err: '' })
  })
})

test('completion rejects an unknown shell with exit code 2', async () => {
  expect(await run(root, ['completion', 'powershell'])).toMatchObject({
    code: 2,
    err: 'SHELL must be bash, zsh or fish.\n',
  })
})

const TYPED: readonly (readonly [keys: string, line: string])[] = [
  ['systemprompt comp\t', 'completion'],
  ['systemprompt cloud secrets sy\t--dry\t', 'cloud secrets sync --dry-run'],
  ['systemprompt config show --profile p\t', 'config show --profile production'],
  ['systemprompt config show --profile=p\t', 'config show --profile=production'],
  ['systemprompt config show --cwd se\t', 'config show --cwd seeds'],
  ['systemprompt secrets set ACME_KEY=@my\t', 'secrets set ACME_KEY=@my.env'],
  ['systemprompt cloud emulator --seed seeds/d\t', 'cloud emulator --seed seeds/demo.json'],
  ['systemprompt cloud tenant use t\t', 'cloud tenant use tenant_demo'],
]

const environment = (): Record<string, string> => ({ PATH: `${join(root, 'bin')}:${process.env.PATH}`, HOME: root })

describe.each([
  ['bash', 'bash --norc --noprofile -i', (script: string) => `source ${script}`],
  ['zsh', 'zsh -f -i', (script: string) => `autoload -Uz compinit; compinit -u -D; source ${script}`],
] as const)('the Tab key in %s', (name, shell, setupWith) => {
  test.runIf(hasProgram(name))(
    'completes words, one line after the other',
    async () => {
      const script = join(root, `completion.${name}`)
      writeFileSync(script, completionScript(name))
      const keys = TYPED.map(([line]) => line).join('\n')
      const screen = await typed({ cwd: root, env: environment(), shell, setup: setupWith(script), keys })
      // zsh removes the slash after a directory again.
      const ran = [...screen.matchAll(/RAN ([^\r\n]*)/g)].map(([, line = '']) => line.trim().replace(/\/$/, ''))
      expect(ran, screen).toEqual(TYPED.map(([, line]) => line))
    },
    60_000,
  )
})

describe('fish completes', () => {
  test.runIf(hasProgram('fish')).each<[line: string, offers: readonly string[]]>([
    ['systemprompt comp', ['completion\tPrint a completion script for bash, zsh or fish']],
    ['systemprompt config show --profile p', ['production\tprofile']],
    ['systemprompt config show --profile=p', ['--profile=production\tprofile']],
    ['systemprompt config show --cwd se', ['seeds/\tDirectory']],
    ['systemprompt secrets set ACME_KEY=@my', ['ACME_KEY=@my.env']],
    ['systemprompt cloud secrets list --tenant ', ['tenant_demo\tDemo']],
    ['systemprompt secrets get --profile nonsense ', []],
  ])('%j: %j', async (line, offers) => {
    writeFileSync(join(root, 'completion.fish'), completionScript('fish'))
    const args = ['-c', `source completion.fish; complete -C '${line}'`]
    const { out, err } = await start({ cwd: root, env: environment(), command: 'fish', args })
    expect([out.split('\n').filter((text) => text !== ''), err]).toEqual([offers, ''])
  })
})

test('bash completion neither runs what is typed nor passes it on as an argument', async () => {
  writeFileSync(join(root, 'completion.bash'), completionScript('bash'))
  const log = join(root, 'arguments')
  writeFileSync(join(root, 'bin/systemprompt'), `#!/bin/sh\necho "$*" >> ${log}\ncat >> ${log}\n`)
  const line = `source completion.bash; COMP_WORDS=(systemprompt secrets set 'K=$(touch pwned)' ''); COMP_CWORD=4; _systemprompt`
  await start({ cwd: root, env: environment(), command: 'bash', args: ['-c', line] })
  const { out } = await start({ cwd: root, command: 'cat', args: [log] })
  expect(out).toBe('__complete bash\nsecrets\0set\0K=$(touch pwned)\0\0')
  expect(existsSync(join(root, 'pwned'))).toBe(false)
})
