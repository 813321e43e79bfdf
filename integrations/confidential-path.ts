/** Directories and files that no server may hand out: `.systemprompt` and everything below it, `.env`, `.env.local`, … */
const CONFIDENTIAL = /(?:^|[/\\])(?:\.systemprompt(?:[/\\ .:]|$)|\.env(?:[./\\ :~]|$))/i

/** Decoding more often than this is no honest request. */
const MOST_DECODINGS = 8

/**
 * Whether a request asks for a confidential file, however it spells it: encoded once or more, with backslashes, dots,
 * doubled slashes, in capitals, or within another path such as `/@fs/…`. The query counts too.
 */
export function asksForConfidential(url: string): boolean {
  let text = url
  for (let count = 0; count < MOST_DECODINGS; count++) {
    if (isConfidential(text)) return true
    const decoded = decode(text)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

function isConfidential(text: string): boolean {
  return text
    .replace(/\0/g, '')
    .split(/[?#&=]/)
    .some((part) => CONFIDENTIAL.test(part) || CONFIDENTIAL.test(part.replace(/[/\\](?:\.?[/\\])+/g, '/')))
}

/** What cannot be decoded is decoded as far as it can be. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1')
    }
  })
}
