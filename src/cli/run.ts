import { parseArgs } from 'node:util'
import { type ArgsDef, type CommandContext, type CommandDef, renderUsage } from 'citty'
import { PACKAGE } from '../package.ts'
import { COMMANDS } from './commands/index.ts'
import { CliError, EXIT, exitCodeOf, exitCodeOfState, type Io } from './io.ts'
import { type Command, loaded } from './lazy.ts'
import { splitPassThrough } from './pass-through.ts'

const root: Command = {
  meta: {
    name: 'systemprompt',
    version: PACKAGE.version,
    description: 'Configuration and secrets of SystemPrompt projects',
  },
  args: {
    help: { type: 'boolean', alias: 'h', description: 'Show this help' },
    version: { type: 'boolean', alias: 'v', description: 'Show the version' },
  },
  subCommands: COMMANDS,
}

/**
 * Runs one command line and returns the exit code. citty describes the commands and prints their help; the
 * line is parsed by Node's own parser, since a flag that is not known must be an error and not be passed over.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let isJson = argv.includes('--json')
  try {
    const { command, depth, unknown } = await resolveCommand(argv)
    const { own, rest } = command.takesProgram
      ? splitPassThrough(argv, (command.args ?? {}) as ArgsDef, depth)
      : { own: argv, rest: [] }
    isJson = own.includes('--json')
    if (argv.length === 0 || hasFlag(own, 'help', 'h')) return await help(command, io)
    if (command === root && hasFlag(own, 'version', 'v')) return version(io)
    if (!command.run) throw await unknownCommand(unknown, command)
    const args = parse(own, command, depth)
    const context = { rawArgs: [...argv], args: { _: [...rest], ...args }, cmd: command, data: io }
    const code: unknown = await command.run(context as unknown as CommandContext)
    return typeof code === 'number' ? code : EXIT.ok
  } catch (error) {
    return await report(error, isJson, io)
  }
}

interface Resolved {
  readonly command: Command
  /** How many words led to the command. */
  readonly depth: number
  /** The word behind them, where it should have led further. */
  readonly unknown: string | undefined
}

async function resolveCommand(argv: readonly string[]): Promise<Resolved> {
  let command: Command = root
  let name = 'systemprompt'
  let depth = 0
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (word.startsWith('-')) {
      if (takesValue(word)) index++
      continue
    }
    const next = subCommands(command)[word]
    if (!next) return { command, depth, unknown: word }
    name += ` ${word}`
    command = await loaded(next, name)
    depth++
  }
  return { command, depth, unknown: undefined }
}

/** Flags before the command's name: their values are not command names. */
function takesValue(flag: string): boolean {
  return ['--profile', '--cwd', '--set', '--tenant', '--api-url', '--timeout'].includes(flag)
}

function subCommands(command: CommandDef): Readonly<Record<string, Command>> {
  return Object.assign(Object.create(null), command.subCommands) as Record<string, Command>
}

function parse(
  argv: readonly string[],
  command: Command,
  depth: number,
): Record<string, string | boolean | string[] | undefined> {
  const definitions = Object.entries((command.args ?? {}) as ArgsDef)
  const flags = definitions.filter(([, { type }]) => type !== 'positional')
  const names = command.takesProgram ? [] : definitions.filter(([, { type }]) => type === 'positional')
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
  if (command.takesMany) return { ...values, _: rest } as Record<string, string | boolean | string[] | undefined>
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
  io.out(`${PACKAGE.version}\n`)
  return EXIT.ok
}

async function unknownCommand(word: string | undefined, command: CommandDef): Promise<CliError> {
  const { nearest } = await import('../index.ts')
  const names = Object.keys(subCommands(command))
  const near = word === undefined ? undefined : nearest(word, names)
  const hint = near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${near}?`
  const what = word === undefined ? 'A command is missing.' : 'There is no such command.'
  return new CliError('USAGE', EXIT.usage, `${what} ${hint}`)
}

/** What went wrong, once: as text on the error output, or as the one JSON document. */
async function report(error: unknown, isJson: boolean, io: Io): Promise<number> {
  const [{ isConfigError }, { printJson, shownLines }] = await Promise.all([
    import('../index.ts'),
    import('./output.ts'),
  ])
  const { exitCode, message, data } = describe(error, isConfigError)
  if (isJson) printJson(io, { ok: false, error: data })
  else io.err(`${shownLines(message)}\n`)
  if (exitCode === EXIT.unexpected && io.env.SYSTEMPROMPT_LOG_LEVEL === 'debug') io.err(`${framesOf(error)}\n`)
  return exitCode
}

type Described = { exitCode: number; message: string; data: unknown }

function describe(error: unknown, isConfigError: typeof import('../index.ts').isConfigError): Described {
  if (isConfigError(error)) {
    return { exitCode: exitCodeOf(error), message: error.message, data: error.toJSON() }
  }
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, message: error.message, data: { code: error.code, message: error.message } }
  }
  const ofState = exitCodeOfState(error)
  if (ofState !== undefined && error instanceof Error) return { exitCode: ofState, message: error.message, data: error }
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
