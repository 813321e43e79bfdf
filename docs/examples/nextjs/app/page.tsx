import { connection } from 'next/server'
import { load } from '../lib/links.ts'
import { Links } from './links.tsx'

export default async function Page() {
  // Rendered on request, with the configuration that the server was started with.
  await connection()
  const { files, link_minutes } = load().downloads
  return (
    <main>
      <h1>{process.env.site_name}</h1>
      <Links files={files} minutes={link_minutes} />
      <footer>{process.env.PUBLIC_SUPPORT_EMAIL}</footer>
    </main>
  )
}
