import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { loadConfig } from '@systemprompt/env'
import { downloads_files, downloads_link_minutes } from '@systemprompt/env/public'

const { config, secrets } = await loadConfig({ secrets: { required: ['link_signing_key'] } })
const key = secrets.require('LINK_SIGNING_KEY')
const folder = join(import.meta.dirname, 'public')
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }

function signed(file: string): string {
  const expires = Math.floor(Date.now() / 1000) + downloads_link_minutes * 60
  const signature = createHmac('sha256', key).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}

const server = createServer(async ({ url = '/' }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (pathname === '/api/link') {
    const file = searchParams.get('file') ?? ''
    if (!downloads_files.includes(file)) return response.writeHead(404).end()
    return response.setHeader('content-type', 'application/json').end(JSON.stringify({ url: signed(file) }))
  }
  // All files are in one folder, so slashes are removed: a request cannot leave it.
  const name = pathname === '/' ? 'index.html' : pathname.replaceAll('/', '')
  const body = await readFile(join(folder, name)).catch(() => undefined)
  if (body === undefined) return response.writeHead(404).end()
  response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream').end(body)
})

const { host = '127.0.0.1', port = 3000 } = config.server ?? {}
server.listen(port, host, () => console.log(`http://${host}:${port}`))
