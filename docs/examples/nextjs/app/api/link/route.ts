import { load, signed } from '../../../lib/links.ts'

export function GET(request: Request) {
  const file = new URL(request.url).searchParams.get('file') ?? ''
  if (!load().downloads.files.includes(file)) return Response.json({ error: 'no such file' }, { status: 404 })
  return Response.json({ url: signed(file) })
}
