import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadConfigSync } from '../../src/index.ts'
import { sampled, seeded } from '../support/random.ts'
import { makeProject, PROFILE, SECRETS } from '../support/temp-project.ts'

/** Whatever a standard input is: a secret is taken byte for byte or refused, and never empty by accident. */
const random = seeded()
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** `cmd` is the command, `f` a file with the value. */
const SHAPES: readonly (readonly [string, string, 'value' | 'nothing'])[] = [
  ['a file', 'cmd < f', 'value'],
  ['a pipe', 'cat f | cmd', 'value'],
  ['a pipe with a slow writer', '(sleep 1.5; cat f) | cmd', 'value'],
  ['a pipe that is written in pieces', '(head -c 3 f; sleep 0.3; tail -c +4 f) | cmd', 'value'],
  ['a named pipe', 'mkfifo p; (sleep 0.2; cat f > p) & cmd < p', 'value'],
  ['a file that is open for writing too', 'cmd <> f', 'value'],
  ['a process substitution', 'cmd < <(cat f)', 'value'],
  ['a socket', '"$NODE" socket.mjs', 'value'],
  ['a file behind a link', 'ln -s f l; cmd < l', 'value'],
  ['closed', 'cmd <&-', 'nothing'],
  ['the null device', 'cmd < /dev/null', 'nothing'],
  ['a directory', 'cmd < .', 'nothing'],
  ['a pipe that nobody writes to', 'true | cmd', 'nothing'],
  ['that of a background process', 'cmd & wait $!', 'nothing'],
]

const INPUTS: readonly (readonly [string, string, string])[] = [
  ['one line', 'a value\n', 'a value'],
  ['several lines', '-----BEGIN KEY-----\r\né漢😀\n\n', '-----BEGIN KEY-----\r\né漢😀\n'],
  ['many bytes', 'x'.repeat(200_000), 'x'.repeat(200_000)],
]

/** Hands a file over by a socket, as inetd does. */
const SOCKET = `import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { connect, createServer } from 'node:net'
const server = createServer((socket) => createReadStream('f').pipe(socket)).listen(0, '127.0.0.1', () => {
  const socket = connect({ port: server.address().port, host: '127.0.0.1' }, () => {
    const child = spawn(process.execPath, JSON.parse(process.env.CMD), { stdio: [socket, 'inherit', 'inherit'] })
    child.on('exit', (code) => process.exit(code))
  })
  socket.pause()
})
`

const all = SHAPES.flatMap((shape) => INPUTS.map((input) => [shape, input] as const))
const chosen = all.filter(() => random.next() < sampled(8, all.length) / all.length)

describe.skipIf(process.platform === 'win32' || !existsSync(CLI))(`the standard input (SEED=${random.seed})`, () => {
  test.each(
    chosen.map(([[shape, line, holds], [input, given, expected]]) => [shape, input, line, holds, given, expected]),
  )(
    'is %s with %s',
    async (_, __, line, holds, given, expected) => {
      const cwd = makeProject({ [PROFILE]: 'name: local\n', [SECRETS]: '{}\n', f: given, 'socket.mjs': SOCKET })
      const { code, err } = await bash(cwd, line)
      if (holds === 'value') {
        expect([code, err.replace('One line break at the end of the input was dropped.\n', '')]).toEqual([0, ''])
        expect(loadConfigSync({ cwd, env: {} }).secrets.get('A_VALUE')).toBe(expected)
      } else {
        expect([code, err]).toEqual([
          2,
          'Standard input is empty. Give the value there, or add --allow-empty for an empty value.\n',
        ])
        expect(readFileSync(join(cwd, SECRETS), 'utf8')).toBe('{}\n')
      }
    },
    30_000,
  )
})

async function bash(cwd: string, line: string): Promise<{ readonly code: number | null; readonly err: string }> {
  const argv = [CLI, 'secrets', 'set', 'a_value']
  const env = { PATH: process.env.PATH ?? '', HOME: cwd, NODE: process.execPath, CMD: JSON.stringify(argv) }
  const command = `cmd() { "$NODE" ${argv.map((word) => `'${word}'`).join(' ')}; }`
  const child = spawn('bash', ['-c', `${command}\n${line}`], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.on('data', (text: Buffer) => {
    err += String(text)
  })
  return { code: await new Promise((resolve) => child.on('close', resolve)), err }
}
