import type { EXIT } from './io.ts'

/** What completion offers for a value: names of this project, or files. */
export type Completes = 'profile' | 'tenant' | 'secret' | 'new-secret' | 'cloud-secret' | 'key' | 'file' | 'directory'

interface Described {
  readonly description: string
  readonly valueHint?: string
  readonly completes?: Completes
  /** The only values that it takes. */
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

/** What the parser makes of them. `_` has the words of a command that takes any number. */
export type ParsedArgs<Args extends ArgsDef> = { readonly _: readonly string[] } & {
  readonly [Name in keyof Args]: (Args[Name]['type'] extends 'boolean' ? boolean : string) | undefined
} & Readonly<Record<string, unknown>>

export interface CommandContext<Args extends ArgsDef = ArgsDef> {
  readonly args: ParsedArgs<Args>
  /** The Io of the process. */
  readonly data: unknown
}

/** A command line and what it is for. */
export type Example = readonly [line: string, what: string]

/**
 * What a JSON document looks like: `string`, `string|null`, `string[]`, a map of such (a key with `?` may be absent,
 * `[name: string]` is any name), or a list with what each of its items looks like. `any` is whatever somebody's
 * configuration holds.
 */
export type Shape = string | readonly [Shape] | { readonly [key: string]: Shape }

/** What a command says of itself: its help, its completions and its page are made from this. */
export interface Command<Args extends ArgsDef = ArgsDef> {
  readonly meta?: { readonly name?: string; readonly version?: string; readonly description?: string }
  readonly args?: Args
  readonly subCommands?: Readonly<Record<string, Command>>
  readonly examples?: readonly Example[]
  /** What it prints without `--json`. */
  readonly output?: string
  /** What it prints with `--json` when all is well. */
  readonly json?: Shape
  /** How it can end besides those ways that every command can. */
  readonly exits?: readonly (keyof typeof EXIT)[]
  // A command takes its own arguments, and only the parser knows that it gets them.
  run?(context: CommandContext<Args>): Promise<number>
  readonly load?: () => Promise<Command>
  /** What follows its own flags is a program with its arguments, and not ours to look at. */
  readonly takesProgram?: true
  /** It has any number of arguments. */
  readonly takesMany?: true
}

/** Gives a command's arguments their types. */
export function defineCommand<const Args extends ArgsDef>(command: Command<Args>): Command<Args> {
  return command
}

/**
 * A command whose code, and the library with it, is read only when the command is called: `--help` and
 * `--version` cost what Node costs. The description stands here alone; the name follows from its place.
 */
export function lazy<Args extends ArgsDef>(description: string, load: () => Promise<Command<Args>>): Command {
  return { meta: { description }, load: load as unknown as () => Promise<Command> }
}

/** The command itself, under the name that led to it. */
export async function loaded(command: Command, name: string): Promise<Command> {
  const { load, meta, ...own } = command
  return { ...own, ...(load ? await load() : {}), meta: { ...meta, name } }
}
