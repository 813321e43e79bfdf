import type { Io } from './io.ts'

const STYLES = {
  dim: [2, 22],
  bold: [1, 22],
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  cyan: [36, 39],
} as const

/** A text in a style, if the output shows colours. */
export function styled(io: Io, style: keyof typeof STYLES, text: string): string {
  const [on, off] = STYLES[style]
  return io.color ? `\u001b[${on}m${text}\u001b[${off}m` : text
}
