/** Called once when the server starts: what is wrong with the configuration stops it, before anybody asks for a page. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { load } = await import('./lib/links.ts')
  load()
}
