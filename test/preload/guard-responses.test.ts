import { describe, expect, test } from 'vitest'
import { traceOf } from '../support/canary.ts'
import { installInto, start } from '../support/installed.ts'
import { COMPLETE, makeProject, SECRETS } from '../support/temp-project.ts'

const JWT = 'Zk3vTq8mWx1rLc5yNb7pHd2sGf9aJe4u+/='
const PASSWORD = 'Kq7vTz2mWx9'

const WITHHELD = 'This response was withheld because it contains a secret. The log of the server says which.\n'

interface Reply {
  readonly status?: number
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body: string
  /** The code of the error that ended the response. */
  readonly error?: string
}

/** Sends one request after the other, over one connection as far as possible. */
const CLIENT = `
  const http = require('node:http')
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (port, method = 'GET', path = '/users/7?token=of-the-client') => new Promise((resolve) => {
    const reply = { body: '' }
    const failed = ({ code }) => resolve({ ...reply, error: code })
    http.request({ port, path, method, agent, headers: { 'Accept-Encoding': 'gzip, br' } }, (response) => {
      Object.assign(reply, { status: response.statusCode, reason: response.statusMessage, headers: response.headers })
      response.setEncoding('latin1').on('data', (text) => (reply.body += text)).on('end', () => resolve(reply)).on('error', failed)
    }).on('error', failed).end()
  })`

/** Runs a program with the guard, by default a server that handles two requests with this code. */
async function serve(
  handler: string,
  { method = 'GET', env = { SYSTEMPROMPT_GUARD_RESPONSES: '1' }, program = '' } = {},
) {
  const root = makeProject({
    ...COMPLETE,
    [SECRETS]: JSON.stringify({ jwt_secret: JWT, database_url: `postgres://acme:${PASSWORD}@localhost:5432/acme` }),
    'package.json': '{}',
    'main.cjs':
      program ||
      `${CLIENT}
      const SECRET = process.env.JWT_SECRET
      const server = http.createServer(async (request, response) => { ${handler} }).listen(0, async () => {
        const replies = [await ask(server.address().port, '${method}'), await ask(server.address().port, '${method}')]
        process.stdout.write(JSON.stringify(replies), () => process.exit())
      })`,
  })
  installInto(root)
  const { code, out, err } = await start({ cwd: root, args: ['--import', '@systemprompt/env', 'main.cjs'], env })
  expect([code, err.replace(/^The (?:response|header|reason phrase) .*\n/gm, '')]).toEqual([0, ''])
  const [reply, again] = JSON.parse(out) as [Reply, Reply]
  return { reply, again, log: err.split('\n').slice(0, -1) }
}

const tracesIn = (text: string): readonly string[] => [JWT, PASSWORD].flatMap((secret) => traceOf(text, secret) ?? [])

describe('SYSTEMPROMPT_GUARD_RESPONSES=1 answers 500 instead of', () => {
  test.each<[string, string, string?]>([
    ['a secret', 'response.end(SECRET)'],
    ['a secret in JSON', 'response.setHeader("x", "y"); response.end(JSON.stringify({ a: [SECRET] }))'],
    ['the whole environment', 'response.end(JSON.stringify({ ...process.env, HOME: "" }))', 'the secret DATABASE_URL'],
    ['base64', 'response.end(Buffer.from(SECRET).toString("base64"))', 'the secret JWT_SECRET (base64)'],
    ['hex', 'response.end(Buffer.from(SECRET).toString("hex"))', 'the secret JWT_SECRET (hex)'],
    [
      'a password in a URL',
      'response.end("p=" + new URL(process.env.DATABASE_URL).password)',
      'the secret DATABASE_URL (password)',
    ],
    ['bytes', 'response.end(new Uint8Array(Buffer.from(SECRET)))'],
    [
      'bytes of another realm',
      `const copy = require('node:vm').runInNewContext('(bytes) => Uint8Array.from(bytes)')
      response.write(copy(Buffer.from(SECRET))); response.end()`,
    ],
    ['another encoding', 'response.end(Buffer.from(SECRET).toString("hex"), "hex")'],
    ['a secret that is written in halves', 'response.write(SECRET.slice(0, 9)); response.end(SECRET.slice(9))'],
    [
      'a secret that is written byte by byte',
      'for (const byte of Buffer.from(SECRET)) response.write(Buffer.of(byte)); response.end()',
    ],
    ['a stream', 'require("node:stream").Readable.from([SECRET.slice(0, 5), SECRET.slice(5)]).pipe(response)'],
    [
      'a secret after writeHead',
      'response.writeHead(200, { "content-length": SECRET.length, a: "b" }); response.end(SECRET)',
    ],
    [
      'a secret after writeHead with a reason',
      'response.writeHead(404, "Gone"); response.write(SECRET); response.end()',
    ],
    ['a secret with a status message', 'response.statusMessage = SECRET; response.end(SECRET)'],
    ['a secret after writeHead without a body', 'response.writeHead(204); response.end(SECRET)'],
    ['a secret to a request with HEAD', 'response.end(SECRET)'],
    [
      'a secret after an end that failed',
      'try { response.statusCode = NaN; response.end("a") } catch { response.end(SECRET) }',
    ],
    [
      'a secret after writeHead that failed',
      `try { response.writeHead(200, { 'content-encoding': 'gzip', a: '\\n' }) }
      catch { response.removeHeader('a'); response.end(SECRET) }`,
    ],
    [
      'a secret whose encoding is said to be a compression',
      'response.setHeader("content-encoding", "utf-8"); response.end(SECRET)',
    ],
  ])('%s', async (what, handler, found = 'the secret JWT_SECRET') => {
    const method = what.includes('HEAD') ? 'HEAD' : 'GET'
    const { reply, again, log } = await serve(handler, { method })
    for (const each of [reply, again]) {
      expect(each).toMatchObject({
        status: 500,
        reason: 'Internal Server Error',
        body: method === 'HEAD' ? '' : WITHHELD,
      })
      const { date: _, connection: __, 'keep-alive': ___, ...headers } = each.headers ?? {}
      expect(headers).toEqual({
        'content-type': 'text/plain; charset=utf-8',
        'content-length': String(WITHHELD.length),
      })
    }
    expect(log).toHaveLength(2)
    for (const line of log) expect(line).toBe(`The response to ${method} /users/7 was withheld: it contains ${found}`)
    expect(tracesIn(JSON.stringify([reply, again, log]))).toEqual([])
  })

  test.each([
    ['setHeader', 'response.setHeader("Connection", "close"); response.end(SECRET)'],
    ['writeHead', 'response.writeHead(200, { connection: "close" }); response.end(SECRET)'],
    ['both', 'response.setHeader("a", "b"); response.writeHead(200, { connection: "Close" }); response.end(SECRET)'],
  ])('a secret, and says that the connection will be closed, as the program did with %s', async (_, handler) => {
    const { reply, again } = await serve(handler)
    for (const each of [reply, again])
      expect(each).toMatchObject({ status: 500, headers: { connection: 'close' }, body: WITHHELD })
  })

  test('a secret in response to a request whose URL the program replaced', async () => {
    const { reply, log } = await serve('request.url = new URL("http://a/b?c"); response.end(SECRET)')
    expect(reply).toMatchObject({ status: 500, body: WITHHELD })
    expect(log[0]).toBe('The response to GET http://a/b was withheld: it contains the secret JWT_SECRET')
  })
})

describe('SYSTEMPROMPT_GUARD_RESPONSES=1 breaks off a response before a secret', () => {
  test.each([
    ['in a later part', 'response.write("begin "); setTimeout(() => response.end(SECRET), 50)'],
    ['in halves', 'response.write("begin " + SECRET.slice(0, 9)); setTimeout(() => response.end(SECRET.slice(9)), 50)'],
    [
      'of a stream',
      `const parts = async function* () { yield 'begin '; yield SECRET; yield 'end' }
      require("node:stream").Readable.from(parts()).pipe(response)`,
    ],
    ['after the headers were sent', 'response.flushHeaders(); setTimeout(() => response.end(SECRET), 50)'],
  ])('%s', async (_, handler) => {
    const { reply, log } = await serve(handler)
    expect(reply).toMatchObject({ error: 'ECONNRESET' })
    expect(['', 'begin ']).toContain(reply.body)
    expect(log[0]).toBe('The response to GET /users/7 was withheld: it contains the secret JWT_SECRET')
    expect(tracesIn(JSON.stringify([reply, log]))).toEqual([])
  })

  test('and stops a source without end', async () => {
    const { reply } = await serve(`
      let count = 0
      const source = new (require('node:stream').Readable)({ read() { this.push(count++ === 3 ? SECRET : 'tick ') } })
      source.pipe(response)`)
    expect(reply).toMatchObject({ error: 'ECONNRESET' })
    expect(tracesIn(reply.body)).toEqual([])
  })

  test('and ignores what the program writes afterwards', async () => {
    const { reply } = await serve(`
      response.write(SECRET, () => { server.called = true })
      response.write('more'); response.write(SECRET)
      await new Promise((resolve) => response.end(SECRET, resolve))
      response.end(); if (!server.called) process.exit(1)`)
    expect(reply).toMatchObject({ status: 500, body: WITHHELD })
  })
})

describe('SYSTEMPROMPT_GUARD_RESPONSES=1 leaves out a header with a secret', () => {
  test.each([
    ['setHeader', 'response.setHeader("x-a", "b" + SECRET); response.setHeader("x-b", "c"); response.end("body")'],
    [
      'setHeader with a list',
      'response.setHeader("x-a", ["c", SECRET]); response.setHeader("x-b", "c"); response.end("body")',
    ],
    [
      'setHeader, with flushHeaders',
      'response.setHeader("x-a", SECRET); response.setHeader("x-b", "c"); response.flushHeaders(); response.end("body")',
    ],
    ['writeHead', 'response.writeHead(200, { "x-a": SECRET, "x-b": "c" }).end("body")'],
    ['writeHead with a list', 'response.writeHead(200, "OK", ["x-a", SECRET, "x-b", "c"]); response.end("body")'],
    [
      'writeHeader, its old name before Node 26',
      `process.noDeprecation = true
      response.writeHeader ??= response.writeHead
      response.writeHeader(200, { 'x-a': SECRET, 'x-b': 'c' }); response.end('body')`,
    ],
    ['writeHead with pairs', 'response.writeHead(200, [["x-a", SECRET], ["x-b", "c"]]); response.end("body")'],
    [
      'writeHead after setHeader',
      'response.setHeader("x-a", SECRET); response.writeHead(200, { "x-b": "c" }); response.end("body")',
    ],
  ])('by %s', async (_, handler) => {
    const { reply, log } = await serve(handler)
    expect(reply).toMatchObject({ status: 200, body: 'body', headers: { 'x-b': 'c' } })
    expect(reply.headers).not.toHaveProperty('x-a')
    expect(log[0]).toBe(
      'The header x-a was left out of the response to GET /users/7: it contains the secret JWT_SECRET',
    )
    expect(tracesIn(JSON.stringify([reply, log]))).toEqual([])
  })

  test('from trailers and from what is sent before the response', async () => {
    const { reply, log } = await serve('', {
      program: `
        const [http, http2] = [require('node:http'), require('node:http2')]
        const SECRET = process.env.JWT_SECRET
        const answer = (request, response) => {
          response.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-a': SECRET, 'x-b': 'c' })
          response.writeInformation?.(110, { 'x-a': SECRET, 'x-b': 'c' })
          response.setHeader('trailer', 'x-a')
          response.setTrailer?.('x-a', SECRET)
          response.addTrailers({ 'x-a': SECRET, 'x-b': 'c' })
          response.write('body')
          response.end()
        }
        const [one, two] = [http.createServer(answer).listen(0), http2.createServer(answer).listen(0)]
        const reply = { before: [] }
        two.on('listening', () => {
          http.get({ port: one.address().port }, (response) => {
            response.resume().on('end', () => {
              reply.first = response.trailers
              http2.connect('http://localhost:' + two.address().port).request()
                .on('headers', (headers) => reply.before.push({ ...headers }))
                .on('trailers', (headers) => (reply.second = headers))
                .on('close', () => process.stdout.write(JSON.stringify([reply]), () => process.exit())).resume()
            })
          }).on('information', ({ headers }) => reply.before.push(headers))
        })`,
    })
    expect(reply).toMatchObject({ first: { 'x-b': 'c' }, second: { 'x-b': 'c' } })
    expect(Reflect.get(reply, 'before')).toContainEqual(expect.objectContaining({ 'x-b': 'c' }))
    expect(new Set(log)).toEqual(
      new Set(['The header x-a was left out of the response to GET /: it contains the secret JWT_SECRET']),
    )
    expect(tracesIn(JSON.stringify([reply, log]))).toEqual([])
  })

  test('whose name is one', async () => {
    const { reply, log } = await serve(
      'response.setHeader(Buffer.from(SECRET).toString("hex"), "a"); response.end("body")',
    )
    expect([reply.status, reply.body]).toEqual([200, 'body'])
    expect(log[0]).toBe(
      'The header … was left out of the response to GET /users/7: it contains the secret JWT_SECRET (hex)',
    )
    expect(tracesIn(JSON.stringify([reply, log]))).toEqual([])
  })

  test.each([
    ['writeHead', 'response.writeHead(200, SECRET); response.end("body")'],
    ['writeHead with headers', 'response.writeHead(200, SECRET, { "x-b": "c" }); response.end("body")'],
    ['statusMessage', 'response.statusMessage = SECRET; response.end("body")'],
    ['statusMessage with writeHead', 'response.statusMessage = SECRET; response.writeHead(200); response.end("body")'],
  ])('and a reason phrase, by %s', async (_, handler) => {
    const { reply, log } = await serve(handler)
    expect(reply).toMatchObject({ status: 200, reason: 'OK', body: 'body' })
    expect(log[0]).toBe(
      'The reason phrase was left out of the response to GET /users/7: it contains the secret JWT_SECRET',
    )
  })
})

describe('SYSTEMPROMPT_GUARD_RESPONSES=1 changes nothing else:', () => {
  test.each<[string, string, Partial<Reply>]>([
    ['a text', 'response.end("ünï¢ode")', { status: 200, body: Buffer.from('ünï¢ode').toString('latin1') }],
    ['an encoding', 'response.write("é", "latin1"); response.end("c3a9", "hex")', { body: '\xe9\xc3\xa9' }],
    ['no body', 'response.statusCode = 204; response.end()', { status: 204, body: '' }],
    ['a callback only', 'response.end(() => undefined)', { status: 200, body: '' }],
    ['null', 'response.end(null)', { status: 200, body: '' }],
    [
      'a beginning of a secret',
      'response.write("a " + SECRET.slice(0, 9)); response.end()',
      { body: `a ${JWT.slice(0, 9)}` },
    ],
    [
      'one that goes on otherwise',
      'response.write(SECRET.slice(0, 9)); response.end("!")',
      { body: `${JWT.slice(0, 9)}!` },
    ],
    [
      'bytes of another realm',
      'response.end(require("node:vm").runInNewContext("Uint8Array.of(97, 98)"))',
      { status: 200, body: 'ab' },
    ],
    ['one with a callback', 'response.write("a" + SECRET[0], () => response.end("b"))', { body: 'aZb' }],
    ['only a beginning, with a callback', 'response.write(SECRET[0], () => response.end("b"))', { body: 'Zb' }],
    [
      'headers after only a beginning, which are too late',
      'response.write(SECRET[0]); try { response.setHeader("content-length", 1) } catch ({ code }) { response.end(code) }',
      { body: 'ZERR_HTTP_HEADERS_SENT' },
    ],
    [
      'a write that fails with one',
      'response.statusCode = NaN; try { response.write("a" + SECRET[0]) } catch { response.statusCode = 200; response.end("b") }',
      { body: 'b' },
    ],
    [
      'a write that fails with only a beginning',
      'response.statusCode = NaN; try { response.write(SECRET[0]) } catch { response.statusCode = 200; response.end("b") }',
      { body: 'b' },
    ],
    [
      'an end that fails after one',
      'response.write(SECRET[0]); try { response.end(5) } catch ({ code }) { response.end(code) }',
      { body: 'ZERR_INVALID_ARG_TYPE' },
    ],
    [
      'an end that is longer than the response after one',
      `response.strictContentLength = true; response.setHeader('content-length', 3); response.write('a' + SECRET[0])
      try { response.end('too long') } catch { response.end('b') }`,
      { body: 'aZb' },
    ],
    [
      "the encoding 'buffer', which Node 20 and 22 take for utf8 and newer ones refuse",
      'try { response.write("é", "buffer"); response.end("é", "buffer") } catch ({ code }) { response.end(code) }',
      { status: 200, body: expect.stringMatching(/^(?:Ã©Ã©|ERR_UNKNOWN_ENCODING)$/) },
    ],
    [
      'headers and a reason',
      'response.writeHead(201, "Made", { "x-a": "b" }); response.end("c")',
      { status: 201, reason: 'Made', body: 'c' },
    ],
    ['a common value', 'response.end("localhost:5432")', { status: 200, body: 'localhost:5432' }],
    [
      'a large stream',
      `const parts = async function* () {
        for (let at = 0; at < 50; at++) yield Buffer.alloc(65_521, 'x' + SECRET.slice(0, at % 9))
      }
      require('node:stream').Readable.from(parts()).pipe(response)`,
      { status: 200 },
    ],
  ])('%s', async (what, handler, expected) => {
    const [guarded, plain] = [
      await serve(handler),
      await serve(handler, { env: { SYSTEMPROMPT_GUARD_RESPONSES: '0' } }),
    ]
    expect(guarded.reply).toMatchObject(expected)
    const { date: _, ...headers } = guarded.reply.headers ?? {}
    expect({ ...guarded.reply, headers }).toEqual({ ...plain.reply, headers: expect.objectContaining(headers) })
    expect(guarded.log, what).toEqual([])
  })

  test('but requests accept no compression, since a compressed response cannot be searched', async () => {
    const { reply } = await serve(
      'response.end(JSON.stringify([request.headers, request.rawHeaders, request.headersDistinct]))',
    )
    const [headers, raw, distinct] = JSON.parse(reply.body) as [
      Record<string, string>,
      string[],
      Record<string, string[]>,
    ]
    expect(headers['accept-encoding']).toBe('identity')
    expect(raw.slice(0, 2)).toEqual(['Accept-Encoding', 'identity'])
    expect(distinct['accept-encoding']).toEqual(['identity'])
  })

  test.each([
    'response.setHeader("content-encoding", "gzip");',
    'response.writeHead(200, { "Content-Encoding": "gzip" });',
  ])('a response that is compressed all the same, by %s', async (head) => {
    const { reply, log } = await serve(`const { gzipSync } = require('node:zlib')
        ${head} response.end(gzipSync(SECRET))`)
    expect([reply.status, reply.headers?.['content-encoding'], log]).toEqual([200, 'gzip', []])
  })

  test('a process without the variable', async () => {
    const { reply } = await serve('response.end(SECRET + request.headers["accept-encoding"])', { env: {} as never })
    expect(reply.body).toBe(`${JWT}gzip, br`)
  })
})

describe('SYSTEMPROMPT_GUARD_RESPONSES=1 guards', () => {
  test('HTTP/2', async () => {
    const { reply, again, log } = await serve('', {
      program: `
        const http2 = require('node:http2')
        const SECRET = process.env.JWT_SECRET
        const server = http2.createServer((request, response) => {
          if (request.url === '/header') { response.setHeader('x-a', SECRET); response.end('encoding: ' + request.headers['accept-encoding']) }
          else { response.setHeader('x-a', 'b'); response.write(SECRET.slice(0, 9)); response.end(SECRET.slice(9)) }
        }).listen(0, async () => {
          const client = http2.connect('http://localhost:' + server.address().port)
          const ask = (path) => new Promise((resolve) => {
            const reply = { body: '' }
            client.request({ ':path': path, 'accept-encoding': 'gzip' })
              .on('response', (headers) => Object.assign(reply, { status: headers[':status'], headers }))
              .setEncoding('utf8').on('data', (text) => (reply.body += text)).on('close', () => resolve(reply))
          })
          console.log(JSON.stringify([await ask('/header'), await ask('/body')]))
          process.exit()
        })`,
    })
    expect(reply).toMatchObject({ status: 200, body: 'encoding: identity' })
    expect(reply.headers).not.toHaveProperty('x-a')
    expect(again).toMatchObject({
      status: 500,
      body: WITHHELD,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
    expect(again.headers).not.toHaveProperty('x-a')
    expect(log).toEqual([
      'The header x-a was left out of the response to GET /header: it contains the secret JWT_SECRET',
      'The response to GET /body was withheld: it contains the secret JWT_SECRET',
    ])
  })

  test('any view of bytes in HTTP/2, which accepts more than HTTP/1', async () => {
    const { reply, again } = await serve('', {
      program: `
        const http2 = require('node:http2')
        const SECRET = process.env.JWT_SECRET
        const view = (text) => new DataView(Uint8Array.from(Buffer.from(text)).buffer)
        const server = http2.createServer(({ url }, response) => response.end(view(url === '/' ? 'text' : SECRET)))
        server.listen(0, async () => {
          const client = http2.connect('http://localhost:' + server.address().port)
          const ask = (path) => new Promise((resolve) => {
            const reply = { body: '' }
            client.request({ ':path': path }).on('response', (headers) => (reply.status = headers[':status']))
              .setEncoding('utf8').on('data', (text) => (reply.body += text)).on('close', () => resolve(reply))
          })
          console.log(JSON.stringify([await ask('/'), await ask('/secret')]))
          process.exit()
        })`,
    })
    expect(reply).toEqual({ status: 200, body: 'text' })
    expect(again).toEqual({ status: 500, body: WITHHELD })
  })

  test('what HTTP/2 pushes', async () => {
    const { reply, again, log } = await serve('', {
      program: `
        const http2 = require('node:http2')
        const SECRET = process.env.JWT_SECRET
        const server = http2.createServer((request, response) => {
          response.createPushResponse({ ':path': '/pushed' }, (error, pushed) => {
            if (request.url === '/body') return pushed.end(SECRET)
            pushed.setHeader('x-a', SECRET); pushed.end('pushed')
          })
          response.end('main')
        }).listen(0, async () => {
          const client = http2.connect('http://localhost:' + server.address().port)
          const ask = (path) => new Promise((resolve) => {
            const reply = { body: '' }
            client.once('stream', (stream) => stream
              .on('push', (headers) => Object.assign(reply, { status: headers[':status'], headers }))
              .setEncoding('utf8').on('data', (text) => (reply.body += text)).on('close', () => resolve(reply)))
            client.request({ ':path': path }).resume()
          })
          console.log(JSON.stringify([await ask('/header'), await ask('/body')]))
          process.exit()
        })`,
    })
    expect(reply).toMatchObject({ status: 200, body: 'pushed' })
    expect(reply.headers).not.toHaveProperty('x-a')
    expect(again).toMatchObject({ status: 500, body: WITHHELD })
    expect(log).toEqual([
      'The header x-a was left out of the response to a pushed request: it contains the secret JWT_SECRET',
      'The response to a pushed request was withheld: it contains the secret JWT_SECRET',
    ])
  })

  test('a server in a worker', async () => {
    const { reply } = await serve('', {
      program: `
        const { isMainThread, Worker } = require('node:worker_threads')
        if (isMainThread) new Worker(__filename).on('exit', () => process.exit())
        else {
          ${CLIENT}
          const server = http.createServer((request, response) => response.end(process.env.JWT_SECRET)).listen(0, async () => {
            process.stdout.write(JSON.stringify([await ask(server.address().port)]) + '\\n', () => process.exit())
          })
        }`,
    })
    expect(reply).toMatchObject({ status: 500, body: WITHHELD })
  })
})

test('a message never shows a secret in the path, a control character, or a long path', async () => {
  const { log } = await serve('', {
    program: `${CLIENT}
      const server = http.createServer((request, response) => response.end(process.env.JWT_SECRET)).listen(0, async () => {
        const { port } = server.address()
        for (const path of ['/a/' + encodeURIComponent(process.env.JWT_SECRET), '/' + 'b'.repeat(300), '//x#y', '/%1b[31m'])
          await ask(port, 'GET', path)
        console.log('[]')
        process.exit()
      })`,
  })
  const end = 'was withheld: it contains the secret JWT_SECRET'
  expect(log).toEqual([
    `The response to GET … ${end}`,
    `The response to GET /${'b'.repeat(99)} ${end}`,
    `The response to GET //x ${end}`,
    `The response to GET /%1b[31m ${end}`,
  ])
})
