export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

/** A command line as typed so far, without the program's own name. */
export interface Typed {
  readonly before: readonly string[]
  /** The word that is being typed. */
  readonly current: string
  /** How much of that word is kept, since the shell replaces only what follows. */
  readonly kept: number
}

/** Parses the words that a shell sends, each ended by NUL. */
export function typedWords(text: string, shell: Shell): Typed {
  const words = text.split('\0').slice(0, -1)
  if (shell !== 'bash') return { before: words.slice(0, -1), current: words.at(-1) ?? '', kept: 0 }
  const joined = joinedAtBreaks(words)
  const raw = words.at(-1) ?? ''
  const whole = joined.at(-1) ?? ''
  const last = isBreak(raw) ? '' : raw
  return { before: joined.slice(0, -1).map(unquoted), current: unquoted(whole), kept: whole.length - last.length }
}

/** bash splits `--profile=local` into three words, and sends words as typed, with quotes. */
function joinedAtBreaks(words: readonly string[]): readonly string[] {
  const joined: string[] = []
  let isOpen = false
  for (const word of words) {
    if (joined.length > 0 && (isOpen || isBreak(word))) joined.push(`${joined.pop()}${word}`)
    else joined.push(word)
    isOpen = isBreak(word)
  }
  return joined
}

function isBreak(word: string): boolean {
  return /^[=:@]+$/.test(word)
}

function unquoted(word: string): string {
  return word.replace(/\\(.)|["']/g, '$1')
}
