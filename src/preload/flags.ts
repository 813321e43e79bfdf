/** The modules that Node was told to load before the program, by its flags and then by NODE_OPTIONS. */
export function preloadedModules(execArgv: readonly string[], nodeOptions: string | undefined): readonly string[] {
  return [...namedIn(execArgv), ...namedIn(splitNodeOptions(nodeOptions ?? ''))]
}

/** Node's flags that load a module before the program. */
const FLAGS = ['--import', '--require', '-r']

function namedIn(flags: readonly string[]): readonly string[] {
  return flags.flatMap((flag, index) => {
    if (FLAGS.includes(flag)) return flags[index + 1] ?? []
    const equals = flag.indexOf('=')
    return equals !== -1 && FLAGS.includes(flag.slice(0, equals)) ? flag.slice(equals + 1) : []
  })
}

/** Splits NODE_OPTIONS as Node does: at spaces outside double quotes, in which a backslash escapes a character. */
function splitNodeOptions(text: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\' && isQuoted && at + 1 < text.length) word = (word ?? '') + text.charAt(++at)
    else if (character === '"') {
      isQuoted = !isQuoted
      word ??= ''
    } else if (character === ' ' && !isQuoted) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  return words
}
