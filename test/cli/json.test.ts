import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import type { Emulator } from '../../src/emulator/index.ts'
import { commandsOf } from '../support/commands.ts'
import { cli, cloudProject, emulated } from './cloud-project.ts'
import type { Terminal } from './recorder.ts'

/** A successful call of every command that has `--json`: the arguments after its name, and its input. */
const LINES: Readonly<Record<string, readonly [rest: string, terminal?: Terminal]>> = {
  init: ['-y'],
  'config show': [''],
  'config explain': ['server.port'],
  'config check': [''],
  'config types': [''],
  public: [''],
  export: ['-y'],
  scan: ['services'],
  'profile list': [''],
  'profile show': [''],
  'profile use': ['local'],
  'secrets set': ['a_key=x'],
  'secrets unset': ['database_url -y'],
  'secrets list': [''],
  'secrets get': ['jwt_secret -y'],
  'secrets generate': ['jwt_secret -y'],
  'secrets sync': [''],
  'cloud auth login': ['--with-token --api-url URL -y', { input: 'TOKEN' }],
  'cloud auth logout': ['-y'],
  'cloud auth whoami': [''],
  'cloud login': ['--with-token --api-url URL -y', { input: 'TOKEN' }],
  'cloud logout': ['-y'],
  'cloud tenant list': [''],
  'cloud tenant use': ['tenant_demo'],
  'cloud secrets sync': [''],
  'cloud secrets set': ['A_KEY=x'],
  'cloud secrets unset': ['OLD_KEY -y'],
  'cloud secrets list': [''],
  'cloud secrets diff': [''],
  'cloud secrets audit': [''],
  'cloud secrets cleanup': ['-y'],
  'cloud secrets rotate': ['jwt_secret --generate -y'],
  'cloud emulator': ['--port 0 --ephemeral', { interrupted: async () => 130 }],
}

const withJson = (await commandsOf(COMMANDS, '')).filter(([, { args, json }]) => json !== undefined && args?.json)

let emulator: Emulator
beforeAll(async () => {
  emulator = await emulated()
})
afterAll(() => emulator.close())

describe('with --json a command prints exactly one JSON document', () => {
  test('and every command that has the option is tested', () => {
    expect(withJson.map(([name]) => name.trim()).sort()).toEqual(Object.keys(LINES).sort())
  })

  test.each(Object.entries(LINES))('%s', async (name, [rest, terminal = {}]) => {
    const cwd = cloudProject(emulator)
    expect((await cli(cwd, 'cloud secrets set OLD_KEY=x')).code).toBe(0)
    const input = terminal.input === 'TOKEN' ? { input: emulator.token() } : {}
    // The same on a terminal with colours.
    for (const more of [{}, { isInteractive: true, answer: true, color: true, columns: 40 }]) {
      const line = `${name} ${rest.replace('URL', emulator.url)} --json`
      const { code, out } = await cli(cwd, line, { ...terminal, ...input, ...more })
      // The second time there may be nothing left to do it with.
      expect([0, 3, 5, 8], `${line}\n${out}`).toContain(code)
      expect([JSON.stringify(JSON.parse(out), null, 2), out.includes('\u001b')]).toEqual([out.trimEnd(), false])
    }
  })
})
