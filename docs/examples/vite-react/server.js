import { createHmac } from 'node:crypto'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { loadConfig } from '@systemprompt/env'
import { Hono } from 'hono'

const { config, secrets } = await loadConfig({ secrets: { required: ['link_signing_key'] } })
const { files, link_minutes } = config.downloads
const key = secrets.require('LINK_SIGNING_KEY')

function signed(file) {
  const expires = Math.floor(Date.now() / 1000) + link_minutes * 60
  const signature = createHmac('sha256', key).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}

const app = new Hono()
app.get('/api/link', (c) => {
  const file = c.req.query('file') ?? ''
  return files.includes(file) ? c.json({ url: signed(file) }) : c.json({ error: 'no such file' }, 404)
})
app.use(serveStatic({ root: './dist' }))

const { host, port } = config.server
serve({ fetch: app.fetch, hostname: host, port }, () => console.log(`http://${host}:${port}`))
