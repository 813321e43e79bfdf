import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { loadConfigSync } from '@systemprompt/env'
import { downloads_files, downloads_link_minutes, site_name } from '@systemprompt/env/public'
import express from 'express'

const { config, secrets } = loadConfigSync({ secrets: { required: ['link_signing_key'] } })
const key = secrets.require('LINK_SIGNING_KEY')

function signed(file: string): string {
  const expires = Math.floor(Date.now() / 1000) + downloads_link_minutes * 60
  const signature = createHmac('sha256', key).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}

const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${site_name}</title></head>
  <body><script src="/main.js"></script></body>
</html>`

const app = express()
app.get('/', (_, response) => {
  response.type('html').send(page)
})
app.get('/api/link', ({ query }, response) => {
  const file = String(query.file)
  if (downloads_files.includes(file)) response.json({ url: signed(file) })
  else response.status(404).json({ error: 'no such file' })
})
app.use(express.static(join(__dirname, 'public')))

const { host = '127.0.0.1', port = 3000 } = config.server ?? {}
app.listen(port, host, () => console.log(`http://${host}:${port}`))
