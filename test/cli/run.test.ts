import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeProject, SECRETS } from '../support/temp-project.ts'
import { hasTerminals, typedInto } from '../support/terminal.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(repository, 'dist/cli.js')
const { PATH = '', HOME = '' } = process.env

const KEY = 'sk_live-51Hq8aZ0pQ7nV3xYbT6+/"x'
const PROJECT = {
  '.systemprompt/profiles/local/profile.yaml': 'name: local\nsecrets: {validation: skip}\n',
  '.systemprompt/profiles/staging/profile.yaml': 'name: staging\nsecrets: {validation: skip}\n',
  '.systemprompt/profiles/staging/secrets.json': { content: '{"anthropic": "sk-of-staging"}', mode: 0o600 },
  [SECRETS]: { content: JSON.stringify({ anthropic: KEY, 'my-key': 'k3yX9aLm2Q' }), mode: 0o600 },
  '.env': 'PORT=9090\nNODE_OPTIONS=--no-warnings\n',
  'sub/': '',
}

let root = ''
beforeAll(() => {
  if (!existsSync(cli)) spawnSync('npx', ['tsup', '--no-dts'], { cwd: repository, stdio: 'ignore', shell: true })
  root = makeProject(PROJECT)
}, 120_000)

interface Settings {
  readonly env?: Record<string, string>
  readonly input?: string
  readonly cwd?: string
}

const LOCAL = ['--profile', 'local']

function run(argv: readonly string[], { env = {}, input = '', cwd = root }: Settings = {}) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [cli, 'run', ...argv], {
    cwd,
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
    input,
    // For a process that hangs: a busy machine is no failure.
    timeout: 60_000,
  })
  return { code: status ?? signal, out: stdout, err: stderr }
}

/** A program that runs JavaScript. */
function node(code: string, ...args: string[]): string[] {
  return [process.execPath, '-e', code, ...args]
}

const SHOW_ENV = 'console.log(JSON.stringify(process.env))'

function environment(argv: readonly string[], settings?: Settings): Record<string, string> {
  return JSON.parse(run(argv, settings).out) as Record<string, string>
}

describe('the program gets', () => {
  test('secrets, .env values, the path of the profile and the names of custom secrets', () => {
    expect(environment([...LOCAL, '--', ...node(SHOW_ENV)], { env: { OWN: 'x' } })).toEqual({
      PATH,
      HOME,
      OWN: 'x',
      PORT: '9090',
      ANTHROPIC_API_KEY: KEY,
      MY_KEY: 'k3yX9aLm2Q',
      SYSTEMPROMPT_PROFILE: join(root, '.systemprompt/profiles/local/profile.yaml'),
      SYSTEMPROMPT_CUSTOM_SECRETS: 'MY_KEY',
      SYSTEMPROMPT_EXPORTED: expect.stringMatching(/^1(?:,\w+=[0-9a-f]{4}){4}$/),
    })
  })
  test('the variables of the environment, unchanged', () => {
    const env = environment([...LOCAL, '--', ...node(SHOW_ENV)], { env: { PORT: '1', ANTHROPIC_API_KEY: 'own' } })
    expect([env.PORT, env.ANTHROPIC_API_KEY, env.MY_KEY]).toEqual(['1', 'own', 'k3yX9aLm2Q'])
  })
  test('the values of files for variables that are blank in the environment', () => {
    const blank = { PORT: '', ANTHROPIC_API_KEY: ' ', MY_KEY: '', SYSTEMPROMPT_CUSTOM_SECRETS: ' ' }
    const env = environment([...LOCAL, '--', ...node(SHOW_ENV)], { env: blank })
    expect(Object.keys(blank).map((name) => env[name])).toEqual(['9090', KEY, 'k3yX9aLm2Q', 'MY_KEY'])
  })
  test('the secret of NAME_FILE without NAME_FILE, so that it can load the configuration itself', () => {
    const cwd = makeProject({ ...PROJECT, 'run/url': 'postgres://u:p@h/db\n' })
    const files = { DATABASE_URL_FILE: 'run/url', LOG_FILE: 'log', SIGNING_KEY_PEM_FILE: '' }
    const env = environment([...LOCAL, '--', ...node(SHOW_ENV)], { cwd, env: files })
    expect(env).toMatchObject({ DATABASE_URL: 'postgres://u:p@h/db', LOG_FILE: 'log', SIGNING_KEY_PEM_FILE: '' })
    expect(env).not.toHaveProperty('DATABASE_URL_FILE')
    const code = 'console.log(require(process.argv[1]).loadConfigSync().secrets.has("DATABASE_URL"))'
    const entry = join(repository, 'dist/node.cjs')
    expect(run([...LOCAL, '--', ...node(code, entry)], { cwd, env: files })).toEqual({
      code: 0,
      out: 'true\n',
      err: '',
    })
  })
  test('the profile of --profile rather than that of the environment', () => {
    const settings = { env: { SYSTEMPROMPT_PROFILE: 'local' } }
    const env = environment(['--profile', 'staging', '--', ...node(SHOW_ENV)], settings)
    expect(env.SYSTEMPROMPT_PROFILE).toBe(join(root, '.systemprompt/profiles/staging/profile.yaml'))
    expect(env.ANTHROPIC_API_KEY).toBe('sk-of-staging')
  })
  test('no settings of .env files, and so loads the same configuration', () => {
    const files = {
      ...PROJECT,
      '.env': [
        'NAME=x", admin: "true',
        'LIST=[a]',
        'SYSTEMPROMPT__APP={name: "${NAME}", literal: "$${NAME}"}',
        'SYSTEMPROMPT__LIST=${LIST}',
        'SYSTEMPROMPT__ONE__A=1',
        'SYSTEMPROMPT__TWO__A=1\n',
      ].join('\n'),
      '.env.local': 'SYSTEMPROMPT__ONE=5\nSYSTEMPROMPT__TWO={a: 2}\n',
    }
    const cwd = makeProject(files)
    const code = `
      const { loadConfigSync, reveal } = require(process.argv[1])
      const { app, list, one, two } = reveal(loadConfigSync().config)
      console.log(JSON.stringify([app, list, one, two]))`
    const entry = join(repository, 'dist/node.cjs')
    const plain = spawnSync(process.execPath, ['-e', code, entry], {
      cwd,
      env: { PATH, HOME, SYSTEMPROMPT_PROFILE: 'local' },
      encoding: 'utf8',
    })
    expect(JSON.parse(plain.stdout)).toEqual([{ name: 'x", admin: "true', literal: '${NAME}' }, '[a]', 5, { a: 2 }])
    expect(run([...LOCAL, '--', ...node(code, entry)], { cwd })).toEqual({ code: 0, out: plain.stdout, err: '' })
    const env = environment([...LOCAL, '--', ...node(SHOW_ENV)], { cwd, env: { SYSTEMPROMPT__OWN: '1' } })
    expect(Object.keys(env).filter((name) => name.startsWith('SYSTEMPROMPT__'))).toEqual(['SYSTEMPROMPT__OWN'])
  })
  test('no secrets that a preload set for another profile', () => {
    const inner = [process.execPath, cli, 'run', '--profile', 'staging', '--', ...node(SHOW_ENV)]
    const { stdout } = spawnSync(
      process.execPath,
      [
        '--import',
        join(repository, 'dist/register.cjs'),
        '-e',
        `require('node:child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' })`,
        ...inner,
      ],
      {
        cwd: root,
        env: { PATH, HOME, SYSTEMPROMPT_PROFILE: 'local' },
        encoding: 'utf8',
      },
    )
    const env = JSON.parse(stdout) as Record<string, string>
    expect([env.ANTHROPIC_API_KEY, env.MY_KEY]).toEqual(['sk-of-staging', undefined])
  })
  describe('inside another run', () => {
    const FIRST = {
      '.env': 'GREETING=hello\n',
      'run/db': 'postgres://u:p@h/db',
      '.systemprompt/profiles/local/profile.yaml': 'name: local\nsecrets: {validation: skip}\n',
      [SECRETS]: { content: '{"stripe_key": "of-local", "left": "of-local", "kept": "of-local"}', mode: 0o600 },
      '.systemprompt/profiles/staging/profile.yaml': 'name: staging\nsecrets: {validation: skip}\n',
      '.systemprompt/profiles/staging/secrets.json': {
        content: '{"stripe_key": "of-staging", "kept": "of-staging", "new": "of-staging"}',
        mode: 0o600,
      },
    }
    const NAMES = ['STRIPE_KEY', 'LEFT', 'KEPT', 'NEW', 'DATABASE_URL', 'GREETING', 'OWN']
    const nested = (script: string) => {
      const cwd = makeProject(FIRST)
      const inner = ['sh', '-c', script, 'sh', process.execPath, cli, 'run', ...['--profile', 'staging', '--']]
      const env = environment([...LOCAL, '--', ...inner], {
        cwd,
        env: { OWN: 'own', DATABASE_URL_FILE: join(cwd, 'run/db') },
      })
      return Object.fromEntries(NAMES.map((name) => [name, env[name]]))
    }
    const RUN = `"$1" "$2" run`
    const SHOW = `-- "$1" -p 'JSON.stringify(process.env)'`

    test('the values of its own profile, and none of the outer one', () => {
      expect(nested(`KEPT=mine ${RUN} --profile staging ${SHOW}`)).toEqual({
        STRIPE_KEY: 'of-staging',
        KEPT: 'mine',
        NEW: 'of-staging',
        DATABASE_URL: 'postgres://u:p@h/db',
        GREETING: 'hello',
        OWN: 'own',
      })
    })
    test('the profile of the outer run by default, with the current content of its files', () => {
      expect(nested(`cp .systemprompt/profiles/staging/secrets.json ${SECRETS}; ${RUN} ${SHOW}`)).toMatchObject({
        STRIPE_KEY: 'of-staging',
        LEFT: undefined,
      })
    })
    test('everything that the outer run set, if there is no configuration', () => {
      const script = `cd /; SYSTEMPROMPT_PROFILE= ${RUN} ${SHOW}`
      expect(nested(script)).toMatchObject({ STRIPE_KEY: 'of-local', LEFT: 'of-local', GREETING: 'hello' })
    })
  })
  test('its arguments unchanged, without a shell', () => {
    const words = ['a b', '$HOME', ';', '*', '--profile', 'x', '--help', '--', '']
    const { out } = run([...LOCAL, '--', ...node('console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words)])
    expect(JSON.parse(out)).toEqual(words)
  })
  test('the working directory, even with --cwd', () => {
    const elsewhere = makeProject()
    const { out } = run([...LOCAL, '--cwd', root, '--', ...node('console.log(process.cwd())')], { cwd: elsewhere })
    expect(out.trim()).toBe(elsewhere)
  })
  test('standard input', () => {
    const { out } = run([...LOCAL, '--', ...node('process.stdin.pipe(process.stdout)')], { input: 'a\0b\n' })
    expect(out).toBe('a\0b\n')
  })
})

describe('the command line of run', () => {
  test.each<[string, string[]]>([
    ['with --', [...LOCAL, '--', process.execPath, '-p', '1+1']],
    ['without --', [...LOCAL, process.execPath, '-p', '1+1']],
    [
      'with options of the same name after the program',
      [...LOCAL, process.execPath, '-p', '1+1', '--', '--profile', 'x', '--help', '--json'],
    ],
    ['with --profile=', ['--profile=local', process.execPath, '-p', '1+1']],
  ])('runs a program %s', (_how, argv) => {
    expect(run(argv)).toEqual({ code: 0, out: '2\n', err: '' })
  })
  test.each<[string, string[], RegExp]>([
    ['a missing program', [], /^A program is missing/],
    ['a missing program after --', [...LOCAL, '--'], /^A program is missing/],
    ['an unknown option', ['--redcat', '--', 'true', KEY], /^This command has no such option/],
  ])('rejects %s with exit code 2, and repeats nothing that was typed', (_how, argv, message) => {
    const { code, out, err } = run(argv)
    expect([code, out, message.test(err), err.includes(KEY)]).toEqual([2, '', true, false])
  })
  test('shows its help', () => {
    const { code, out } = run(['--help'])
    expect([code, out]).toEqual([0, expect.stringContaining('--redact')])
  })
  test('ends with exit code 6 for an invalid configuration, and starts nothing', () => {
    const { code, out, err } = run([...LOCAL, '--set', 'server.port=x', '--', ...node('console.log(1)')])
    expect([code, out]).toEqual([6, ''])
    expect(err).toContain('server.port')
  })
})

describe('the exit code of run is', () => {
  test.each<[string, string[], number]>([
    ['0', ['true'], 0],
    ['that of the program', node('process.exit(42)'), 42],
    ['137 when it is killed', node('process.kill(process.pid, "SIGKILL")'), 137],
    ['143 when it is terminated', node('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 9000)'), 143],
    ['127 when the program does not exist', ['no-such-program', KEY], 127],
  ])('%s', (_what, program, code) => {
    const ended = run([...LOCAL, '--', ...program])
    expect(ended.code).toBe(code)
    expect(ended.err).not.toContain(KEY)
  })
  test.each([
    ['a command line in quotes', `echo ${KEY}`],
    ['a variable assignment', `A_KEY=${KEY}`],
  ])('127 for %s, which only a shell would understand', (_what, word) => {
    const { code, err } = run([...LOCAL, '--', word, 'true'])
    expect([code, err]).toEqual([
      127,
      "There is no such program. It is not run by a shell: write its arguments one by one, or use sh -c '…'.\n",
    ])
  })
  test('127 when a part of its path is a file', () => {
    const file = join(root, 'sub/a-file')
    writeFileSync(file, 'x')
    const { code, err } = run([...LOCAL, '--', join(file, KEY)])
    expect([code, err]).toEqual([127, 'There is no such program. A part of its path is a file.\n'])
  })
  test('126 when the program is a directory', () => {
    expect(run([...LOCAL, '--', join(root, 'sub'), KEY]).code).toBe(126)
  })
  test.runIf(process.platform === 'linux')('126 when a variable is larger than the system allows', () => {
    const cwd = makeProject({ '.env': `SMALL=x\nLARGE=${'x'.repeat(140_000)}\n` })
    const { code, err } = run(['--', 'true'], { cwd })
    expect([code, err]).toEqual([
      126,
      `The program cannot be started. Its variables and arguments are larger than the system allows.
The largest variable is LARGE, with 140000 bytes. Have the program read that from a file.
`,
    ])
  })
  test('126 when the program is not executable', () => {
    const file = join(root, 'sub/not-executable')
    writeFileSync(file, 'x')
    chmodSync(file, 0o644)
    const { code, err } = run([...LOCAL, '--', file, KEY])
    expect([code, err]).toEqual([
      126,
      'The program cannot be started. It is not an executable file; chmod +x makes a script executable.\n',
    ])
  })
})

describe.skipIf(process.platform === 'win32')('run passes signals on', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s to a program that handles it and chooses its exit code',
    async (signal) => {
      const code = `process.on('${signal}', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`
      expect(await signalled(signal, node(code))).toBe(7)
    },
  )
  test('SIGTERM to a program that does not handle it', async () => {
    expect(await signalled('SIGTERM', node('setInterval(() => {}, 1000); console.log("ready")'))).toBe(143)
  })
  test('SIGTERM with --redact', async () => {
    expect(await signalled('SIGTERM', node('setInterval(() => {}, 1000); console.log("ready")'), ['--redact'])).toBe(
      143,
    )
  })
})

describe.skipIf(process.platform === 'win32')('run --redact does not wait for open output after a signal', () => {
  test.each([
    ['that ended the program', 'echo ready; sleep 15; echo late', 0, 143],
    ['that the program handled', 'trap "exit 4" TERM; sleep 15 & echo ready; wait', 0, 4],
    ['that came after the program ended', 'echo ready; sleep 15 & exit 3', 700, 3],
  ])(
    '%s',
    async (_, program, delay, code) => {
      expect(await signalled('SIGTERM', ['sh', '-c', program], ['--redact'], delay)).toBe(code)
    },
    10_000,
  )
  test('but waits for all of it without a signal', () => {
    const { code, out } = run([...LOCAL, '--redact', '--', 'sh', '-c', '(sleep 1; echo late) & exit 3'])
    expect([code, out]).toEqual([3, 'late\n'])
  })
})

/** Sends a signal to the command when its program is ready. */
function signalled(
  signal: NodeJS.Signals,
  program: readonly string[],
  flags: readonly string[] = [],
  delay = 0,
): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, 'run', ...LOCAL, ...flags, '--', ...program], {
      cwd: root,
      env: { PATH, HOME },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.once('data', () => setTimeout(() => child.kill(signal), delay))
    child.on('exit', resolve)
  })
}

describe.skipIf(!hasTerminals)('run on a terminal', () => {
  const onTerminal = (argv: readonly string[], typed: string) =>
    typedInto({ argv, typed, at: 'ready', cwd: root, env: { PATH, HOME } })
  const command = (code: string): string[] => [process.execPath, cli, 'run', ...LOCAL, '--', ...node(code)]
  test('gives the program the terminal', () => {
    const out = onTerminal(
      command(
        'process.stdin.setRawMode(true); console.log("ready", process.stdout.isTTY); process.stdin.once("data", (key) => { console.log("key", key[0]); process.exit() })',
      ),
      'q',
    )
    expect(out).toContain('ready true')
    expect(out).toContain('key 113')
    expect(out).toContain('code 0')
  })
  test('passes Ctrl-C on once to a program that handles it and chooses its exit code', () => {
    const out = onTerminal(
      command(
        'let n = 0; process.on("SIGINT", () => { n++; setTimeout(() => { console.log("interrupted", n); process.exit(3) }, 300) }); setInterval(() => {}, 1000); console.log("ready")',
      ),
      '\u0003',
    )
    expect(out).toContain('interrupted 1')
    expect(out).toContain('code 3')
  })
  test('ends a program that does not handle Ctrl-C', () => {
    expect(onTerminal(command('setInterval(() => {}, 1000); console.log("ready")'), '\u0003')).toContain('code 130')
  })
})

describe('run --redact', () => {
  /** Ways in which a program prints its own secret. */
  const WAYS: readonly (readonly [name: string, code: string])[] = [
    ['unchanged', 'console.log(key)'],
    ['in the middle of a line', 'process.stdout.write("a" + key + "b\\n")'],
    ['byte by byte', 'for (const byte of Buffer.from(key)) require("fs").writeSync(1, Buffer.from([byte]))'],
    [
      'in two writes with a pause between them',
      'process.stdout.write(key.slice(0, 9)); setTimeout(() => process.stdout.write(key.slice(9)), 200)',
    ],
    ['in base64', 'console.log(Buffer.from(key).toString("base64"))'],
    ['in base64 after one byte', 'console.log(Buffer.from("x" + key).toString("base64"))'],
    ['in base64 after two bytes', 'console.log(Buffer.from("xy" + key).toString("base64url"))'],
    ['as Basic authorization', 'console.log("authorization: Basic " + Buffer.from("user:" + key).toString("base64"))'],
    ['in hex', 'console.log(Buffer.from(key).toString("hex"))'],
    ['URL-encoded', 'console.log("https://example.com/?key=" + encodeURIComponent(key))'],
    ['as form data', 'console.log(new URLSearchParams({ key }).toString())'],
    ['in JSON', 'console.log(JSON.stringify({ key }))'],
    ['in JSON in JSON', 'console.log(JSON.stringify({ body: JSON.stringify({ key }) }))'],
    ['by inspecting an object', 'console.log({ nested: { key, list: [key] } })'],
    ['in a table', 'console.table([{ key }])'],
    ['in the stack of an error', 'console.error(new Error("bad key " + key))'],
    ['as a thrown error', 'throw new Error(key)'],
    ['with the whole environment', 'console.log(process.env)'],
    ['as a Buffer', 'console.log(Buffer.from(key)); console.log(JSON.stringify(Buffer.from(key)))'],
    ['on standard error', 'process.stderr.write(key)'],
    [
      'by a child',
      'require("child_process").execSync(`printf %s "$ANTHROPIC_API_KEY"; echo "$ANTHROPIC_API_KEY" >&2`, { stdio: "inherit" })',
    ],
    ['with colours around it', 'console.log("\\u001b[32m" + key + "\\u001b[39m")'],
    ['as HTML', 'console.log(key.replace(/"/g, "&quot;"))'],
    ['with util.format', 'console.log(require("util").format("%j %o", key, key))'],
  ]
  test.each(WAYS)('masks a secret that is printed %s', (_name, code) => {
    const { out, err } = run([
      ...LOCAL,
      '--redact',
      '--',
      ...node(`const key = process.env.ANTHROPIC_API_KEY; ${code}`),
    ])
    const all = out + err
    expect(all).toContain('••••')
    for (const form of formsOf(KEY)) expect(all).not.toContain(form)
    // Nor a long part of it.
    expect(all).not.toContain(KEY.slice(4, 24))
  })
  test('passes on all other output unchanged, in the order of each stream', () => {
    const { out, err, code } = run([
      ...LOCAL,
      '--redact',
      '--',
      ...node(
        'for (let n = 0; n < 2000; n++) { console.log("line", n); console.error("error", n) } process.exitCode = 5',
      ),
    ])
    expect([out, err, code]).toEqual([
      Array.from({ length: 2000 }, (_, n) => `line ${n}\n`).join(''),
      Array.from({ length: 2000 }, (_, n) => `error ${n}\n`).join(''),
      5,
    ])
  })
  test('shows a prompt before it is answered', async () => {
    const child = spawn(
      process.execPath,
      [
        cli,
        'run',
        ...LOCAL,
        '--redact',
        '--',
        ...node(
          'process.stdout.write("password: "); process.stdin.once("data", (text) => { console.log("got " + text); process.exit() })',
        ),
      ],
      { cwd: root, env: { PATH, HOME } },
    )
    let out = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        out += String(chunk)
        if (out === 'password: ') child.stdin.end('x')
      })
      child.on('close', () => resolve())
    })
    expect(out).toBe('password: got x\n')
  })
  test('masks nothing when it is not given', () => {
    expect(run([...LOCAL, '--', ...node('console.log(process.env.MY_KEY)')]).out).toBe('k3yX9aLm2Q\n')
  })
})

function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((before) =>
    Buffer.from('x'.repeat(before) + secret)
      .toString('base64')
      .slice(4, -4),
  )
  return [
    secret,
    ...base64,
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]
}
