import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { oneLine } from '../../src/cli/one-line.ts'
import { COMPLETE, makeProject, SECRETS } from '../support/temp-project.ts'
import { hasTerminals, typedInto } from '../support/terminal.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(repository, 'dist/cli.js')
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

let root = ''
beforeAll(() => {
  if (!existsSync(cli)) spawnSync('npx', ['tsup', '--no-dts'], { cwd: repository, stdio: 'ignore', shell: true })
  root = makeProject(COMPLETE)
}, 120_000)

function answer(line: string, typed: string, signal?: number): string {
  const { PATH = '', HOME = '' } = process.env
  return typedInto({
    argv: [process.execPath, cli, ...line.split(' ')],
    typed,
    ...(signal === undefined ? {} : { signal }),
    at: HIDE_CURSOR,
    cwd: root,
    env: { PATH, HOME, TERM: 'xterm' },
  })
}

describe('a line that arrives in pieces', () => {
  test.each<[string, readonly string[], string, number]>([
    ['a paste that is split exactly after a line end', ['one\r', 'two\r'], 'onetwo\r', 1],
    ['a paste that is split in the middle of a line end', ['one\r', '\ntwo'], 'onetwo', 1],
    ['keys, one after the other', ['o', 'n', 'e', '\r'], 'one\r', 0],
    ['several line ends at the end', ['one\r', '\n', '\r'], 'one\r', 0],
    ['a split character', ['\xc3', '\xa9\r'], '\xc3\xa9\r', 0],
  ])('%s: only a line end after everything counts as Enter', async (_, pieces, expected, ends) => {
    let ended = 0
    const keys = oneLine(() => ended++)
    for (const piece of pieces) keys.write(Buffer.from(piece, 'latin1'))
    keys.end()
    expect([Buffer.concat(await keys.toArray()).toString('latin1'), ended]).toEqual([expected, ends])
  })
})

describe.skipIf(!hasTerminals)('a prompt on a terminal', () => {
  test.each<[string, string, number?]>([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['Ctrl-D after some input', 'abc\u0004'],
    ['SIGINT', '', constants.signals.SIGINT],
    ['SIGTERM', '', constants.signals.SIGTERM],
  ])('ends on %s, with the cursor shown and nothing done', (_, keys, signal) => {
    const before = readFileSync(join(root, SECRETS), 'utf8')
    for (const line of ['secrets set stripe_key', 'config show --reveal', 'secrets unset jwt_secret']) {
      const screen = answer(line, keys, signal)
      expect(screen.split(SHOW_CURSOR)[1], line).toMatch(/Nothing was done\.\s+code 130\n$/)
    }
    expect(readFileSync(join(root, SECRETS), 'utf8')).toBe(before)
  })

  test.each([
    ['with carriage returns, as terminals paste them', '{\r  "type": "service_account"\r}\r'],
    ['with line feeds', 'one\ntwo\r'],
  ])('rejects a value of several lines %s', (_, pasted) => {
    const before = readFileSync(join(root, SECRETS), 'utf8')
    expect(answer('secrets set stripe_key', pasted)).toMatch(/A prompt takes one line, .*\s+code 2\n$/)
    expect(readFileSync(join(root, SECRETS), 'utf8')).toBe(before)
  })

  /** The screen of a program that prompts with this call. */
  function asking(call: string, typed: string): string {
    const program = `import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))}
      const { password } = await createJiti(process.cwd()).import(${JSON.stringify(join(repository, 'src/cli/input.ts'))})
      console.log(JSON.stringify(await ${call}.catch(({ code }) => code)))`
    const { PATH = '', HOME = '' } = process.env
    const argv = [process.execPath, '--input-type=module', '-e', program]
    return typedInto({ argv, typed, at: HIDE_CURSOR, cwd: root, env: { PATH, HOME, TERM: 'xterm' } })
  }

  test('that is aborted before it is shown lets the program end', () => {
    expect(asking("password('Token', { signal: AbortSignal.abort() })", '')).toMatch(/"INTERRUPTED"\s+code 0\n$/)
  })

  test.each([
    ['with a line break in it', 'http://127.0.0.1/call\rback?x=1\r'],
    ['with a line break and an indent', 'http://127.0.0.1/call\r\n  back?x=1\r'],
    ['with line breaks around it', '\nhttp://127.0.0.1/callback?x=1\n\n'],
    ['with spaces around it', '  http://127.0.0.1/callback?x=1 \r'],
    ['as it is', 'http://127.0.0.1/callback?x=1\r'],
  ])('for a single word joins what is pasted %s', (_, pasted) => {
    const screen = asking("password('URL', { accepts: 'word' })", pasted)
    expect(screen).toMatch(/"http:\/\/127\.0\.0\.1\/callback\?x=1"\s+code 0\n$/)
  })

  test('works on a terminal that reports a width of 0', () => {
    const screen = answer('secrets set stripe_key', 'value\r')
    expect(screen).toContain('Value of STRIPE_KEY')
    expect(screen).toMatch(/Set stripe_key in .*\s+code 0\n$/)
  })
})
