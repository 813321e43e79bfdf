/** Whether a string has only characters that a token can have: visible ASCII. */
export function hasTokenCharacters(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** Whether a string can be a token at all, and is not a whole file. */
export function isTokenText(text: string): boolean {
  return text.length <= 8192 && hasTokenCharacters(text)
}
