import { parseArgs } from 'node:util'
import { PACKAGE } from '../package.ts'
import { FLAGS } from './args.ts'
import { type Command, type CommandContext, type FlagDef, loaded } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { helpOf, partsOf } from './help.ts'
import { CliError, EXIT, exitCodeOf, exitCodeOfCloudOrFile, type Io, usageError } from './io.ts'
import { splitPassThrough } from './pass-through.ts'

const root: Command = {
  name: 'systemprompt',
  description: 'Configuration and secrets of SystemPrompt projects',
  version: PACKAGE.version,
  args: {
    help: FLAGS.help,
    version: { type: 'boolean', alias: 'v', description: 'Show the version' },
  },
  subCommands: COMMANDS,
  examples: [
    ['systemprompt init', 'Start a project'],
    ['systemprompt config check', 'Check that everything is valid'],
    ['systemprompt run -- node server.js', 'Run a program with secrets and variables'],
  ],
}

/**
 * Runs one command line and returns the exit code. It is parsed strictly by Node's own parser: an unknown flag is an
 * error.
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === '__complete') return (await import('./completion/answer.ts')).answerShell(argv[1], io)
  let format = formatIn(argv)
  try {
    const { command, depth, unknown } = await resolveCommand(argv)
    const { own, rest } = command.takesProgram
      ? splitPassThrough(argv, command.args ?? {}, depth)
      : { own: argv, rest: [] }
    format = formatIn(own)
    if (argv.length === 0 || hasFlag(own, 'help', 'h')) return help(command, io)
    if (command === root && hasFlag(own, 'version', 'v')) return version(io)
    if (!command.run) throw await unknownCommand(unknown, command, own)
    const args = await parse(own, command, depth)
    if (args.help) return help(command, io)
    return await command.run({ args: { _: rest, ...args }, io } as CommandContext)
  } catch (error) {
    return await report(error, format, io)
  }
}

/** The output format of a command. */
type Format = 'text' | 'json'

function formatIn(argv: readonly string[]): Format {
  return argv.includes('--json') ? 'json' : 'text'
}

interface Resolved {
  readonly command: Command
  /** How many words led to the command. */
  readonly depth: number
  /** The word after them, if it should have named a command. */
  readonly unknown: string | undefined
}

/** The command that a line leads to; what cannot be resolved is left to its parser. */
export async function resolveCommand(argv: readonly string[]): Promise<Resolved> {
  let command: Command = root
  let depth = 0
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') break
    if (word.startsWith('-')) {
      if (await takesValue(word, command)) index++
      continue
    }
    const next = subCommands(command)[word]
    if (!next) return { command, depth, unknown: word }
    command = await loaded(next, `${command.name} ${word}`)
    depth++
  }
  return { command, depth, unknown: undefined }
}

/** Whether the next word is the value of a flag, and so not a command's name. */
async function takesValue(word: string, command: Command): Promise<boolean> {
  const [, name] = /^--([^=]+)$/.exec(word) ?? []
  return name !== undefined && (await flagOf(name, command))?.type === 'string'
}

/** A command's flag, or that of the first subcommand that has it: the name of that subcommand may come later. */
async function flagOf(name: string, command: Command): Promise<FlagDef | undefined> {
  const [, own] = partsOf(command.args ?? {}).flags.find(([flagName]) => flagName === name) ?? []
  if (own) return own
  for (const below of Object.values(subCommands(command))) {
    const flag = await flagOf(name, await loaded(below, ''))
    if (flag) return flag
  }
  return undefined
}

function subCommands(command: Command): Readonly<Record<string, Command>> {
  return Object.assign(Object.create(null), command.subCommands) as Record<string, Command>
}

type Parsed = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

async function parse(argv: readonly string[], command: Command, depth: number): Promise<Parsed> {
  const { words, flags } = partsOf(command.args ?? {})
  const names = command.takesProgram ? [] : words
  const options = Object.fromEntries(
    flags.map(([name, { type, alias }]) => [
      name,
      { type, multiple: name === 'set', ...(alias === undefined ? {} : { short: alias }) },
    ]),
  )
  const { values, positionals } = await strictly(argv, Object.keys(options), () =>
    parseArgs({ args: [...argv], options, allowPositionals: true, strict: true }),
  )
  // It may be combined with another flag, as in -yh.
  if (values.help) return { help: true }
  for (const [name, { options: choices }] of flags) {
    const value = values[name]
    // An empty variable in a script must not select the default.
    if ([value].flat().includes('')) throw usageError(`--${name} is empty. Give it a value, or leave it out.`)
    if (choices && value !== undefined && !choices.includes(String(value)))
      throw usageError(`--${name} must be ${choices.join(' or ')}.`)
  }
  const rest = positionals.slice(depth)
  if (command.takesMany) return { ...values, _: rest } as Parsed
  if (rest.length > names.length) {
    throw usageError(`Too many arguments: this command takes ${names.length === 0 ? 'none' : names.length}.`)
  }
  const missing = names.find(([, { required }], index) => required !== false && rest[index] === undefined)
  if (missing) {
    const [name, { description }] = missing
    throw usageError(`Missing argument: ${name.toUpperCase()}. ${description}.`)
  }
  return { ...values, ...Object.fromEntries(names.map(([name], index) => [name, rest[index]])) } as Parsed
}

/** Node's messages repeat what was typed, which may be a misplaced secret; ours name only existing flags. */
async function strictly<T>(argv: readonly string[], flags: readonly string[], run: () => T): Promise<T> {
  try {
    return run()
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
      throw usageError('An option lacks its value, or has one that it does not take. See --help.')
    const near = await flagNear(argv, flags)
    const otherwise = argv.some(isTextWithDashes) ? VALUE_WITH_DASHES : 'See --help.'
    const hint = near === undefined ? otherwise : `Did you mean --${near}?`
    throw usageError(`This command has no such option. ${hint}`)
  }
}

const VALUE_WITH_DASHES = 'Put a value that begins with - after --, or write NAME=VALUE.'

/** A private key, for example. No option has space in its name. */
function isTextWithDashes(word: string): boolean {
  return /^-[^=\s]*\s/.test(word)
}

/** The existing flag closest to the first unknown one. */
async function flagNear(argv: readonly string[], flags: readonly string[]): Promise<string | undefined> {
  const typed = argv.map((word) => /^--([^=]+)/.exec(word)?.[1]).find((flag) => flag && !flags.includes(flag))
  const { nearest } = await import('../index.ts')
  return typed === undefined ? undefined : nearest(typed, flags)
}

function hasFlag(argv: readonly string[], long: string, short: string): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => word === `--${long}` || word === `-${short}`)
}

function help(command: Command, io: Io): number {
  io.out(`${helpOf(command, io)}\n`)
  return EXIT.ok
}

function version(io: Io): number {
  io.out(`${PACKAGE.version}\n`)
  return EXIT.ok
}

async function unknownCommand(word: string | undefined, command: Command, argv: readonly string[]): Promise<CliError> {
  const flag = word === undefined ? await flagNear(argv, ['help', ...Object.keys(command.args ?? {})]) : undefined
  if (flag) return usageError(`Unknown option. Did you mean --${flag}?`)
  const { nearest } = await import('../index.ts')
  const names = Object.keys(subCommands(command))
  const near = word === undefined ? undefined : nearest(word, names)
  // Other command lines have these as commands.
  const asFlag = word === 'help' || word === 'version' ? `--${word}` : undefined
  const elsewhere = word === undefined ? [] : await namesNear(command, word)
  const meant = asFlag ?? (elsewhere.length > 0 ? elsewhere.join(' or ') : near)
  const hint = meant === undefined ? `Available: ${names.join(', ')}.` : `Did you mean ${meant}?`
  const what = word === undefined ? 'A command is missing.' : 'Unknown command.'
  return usageError(`${what} ${hint}`)
}

/**
 * The commands of this name in the groups of a command, if the group was left out (`systemprompt config explain`), and
 * in a group of the same name: `cloud secrets get` for `secrets get`.
 */
async function namesNear(command: Command, word: string): Promise<readonly string[]> {
  const { name = '' } = command
  const sameGroup = name.slice(name.lastIndexOf(' '))
  const all = await namesBelow(root, word)
  return all.filter((each) => each.startsWith(`${name} `) || each.endsWith(`${sameGroup} ${word}`))
}

async function namesBelow(command: Command, word: string): Promise<readonly string[]> {
  const found = Object.entries(subCommands(command)).map(async ([name, subCommand]) => {
    const below = await loaded(subCommand, `${command.name} ${name}`)
    return [...(name === word ? [below.name ?? ''] : []), ...(await namesBelow(below, word))]
  })
  return (await Promise.all(found)).flat()
}

/** Reports an error once: as text on standard error, or as the one JSON document. */
async function report(error: unknown, format: Format, io: Io): Promise<number> {
  const [{ isConfigError }, { messageAsTyped }, { printJson, shownLines }] = await Promise.all([
    import('../index.ts'),
    import('./as-typed.ts'),
    import('./output.ts'),
  ])
  const { exitCode, message, data } = isConfigError(error)
    ? { exitCode: exitCodeOf(error), message: messageAsTyped(error), data: error.toJSON() }
    : describe(error)
  if (format === 'json') printJson(io, { ok: false, error: data })
  else io.err(`${shownLines(message)}\n`)
  if (exitCode === EXIT.unexpected && io.env.SYSTEMPROMPT_LOG_LEVEL === 'debug') io.err(`${framesOf(error)}\n`)
  return exitCode
}

type Described = { exitCode: number; message: string; data: unknown }

function describe(error: unknown): Described {
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, message: error.message, data: { code: error.code, message: error.message } }
  }
  const exitCode = exitCodeOfCloudOrFile(error)
  if (exitCode !== undefined && error instanceof Error) return { exitCode, message: error.message, data: error }
  const name = error instanceof Error ? error.name : typeof error
  const message = `Something unexpected went wrong (${name}). Please report it; SYSTEMPROMPT_LOG_LEVEL=debug shows where.`
  return { exitCode: EXIT.unexpected, message, data: { code: 'UNEXPECTED', message } }
}

/** Where an error was thrown, without its message, which may contain anything. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
