import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE, makeProject, SECRETS } from '../support/temp-project.ts'

const JWT = 'Zk3vTq8mWx1rLc5yNb7pHd2sGf9aJe4u+/='
const PASSWORD = 'Kq7vTz2mWx9'

const WAYS: Readonly<Record<string, string>> = {
  'console.log': 'console.log(process.env.JWT_SECRET)',
  'console.error': 'console.error(process.env.JWT_SECRET)',
  'the whole environment': 'console.log(process.env)',
  'the environment as JSON': 'console.log(JSON.stringify(process.env, null, 2))',
  'a table': 'console.table([{ secret: process.env.JWT_SECRET }])',
  'a template literal': 'console.log(`connecting to ${process.env.DATABASE_URL} …`)',
  'the password of a URL': 'console.log(new URL(process.env.DATABASE_URL).password)',
  'byte by byte': 'for (const byte of Buffer.from(process.env.JWT_SECRET)) process.stdout.write(Buffer.of(byte))',
  'two halves, some time apart': `
    process.stdout.write(process.env.JWT_SECRET.slice(0, 20))
    setTimeout(() => process.stdout.write(process.env.JWT_SECRET.slice(20)), 300)`,
  'another encoding of write': `process.stdout.write(Buffer.from(process.env.JWT_SECRET).toString('hex'), 'hex')`,
  hex: `console.log(Buffer.from(process.env.JWT_SECRET).toString('hex'))`,
  base64: `for (const pad of ['', 'x', 'xy']) console.log(Buffer.from(pad + process.env.JWT_SECRET + 'z').toString('base64'))`,
  'URL-encoded': 'console.log(encodeURIComponent(process.env.JWT_SECRET))',
  'a stream that is piped': `require('node:stream').Readable.from([process.env.JWT_SECRET]).pipe(process.stdout)`,
  'a worker': `new (require('node:worker_threads').Worker)('console.log(process.env.JWT_SECRET)', { eval: true })`,
  'the last chunk': `process.stdout.end('key ' + process.env.JWT_SECRET)`,
  'the last chunk, with an encoding and a callback': `
    process.stdout.write(process.env.JWT_SECRET.slice(0, 9))
    process.stdout.end(Buffer.from(process.env.JWT_SECRET.slice(9)).toString('hex'), 'hex', () => console.error('over'))`,
  'right before process.exit': `process.stdout.write(process.env.JWT_SECRET); process.exit(0)`,
}

const run = async (program: string, env: Readonly<Record<string, string>> = { SYSTEMPROMPT_REDACT: '1' }) => {
  const root = makeProject({
    ...COMPLETE,
    [SECRETS]: JSON.stringify({ jwt_secret: JWT, database_url: `postgres://acme:${PASSWORD}@localhost:5432/acme` }),
    'package.json': '{}',
    'main.cjs': program,
  })
  installInto(root)
  return await start({ cwd: root, args: ['--import', '@systemprompt/env', 'main.cjs'], env })
}

const windowsIn = (text: string): string[] =>
  [JWT, PASSWORD, Buffer.from(JWT).toString('hex'), Buffer.from(JWT).toString('base64').slice(0, -4)]
    .flatMap((secret) => Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8)))
    .filter((window) => text.includes(window))

describe('SYSTEMPROMPT_REDACT=1 masks secrets in what the process prints', () => {
  test.each(Object.entries(WAYS))('%s', async (_, program) => {
    const { out, err } = await run(program)
    expect(windowsIn(out + err)).toEqual([])
    expect(out + err).toContain('••••')
  })

  test('and leaves bytes, callbacks, exit code and streams unchanged', async () => {
    const { code, out, err } = await run(`
      process.stdout.write(Buffer.from([0xff, 0, 10]), () => {
        process.stderr.write('ünï¢ode ☃ ', 'utf8', () => process.stderr.write('then\\n'))
      })
      process.stdout.write('')
      console.log(typeof process.stdout.isTTY, process.stdout.constructor.name !== 'Object')
      process.exitCode = 3`)
    expect({ code, err }).toEqual({ code: 3, err: 'ünï¢ode ☃ then\n' })
    expect(out).toMatch(/\n(?:undefined|boolean) true\n$/)
  })

  test('even in what is written while the process exits', async () => {
    const { out } = await run(`
      process.on('exit', () => process.stdout.write('bye Zk3v'))
      process.on('exit', () => process.stdout.write(process.env.JWT_SECRET.slice(4) + ' and Zk3vTq'))`)
    expect(out).toBe('bye •••• and Zk3vTq')
  })

  test('without delaying a prompt that has no line ending', async () => {
    const { out } = await run(
      `process.stdout.write('Continue? Zk'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1500)`,
    )
    expect(out).toBe('Continue? Zk')
  })

  test.each([
    ['0', false],
    ['', false],
    ['off', false],
    ['true', true],
    ['YES', true],
  ])('%j switches it on: %s', async (value, isOn) => {
    const { out } = await run('console.log(process.env.JWT_SECRET)', { SYSTEMPROMPT_REDACT: value })
    expect(out).toBe(isOn ? '••••\n' : `${JWT}\n`)
    await setTimeout(0)
  })
})
