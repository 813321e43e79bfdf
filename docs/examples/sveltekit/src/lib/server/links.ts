import { createHmac } from 'node:crypto'
import { loadConfigSync } from '@systemprompt/env'
import { downloads_link_minutes } from '@systemprompt/env/public'

/** Read when the first link is requested: a build runs this module too, and needs no secret. */
function key(): string {
  return loadConfigSync({ secrets: { required: ['link_signing_key'] } }).secrets.require('LINK_SIGNING_KEY')
}

export function signed(file: string): string {
  const expires = Math.floor(Date.now() / 1000) + downloads_link_minutes * 60
  const signature = createHmac('sha256', key()).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}
