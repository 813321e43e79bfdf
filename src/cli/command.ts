import type { EXIT, Io } from './io.ts'

/** What completion offers for a value: names in this project, or files. */
export type Completes = 'profile' | 'tenant' | 'secret' | 'new-secret' | 'cloud-secret' | 'key' | 'file' | 'directory'

interface Described {
  readonly description: string
  readonly valueHint?: string
  readonly completes?: Completes
  /** The only values that it accepts. */
  readonly options?: readonly string[]
}

export interface FlagDef extends Described {
  readonly type: 'boolean' | 'string'
  /** One letter. */
  readonly alias?: string
}

export interface PositionalDef extends Described {
  readonly type: 'positional'
  /** @default true */
  readonly required?: boolean
}

export type ArgsDef = Readonly<Record<string, FlagDef | PositionalDef>>

/** What the parser returns. `_` has the arguments of a command that takes any number. */
export type ParsedArgs<Args extends ArgsDef> = { readonly _: readonly string[] } & {
  readonly [Name in keyof Args]: (Args[Name]['type'] extends 'boolean' ? boolean : string) | undefined
} & Readonly<Record<string, unknown>>

export interface CommandContext<Args extends ArgsDef = ArgsDef> {
  readonly args: ParsedArgs<Args>
  readonly io: Io
}

/** A command line and its purpose. */
export type Example = readonly [line: string, what: string]

/**
 * The shape of a JSON document: `string`, `string|null`, `string[]`, a map of shapes (a key with `?` may be absent,
 * `[name: string]` is any name), or a list with the shape of its items. `any` is anything that a configuration may
 * contain.
 */
export type Shape = string | readonly [Shape] | { readonly [key: string]: Shape }

/** A command's description: its help, its completions and its documentation are generated from this. */
export interface Command<Args extends ArgsDef = ArgsDef> {
  /** The words that lead to it; known once it is loaded. */
  readonly name?: string
  readonly description?: string
  readonly version?: string
  readonly args?: Args
  readonly subCommands?: Readonly<Record<string, Command>>
  readonly examples?: readonly Example[]
  /** What it prints without `--json`. */
  readonly output?: string
  /** What it prints with `--json` if it succeeds. */
  readonly json?: Shape
  /** Exit codes besides those that every command has. */
  readonly exits?: readonly (keyof typeof EXIT)[]
  // A command takes its own arguments, and only the parser knows that it gets them.
  run?(context: CommandContext<Args>): Promise<number>
  readonly load?: () => Promise<Command>
  /** What follows its own flags is a program with arguments, which we do not interpret. */
  readonly takesProgram?: true
  /** It takes any number of arguments. */
  readonly takesMany?: true
}

/** Infers the types of a command's arguments. */
export function defineCommand<const Args extends ArgsDef>(command: Command<Args>): Command<Args> {
  return command
}

/**
 * A command whose code, and the library with it, is loaded only when the command is called, so that `--help` and
 * `--version` take no longer than Node itself. Only the description is given here; the name is the key in the list of
 * commands.
 */
export function lazy<Args extends ArgsDef>(description: string, load: () => Promise<Command<Args>>): Command {
  return { description, load: load as unknown as () => Promise<Command> }
}

/** Loads the command, under the name that led to it. */
export async function loaded(command: Command, name: string): Promise<Command> {
  const { load, ...own } = command
  return { ...own, ...(await load?.()), name }
}
