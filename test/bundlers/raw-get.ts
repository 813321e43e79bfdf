import { connect } from 'node:net'

/** A request for exactly this path, and the whole answer: an HTTP client would tidy the path up. */
export function rawGet(base: string, path: string): Promise<string> {
  const { hostname, port, host } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path.replaceAll(' ', '%20')} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('end', () => resolve(text)).on('error', reject)
  })
}
