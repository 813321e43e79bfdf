import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import {
  connect,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { guardResponses } from '../../src/preload/guard-responses.ts'
import { createMatcher } from '../../src/scan/index.ts'
import { traceOf } from '../support/canary.ts'
import { type Random, sampled, seeded } from '../support/random.ts'

// Two begin alike, one begins like text around it, and one ends like another begins.
const SECRETS = ['Zk3vTq8mWx1rLc5yNb7pHd', 'Zk3vTq8mW-other', 'aaaaKq9b-91xZ', 'Nb7pHd2sGf9aJe4u+/='] as const

const log: string[] = []
const endGuard = guardResponses(createMatcher(SECRETS.map((value, at) => ({ name: `SECRET_${at}`, value }))), (line) =>
  log.push(line),
)

type Handler = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse) => void
let handler: Handler = () => undefined
const onHttp1 = createServer((...given) => handler(...given))
const onHttp2 = createHttp2Server((asked: Http2ServerRequest, response: Http2ServerResponse) =>
  handler(asked, response as unknown as ServerResponse),
)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(() => Promise.all([onHttp1, onHttp2].map((server) => once(server.listen(0, '127.0.0.1'), 'listening'))))
afterAll(() => {
  endGuard()
  agent.destroy()
  onHttp1.close()
  onHttp2.close()
})

interface Reply {
  status?: number | undefined
  headers?: unknown
  body: string
  isWhole: boolean
}

function askHttp1(): Promise<Reply> {
  return new Promise((resolve) => {
    const reply: Reply = { body: '', isWhole: false }
    const { port } = onHttp1.address() as AddressInfo
    request({ port, agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      Object.assign(reply, { status: response.statusCode, headers: response.rawHeaders })
      response.setEncoding('latin1').on('data', (text) => {
        reply.body += text
      })
      response.on('error', () => resolve(reply)).on('end', () => resolve({ ...reply, isWhole: true }))
    })
      .on('error', () => resolve(reply))
      .end()
  })
}

async function askHttp2(): Promise<Reply> {
  const client = connect(`http://127.0.0.1:${(onHttp2.address() as AddressInfo).port}`)
  const reply: Reply = { body: '', isWhole: false }
  const stream = client.request({ ':path': '/', 'accept-encoding': 'gzip' })
  stream.on('response', (headers) => Object.assign(reply, { status: headers[':status'], headers }))
  stream.setEncoding('latin1').on('data', (text) => {
    reply.body += text
  })
  stream.on('end', () => {
    reply.isWhole = stream.rstCode === 0
  })
  await new Promise((resolve) => stream.on('error', () => undefined).on('close', resolve))
  client.destroy()
  return reply
}

const tracesIn = (text: string): readonly string[] => SECRETS.flatMap((secret) => traceOf(text, secret) ?? [])

/** A text made of letters, beginnings of secrets and, if that is asked, one secret. */
function bodyOf(random: Random, hasSecret: boolean): string {
  const parts = Array.from({ length: random.below(8) }, () => {
    const secret = SECRETS[random.below(SECRETS.length)] ?? ''
    return random.below(2) === 0 ? secret.slice(0, random.below(8)) : 'a\n é'.repeat(random.below(40))
  })
  const secret = hasSecret ? (SECRETS[random.below(SECRETS.length)] ?? '') : ''
  return ['<', ...parts, '>', secret, '<', ...parts.reverse(), '>'].join(' ')
}

function piecesOf(random: Random, text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.below(2) === 0 ? 3 : 60)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

/** Ways to send a body, in pieces. */
const WAYS: readonly ((response: ServerResponse, pieces: readonly Buffer[]) => unknown)[] = [
  (response, pieces) => response.end(Buffer.concat(pieces)),
  (response, pieces) => response.end(Buffer.concat(pieces).toString('latin1'), 'latin1'),
  (response, pieces) => {
    for (const piece of pieces) response.write(piece)
    response.end()
  },
  (response, pieces) => {
    for (const piece of pieces.slice(0, -1)) response.write(piece)
    response.end(pieces.at(-1))
  },
  async (response, pieces) => {
    for (const piece of pieces) {
      response.write(piece)
      await turn()
    }
    response.end()
  },
  (response, pieces) => Readable.from(pieces).pipe(response),
]

const HEADS: readonly ((response: ServerResponse) => void)[] = [
  () => undefined,
  (response) => response.setHeader('x-own', 'value'),
  (response) => response.writeHead(200, { 'x-own': 'value' }),
  (response) => response.flushHeaders(),
]

test.each([
  ['HTTP/1', askHttp1],
  ['HTTP/2', askHttp2],
] as const)(
  'over %s, whatever is written in whatever pieces, secrets are withheld and all else arrives',
  async (_, ask) => {
    const random = seeded()
    for (let round = 0; round < sampled(150, 5000); round++) {
      const hasSecret = random.below(2) === 0
      const body = bodyOf(random, hasSecret)
      const pieces = piecesOf(random, body)
      const way = WAYS[random.below(WAYS.length)]
      const head = HEADS[random.below(HEADS.length)]
      log.length = 0
      handler = (asked, response) => {
        expect(asked.headers['accept-encoding']).toBe('identity')
        head?.(response)
        way?.(response, pieces)
      }
      const { status, body: received, isWhole, headers } = await ask()
      const shown = `seed ${random.seed}, round ${round}: ${JSON.stringify(body)}`
      expect(tracesIn(received + JSON.stringify(headers)), shown).toEqual([])
      if (hasSecret) {
        expect(isWhole ? [status, received.startsWith('This response was withheld')] : 'broken off', shown).toEqual(
          isWhole ? [500, true] : 'broken off',
        )
        expect(log, shown).toEqual([
          expect.stringMatching(/^The response to GET \/ was withheld: it contains the secret SECRET_\d/),
        ])
      } else {
        expect([status, isWhole, Buffer.from(received, 'latin1').toString()], shown).toEqual([200, true, body])
        expect(log, shown).toEqual([])
      }
    }
  },
)

test('the guard ends when it is told to', async () => {
  endGuard()
  handler = (asked, response) => {
    response.setHeader('x-own', SECRETS[1])
    response.end(`${asked.headers['accept-encoding']} ${SECRETS[0]}`)
  }
  log.length = 0
  for (const ask of [askHttp1, askHttp2]) {
    const { status, headers, body } = await ask()
    expect([status, body, JSON.stringify(headers).includes(SECRETS[1])]).toEqual([200, `gzip ${SECRETS[0]}`, true])
  }
  expect(log).toEqual([])
})
