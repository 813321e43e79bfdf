/** A range of the code, by its offsets, and its replacement. */
export interface Replacement {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The code with its replacements, which must be in order. */
export function replaced(code: string, replacements: readonly Replacement[]): string {
  const pieces = replacements.map(({ start, text }, index) => code.slice(replacements[index - 1]?.end, start) + text)
  return pieces.join('') + code.slice(replacements.at(-1)?.end)
}
