/**
 * Parses a URL; undefined if the text is not one. `URL.canParse` will not do: once it is compiled, Node 20 and 22
 * misread letters beyond ASCII in it, and reject `https://münchen.example` from then on.
 */
export function parseUrl(text: string, base?: URL | string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
