/**
 * The URL that a text is, or undefined where it is none. Not by `URL.canParse`: once it is compiled, Node 20 and 22
 * take its letters beyond ASCII for another encoding, and refuse `https://münchen.example` from then on.
 */
export function parseUrl(text: string, base?: URL | string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
