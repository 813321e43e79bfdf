import { error, json } from '@sveltejs/kit'
import { downloads_files } from '@systemprompt/env/public'
import { signed } from '$lib/server/links'
import type { RequestHandler } from './$types'

export const GET: RequestHandler = ({ url }) => {
  const file = url.searchParams.get('file') ?? ''
  if (!downloads_files.includes(file)) error(404, 'no such file')
  return json({ url: signed(file) })
}
