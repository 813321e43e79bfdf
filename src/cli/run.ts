import { parseArgs } from 'node:util'
import { type ArgsDef, type CommandContext, type CommandDef, renderUsage } from 'citty'
import packageJson from '../../package.json' with { type: 'json' }
import { isConfigError, nearest } from '../index.ts'
import { config } from './commands/config/index.ts'
import { CliError, EXIT, exitCodeOf, type Io } from './io.ts'
import { printJson } from './output.ts'

const root: CommandDef = {
  meta: {
    name: 'systemprompt',
    version: packageJson.version,
    description: 'Configuration and secrets of SystemPrompt projects',
  },
  args: {
    help: { type: 'boolean', alias: 'h', description: 'Show this help' },
    version: { type: 'boolean', alias: 'v', description: 'Show the version' },
  },
  subCommands: { config },
}

/**
 * Runs one command line and returns the exit code. citty describes the commands and prints their help; the
 * line is parsed by Node's own parser, since a flag that is not known must be an error and not be passed over.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const isJson = argv.includes('--json')
  try {
    const { command, words } = resolveCommand(argv)
    if (argv.length === 0 || hasFlag(argv, 'help', 'h')) return await help(command, io)
    if (command === root && hasFlag(argv, 'version', 'v')) return version(io)
    if (!command.run) throw unknownCommand(words.at(-1), command)
    const args = parse(argv, command, words)
    const context = { rawArgs: [...argv], args: { ...args, _: [] }, cmd: command, data: io }
    const code: unknown = await command.run(context as unknown as CommandContext)
    return typeof code === 'number' ? code : EXIT.ok
  } catch (error) {
    return report(error, isJson, io)
  }
}

interface Resolved {
  readonly command: CommandDef
  /** The words that led to the command, and the first that led no further. */
  readonly words: readonly string[]
}

function resolveCommand(argv: readonly string[]): Resolved {
  let command: CommandDef = root
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (word.startsWith('-')) {
      if (takesValue(word)) index++
      continue
    }
    const next = subCommands(command)[word]
    words.push(word)
    if (!next) break
    command = next
  }
  return { command, words }
}

/** Flags before the command's name: their values are not command names. */
function takesValue(flag: string): boolean {
  return ['--profile', '--cwd', '--set'].includes(flag)
}

function subCommands(command: CommandDef): Readonly<Record<string, CommandDef>> {
  return Object.assign(Object.create(null), command.subCommands) as Record<string, CommandDef>
}

function parse(
  argv: readonly string[],
  command: CommandDef,
  words: readonly string[],
): Record<string, string | boolean | string[] | undefined> {
  const definitions = Object.entries((command.args ?? {}) as ArgsDef)
  const flags = definitions.filter(([, { type }]) => type !== 'positional')
  const names = definitions.filter(([, { type }]) => type === 'positional')
  const depth = words.filter((word, index) => isCommandWord(words, index, word)).length
  const options = Object.fromEntries(
    flags.map(([name, definition]) => [
      name,
      {
        type: definition.type === 'boolean' ? ('boolean' as const) : ('string' as const),
        multiple: name === 'set',
        ...('alias' in definition && typeof definition.alias === 'string' ? { short: definition.alias } : {}),
      },
    ]),
  )
  const { values, positionals } = strictly(() =>
    parseArgs({ args: [...argv], options, allowPositionals: true, strict: true }),
  )
  const rest = positionals.slice(depth)
  if (rest.length > names.length) {
    throw new CliError(
      'USAGE',
      EXIT.usage,
      `Too many arguments: this command takes ${names.length === 0 ? 'none' : names.length}.`,
    )
  }
  const missing = names.find(([, { required }], index) => required !== false && rest[index] === undefined)
  if (missing) throw new CliError('USAGE', EXIT.usage, `Missing argument: ${missing[0].toUpperCase()}.`)
  return { ...values, ...Object.fromEntries(names.map(([name], index) => [name, rest[index]])) } as Record<
    string,
    string | boolean | string[] | undefined
  >
}

function isCommandWord(words: readonly string[], index: number, word: string): boolean {
  const parent = words.slice(0, index).reduce<CommandDef | undefined>((at, step) => at && subCommands(at)[step], root)
  return parent !== undefined && subCommands(parent)[word] !== undefined
}

/** Node's messages repeat what was typed, which may be a secret in the wrong place; ours name the flag only. */
function strictly<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? 'There is a flag that this command does not have'
        : 'A flag lacks its value, or has one too many'
    throw new CliError('USAGE', EXIT.usage, `${what}. See --help.`)
  }
}

function hasFlag(argv: readonly string[], long: string, short: string): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => word === `--${long}` || word === `-${short}`)
}

async function help(command: CommandDef, io: Io): Promise<number> {
  const usage = await renderUsage(command)
  io.out(`${io.color ? usage : usage.replace(/\u001b\[\d+m/g, '')}\n`)
  return EXIT.ok
}

function version(io: Io): number {
  io.out(`${packageJson.version}\n`)
  return EXIT.ok
}

function unknownCommand(word: string | undefined, command: CommandDef): CliError {
  const names = Object.keys(subCommands(command))
  const near = word === undefined ? undefined : nearest(word, names)
  const hint = near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${near}?`
  const isGroup = word === undefined || names.length === 0 || word in subCommands(root)
  return new CliError(
    'USAGE',
    EXIT.usage,
    isGroup ? `A command is missing. ${hint}` : `There is no such command. ${hint}`,
  )
}

/** What went wrong, once: as text on the error output, or as the one JSON document. */
function report(error: unknown, isJson: boolean, io: Io): number {
  const { exitCode, message, data } = describe(error)
  if (isJson) printJson(io, { ok: false, error: data })
  else io.err(`${message}\n`)
  if (exitCode === EXIT.unexpected && io.env.SYSTEMPROMPT_LOG_LEVEL === 'debug') io.err(`${framesOf(error)}\n`)
  return exitCode
}

function describe(error: unknown): { exitCode: number; message: string; data: unknown } {
  if (isConfigError(error)) {
    return { exitCode: exitCodeOf(error), message: error.message, data: error.toJSON() }
  }
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, message: error.message, data: { code: error.code, message: error.message } }
  }
  const name = error instanceof Error ? error.name : typeof error
  const message = `Something unexpected went wrong (${name}). Please report it; SYSTEMPROMPT_LOG_LEVEL=debug shows where.`
  return { exitCode: EXIT.unexpected, message, data: { code: 'UNEXPECTED', message } }
}

/** Where an error was thrown, without its message: that may hold anything. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
