/** A function URL on this machine: the built handler, and the built widget in a page. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { handler } from './dist/lambda/handler.mjs'

const { HOST = '127.0.0.1', PORT = '3000' } = process.env
const page = '<!doctype html><meta charset="utf-8"><body><script type="module" src="/widget.js"></script></body>'

createServer(async ({ url = '/' }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (pathname === '/') return response.setHeader('content-type', 'text/html').end(page)
  if (pathname === '/widget.js')
    return response.setHeader('content-type', 'text/javascript').end(await readFile('dist/site/widget.js'))
  const { statusCode, headers, body } = await handler({
    rawPath: pathname,
    queryStringParameters: Object.fromEntries(searchParams),
  })
  response.writeHead(statusCode, headers).end(body)
}).listen(Number(PORT), HOST, () => console.log(`http://${HOST}:${PORT}`))
