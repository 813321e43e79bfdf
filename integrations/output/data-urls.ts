import type { Match, Matcher } from '../../src/scan/index.ts'

const BEGINNING = ';base64,'
/** The length of four encoded characters: no shorter secret is looked for. */
const SHORTEST_BODY = 6

/**
 * Finds secrets in files that are embedded as `data:…;base64,…`, such as an inline source map: what is encoded again
 * inside shows only after decoding. A data URL in a data URL is at most three quarters as long, so nesting has an end.
 * `start` and `end` span the whole body of the URL, so each secret is returned once for each URL.
 */
export function findInDataUrls(bytes: Buffer, matcher: Matcher): readonly Match[] {
  const found: Match[] = []
  for (let at = bytes.indexOf(BEGINNING); at !== -1; at = bytes.indexOf(BEGINNING, at + BEGINNING.length)) {
    const start = at + BEGINNING.length
    const end = endOfBase64(bytes, start)
    if (end - start < SHORTEST_BODY) continue
    const decoded = Buffer.from(bytes.toString('latin1', start, end), 'base64')
    const inside = [...findInDataUrls(decoded, matcher), ...matcher.find(decoded)]
    const byName = new Map(inside.map((match) => [match.name, match]))
    for (const match of byName.values()) found.push({ ...match, form: 'base64', start, end })
  }
  return found
}

function endOfBase64(bytes: Buffer, start: number): number {
  let end = start
  while (end < bytes.length && isBase64(bytes[end] ?? 0)) end++
  return end
}

function isBase64(byte: number): boolean {
  const letter = byte | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x2f && byte <= 0x39) || BASE64_OTHERS.includes(byte)
}

/** `+`, `-`, `_` and `=` */
const BASE64_OTHERS: readonly number[] = [0x2b, 0x2d, 0x5f, 0x3d]
