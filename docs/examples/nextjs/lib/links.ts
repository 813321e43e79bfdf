import { createHmac } from 'node:crypto'
import { loadConfigSync } from '@systemprompt/env'

interface Downloads {
  readonly files: readonly string[]
  readonly link_minutes: number
}

/** Read once, when the server starts; a build needs no secret. */
let loaded: { readonly downloads: Downloads; readonly key: string } | undefined

export function load() {
  if (loaded) return loaded
  const { config, secrets } = loadConfigSync({ secrets: { required: ['link_signing_key'] } })
  loaded = { downloads: config.downloads as Downloads, key: secrets.require('LINK_SIGNING_KEY') }
  return loaded
}

export function signed(file: string): string {
  const { downloads, key } = load()
  const expires = Math.floor(Date.now() / 1000) + downloads.link_minutes * 60
  const signature = createHmac('sha256', key).update(`${file}:${expires}`).digest('hex')
  return `/files/${file}?expires=${expires}&signature=${signature}`
}
