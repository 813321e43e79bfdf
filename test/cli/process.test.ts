import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { COMPLETE, makeProject, PROFILE } from '../support/temp-project.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(repository, 'dist/cli.js')
/** Milliseconds until a process counts as hanging: a busy machine is no failure. */
const HANGS = 60_000

let root = ''
let large = ''
beforeAll(() => {
  if (!existsSync(cli)) spawnSync('npx', ['tsup', '--no-dts'], { cwd: repository, stdio: 'ignore', shell: true })
  root = makeProject(COMPLETE)
  const keys = Array.from({ length: 4000 }, (_, index) => `  key_${index}: a value that is some forty characters long`)
  large = makeProject({ [PROFILE]: `secrets: {validation: skip}\napp:\n${keys.join('\n')}\n` })
}, 120_000)

/** Runs the installed command in an almost empty environment. */
function systemprompt(cwd: string, argv: readonly string[], env: Record<string, string> = {}, input = '') {
  const { PATH = '', HOME = '', SystemRoot = '' } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], {
    cwd,
    env: { PATH, HOME, SystemRoot, ...env },
    encoding: 'utf8',
    input,
    timeout: HANGS,
    maxBuffer: 64 * 1024 * 1024,
  })
  return { code: status, out: stdout, err: stderr }
}

/** Runs a line of bash, in which `cli` is the command. */
function shell(cwd: string, line: string) {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
  const script = `cli() { "${process.execPath}" "${cli}" "$@"; }\n${line}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd, env, encoding: 'utf8', timeout: HANGS })
  return { code: status, out: stdout, err: stderr }
}

describe('the installed command', () => {
  test.each<[string[], number]>([
    [[], 0],
    [['--version'], 0],
    [['config', 'show'], 0],
    [['config', 'show', 'server.port'], 0],
    [['config', 'check'], 0],
    [['config', 'explain', 'server.port'], 0],
    [['config', 'show', '--nonsense'], 2],
    [['nonsense'], 2],
    [['config', 'show', 'nope'], 5],
    [['config', 'show', '--profile', 'nope'], 5],
    [['config', 'show', '--set', 'server.port=x'], 6],
    [['config', 'show', '--reveal'], 11],
  ])('%j ends with exit code %i', (argv, expected) => {
    const { code, out, err } = systemprompt(root, argv)
    expect(code).toBe(expected)
    expect([out === '', err === '']).toEqual(expected === 0 ? [false, true] : [true, false])
    expect(err).not.toMatch(/\n {4}at |node:|Warning/)
  })
  test.each([
    [['config', 'show', '--json'], 0],
    [['config', 'show', '--json', '--nonsense'], 2],
    [['config', 'explain', 'nope', '--json'], 5],
    [['config', 'check', '--json', '--set', 'server.port=x'], 6],
    [['config', 'show', '--reveal', '--json'], 11],
  ])('%j writes one JSON document and nothing else', (argv, expected) => {
    const { code, out, err } = systemprompt(root, argv)
    expect([code, err]).toEqual([expected, ''])
    expect(JSON.parse(out)).toBeTypeOf('object')
  })
  test('uses the working directory and the environment', () => {
    const { out } = systemprompt(join(root, 'services'), ['config', 'show', 'server.port'], {
      SYSTEMPROMPT__SERVER__PORT: '1',
    })
    expect(out).toBe(
      'key          value  layer        from\nserver.port  1      environment  SYSTEMPROMPT__SERVER__PORT\n',
    )
  })
  test('shows no colours in a pipe, whatever NO_COLOR and FORCE_COLOR say', () => {
    for (const env of [{ NO_COLOR: '1' }, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }] as Record<string, string>[])
      for (const argv of [['--help'], ['config', 'check']]) {
        const { out, err } = systemprompt(root, argv, env)
        expect(out + err).not.toContain('\u001b')
      }
  })
  test('writes all of a large output', () => {
    const { code, out } = systemprompt(large, ['config', 'show', '--json'])
    expect(code).toBe(0)
    const { config } = JSON.parse(out) as { config: { app: Record<string, string> } }
    expect(Object.keys(config.app)).toHaveLength(4000)
  })
  test('does not wait for input', () => {
    expect(systemprompt(root, ['config', 'show', '--reveal'], {}, 'y\n').code).toBe(11)
  })
})

describe.skipIf(process.platform === 'win32')('the installed command in a shell', () => {
  test.each([
    ['config show | head -1', 'Profile local, the only one'],
    ['config show app | head -1', /^key +value/],
    ['config show --json | head -1', '{'],
    ['--help | head -1', /^Configuration and secrets/],
  ])('cli %s succeeds when its reader stops early', (line, first) => {
    const { out, err, code } = shell(large, `set -o pipefail; cli ${line}; echo "code $?" >&2`)
    expect(code).toBe(0)
    expect(out.trimEnd()).toMatch(first)
    expect(err.replace(/\n?\d warnings?\n(?: {2}.*\n)+/, '')).toBe('code 0\n')
  })
  test('under run --redact ends the program like a broken pipe when its reader is gone', () => {
    const { out, err } = shell(root, 'set -o pipefail; cli run --redact -- yes | head -1; echo "code $?" >&2')
    expect([out, err]).toEqual(['y\n', 'code 141\n'])
  })

  test('under run --redact does not end a program that writes nothing more', () => {
    const program = `sh -c 'echo a; echo b; sleep 0.3; echo end >&2'`
    const { out, err } = shell(root, `set -o pipefail; cli run --redact -- ${program} | head -1; echo "code $?" >&2`)
    expect([out, err]).toEqual(['a\n', 'end\ncode 0\n'])
  })

  test('succeeds when its reader reads nothing', () => {
    const { err } = shell(
      large,
      'set -o pipefail; cli config show --json 2>&1 >/dev/null | true; cli config show --json | true; echo "code $?" >&2',
    )
    expect(err).toContain('code 0\n')
    expect(err).not.toMatch(/EPIPE|\n {4}at /)
  })
  test.each(['<&-', '</dev/null', '2>/dev/null', '2>&-'])('works the same with %s', (redirection) => {
    const { code, out } = shell(root, `cli config show server.port ${redirection}`)
    expect([code, out]).toEqual([0, expect.stringContaining('8080')])
  })
  test('ends when its output is closed', () => {
    expect(shell(root, 'cli config show >&-').code).toBeTypeOf('number')
    expect(shell(root, 'cli config show >&- 2>&- <&-').code).toBeTypeOf('number')
  })
  test.skipIf(process.platform === 'darwin')(
    'reports an output that cannot be written in one line, with exit code 1',
    () => {
      for (const line of ['config show', '--help', 'config show --json', 'config explain nope --json']) {
        const { code, err } = shell(root, `cli ${line} >/dev/full`)
        expect([line, code, err.replace(/\n1 warning\n.*\n/, '')]).toEqual([
          line,
          line.includes('nope') ? 5 : 1,
          'The output cannot be written: the disk is full.\n',
        ])
      }
      expect(shell(root, 'cli config show server.prot 2>/dev/full').code).toBe(5)
      expect(shell(root, 'cli --help >/dev/full 2>&1').code).toBe(1)
    },
  )
  test('reports a removed working directory in one line, and still shows its help', () => {
    const gone = 'mkdir gone && cd gone && rmdir ../gone;'
    expect(shell(root, `${gone} cli config show`)).toEqual({
      code: 2,
      out: '',
      err: 'The working directory no longer exists. Change to another.\n',
    })
    expect(JSON.parse(shell(root, `${gone} cli config show --json`).out)).toMatchObject({
      ok: false,
      error: { code: 'NO_DIRECTORY' },
    })
    expect(shell(root, `${gone} cli --help`)).toMatchObject({ code: 0, err: '' })
    expect(shell(root, `${gone} cli --version`)).toMatchObject({ code: 0, err: '' })
  })
  test('can be used as a condition', () => {
    expect(shell(root, 'cli config check >/dev/null && echo valid').out).toBe('valid\n')
    expect(shell(root, 'cli config check --set server.port=x 2>/dev/null || echo "not valid: $?"').out).toBe(
      'not valid: 6\n',
    )
  })
  test('has two names', () => {
    const { out } = shell(repository, `node -p 'Object.entries(require("./package.json").bin).map(String).join()'`)
    expect(out.trim()).toBe('systemprompt,dist/cli.js,systemprompt-env,dist/cli.js')
    expect(shell(root, `"${cli}" --version`).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
