import type { ArgsDef, Command, FlagDef } from './command.ts'
import type { Io } from './io.ts'
import { styled } from './style.ts'

/** Columns if the output is not a terminal. */
const DEFAULT_COLUMNS = 80
/** On a terminal narrower than this, descriptions go below their words. */
const NARROW_COLUMNS = 60
/** The description of a word longer than this goes below it too. */
const MAX_WORD_WIDTH = 28

type Row = readonly [word: string, meaning: string]

/** What `--help` prints, no wider than the terminal. */
export function helpOf(command: Command, io: Io): string {
  const { name = '', description = '', version, args = {}, subCommands = {}, examples = [] } = command
  const columns = Math.max(40, io.columns ?? DEFAULT_COLUMNS)
  const commands = Object.entries(subCommands).map(([word, of]): Row => [word, of.description ?? ''])
  const { words, flags } = partsOf(args)
  const title = (text: string): string => styled(io, 'bold', text)
  const section = (of: string, rows: readonly Row[]): readonly string[] =>
    rows.length === 0 ? [] : ['', title(of), '', ...inColumns(io, rows, columns)]
  return [
    ...wrapped(`${description}${version === undefined ? '' : ` (${version})`}`, columns),
    '',
    `${title('USAGE')} ${usageOf(command)}`,
    ...section(
      'ARGUMENTS',
      words.map(([word, of]) => [word.toUpperCase(), of.description]),
    ),
    ...section(
      'OPTIONS',
      flags.map(([flag, of]) => [flagText(flag, of), of.description]),
    ),
    ...section('COMMANDS', commands),
    ...(examples.length === 0 ? [] : ['', title('EXAMPLES')]),
    ...examples.flatMap(([line, what]) => [
      '',
      ...wrapped(what, columns - 2).map((text) => `  ${styled(io, 'dim', text)}`),
      `  ${styled(io, 'cyan', line)}`,
    ]),
    ...(commands.length === 0
      ? []
      : ['', ...wrapped(`Run '${name} COMMAND --help' for more about a command.`, columns)]),
  ].join('\n')
}

/** `systemprompt config show [OPTIONS] [PATH]` */
export function usageOf({ name = '', args = {}, subCommands, takesMany, takesProgram }: Command): string {
  const { words, flags } = partsOf(args)
  const more = takesMany || takesProgram ? '...' : ''
  const names = words.map(([word, { required }]) => {
    const [open, close] = required === false ? '[]' : '<>'
    return `${open}${word.toUpperCase()}${more}${close}`
  })
  return [
    name,
    ...(flags.length > 0 ? ['[OPTIONS]'] : []),
    ...(subCommands ? [words.length + flags.length > 0 ? '[COMMAND]' : 'COMMAND'] : []),
    ...names,
  ].join(' ')
}

/** `-n, --dry-run`, `--provider <github|google>` */
export function flagText(flag: string, { alias, valueHint, options, type }: FlagDef): string {
  const hint = options?.join('|') ?? valueHint ?? 'value'
  return `${alias === undefined ? '' : `-${alias}, `}--${flag}${type === 'boolean' ? '' : ` <${hint}>`}`
}

/** Flags that many commands have, in the order in which help shows them, after the command's own. */
const SHARED = ['tenant', 'profile', 'cwd', 'set', 'timeout', 'dry-run', 'yes', 'quiet', 'json', 'help']

/** The positional arguments, and the flags: first the command's own, then the shared ones. */
export function partsOf(args: ArgsDef) {
  const all = Object.entries(args)
  const flags = all.flatMap(([name, of]) => (of.type === 'positional' ? [] : [[name, of] as const]))
  return {
    words: all.flatMap(([name, of]) => (of.type === 'positional' ? [[name, of] as const] : [])),
    flags: flags.sort(([one], [other]) => SHARED.indexOf(one) - SHARED.indexOf(other)),
  }
}

function inColumns(io: Io, rows: readonly Row[], columns: number): readonly string[] {
  const width = Math.min(MAX_WORD_WIDTH, Math.max(...rows.map(([word]) => word.length)))
  return rows.flatMap(([word, meaning]) => {
    if (columns < NARROW_COLUMNS || word.length > MAX_WORD_WIDTH) {
      const indent = columns < NARROW_COLUMNS ? 6 : width + 4
      return [
        `  ${styled(io, 'cyan', word)}`,
        ...wrapped(meaning, columns - indent).map((text) => ' '.repeat(indent) + text),
      ]
    }
    const [first = '', ...rest] = wrapped(meaning, columns - width - 4)
    return [
      `  ${styled(io, 'cyan', word)}${' '.repeat(width - word.length)}  ${first}`,
      ...rest.map((text) => ' '.repeat(width + 4) + text),
    ]
  })
}

/** Wraps text at word boundaries; a word longer than a line gets its own line. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > columns && line !== '') {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
