/** Called once when the server starts: an invalid configuration stops it before anybody requests a page. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { load } = await import('./lib/links.ts')
  load()
}
