import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { CloudClient } from '../../src/cloud/client.ts'
import { isCloudError } from '../../src/cloud/index.ts'
import type { Fault } from '../../src/emulator/index.ts'
import { CREDENTIALS, cli, cloudProject, emulated } from '../cli/cloud-project.ts'
import { newCanary, traceOf } from '../support/canary.ts'
import { json, serve } from '../support/http-server.ts'
import { type Random, sampled, seeded } from '../support/random.ts'
import { COMPLETE, makeProject, SECRETS } from '../support/temp-project.ts'

/**
 * The promises about the network (docs/security.md): whatever the other side does, a command ends in time with the
 * documented exit code and one JSON document, and neither a token nor a secret goes where it does not belong.
 */
const random = seeded()

const NETWORK = 9
/** A part was done, and the rest is not known. */
const PARTIAL = 8

/** What the emulator can do wrong, and the exit code for it. */
const FAULTS: readonly (readonly [Fault, number])[] = [
  [{ type: 'status', status: 400 }, 6],
  [{ type: 'status', status: 401 }, 3],
  [{ type: 'status', status: 403 }, 4],
  [{ type: 'status', status: 404 }, 5],
  [{ type: 'status', status: 409 }, 7],
  [{ type: 'status', status: 418 }, NETWORK],
  [{ type: 'status', status: 422 }, 6],
  [{ type: 'status', status: 429 }, 10],
  [{ type: 'status', status: 429, retryAfter: 61 }, 10],
  [{ type: 'status', status: 500 }, NETWORK],
  [{ type: 'status', status: 503 }, NETWORK],
  [{ type: 'delay', time: 3_000 }, NETWORK],
  [{ type: 'drop' }, NETWORK],
  [{ type: 'apply-then-drop' }, NETWORK],
  [{ type: 'reset' }, NETWORK],
  [{ type: 'truncate' }, NETWORK],
  [{ type: 'redirect', location: 'https://evil.example/' }, 11],
  [{ type: 'html' }, NETWORK],
  [{ type: 'invalid-json' }, NETWORK],
  [{ type: 'gzip-bomb', size: 8 * 1024 * 1024 }, NETWORK],
]

type Speak = (socket: Socket) => void

const after =
  (...texts: readonly (string | Uint8Array)[]): Speak =>
  (socket) => {
    socket.once('data', () => {
      for (const text of texts) socket.write(text)
    })
  }

const every =
  (time: number, first: string, text: string): Speak =>
  (socket) => {
    socket.once('data', () => {
      socket.write(first)
      const timer = setInterval(() => socket.write(text), time)
      socket.once('close', () => clearInterval(timer))
    })
  }

/** What no HTTP server does. All of it gives exit code 9. */
const RAW: readonly (readonly [string, Speak])[] = [
  ['closes the connection before any request', (socket) => socket.end()],
  ['resets the connection', (socket) => void socket.once('data', () => socket.resetAndDestroy())],
  ['is not an HTTP server', after('SSH-2.0-OpenSSH_9.6\r\n')],
  ['sends an invalid status', after('HTTP/1.1 abc OK\r\n\r\n')],
  ['sends endless headers', every(20, 'HTTP/1.1 200 OK\r\n', 'x-more: x\r\n')],
  ['sends too many headers', after(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`)],
  ['sends a large body at once', after('HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(4 * 1024 * 1024, ' '))],
  ['sends invalid chunks', after('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}')],
  ['promises more than it sends', after('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"keys":')],
  ['sends two lengths', after('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 20\r\n\r\n{}')],
  ['sends 100 Continue again and again', every(20, 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ['sends endlessly nested JSON', after(answering('['.repeat(900_000)))],
  ['sends an uncompressed body as gzip', after(answering('{}', 'content-encoding: gzip\r\n'))],
  [
    'sends half of a compressed body',
    after(answering(gzipSync('{"keys":[]}').subarray(0, 15), 'content-encoding: gzip\r\n')),
  ],
  ['sends values of other types', after(answering('{"keys":{},"data":1,"user":[],"authorize_url":{}}'))],
  ['sends bytes that are not text', after(answering(Uint8Array.of(0xff, 0xfe, 0x00, 0x80)))],
]

/** What never ends: one attempt takes all of the time. Without a limit there would be four. */
const ENDLESS: readonly (readonly [string, Speak])[] = [
  ['accepts the connection and sends nothing', () => undefined],
  ['sends an endless body', every(1, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '5\r\n     \r\n')],
]

function answering(body: string | Uint8Array, headers = ''): Uint8Array {
  const bytes = Buffer.from(body as string)
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}content-length: ${bytes.length}\r\n\r\n`), bytes])
}

/** Every command that uses the network, and its standard input. */
const COMMANDS: readonly (readonly [string, string?])[] = [
  ['auth login --with-token -y', 'token'],
  ['auth login --no-browser'],
  ['auth whoami'],
  ['tenant list'],
  ['secrets list'],
  ['secrets diff'],
  ['secrets audit'],
  ['secrets audit --key A_KEY'],
  ['secrets sync'],
  ['secrets sync -n'],
  ['secrets sync --prune -y'],
  ['secrets set A_KEY=x'],
  ['secrets unset A_KEY -y'],
  ['secrets cleanup -y'],
  ['secrets rotate own_key --generate -y'],
]

/** Seconds. What never comes is given up soon; a response counts even if the machine is busy with all commands at once. */
const timeoutFor = (code: number): number => (code === NETWORK ? 1 : 30)

async function endsWith(
  cwd: string,
  line: string,
  code: number,
  what: string,
  apiUrl: string,
  input = '',
): Promise<void> {
  const api = line.startsWith('auth login') ? ` --api-url ${apiUrl}` : ''
  const secretsBefore = readFileSync(join(cwd, SECRETS), 'utf8')
  const ended = await cli(cwd, `cloud ${line}${api} --timeout ${timeoutFor(code)} --json`, { input })
  const said = `${line}, ${what}, seed ${random.seed}: ${ended.out}${ended.err}`
  expect(ended.code, said).toBe(code)
  expect(JSON.parse(ended.out), said).toMatchObject({ ok: false, error: { code: expect.any(String) } })
  for (const secret of secretsIn(secretsBefore)) expect(traceOf(ended.out + ended.err, secret), said).toBeUndefined()
  expect(readFileSync(join(cwd, SECRETS), 'utf8'), said).toBe(secretsBefore)
}

function secretsIn(text: string): readonly string[] {
  return Object.values(JSON.parse(text) as Record<string, string>)
}

function secretsFile(): string {
  return JSON.stringify({ jwt_secret: newCanary(random), own_key: newCanary(random) })
}

describe(`every fault gives the documented exit code (SEED=${random.seed})`, () => {
  const faults = some(FAULTS, sampled(5, FAULTS.length), random)
  test.each(faults)(
    'of the emulator: %j ends with %i',
    async (fault, code) => {
      await Promise.all(
        COMMANDS.map(async ([line, input]) => {
          const emulator = await emulated({ exchange: false })
          emulator.faults.set([{ fault }])
          const cwd = cloudProject(emulator, { [SECRETS]: secretsFile() })
          await endsWith(cwd, line, code, JSON.stringify(fault), emulator.url, input)
        }),
      )
    },
    120_000,
  )

  /** The names are listed, and the write itself fails. */
  const writes = COMMANDS.filter(([line]) => /^secrets (?:set|sync$|unset|cleanup|rotate)/.test(line))
  test.each(faults)(
    'of writes only: %j ends with %i',
    async (fault, code) => {
      await Promise.all(
        writes.map(async ([line]) => {
          const emulator = await emulated({ exchange: false })
          const cwd = cloudProject(emulator, { [SECRETS]: secretsFile() })
          const cloud = new CloudClient({ apiUrl: emulator.url, token: emulator.token() })
          await cloud.setSecrets('tenant_demo', { A_KEY: 'x', GITHUB: 'x' })
          await cloud.close()
          emulator.faults.set(['PUT', 'DELETE'].map((method) => ({ fault, method })))
          const { code: ended, out } = await cli(cwd, `cloud ${line} --timeout ${timeoutFor(code)} --json`)
          // By then the file has the new value, and nobody knows whether the tenant has it as well.
          const isHalfDone = line.startsWith('secrets rotate') && code === NETWORK
          expect([ended, JSON.parse(out)], `${line} ${JSON.stringify(fault)} ${out}`).toEqual([
            isHalfDone ? PARTIAL : code,
            expect.objectContaining({ ok: false }),
          ])
        }),
      )
    },
    120_000,
  )

  test.each(some(RAW, sampled(5, RAW.length), random))(
    'of a server that %s',
    async (what, speak) => {
      const url = await speaking(speak)
      await Promise.all(
        COMMANDS.map(async ([line, input]) => endsWith(projectAt(url), line, NETWORK, what, url, input)),
      )
    },
    120_000,
  )

  test.each(ENDLESS)(
    'of a server that %s, after a single attempt',
    async (what, speak) => {
      await Promise.all(
        COMMANDS.map(async ([line, input]) => {
          const url = await speaking(speak)
          await endsWith(projectAt(url), line, NETWORK, what, url, input)
          const { asked = [] } = servers.get(url) ?? {}
          expect(asked, line).toEqual([...new Set(asked)])
          expect(asked, line).not.toEqual([])
        }),
      )
    },
    120_000,
  )

  test('of an address where no server listens', async () => {
    const url = await speaking(() => undefined)
    await close(url)
    await Promise.all(
      COMMANDS.map(async ([line, input]) => endsWith(projectAt(url), line, NETWORK, 'nobody', url, input)),
    )
  }, 120_000)

  test('but never prevents a logout', async () => {
    for (const [, speak] of some([...RAW, ...ENDLESS], sampled(3, RAW.length + ENDLESS.length), random)) {
      const cwd = projectAt(await speaking(speak))
      expect((await cli(cwd, 'cloud auth logout -y --timeout 1 --json')).code).toBe(0)
      expect(existsSync(join(cwd, CREDENTIALS))).toBe(false)
    }
  }, 120_000)
})

test(`hostile names are requested at their own path or refused (SEED=${random.seed})`, async () => {
  const server = await serve(({ method }, response) =>
    method === 'DELETE' ? json(response, 204) : json(response, 200, { keys: [] }),
  )
  const client = new CloudClient({ apiUrl: `${server.url}/base`, token: 'token' })
  const count = sampled(60, 300)
  let refused = 0
  for (let number = 0; number < count; number++) {
    const [tenant, key] = [hostileName(random), hostileName(random)]
    server.requests.length = 0
    const error: unknown = await client.unsetSecret(tenant, key).catch((caught: unknown) => caught)
    const said = `${JSON.stringify([tenant, key])} (seed ${random.seed})`
    if (error !== undefined) {
      expect([isCloudError(error, 'NOT_ACCEPTED'), server.requests.length], said).toEqual([true, 0])
      refused++
      continue
    }
    const [, base, ...segments] = (server.requests[0]?.path ?? '').split('/')
    expect([base, segments.map(decodeURIComponent)], said).toEqual([
      'base',
      ['api', 'v1', 'tenants', tenant, 'secrets', key],
    ])
    expect(server.requests).toHaveLength(1)
  }
  expect([refused > 0, refused < count]).toEqual([true, true])
  await client.close()
}, 60_000)

const TRICKS = [
  '..',
  '.',
  '',
  '/',
  '\\',
  '%2e%2e',
  '%2f',
  '%00',
  '\0',
  '?',
  '#',
  '&',
  '=',
  ';',
  ':',
  '@',
  '//',
  '\r\n',
  ' ',
  '\t',
  '*',
].concat([
  'é',
  '漢',
  '😀',
  '\u202e',
  '\u2028',
  '\ud800',
  '%',
  '%zz',
  '..;',
  '../audit',
  'audit',
  'https://evil.example',
  '__proto__',
])

function hostileName(from: Random): string {
  return Array.from({ length: 1 + from.below(3) }, () => from.pick(TRICKS)).join(from.pick(['', '', 'a', '/']))
}

interface Speaking {
  readonly server: Server
  readonly sockets: Set<Socket>
  /** The request lines. */
  readonly asked: string[]
}

const servers = new Map<string, Speaking>()
afterAll(async () => {
  for (const url of servers.keys()) await close(url)
})

/** A server that speaks so, whatever the request is. */
async function speaking(speak: Speak): Promise<string> {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (data) => asked.push(data.toString('latin1').split('\r\n', 1)[0] ?? ''))
    speak(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  servers.set(url, { server, sockets, asked })
  return url
}

async function close(url: string): Promise<void> {
  const { server, sockets = [] } = servers.get(url) ?? {}
  servers.delete(url)
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
}

function projectAt(url: string): string {
  return makeProject({
    ...COMPLETE,
    [SECRETS]: secretsFile(),
    [CREDENTIALS]: JSON.stringify({ api_token: newCanary(random), api_url: url, user_email: 'dev@example.com' }),
    '.systemprompt/tenants.json': JSON.stringify({ tenants: [{ id: 't', name: 't' }], active_tenant: 't' }),
  })
}

/** So many of these, in their order. */
function some<T>(items: readonly T[], count: number, from: Random): T[] {
  const chosen = new Set<T>()
  while (chosen.size < Math.min(count, items.length)) chosen.add(from.pick(items))
  return items.filter((item) => chosen.has(item))
}
