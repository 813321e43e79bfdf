import type { Io } from '../io.ts'
import { namesOf } from './names.ts'
import { offersFor } from './offers.ts'
import { SHELLS, typedWords } from './typed-words.ts'

/**
 * Answers a shell: the kind of completion on one line, then a line for each word. The words typed so far arrive on
 * standard input, since ps shows arguments, and one of them may be a secret. Errors are never printed: they would end
 * up in the line that somebody types.
 */
export async function answerShell(shellName: string | undefined, io: Io): Promise<number> {
  const shell = SHELLS.find((known) => known === shellName)
  const input = shell && (await io.readInput())
  if (!shell || !input) return 0
  try {
    const typed = typedWords(Buffer.from(input).toString('utf8'), shell)
    const offers = await offersFor(typed, namesOf(io))
    const prefix = offers.kind === 'words' ? '' : offers.prefix
    const words = offers.kind === 'words' ? offers.words : []
    const lines = words.map(({ value, description }) => `${value.slice(typed.kept)}\t${oneLine(description)}`)
    io.out([`${offers.kind}\t${prefix}`, ...lines, ''].join('\n'))
  } catch {
    // Nothing to offer.
  }
  return 0
}

function oneLine(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').slice(0, 80)
}
