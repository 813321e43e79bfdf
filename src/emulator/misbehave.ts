import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from './faults.ts'

/** Sends a response that goes wrong as the fault says. `answer` carries the request out. */
export async function misbehave(
  fault: Fault,
  response: ServerResponse,
  answer: () => Promise<Response>,
): Promise<void> {
  switch (fault.type) {
    case 'status':
      return sendJson(response, fault.status, fault.retryAfter)
    case 'delay':
      await wait(fault.time)
      return deliver(response, await answer())
    case 'drop':
      response.socket?.destroy()
      return
    case 'apply-then-drop':
      await answer()
      response.socket?.destroy()
      return
    case 'reset':
      return breakOff(response, await answer(), () => response.socket?.resetAndDestroy())
    case 'truncate':
      return breakOff(response, await answer(), () => response.socket?.end())
    case 'slow':
      return deliverSlowly(response, await answer(), fault.time)
    case 'redirect':
      response.writeHead(fault.status ?? 307, { location: fault.location }).end()
      return
    case 'html':
      response.writeHead(fault.status ?? 200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Gateway</title><h1>A proxy has something to say</h1>')
      return
    case 'invalid-json':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys": [')
      return
    case 'gzip-bomb':
      return sendBomb(response, fault.size ?? 200 * 1024 * 1024)
  }
}

/** Sends a response unchanged. */
export async function deliver(response: ServerResponse, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, headersOf(answer, body))
  response.end(body)
}

async function deliverSlowly(response: ServerResponse, answer: Response, time: number): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, headersOf(answer, body))
  for (const byte of body) {
    if (response.destroyed) return
    response.write(Uint8Array.of(byte))
    await wait(time)
  }
  response.end()
}

async function breakOff(response: ServerResponse, answer: Response, end: () => void): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  // An empty response has no middle, so a length is promised.
  const promised = Math.max(body.length, 64)
  response.writeHead(answer.status === 204 ? 200 : answer.status, {
    'content-type': 'application/json',
    'content-length': promised,
  })
  response.write(body.subarray(0, Math.floor(body.length / 2)).toString() || '{')
  setImmediate(end)
}

function headersOf(answer: Response, body: Buffer): Record<string, string | number> {
  const length = answer.status === 204 ? {} : { 'content-length': body.length }
  return { ...Object.fromEntries(answer.headers), ...length }
}

function sendJson(response: ServerResponse, status: number, retryAfter: number | undefined): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { code: 'fault', message: 'The emulator was told to respond like this' } }))
}

async function sendBomb(response: ServerResponse, size: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  const { createGzip } = await import('node:zlib')
  const gzip = createGzip()
  gzip.on('error', () => undefined)
  gzip.pipe(response)
  response.on('close', () => gzip.destroy())
  const closed = once(response, 'close')
  const piece = Buffer.alloc(1024 * 1024)
  for (let sent = 0; sent < size && !response.destroyed; sent += piece.length) {
    if (!gzip.write(piece)) await Promise.race([once(gzip, 'drain'), closed])
  }
  gzip.end()
}

function once(emitter: NodeJS.EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()))
}
