import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from './faults.ts'

/** Sends a response that goes wrong as the fault says. `respond` carries the request out. */
export async function injectFault(
  fault: Fault,
  outgoing: ServerResponse,
  respond: () => Promise<Response>,
): Promise<void> {
  switch (fault.type) {
    case 'status':
      return sendJson(outgoing, fault.status, fault.retryAfter)
    case 'delay':
      await wait(fault.time)
      return deliver(outgoing, await respond())
    case 'drop':
      outgoing.socket?.destroy()
      return
    case 'apply-then-drop':
      await respond()
      outgoing.socket?.destroy()
      return
    case 'reset':
      return breakOff(outgoing, await respond(), () => outgoing.socket?.resetAndDestroy())
    case 'truncate':
      return breakOff(outgoing, await respond(), () => outgoing.socket?.end())
    case 'slow':
      return deliverSlowly(outgoing, await respond(), fault.time)
    case 'redirect':
      outgoing.writeHead(fault.status ?? 307, { location: fault.location }).end()
      return
    case 'html':
      outgoing.writeHead(fault.status ?? 200, { 'content-type': 'text/html' })
      outgoing.end('<!doctype html><title>Gateway</title><h1>A proxy has something to say</h1>')
      return
    case 'invalid-json':
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{"keys": [')
      return
    case 'gzip-bomb':
      return sendBomb(outgoing, fault.size ?? 200 * 1024 * 1024)
  }
}

/** Sends a response unchanged. */
export async function deliver(outgoing: ServerResponse, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  outgoing.writeHead(response.status, headersOf(response, body))
  outgoing.end(body)
}

async function deliverSlowly(outgoing: ServerResponse, response: Response, time: number): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  outgoing.writeHead(response.status, headersOf(response, body))
  for (const byte of body) {
    if (outgoing.destroyed) return
    outgoing.write(Uint8Array.of(byte))
    await wait(time)
  }
  outgoing.end()
}

async function breakOff(outgoing: ServerResponse, response: Response, end: () => void): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  // An empty response has no middle, so a length is promised.
  const promised = Math.max(body.length, 64)
  outgoing.writeHead(response.status === 204 ? 200 : response.status, {
    'content-type': 'application/json',
    'content-length': promised,
  })
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)).toString() || '{')
  setImmediate(end)
}

function headersOf(response: Response, body: Buffer): Record<string, string | number> {
  const length = response.status === 204 ? {} : { 'content-length': body.length }
  return { ...Object.fromEntries(response.headers), ...length }
}

function sendJson(outgoing: ServerResponse, status: number, retryAfter: number | undefined): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
  outgoing.end(JSON.stringify({ error: { code: 'fault', message: 'The emulator was told to respond like this' } }))
}

async function sendBomb(outgoing: ServerResponse, size: number): Promise<void> {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  const { createGzip } = await import('node:zlib')
  const gzip = createGzip()
  gzip.on('error', () => undefined)
  gzip.pipe(outgoing)
  outgoing.on('close', () => gzip.destroy())
  const closed = once(outgoing, 'close')
  const piece = Buffer.alloc(1024 * 1024)
  for (let sent = 0; sent < size && !outgoing.destroyed; sent += piece.length) {
    if (!gzip.write(piece)) await Promise.race([once(gzip, 'drain'), closed])
  }
  gzip.end()
}

function once(emitter: NodeJS.EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()))
}
