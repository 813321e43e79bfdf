import type { ArgsDef } from './command.ts'

/**
 * Splits the arguments of a command that starts a program into its own and the program's. They are separated by `--`,
 * or by the first word that is neither one of our flags nor the value of one.
 *
 * @param depth how many words led to the command
 */
export function splitPassThrough(
  argv: readonly string[],
  args: ArgsDef,
  depth: number,
): { own: readonly string[]; rest: readonly string[] } {
  let names = depth
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') return { own: argv.slice(0, index), rest: argv.slice(index + 1) }
    if (!word.startsWith('-') || word === '-') {
      if (names === 0) return { own: argv.slice(0, index), rest: argv.slice(index) }
      names--
    } else if (args[word.slice(2)]?.type === 'string') index++
  }
  return { own: argv, rest: [] }
}
