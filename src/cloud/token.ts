/** Whether a text is of such characters as a token has: visible ASCII. */
export function hasTokenCharacters(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** Whether a text can be a token at all, and is not a whole file. */
export function isTokenText(text: string): boolean {
  return text.length <= 8192 && hasTokenCharacters(text)
}
